// SPDX-License-Identifier: Apache-2.0
//
// The channel on which a kernel tells all front ends what happens: status, output, values. A thread
// owns its socket, signs what is to be sent, and welcomes subscribers; others queue messages. Text
// that a script prints line by line is joined, since a message for each line would be slow.

import CZeroMQ
import Files
import Glibc
import Synchronization

/// Sends messages to all front ends; any thread may use it.
final class Publisher: @unchecked Sendable {
  /// What waits to be sent.
  private enum Entry {
    case text(stream: String, String, parent: JSON)
    case message(Message)

    var isText: Bool { if case .text = self { true } else { false } }
  }

  private let socket: Socket
  private let signer: Signer
  private let sender: Sender
  private let queue = Mutex<[Entry]>([])
  /// A pipe: the thread waits for bytes at one end, others write one at the other end.
  private let bell: Int32
  private let ringer: Int32
  private let isOver = Atomic<Bool>(false)
  private var thread: Worker?

  /// Beyond this many entries a script waits.
  private static let mostEntries = 4096
  /// Text is joined up to this many bytes.
  private static let largestText = 64 << 10
  /// Microseconds in which further text may join the first.
  private static let pause: UInt32 = 10_000

  init(_ socket: Socket, _ signer: Signer, _ sender: Sender) throws {
    (self.socket, self.signer, self.sender) = (socket, signer, sender)
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw TransportError("there are no descriptors left") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (bell, ringer) = (ends[0], ends[1])
    thread = try Worker { [unowned self] in run() }
  }

  /// Sends what is queued, and closes the socket.
  func finish() {
    isOver.store(true, ordering: .releasing)
    ring()
    thread?.join()
    socket.close()
    close(bell)
    close(ringer)
  }

  // MARK: - Queueing

  /// Sends a message that belongs to a request with the header `parent`.
  func publish(
    _ type: String, _ content: JSON, parent: JSON, metadata: JSON = .object([])
  ) {
    add(
      .message(
        Message(
          route: [Array("kernel.\(sender.session).\(type)".utf8)], header: sender.header(type),
          parent: parent, metadata: metadata, content: content)))
  }

  /// Sends text of the stream `stdout` or `stderr`.
  func write(_ text: String, to stream: String, parent: JSON) {
    guard !text.isEmpty else { return }
    add(.text(stream: stream, text, parent: parent))
  }

  private func add(_ entry: Entry) {
    while true {
      let isQueued = queue.withLock { entries in
        if case .text(let stream, let text, let parent) = entry,
          case .text(stream, let before, let other)? = entries.last,
          before.utf8.count < Publisher.largestText, parent["msg_id"]?.text == other["msg_id"]?.text
        {
          entries[entries.count - 1] = .text(stream: stream, before + text, parent: parent)
          return true
        }
        guard entries.count < Publisher.mostEntries else { return false }
        entries.append(entry)
        return true
      }
      if isQueued { return ring() }
      usleep(1000)
    }
  }

  private func ring() {
    // A full pipe rings already.
    _ = Glibc.write(ringer, "r", 1)
  }

  // MARK: - The thread

  private func run() {
    var rings = [UInt8](repeating: 0, count: 4096)
    while true {
      let wasOver = isOver.load(ordering: .acquiring)
      if !wasOver { socket.wait(orFor: bell) }
      _ = Glibc.read(bell, &rings, rings.count)
      welcomeSubscribers()
      if !wasOver, queue.withLock({ $0.allSatisfy(\.isText) && !$0.isEmpty }) {
        usleep(Publisher.pause)
      }
      let entries = queue.withLock { entries in
        defer { entries = [] }
        return entries
      }
      for entry in entries { send(entry) }
      if wasOver { return }
    }
  }

  private func send(_ entry: Entry) {
    switch entry {
    case .message(let message): socket.send(MessageCodec.frames(of: message, signer))
    case .text(let stream, let text, let parent):
      let message = Message(
        route: [Array("stream.\(stream)".utf8)], header: sender.header("stream"), parent: parent,
        content: ["name": .string(stream), "text": .string(text)])
      socket.send(MessageCodec.frames(of: message, signer))
    }
  }

  /// Tells each new subscriber that from now on it gets what it has subscribed to.
  private func welcomeSubscribers() {
    while let frames = socket.receive() {
      guard let frame = frames.first, frame.first == 1 else { continue }
      let topic = Array(frame.dropFirst())
      let message = Message(
        route: [topic], header: sender.header("iopub_welcome"), parent: .object([]),
        content: ["subscription": .string(String(decoding: topic, as: UTF8.self))])
      socket.send(MessageCodec.frames(of: message, signer))
    }
  }
}

/// A thread that runs a closure.
final class Worker: @unchecked Sendable {
  private var thread = pthread_t()

  /// Starts the thread. It receives no signals: those are for the thread of the session.
  init(_ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let context = Unmanaged.passRetained(Box(body))
    let failed = pthread_create(
      &thread, nil,
      { @Sendable context in
        guard let context else { return nil }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    guard failed == 0 else {
      context.release()
      throw TransportError("no thread can be created")
    }
  }

  /// Waits for its end.
  func join() { pthread_join(thread, nil) }
}
