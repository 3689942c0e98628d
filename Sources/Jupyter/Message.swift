// SPDX-License-Identifier: Apache-2.0
//
// Messages of the Jupyter protocol, and their frames:
//
//   names of peers.., <IDS|MSG>, signature, header, parent header, metadata, content, buffers..
//
// Reading is strict: what is not signed, comes twice, is cut short or is not JSON is no message.

import Files
import Glibc

/// A message.
struct Message {
  /// The frames by which a router finds the peer; for a publisher, the topic.
  var route: [[UInt8]] = []
  /// Who sent it, when, and its type, as an object.
  var header: JSON
  /// The header of the message that this one answers, or an empty object.
  var parent: JSON
  var metadata: JSON = .object([])
  var content: JSON
  /// Binary data beside the content.
  var buffers: [[UInt8]] = []

  /// The type: `execute_request`.
  var type: String { header["msg_type"]?.text ?? "" }
}

/// Why frames are not a message.
enum MessageFault: Error, CustomStringConvertible, Equatable {
  case tooLarge
  case noDelimiter
  case truncated(frames: Int)
  case badSignature
  case replayed
  case notJSON(part: String, reason: String)
  case noType

  var description: String {
    switch self {
    case .tooLarge: "it has too many frames or bytes"
    case .noDelimiter: "the frame <IDS|MSG> is missing"
    case .truncated(let frames): "\(frames) frames follow <IDS|MSG>, not 5 or more"
    case .badSignature: "its signature is not that of its frames"
    case .replayed: "it has come before"
    case .notJSON(let part, let reason): "its \(part) is not a JSON object: \(reason)"
    case .noType: "its header lacks msg_type or msg_id"
    }
  }
}

/// Turns messages into frames and back.
final class MessageCodec {
  private let signer: Signer
  /// The signatures of the latest messages, for recognising one that comes twice.
  private var seen: Set<[UInt8]> = []
  private var order: [[UInt8]] = []

  /// How many signatures are remembered.
  static let remembered = 1 << 16

  private static let delimiter = Array("<IDS|MSG>".utf8)

  init(_ signer: Signer) { self.signer = signer }

  /// The frames of a message.
  static func frames(of message: Message, _ signer: Signer) -> [[UInt8]] {
    let parts = [message.header, message.parent, message.metadata, message.content]
      .map { Array($0.rendered.utf8) }
    return message.route + [delimiter, signer.signature(of: parts)] + parts + message.buffers
  }

  /// The message in frames.
  ///
  /// - Throws: `MessageFault`.
  func message(in frames: [[UInt8]]) throws -> Message {
    guard !frames.isEmpty else { throw MessageFault.tooLarge }
    guard let place = frames.firstIndex(of: MessageCodec.delimiter) else {
      throw MessageFault.noDelimiter
    }
    let rest = frames[(place + 1)...]
    guard rest.count >= 5, let signature = rest.first else {
      throw MessageFault.truncated(frames: rest.count)
    }
    let parts = Array(rest.dropFirst().prefix(4))
    guard signer.isValid(signature, of: parts) else { throw MessageFault.badSignature }
    guard remember(signature) else { throw MessageFault.replayed }
    let names = ["header", "parent header", "metadata", "content"]
    let objects = try zip(names, parts).map { try MessageCodec.object($0, $1) }
    let header = objects[0]
    guard header["msg_type"]?.text != nil, header["msg_id"]?.text != nil else {
      throw MessageFault.noType
    }
    return Message(
      route: Array(frames[..<place]), header: header, parent: objects[1], metadata: objects[2],
      content: objects[3], buffers: Array(rest.dropFirst(5)))
  }

  private static func object(_ name: String, _ bytes: [UInt8]) throws -> JSON {
    do {
      let json = try JSON.parse(bytes, repairsText: true)
      guard json.entries != nil else {
        throw MessageFault.notJSON(part: name, reason: "it is another value")
      }
      return json
    } catch let error as JSON.ParseError {
      throw MessageFault.notJSON(part: name, reason: "\(error.message) at byte \(error.offset)")
    }
  }

  /// Notes a signature; false if it is known.
  private func remember(_ signature: [UInt8]) -> Bool {
    guard seen.insert(signature).inserted else { return false }
    order.append(signature)
    if order.count >= MessageCodec.remembered {
      let half = order.count / 2
      for old in order[..<half] { seen.remove(old) }
      order.removeFirst(half)
    }
    return true
  }
}

/// Makes headers: the part of a message that says who sent it.
struct Sender: Sendable {
  /// The version of the protocol.
  static let protocolVersion = "5.4"

  /// The name of this run of the kernel.
  let session: String

  init() { session = Sender.identifier() }

  /// A header for a new message.
  func header(_ type: String) -> JSON {
    [
      "msg_id": .string(Sender.identifier()), "session": .string(session),
      "username": .string("smap"), "date": .string(Sender.now()), "msg_type": .string(type),
      "version": .string(Sender.protocolVersion),
    ]
  }

  /// A random identifier (UUID version 4).
  static func identifier() -> String {
    var generator = SystemRandomNumberGenerator()
    let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    func digits(_ number: UInt64) -> String {
      let text = String(number, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    let (first, second) = (digits(high), digits(low))
    return "\(first.prefix(8))-\(first.dropFirst(8).prefix(4))-\(first.suffix(4))"
      + "-\(second.prefix(4))-\(second.dropFirst(4))"
  }

  /// The time as ISO 8601: `2026-01-31T08:00:00.123456Z`.
  static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    gmtime_r(&time.tv_sec, &parts)
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date =
      "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))"
      + "-\(digits(Int(parts.tm_mday), 2))"
    let clock =
      "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2))"
      + ":\(digits(Int(parts.tm_sec), 2))"
    return "\(date)T\(clock).\(digits(time.tv_nsec / 1000, 6))Z"
  }
}
