// SPDX-License-Identifier: Apache-2.0
//
// ZeroMQ sockets as Swift values. A message is a list of frames. A socket belongs to one thread
// after it has been bound; starting that thread is the fence that ZeroMQ asks for.

import CZeroMQ

/// Why messages cannot be exchanged at all.
public struct TransportError: Error, CustomStringConvertible {
  /// What was wrong.
  public let description: String
  /// What to do.
  public let hint: String

  init(_ description: String, hint: String = "") {
    (self.description, self.hint) = (description, hint)
  }
}

/// The ZeroMQ library.
public enum ZeroMQ {
  /// Why the library cannot be used, or nil.
  public static var problem: String? {
    smap_zmq_open() != 0 ? nil : String(cString: smap_zmq_problem())
  }

  /// The version of the library; only if there is no problem.
  public static var version: String {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    smap_zmq_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }
}

/// A context: the thread that transfers what sockets send and receive.
final class SocketContext: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer

  init() throws {
    if let problem = ZeroMQ.problem {
      throw TransportError(
        "the library ZeroMQ is missing: \(problem)", hint: "install the package libzmq5")
    }
    guard let pointer = smap_zmq_context() else {
      throw TransportError(String(cString: smap_zmq_error()))
    }
    self.pointer = pointer
  }

  /// Ends the context; its sockets must be closed.
  func end() { smap_zmq_end(pointer) }
}

/// A bound socket.
final class Socket: @unchecked Sendable {
  /// What a socket does.
  enum Kind {
    /// Answers each message before it takes the next: the heartbeat.
    case reply
    /// Talks to many peers, each named by the first frames of a message.
    case router
    /// Sends to all subscribers, and is told of each subscription.
    case publisher

    fileprivate var number: Int32 {
      switch self {
      case .reply: Int32(SMAP_ZMQ_REPLY)
      case .router: Int32(SMAP_ZMQ_ROUTER)
      case .publisher: Int32(SMAP_ZMQ_EXTENDED_PUBLISHER)
      }
    }
  }

  let pointer: UnsafeMutableRawPointer
  /// Where it is bound: `tcp://127.0.0.1:5555`.
  let endpoint: String

  /// The largest frame that a peer may send. A larger one closes the connection.
  static let largestFrame = 64 << 20
  /// The most frames of a message; those of a longer one are read and dropped.
  static let mostFrames = 1024
  /// The most bytes of all frames of a message.
  private static let largestMessage = 128 << 20
  /// How many messages wait for a peer that does not read before further ones are dropped.
  private static let queue: Int32 = 100_000

  /// Binds a socket to an endpoint whose port may be `*`.
  init(_ kind: Kind, _ context: SocketContext, at wanted: String) throws {
    let most = kind == .reply ? 1 << 20 : Socket.largestFrame
    guard
      let pointer = smap_zmq_socket(context.pointer, kind.number, Int64(most), Socket.queue)
    else { throw TransportError("a socket: \(String(cString: smap_zmq_error()))") }
    guard smap_zmq_bind(pointer, wanted) == 0 else {
      let reason = String(cString: smap_zmq_error())
      smap_zmq_close(pointer)
      throw TransportError(
        "\(wanted) cannot be bound: \(reason)",
        hint: "another kernel may use the ports of this connection file")
    }
    self.pointer = pointer
    var text = [CChar](repeating: 0, count: 256)
    endpoint =
      smap_zmq_endpoint(pointer, &text, text.count) == 0
      ? String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
      : wanted
  }

  /// Closes the socket.
  func close() { smap_zmq_close(pointer) }

  /// The frames of the next message, or nil if none has arrived. A message beyond the limits comes
  /// without frames.
  func receive() -> [[UInt8]]? {
    var frames: [[UInt8]] = []
    var (count, size, isAny) = (0, 0, false)
    while true {
      var frame = SmapFrame()
      guard smap_zmq_receive(pointer, &frame) == 0 else { return isAny ? frames : nil }
      defer { smap_zmq_release(&frame) }
      isAny = true
      count += 1
      size += frame.size
      if count > Socket.mostFrames || size > Socket.largestMessage {
        frames = []
      } else {
        frames.append(Array(UnsafeBufferPointer(start: frame.bytes, count: frame.size)))
      }
      if frame.more == 0 { return count > Socket.mostFrames ? [] : frames }
    }
  }

  /// Sends a message. One to a peer that is gone, or whose queue is full, is lost.
  func send(_ frames: [[UInt8]]) {
    for (place, frame) in frames.enumerated() {
      let isLast = place == frames.count - 1
      let failed = frame.withUnsafeBytes {
        smap_zmq_send(pointer, $0.baseAddress, $0.count, isLast ? 0 : 1)
      }
      if failed != 0 { return }
    }
  }

  /// Waits until this socket has a message or a descriptor is readable.
  ///
  /// - Parameter milliseconds: The longest wait; nil for any.
  func wait(orFor descriptor: Int32 = -1, milliseconds: Int? = nil) {
    _ = smap_zmq_wait(pointer, nil, descriptor, milliseconds ?? -1)
  }
}
