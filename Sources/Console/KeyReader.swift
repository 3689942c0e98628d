// SPDX-License-Identifier: Apache-2.0
//
// From bytes to keys. A terminal sends characters as UTF-8 and special keys as escape sequences; a
// lone Escape is recognised by the pause after it. A bracketed paste arrives between two escape
// sequences and becomes one key with all its text.

import Files
import Glibc

/// A key, or another event of the terminal.
package enum Key: Sendable, Equatable {
  case character(Unicode.Scalar)
  /// A letter with Ctrl, in upper case, or one of `[ \ ] ^ _ @`.
  case control(Unicode.Scalar)
  /// A character after the escape key or with Alt.
  case alt(Unicode.Scalar)
  case enter, tab, backspace, delete, escape
  case up, down, left, right, home, end, wordLeft, wordRight
  case paste(String)
  /// The window size has changed.
  case resized
  /// An escape sequence that is not recognised.
  case unknown
  case endOfInput
  /// The process is about to exit.
  case terminated
}

/// The result of waiting for a byte.
package enum KeyInput: Sendable, Equatable {
  case bytes([UInt8])
  case resized
  /// The timeout expired.
  case nothing
  case endOfInput
  /// The process is about to exit; this is permanent.
  case terminated
}

/// Decodes keys; bytes that were read ahead are kept for the next call.
package struct KeyReader {
  private var bytes: [UInt8] = []
  private var position = 0
  private let source: (_ milliseconds: Int32) -> KeyInput
  /// The descriptor that reports a new window size, or -1.
  private var window: Int32 = -1

  /// The timeout between the bytes of an escape sequence, in milliseconds.
  private static let pause: Int32 = 50

  /// Reads from `source`, whose timeout is in milliseconds; negative means none.
  package init(source: @escaping (_ milliseconds: Int32) -> KeyInput) {
    self.source = source
  }

  /// Reads from a descriptor; reports a new window size when `window` becomes readable, and
  /// termination when `end` does.
  package init(descriptor: Int32, window: Int32, end: Int32 = -1) {
    self.init { milliseconds in
      KeyReader.wait(descriptor: descriptor, window: window, end: end, milliseconds: milliseconds)
    }
    self.window = window
  }

  /// Whether bytes have been read that are no key yet.
  package var hasWaitingBytes: Bool { position < bytes.count }

  /// Reads what was typed before the editor took the terminal. The terminal has replaced a Ctrl-D
  /// that was typed while it collected lines by a null byte; it becomes a Ctrl-D again.
  package mutating func readTypedAhead(from descriptor: Int32) {
    var count: Int32 = 0
    guard ioctl(descriptor, UInt(FIONREAD), &count) == 0, count > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: Int(count))
    let size = retrying { read(descriptor, &buffer, buffer.count) }
    guard size > 0 else { return }
    let kept = bytes[position...] + (TypedAhead.take() ?? [])
    refill(kept + buffer[..<size].map { $0 == 0 ? 0x04 : $0 })
  }

  /// Waits until the window has kept its size for a moment: one that is dragged changes it often.
  package func waitForWindow() {
    var polled = pollfd(fd: window, events: Int16(POLLIN), revents: 0)
    var buffer = [UInt8](repeating: 0, count: 256)
    for _ in 0..<KeyReader.mostSizes {
      guard window >= 0, retrying({ poll(&polled, 1, KeyReader.windowPause) }) > 0 else { return }
      _ = read(window, &buffer, buffer.count)
    }
  }

  /// Milliseconds that a window must keep its size. tmux tells of a new size every 250, and has
  /// broken the lines for the latest one before.
  private static let windowPause: Int32 = 350
  /// The most changes of the size that are waited for.
  private static let mostSizes = 500

  /// Waits for the next key.
  package mutating func next() -> Key {
    guard position < bytes.count else {
      switch source(-1) {
      case .bytes(let new): refill(new)
      case .resized: return .resized
      case .nothing: break
      case .endOfInput: return .endOfInput
      case .terminated: return .terminated
      }
      return next()
    }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x1B: return escapeSequence()
    case 0x0D, 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F, 0x08: return .backspace
    case 0..<0x20: return .control(Unicode.Scalar(byte + 0x40))
    default: return .character(scalar(from: byte))
    }
  }

  /// The timeout for the rest of a pending line, in milliseconds.
  private static let moment: Int32 = 5

  /// A whole pending line, without its newline; nil if there is none, or if it contains keys that
  /// are no text. Only input that has arrived, or arrives before the timeout, is considered.
  package mutating func waitingLine() -> String? {
    var end = position
    while true {
      while end < bytes.count {
        switch bytes[end] {
        case 0x0D, 0x0A:
          let line = PastedText.line(bytes[position..<end])
          position = end + 1
          return line
        case 0x09: end += 1
        case 0..<0x20, 0x7F: return nil
        default: end += 1
        }
      }
      guard case .bytes(let new) = source(KeyReader.moment) else { return nil }
      bytes.append(contentsOf: new)
    }
  }

  // MARK: - Decoding

  private mutating func refill(_ new: [UInt8]) {
    bytes = new
    position = 0
  }

  /// The next byte, if one arrives before the timeout.
  private mutating func soon() -> UInt8? {
    while position >= bytes.count {
      switch source(KeyReader.pause) {
      case .bytes(let new): refill(new)
      // The window size is queried at every redraw, so the report may be dropped here.
      case .resized: continue
      case .nothing, .endOfInput, .terminated: return nil
      }
    }
    position += 1
    return bytes[position - 1]
  }

  /// Decodes a character whose first byte is known; malformed ones become U+FFFD.
  private mutating func scalar(from first: UInt8) -> Unicode.Scalar {
    let length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var sequence = [first]
    while sequence.count < length, let byte = soon() {
      guard byte & 0xC0 == 0x80 else {
        position -= 1
        break
      }
      sequence.append(byte)
    }
    let decoded = String(validating: sequence, as: UTF8.self)
    return decoded?.unicodeScalars.first ?? "\u{FFFD}"
  }

  private mutating func escapeSequence() -> Key {
    guard let byte = soon() else { return .escape }
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "O"): return controlSequence()
    case 0x0D, 0x0A: return .alt("\n")
    case 0x1B: return .escape
    default: return .alt(scalar(from: byte))
    }
  }

  /// What follows `ESC [`: parameters, then a final character.
  private mutating func controlSequence() -> Key {
    var parameters = ""
    while let byte = soon() {
      if (0x40...0x7E).contains(byte) {
        let final = Character(Unicode.Scalar(byte))
        if final == "~" && parameters == "200" { return .paste(pastedText()) }
        return KeyReader.key(final, parameters)
      }
      guard parameters.count < 32, (0x20..<0x40).contains(byte) else { return .unknown }
      parameters.unicodeScalars.append(Unicode.Scalar(byte))
    }
    return .unknown
  }

  private static func key(_ final: Character, _ parameters: String) -> Key {
    let hasModifier = parameters.hasPrefix("1;") && parameters != "1;1"
    switch (final, parameters) {
    case ("A", _): return .up
    case ("B", _): return .down
    case ("C", _): return hasModifier ? .wordRight : .right
    case ("D", _): return hasModifier ? .wordLeft : .left
    case ("H", _), ("~", "1"), ("~", "7"): return .home
    case ("F", _), ("~", "4"), ("~", "8"): return .end
    case ("~", "3"): return .delete
    default: return .unknown
    }
  }

  /// Everything up to the sequence that ends a paste, which may be missing at end of input.
  private mutating func pastedText() -> String {
    let mark = Array("\u{1B}[201~".utf8)
    var content: [UInt8] = []
    while !content.suffix(mark.count).elementsEqual(mark) {
      if position < bytes.count {
        content.append(bytes[position])
        position += 1
        continue
      }
      switch source(-1) {
      case .bytes(let new): refill(new)
      case .resized, .nothing: continue
      case .endOfInput, .terminated: return PastedText.cleaned(content)
      }
    }
    return PastedText.cleaned(content.dropLast(mark.count))
  }

  // MARK: - Waiting

  private static func wait(
    descriptor: Int32, window: Int32, end: Int32, milliseconds: Int32
  ) -> KeyInput {
    if let typed = TypedAhead.take() { return .bytes(typed) }
    // poll ignores negative descriptors.
    var polled = [descriptor, window, end].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let ready = retrying { poll(&polled, 3, milliseconds) }
    if ready == 0 { return .nothing }
    if ready > 0 && polled[2].revents != 0 { return .terminated }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    if ready > 0 && polled[1].revents != 0 {
      _ = read(window, &buffer, buffer.count)
      return .resized
    }
    let count = retrying { read(descriptor, &buffer, buffer.count) }
    return count > 0 ? .bytes(Array(buffer[..<count])) : .endOfInput
  }
}
