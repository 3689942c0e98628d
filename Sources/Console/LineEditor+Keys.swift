// SPDX-License-Identifier: Apache-2.0
//
// The action of each key. `translate` runs while libedit waits for a character and only decides:
// plain editing is passed to libedit, anything else is deferred to `perform`, which libedit calls
// when the buffer may be changed.

import CEdit
import Glibc

/// What libedit must redraw after an action.
struct Redrawing: Equatable {
  let rawValue: UInt32
  static let nothing = Redrawing(rawValue: UInt32(CEDIT_NOTHING))
  static let changes = Redrawing(rawValue: UInt32(CEDIT_REFRESH))
  static let everything = Redrawing(rawValue: UInt32(CEDIT_REDISPLAY))
  static let refused = Redrawing(rawValue: UInt32(CEDIT_BEEP))
}

extension LineEditor {
  /// Handles a key outside a search.
  func translate(_ key: Key) {
    if key != .character(" ") { automaticIndent = key == .enter ? automaticIndent : 0 }
    switch key {
    case .right, .end, .control("F"), .control("E"):
      if !hint.isEmpty { return act(on: key) }
      if key == .right || key == .control("F") { pass(6) } else { act(on: key) }
    case .enter: enter()
    case .control("C"): finish(.canceled)
    case .control("D") where buffer.text.isEmpty: finish(.endOfInput)
    case .terminated: finishForGood()
    case .endOfInput where !buffer.text.isEmpty: finish(nil)
    case .control("X"): finish(.edit(cleanText(buffer.text)))
    case .character(" ") where automaticIndent > 0 && isPasting: act(on: key)
    case .character(let scalar):
      browsing = nil
      automaticIndent = 0
      pass(Int32(bitPattern: scalar.value))
    case .left, .control("B"): pass(2)
    case .wordLeft: pass(0x1B, 0x62)
    case .wordRight: pass(0x1B, 0x66)
    case .alt(let scalar) where "bBfFdDuUlLcC".unicodeScalars.contains(scalar):
      pass(0x1B, Int32(bitPattern: scalar.value))
    case .control(let letter) where "KTUY".unicodeScalars.contains(letter):
      pass(Int32(bitPattern: letter.value) - 0x40)
    case .endOfInput, .unknown, .escape: break
    default: act(on: key)
    }
  }

  /// Runs the statement, or continues it on a new line.
  private func enter() {
    let text = buffer.text
    let isCommand = text.first == ":" || text.first == "?"
    var typed = cleanText(text)
    // A transcript that was pasted without bracketed paste, perhaps an indented one.
    let transcript = typed.drop { $0 == " " }
    let isTranscript = !isReadingLine && transcript.hasPrefix(Prompt.first)
    if isTranscript {
      let lines = transcript.dropFirst(Prompt.first.count).split(
        separator: "\n", omittingEmptySubsequences: false)
      typed = lines.map(LineEditor.withoutContinuation).joined(separator: "\n")
      if !isIncomplete(typed) { return finish(.text(typed)) }
    }
    if isReadingLine || isCommand || !isIncomplete(typed) { return finish(nil) }
    let pasted = buffer.cursor == text.count ? waitingLines(after: typed, isTranscript) : nil
    act(on: pasted.map { .paste($0) } ?? .alt("\n"))
  }

  /// The pending input lines after an unfinished statement, up to its end: a terminal without
  /// bracketed paste sends a pasted text at once. They are processed together, because redrawing
  /// and parsing the whole statement for each of them would take quadratic time.
  private func waitingLines(after typed: String, _ isTranscript: Bool) -> String? {
    var progress = PasteProgress()
    for line in typed.split(separator: "\n", omittingEmptySubsequences: false) {
      _ = progress.mayEnd(opening: openedBrackets(String(line)))
    }
    var statement = typed
    var taken = ""
    var isWhole = false
    while !isWhole, let waiting = keys.waitingLine() {
      taken += "\n" + waiting
      let line = isTranscript ? LineEditor.withoutContinuation(waiting[...]) : waiting
      statement += "\n" + line
      isWhole = progress.mayEnd(opening: openedBrackets(line)) && !isIncomplete(statement)
    }
    guard !taken.isEmpty else { return nil }
    // The newline at the end is still to be handled: by running the statement, or by a new line.
    waitingKey = .enter
    return taken
  }

  /// A line of a transcript without the prompt of a continued statement.
  private static func withoutContinuation(_ line: Substring) -> String {
    String(line.hasPrefix(Prompt.continuation) ? line.dropFirst(Prompt.indent.count) : line)
  }

  /// Performs a key that `translate` has deferred.
  func perform(_ key: Key) -> Redrawing {
    if search != nil || key == .control("R") { return performSearch(key) }
    let (text, cursor) = buffer
    if key != .up && key != .down && key != .control("P") && key != .control("N") {
      browsing = nil
    }
    switch key {
    case .right, .control("F"): return acceptHint() ? .changes : .refused
    case .end, .control("E"):
      return acceptHint() ? .changes : moveEnd(text, cursor)
    case .character(" "): return dropIndent(text, cursor)
    case .control("L"):
      put("\u{1B}[H\u{1B}[2J")
      screen.forget()
      return .everything
    case .alt("\n"): return breakLine(text, cursor)
    case .up, .control("P"): return moveUp(text, cursor)
    case .down, .control("N"): return moveDown(text, cursor)
    case .home, .control("A"): return moveHome(text, cursor)
    case .backspace: return deleteBackward(text, cursor)
    case .delete, .control("D"): return deleteForward(text, cursor)
    case .control("W"), .alt("\u{7F}"): return deleteWord(text, cursor)
    case .tab: return complete(text, cursor)
    case .paste(let pasted): return paste(pasted)
    case .resized:
      adoptWindowSize()
      return .everything
    case .control("Z"):
      suspend { raise(SIGTSTP) }
      return .nothing
    default: return .refused
    }
  }

  // MARK: - Displayed and clean text

  /// The text as it is returned: without the display's indentation, and with placeholders expanded.
  func cleanText(_ shown: [Unicode.Scalar]) -> String {
    var text = EditorText.clean(shown)
    for (holder, content) in pastes {
      guard let range = text.firstRange(of: holder) else { continue }
      text.replaceSubrange(range, with: content)
    }
    return text
  }

  // MARK: - Lines

  private func breakLine(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    // A new line has the indentation of the current one, plus two if that opens a bracket.
    let start = EditorText.lineStart(text, cursor)
    let line = text[start..<cursor]
    let opened = line.count { "([{".unicodeScalars.contains($0) }
    let closed = line.count { ")]}".unicodeScalars.contains($0) }
    let depth = line.prefix { $0 == " " }.count + (opened > closed ? 2 : 0)
    let spaces = String(repeating: " ", count: depth)
    insert(Array(("\n" + (start == 0 ? Prompt.indent : "") + spaces).unicodeScalars))
    automaticIndent = start == 0 ? depth : max(0, depth - Prompt.indent.count)
    return .changes
  }

  /// A pasted line brings its own indentation, which takes the place of the automatic one.
  private func dropIndent(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    let start = max(0, cursor - automaticIndent)
    automaticIndent = 0
    var shorter = text
    shorter.replaceSubrange(start..<cursor, with: [" "])
    replace(shorter, cursor: start + 1)
    return .changes
  }

  private func moveHome(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    let start = EditorText.textStart(text, cursor)
    moveCursor(to: cursor == start ? 0 : start)
    return .changes
  }

  private func moveEnd(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    let end = EditorText.lineEnd(text, cursor)
    moveCursor(to: cursor == end ? text.count : end)
    return .changes
  }

  // MARK: - Deleting

  private func deleteBackward(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    guard cursor > 0 else { return .refused }
    // The newline is deleted together with the indentation after it.
    let isAtStart = cursor == EditorText.textStart(text, cursor)
    let start = isAtStart ? EditorText.lineStart(text, cursor) - 1 : cursor - 1
    return delete(text, max(0, start)..<cursor)
  }

  private func deleteForward(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    guard cursor < text.count else { return .refused }
    let isLineEnd = text[cursor] == "\n"
    let end = isLineEnd ? EditorText.textStart(text, cursor + 1) : cursor + 1
    return delete(text, cursor..<max(end, cursor + 1))
  }

  private func deleteWord(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    var start = cursor
    while start > 0 && text[start - 1] == " " { start -= 1 }
    while start > 0 && text[start - 1] != " " && text[start - 1] != "\n" { start -= 1 }
    return start == cursor ? .refused : delete(text, start..<cursor)
  }

  private func delete(_ text: [Unicode.Scalar], _ range: Range<Int>) -> Redrawing {
    var shorter = text
    shorter.removeSubrange(range)
    replace(shorter, cursor: range.lowerBound)
    return .changes
  }

  // MARK: - Pasting

  /// Inserts a placeholder for a paste that would not fit the screen.
  private func paste(_ pasted: String) -> Redrawing {
    let pasted =
      isReadingLine ? pasted : PastedText.withoutPrompts(pasted, isIncomplete: isIncomplete)
    let lines = pasted.count { $0 == "\n" } + 1
    if lines > max(4, terminal.size.rows / 2) || pasted.utf8.count > 8192 {
      let holder = "[paste \(pastes.count + 1): \(lines) lines]"
      pastes[holder] = pasted
      insert(Array(holder.unicodeScalars))
    } else {
      insert(EditorText.shown(pasted))
    }
    return .changes
  }
}

/// Line boundaries in a text as it is displayed.
package enum EditorText {
  /// The text with its second and later lines indented by the width of the prompt.
  package static func shown(_ text: String) -> [Unicode.Scalar] {
    Array(text.unicodeScalars).flatMap { scalar in
      scalar == "\n" ? Array(("\n" + Prompt.indent).unicodeScalars) : [scalar]
    }
  }

  /// The text without that indentation; shorter indentations are removed as far as they go.
  package static func clean(_ shown: [Unicode.Scalar]) -> String {
    var text = String.UnicodeScalarView()
    var spacesToSkip = 0
    for scalar in shown where scalar != "\r" {
      if scalar == " " && spacesToSkip > 0 {
        spacesToSkip -= 1
        continue
      }
      spacesToSkip = scalar == "\n" ? Prompt.indent.count : 0
      text.append(scalar)
    }
    while text.last == "\n" { text.removeLast() }
    return String(text)
  }

  /// The index after the newline before a position.
  package static func lineStart(_ text: [Unicode.Scalar], _ position: Int) -> Int {
    (text[..<min(position, text.count)].lastIndex(of: "\n") ?? -1) + 1
  }

  /// The index of the newline after a position, or the end of the text.
  package static func lineEnd(_ text: [Unicode.Scalar], _ position: Int) -> Int {
    text[min(position, text.count)...].firstIndex(of: "\n") ?? text.count
  }

  /// Where the line at a position begins, after the indentation for the prompt.
  package static func textStart(_ text: [Unicode.Scalar], _ position: Int) -> Int {
    let start = lineStart(text, position)
    guard start > 0 else { return 0 }
    return start + text[start...].prefix(Prompt.indent.count).prefix { $0 == " " }.count
  }
}
