// SPDX-License-Identifier: Apache-2.0
//
// What is drawn before the editor waits for a key: the prompt, the text in its colours, the bracket
// that matches the one at the cursor, and after the text what an earlier statement goes on with.

extension LineEditor {
  /// Draws the statement as it is now.
  func draw() {
    let (text, cursor) = buffer
    hint = findHint(text, cursor)
    show(text, cursor: cursor, hint: hint)
  }

  /// Draws the statement without hint, with the cursor below it: what is written next stands there.
  func leaveText() {
    let text = buffer.text
    hint = ""
    show(text, cursor: nil, hint: "")
    put(screen.leave())
  }

  /// Writes to the terminal; what cannot be written is found out by what follows.
  func put(_ text: String) {
    if !text.isEmpty { try? terminal.write(text) }
  }

  private func show(_ text: [Unicode.Scalar], cursor: Int?, hint: String) {
    // The words that a program asks with are its own, in its own looks.
    var styled = promptText.map { StyledScalar($0, isReadingLine ? .plain : .prompt) }
    let start = styled.count
    var styles = [TextStyle](repeating: .plain, count: text.count)
    if terminal.colors != .none, !isReadingLine, text.count <= LineEditor.longestColored {
      for part in highlights(String(String.UnicodeScalarView(text))) {
        for index in part.range.clamped(to: 0..<text.count) { styles[index] = part.style }
      }
      if let cursor, let pair = EditorText.brackets(text, styles, at: cursor) {
        for index in pair { styles[index] = .bracket }
      }
    }
    styled += zip(text, styles).map { StyledScalar($0, $1) }
    styled += EditorText.shown(hint).map { StyledScalar($0, .hint) }
    let shown = styled.map {
      $0.scalar.value < 32 && $0.scalar != "\n" ? StyledScalar(" ", $0.style) : $0
    }
    put(screen.draw(shown, cursor: start + (cursor ?? text.count), size: terminal.size))
  }

  /// A longer text is drawn plainly: colouring reads all of it.
  private static let longestColored = 1 << 14

  /// How the latest statement that begins with the text goes on, up to the end of its line.
  private func findHint(_ text: [Unicode.Scalar], _ cursor: Int) -> String {
    guard cursor == text.count, text.count > 1, terminal.colors != .none, search == nil,
      browsing == nil, !isReadingLine, text.count <= 200, pastes.isEmpty
    else { return "" }
    let typed = EditorText.clean(text)
    var place = history.entries.count
    while let found = history.previous(before: place, prefix: typed, unlike: typed) {
      place = found
      let entry = history.entries[found]
      if history.failures.contains(entry) { continue }
      return String(entry.dropFirst(typed.count).prefix { $0 != "\n" })
    }
    return ""
  }

  /// Makes the hint part of the text; false if there is none.
  func acceptHint() -> Bool {
    guard !hint.isEmpty, buffer.cursor == buffer.text.count else { return false }
    insert(Array(hint.unicodeScalars))
    hint = ""
    return true
  }
}

extension EditorText {
  /// The bracket before or at the cursor and the one that matches it; nil without such a pair.
  package static func brackets(
    _ text: [Unicode.Scalar], _ styles: [TextStyle], at cursor: Int
  ) -> [Int]? {
    func isBracket(_ index: Int) -> Bool {
      text.indices.contains(index) && "()[]{}".unicodeScalars.contains(text[index])
        && styles[index] != .string && styles[index] != .comment
    }
    guard let start = [cursor - 1, cursor].first(where: isBracket) else { return nil }
    let step = "([{".unicodeScalars.contains(text[start]) ? 1 : -1
    var depth = 0
    var index = start
    while text.indices.contains(index) {
      if isBracket(index) {
        depth += "([{".unicodeScalars.contains(text[index]) ? step : -step
        if depth == 0 { return matches(text[start], text[index]) ? [start, index] : nil }
      }
      index += step
    }
    return nil
  }

  private static func matches(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> Bool {
    ["()", ")(", "[]", "][", "{}", "}{"].contains(String(String.UnicodeScalarView([a, b])))
  }
}
