// SPDX-License-Identifier: Apache-2.0
//
// History navigation: Up and Down step through the entries that begin with the text before the
// cursor, and Ctrl-R searches for a text anywhere in an entry. Within a statement of many lines,
// typed or recalled, Up and Down first move between its lines.

extension LineEditor {
  // MARK: - Up and Down

  func moveUp(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    let start = EditorText.lineStart(text, cursor)
    if start > 0 {
      let above = EditorText.lineStart(text, start - 1)
      moveToColumn(cursor - start, from: above, in: text)
      return .changes
    }
    let state = browsing ?? startBrowsing(text, cursor)
    let shown = EditorText.clean(text)
    guard
      let index = history.previous(before: state.index, prefix: state.prefix, unlike: shown)
    else { return .refused }
    browsing = state
    browsing?.index = index
    replace(EditorText.shown(history.entries[index]))
    return .changes
  }

  func moveDown(_ text: [Unicode.Scalar], _ cursor: Int) -> Redrawing {
    let end = EditorText.lineEnd(text, cursor)
    if end < text.count {
      moveToColumn(cursor - EditorText.lineStart(text, cursor), from: end + 1, in: text)
      return .changes
    }
    guard let state = browsing else { return .refused }
    let shown = EditorText.clean(text)
    if let index = history.next(after: state.index, prefix: state.prefix, unlike: shown) {
      browsing?.index = index
      replace(EditorText.shown(history.entries[index]))
    } else {
      browsing = nil
      replace(state.typed)
    }
    return .changes
  }

  private func startBrowsing(_ text: [Unicode.Scalar], _ cursor: Int) -> Browsing {
    Browsing(
      index: history.entries.count, prefix: EditorText.clean(Array(text[..<cursor])), typed: text)
  }

  /// Moves to a column of the line that starts at a position. The first line is displayed after the
  /// prompt and the others after an indentation of the same width, so columns are counted after
  /// these.
  private func moveToColumn(_ column: Int, from start: Int, in text: [Unicode.Scalar]) {
    let (cursorStart, width) = (EditorText.lineStart(text, buffer.cursor), Prompt.indent.count)
    let shownColumn = cursorStart == 0 ? column + width : column
    let wanted = start == 0 ? max(0, shownColumn - width) : shownColumn
    let end = EditorText.lineEnd(text, start)
    moveCursor(to: max(EditorText.textStart(text, start), min(start + wanted, end)))
  }

  // MARK: - Search

  /// Handles a key during a search.
  func translateInSearch(_ key: Key) {
    switch key {
    case .enter, .character, .backspace, .control("R"), .control("C"), .control("G"), .escape,
      .resized:
      act(on: key)
      // Enter accepts the entry and runs it.
      if key == .enter { pass(10) }
    case .terminated: finishForGood()
    case .endOfInput: finish(nil)
    default:
      // Any other key accepts the entry and then has its usual effect.
      act(on: .escape)
      waitingKey = key
    }
  }

  func performSearch(_ key: Key) -> Redrawing {
    var state =
      search
      ?? Search(query: "", index: history.entries.count, typed: buffer.text)
    let isNew = search == nil
    switch key {
    case .control("R") where isNew: break
    case .control("R"): find(&state, before: state.index)
    case .character(let scalar):
      state.query.unicodeScalars.append(scalar)
      find(&state, before: min(state.index + 1, history.entries.count))
    case .backspace:
      if !state.query.isEmpty { state.query.unicodeScalars.removeLast() }
      find(&state, before: history.entries.count)
    case .resized: adoptWindowSize()
    case .control("C"), .control("G"):
      replace(state.typed)
      return endSearch()
    default: return endSearch()
    }
    search = state
    setPrompt("search `\(state.query)`: ")
    return .everything
  }

  private func endSearch() -> Redrawing {
    search = nil
    restorePrompt()
    return .everything
  }

  private func find(_ state: inout Search, before index: Int) {
    guard let found = history.search(state.query, before: index) else { return }
    state.index = found
    replace(EditorText.shown(history.entries[found]))
  }
}
