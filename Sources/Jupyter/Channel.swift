// SPDX-License-Identifier: Apache-2.0
//
// A channel of requests, shell or control: reads messages, hands each to the handler of its type,
// and frames the answer by the states busy and idle. What is no message, and types that nobody
// handles, are logged and dropped.

import Files
import Hosts
import Synchronization

/// Why a request cannot be answered.
struct RequestFault: Error {
  /// The kind: a name such as `ProtocolError`.
  var kind = "ProtocolError"
  let message: String

  init(_ message: String) { self.message = message }

  /// The content of a reply that says so.
  var content: JSON {
    [
      "status": "error", "ename": .string(kind), "evalue": .string(message), "traceback": [],
    ]
  }
}

/// Answers a request with the content of the reply; nil for messages that have none.
typealias RequestHandler = (Message) throws -> JSON?

/// What the channels of a kernel share.
final class Wires: @unchecked Sendable {
  let signer: Signer
  let sender = Sender()
  let publisher: Publisher
  /// Whether the kernel is about to end.
  let isOver = Atomic<Bool>(false)
  /// Whether a front end has asked for the end.
  let wasShutDown = Atomic<Bool>(false)

  init(signer: Signer, publisher socket: Socket) throws {
    self.signer = signer
    publisher = try Publisher(socket, signer, sender)
  }
}

/// The shell or the control channel.
final class Channel {
  let socket: Socket
  private let wires: Wires
  private let codec: MessageCodec
  private let name: String
  /// The handlers, by the type of the message.
  var handlers: [String: RequestHandler] = [:]
  private var faults = 0

  /// So many bad messages are logged; a flood of them would fill the log.
  private static let loggedFaults = 20

  init(_ name: String, _ socket: Socket, _ wires: Wires) {
    (self.name, self.socket, self.wires) = (name, socket, wires)
    codec = MessageCodec(wires.signer)
  }

  /// The next message that has arrived, or nil.
  func next() -> Message? {
    while let frames = socket.receive() {
      do {
        return try codec.message(in: frames)
      } catch {
        log("a message is dropped: \(error)")
      }
    }
    return nil
  }

  /// Handles a message.
  func handle(_ message: Message) {
    guard let handler = handlers[message.type] else {
      return log("there is no handler for \(message.type.prefix(80)) messages")
    }
    status("busy", message)
    defer { status("idle", message) }
    do {
      if let content = try handler(message) { reply(to: message, content) }
    } catch let fault as RequestFault {
      reply(to: message, fault.content)
    } catch {
      reply(to: message, RequestFault("\(error)").content)
    }
  }

  /// Declines to execute a request, as an earlier one has failed.
  func abort(_ message: Message) {
    status("busy", message)
    reply(to: message, ["status": "aborted"])
    status("idle", message)
  }

  /// Sends the reply to a request; messages of other kinds have none.
  private func reply(to message: Message, _ content: JSON) {
    let type = message.type
    guard type.hasSuffix("_request") else { return }
    let reply = Message(
      route: message.route, header: wires.sender.header(type.dropLast(7) + "reply"),
      parent: message.header, content: content)
    socket.send(MessageCodec.frames(of: reply, wires.signer))
  }

  private func status(_ state: String, _ message: Message) {
    wires.publisher.publish(
      "status", ["execution_state": .string(state)], parent: message.header)
  }

  private func log(_ words: String) {
    faults += 1
    guard faults <= Channel.loggedFaults else { return }
    Diagnostics.say(
      "smap kernel, \(name): \(words)"
        + (faults == Channel.loggedFaults ? "; further ones are not logged" : ""))
  }
}
