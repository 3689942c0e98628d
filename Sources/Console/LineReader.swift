// SPDX-License-Identifier: Apache-2.0
//
// Lines from a descriptor, for input that is not edited. LF and CR LF are accepted, a last line
// without a newline counts, and malformed UTF-8 becomes U+FFFD. A folder or a failing device is an
// error and not an empty input.

import Files
import Glibc

/// Reads lines of text.
package struct LineReader {
  /// The result of a call of `next`.
  package enum Item: Equatable {
    /// A line without its newline.
    case line(String)
    /// A signal arrived while waiting.
    case interrupted
    case endOfInput
  }

  private let descriptor: Int32
  /// A descriptor that becomes readable when input must end, or -1.
  private let end: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  /// Reads from a descriptor, with read-ahead; input ends when the descriptor `end` becomes
  /// readable.
  package init(descriptor: Int32, end: Int32 = -1) {
    self.descriptor = descriptor
    self.end = end
  }

  /// Waits for the next line.
  ///
  /// - Throws: `FileError` when the descriptor cannot be read.
  package mutating func next() throws -> Item {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return .line(text(position..<end))
      }
      searched = buffer.count
      if isAtEnd {
        defer { position = buffer.count }
        return position < buffer.count ? .line(text(position..<buffer.count)) : .endOfInput
      }
      let consumed = position
      guard try fill() else { return .interrupted }
      searched -= consumed
    }
  }

  /// Waits for the next line, nil at the end of the input, and calls `check` periodically
  /// meanwhile.
  ///
  /// - Throws: `FileError` when the descriptor cannot be read, and what `check` throws.
  package mutating func line(_ check: () throws -> Void) throws -> String? {
    while true {
      if !hasLine { try wait(check) }
      switch try next() {
      case .line(let line): return line
      case .endOfInput: return nil
      case .interrupted: try check()
      }
    }
  }

  /// Whether a line is available without reading.
  private var hasLine: Bool { isAtEnd || buffer[position...].contains(UInt8(ascii: "\n")) }

  /// Waits until input is available.
  private func wait(_ check: () throws -> Void) throws {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    repeat { try check() } while poll(&waiting, 1, LineReader.pause) <= 0
  }

  /// Milliseconds between two polls for interrupts and limits.
  private static let pause: Int32 = 50

  /// Reads more input into the buffer; false when a signal interrupted it.
  private mutating func fill() throws -> Bool {
    var polled = [descriptor, end].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    if poll(&polled, 2, -1) < 0 && errno == EINTR { return false }
    if polled[1].revents != 0 {
      isAtEnd = true
      position = buffer.count
      return true
    }
    var block = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &block, block.count)
    guard count >= 0 else {
      if errno == EINTR { return false }
      throw FileError(path: "standard input", operation: "read", code: errno)
    }
    buffer.removeFirst(position)
    position = 0
    if count > 0 { buffer += block[..<count] } else { isAtEnd = true }
    return true
  }

  private func text(_ range: Range<Int>) -> String {
    var line = buffer[range]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }
}
