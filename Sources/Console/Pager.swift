// SPDX-License-Identifier: Apache-2.0
//
// Shows a text that is longer than the window page by page. Keys are read one byte at a time, so
// that what is typed after the last of them reaches the prompt.

import Files
import Glibc
import TerminalText

/// Shows long texts on a terminal.
struct Pager {
  let terminal: Terminal

  /// From the longest to one that fits any window: a question that wraps would push a line out.
  private static let questions = [
    "-- Space: next page, Enter: next line, q: end --", "-- Space, Enter, or q: end --", "--",
  ]

  /// Shows a text; false if it fits the window, so that it may simply be written.
  ///
  /// - Throws: `FileError` when the terminal cannot be written to.
  func show(_ text: String) throws -> Bool {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast(text.hasSuffix("\n") ? 1 : 0)
    let (columns, rows) = terminal.size
    func height(_ line: Substring) -> Int {
      max(1, (DisplayWidth.of(line) + columns - 1) / columns)
    }
    guard rows > 2, lines.reduce(0, { $0 + height($1) }) >= rows else { return false }
    var room = rows - 1
    var rest = lines[...]
    while let line = rest.first {
      if height(line) > room, room < rows - 1 {
        guard let more = try ask() else { return true }
        room = more == .page ? rows - 1 : height(line)
      }
      try terminal.write(line + "\n")
      room -= height(line)
      rest.removeFirst()
    }
    return true
  }

  private enum Answer { case page, line }

  /// Waits for a key; nil ends the text.
  private func ask() throws -> Answer? {
    let question = Pager.questions.first { $0.count < terminal.size.columns } ?? ""
    try terminal.write(terminal.styled(question, "7"))
    defer { try? terminal.write("\r\u{1B}[K") }
    return withRawKeys {
      var keys = KeyReader { milliseconds in
        var polled = pollfd(fd: terminal.input, events: Int16(POLLIN), revents: 0)
        guard retrying({ poll(&polled, 1, milliseconds) }) > 0 else { return .nothing }
        var byte: UInt8 = 0
        return retrying({ read(terminal.input, &byte, 1) }) == 1 ? .bytes([byte]) : .endOfInput
      }
      while true {
        switch keys.next() {
        case .character(" "), .control("F"), .tab: return .page
        case .enter, .down: return .line
        case .character("q"), .character("Q"), .escape, .endOfInput, .terminated, .control("C"),
          .control("D"):
          return nil
        default: continue
        }
      }
    }
  }

  /// Keys arrive at once, without echo and signals, while `body` runs.
  private func withRawKeys<Result>(_ body: () -> Result) -> Result {
    var before = termios()
    guard tcgetattr(terminal.input, &before) == 0 else { return body() }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
    tcsetattr(terminal.input, TCSANOW, &raw)
    defer { tcsetattr(terminal.input, TCSANOW, &before) }
    return body()
  }
}
