// SPDX-License-Identifier: Apache-2.0
//
// The channel on which a script's `input` asks the front end for a line.

import Files
import Glibc
import Runtime

/// Asks the front end of the request that is being executed.
final class InputChannel {
  private let socket: Socket
  private let wires: Wires
  private let codec: MessageCodec
  /// The request that is being executed.
  var request: Message?

  /// Milliseconds between two looks at the interrupt.
  private static let interval = 50

  init(_ socket: Socket, _ wires: Wires) {
    (self.socket, self.wires) = (socket, wires)
    codec = MessageCodec(wires.signer)
  }

  /// The line that the user enters.
  ///
  /// - Throws: an IOError where the front end has no way to ask; what `check` throws.
  func line(_ prompt: String, _ check: () throws -> Void) throws -> String? {
    guard let request, request.content["allow_stdin"]?.flag ?? true else {
      throw ScriptError.io("this front end cannot be asked for input")
    }
    // Answers to earlier questions, which an interrupt has ended.
    while socket.receive() != nil {}
    let question = Message(
      route: request.route, header: wires.sender.header("input_request"), parent: request.header,
      content: ["prompt": .string(prompt), "password": false])
    socket.send(MessageCodec.frames(of: question, wires.signer))
    while true {
      try check()
      socket.wait(milliseconds: InputChannel.interval)
      guard let frames = socket.receive() else { continue }
      guard let message = try? codec.message(in: frames), message.type == "input_reply" else {
        continue
      }
      return message.content["value"]?.text ?? ""
    }
  }
}
