// SPDX-License-Identifier: Apache-2.0
//
// Asking a terminal which graphics it draws. Two questions are sent at once: one of kitty's
// protocol, which other terminals ignore, and the primary device attributes, which all terminals
// answer. The second answer therefore ends the wait; a terminal that says nothing costs a third of
// a second, once. Keys that were typed meanwhile are kept for the next reader of keys.

import Glibc
import Synchronization

/// What a terminal answered about graphics.
package struct GraphicsReply: Equatable, Sendable {
  /// Whether it draws pictures of kitty's protocol.
  package var hasKitty = false
  /// Whether it draws sixels.
  package var hasSixel = false

  package init(hasKitty: Bool = false, hasSixel: Bool = false) {
    (self.hasKitty, self.hasSixel) = (hasKitty, hasSixel)
  }
}

/// The questions and the parser of their answers.
package struct GraphicsQuery {
  /// A number that only our question has.
  private static let number = 4301
  /// A picture of one pixel that is only asked about, not drawn.
  private static let kitty = "\u{1B}_Gi=\(number),s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\"
  private static let attributes = "\u{1B}[c"

  /// What is sent. A multiplexer would take kitty's question for a title of the window.
  package static func question(isMultiplexed: Bool) -> String {
    isMultiplexed ? attributes : kitty + attributes
  }

  /// What was answered so far.
  package private(set) var reply = GraphicsReply()
  /// Whether the last answer has arrived.
  package private(set) var isComplete = false
  /// Bytes that belong to no answer.
  package private(set) var typed: [UInt8] = []
  private var pending: [UInt8] = []

  package init() {}

  /// Takes bytes from the terminal.
  package mutating func take(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      pending.append(byte)
      settle()
    }
  }

  /// Ends the wait: what looked like the beginning of an answer was typed.
  package mutating func finish() {
    typed += pending
    pending = []
  }

  /// Decides about the pending bytes as soon as that is possible.
  private mutating func settle() {
    let escape: UInt8 = 0x1B
    guard pending[0] == escape else { return finish() }
    guard pending.count > 1, let last = pending.last else { return }
    switch pending[1] {
    case UInt8(ascii: "["):
      guard pending.count > 2 else { return }
      guard pending[2] == UInt8(ascii: "?") else { return finish() }
      guard last >= 0x40, last <= 0x7E else { return }
      guard last == UInt8(ascii: "c") else { return finish() }
      let attributes = String(decoding: pending[3..<pending.count - 1], as: UTF8.self)
      reply.hasSixel = attributes.split(separator: ";").contains("4")
      isComplete = true
      pending = []
    case UInt8(ascii: "_"):
      guard last == UInt8(ascii: "\\"), pending.count > 3, pending[pending.count - 2] == escape
      else { return }
      let words = String(decoding: pending[2..<pending.count - 2], as: UTF8.self)
      if words.hasPrefix("G"), words.contains("i=\(GraphicsQuery.number)"), words.hasSuffix(";OK") {
        reply.hasKitty = true
      }
      pending = []
    default: finish()
    }
  }
}

/// Keys that arrived while a terminal was asked.
package enum TypedAhead {
  private static let bytes = Mutex<[UInt8]>([])

  /// Keeps bytes for the next reader of keys.
  package static func keep(_ typed: [UInt8]) { bytes.withLock { $0 += typed } }

  /// The bytes that were kept, which are forgotten then; nil if there are none.
  package static func take() -> [UInt8]? {
    bytes.withLock { kept in
      defer { kept = [] }
      return kept.isEmpty ? nil : kept
    }
  }
}

extension Terminal {
  /// How long a terminal may take to answer, in milliseconds.
  private static let patience: Int32 = 300

  /// Asks the terminal which graphics it draws; nil if it cannot be asked: there is no terminal on
  /// both sides, the process is in the background, or keys are waiting.
  package func graphics(isMultiplexed: Bool) -> GraphicsReply? {
    guard isInteractive, tcgetpgrp(input) == getpgrp() else { return nil }
    var mode = termios()
    guard tcgetattr(input, &mode) == 0 else { return nil }
    var raw = mode
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    withUnsafeMutableBytes(of: &raw.c_cc) { keys in
      keys[Int(VMIN)] = 1
      keys[Int(VTIME)] = 0
    }
    guard tcsetattr(input, TCSANOW, &raw) == 0 else { return nil }
    defer { tcsetattr(input, TCSANOW, &mode) }
    var waiting = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 0) == 0 else { return nil }
    guard (try? write(GraphicsQuery.question(isMultiplexed: isMultiplexed))) != nil else {
      return nil
    }
    var query = GraphicsQuery()
    var buffer = [UInt8](repeating: 0, count: 256)
    while !query.isComplete, poll(&waiting, 1, Terminal.patience) > 0 {
      let count = read(input, &buffer, buffer.count)
      guard count > 0 else { break }
      query.take(buffer[..<count])
    }
    query.finish()
    TypedAhead.keep(query.typed)
    return query.reply
  }
}
