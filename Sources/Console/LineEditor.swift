// SPDX-License-Identifier: Apache-2.0
//
// Editing statements of one or many lines. libedit does simple cursor movements, changes of
// words and the kill ring; this class reads the keyboard, handles every other key through one
// reserved key (see CEdit.h), and draws (`EditorScreen`). A statement is one buffer with real
// newlines, so that all its lines can be edited; the second and later lines are displayed with
// an indentation as wide as the prompt, which is removed before the text is returned.
//
// The editor is confined to one thread. While it reads, Ctrl-C is a key and not a signal.

import CEdit
import Files

/// The prompts of the console; all have the same width.
package enum Prompt {
  package static let first = "smap> "
  package static let continuation = "  ... "
  /// The displayed indentation of the second and later lines of a statement.
  package static let indent = String(repeating: " ", count: first.count)
}

/// Reads statements from a terminal.
public final class LineEditor {
  /// The version of libedit whose interface this was built with.
  public static var libraryVersion: String { String(cString: cedit_version()) }

  /// The result of reading at the prompt.
  public enum Answer: Sendable, Equatable {
    case text(String)
    /// The user wants to continue this text in an external editor.
    case edit(String)
    /// Ctrl-C: the line is discarded.
    case canceled
    /// Ctrl-D on an empty line, or the terminal was closed.
    case endOfInput
  }

  let terminal: Terminal
  let history: History
  let isIncomplete: (String) -> Bool
  let openedBrackets: (String) -> Int
  let highlights: (String) -> [StyledRange]
  let completions: (String, Int) -> Completions

  private var handle: OpaquePointer?
  var keys: KeyReader
  /// Characters to be passed to libedit.
  private var queue: [Int32] = []
  /// The key that the reserved key currently represents.
  private var pendingKey: Key?
  /// A key to be handled after the current action.
  var waitingKey: Key?
  private var answer: Answer?
  var browsing: Browsing?
  var search: Search?
  var pastes: [String: String] = [:]
  /// What is drawn before the text.
  private(set) var promptText: [Unicode.Scalar] = []
  /// The prompt of the current read.
  private var usualPrompt = Prompt.first
  var screen: EditorScreen
  /// What is drawn after the text: how an earlier statement goes on.
  var hint = ""
  /// The spaces that a new line was given, while they are all that it holds.
  var automaticIndent = 0
  /// When the last key arrived, in seconds.
  private var lastKeyTime = 0.0
  /// Whether the last key arrived too soon after the one before to have been typed.
  private(set) var isPasting = false
  /// Whether input for a program is read, not a statement.
  private(set) var isReadingLine = false

  /// Where Up and Down are in the history.
  struct Browsing {
    /// The index of the entry shown; the number of entries means the typed text.
    var index: Int
    let prefix: String
    let typed: [Unicode.Scalar]
  }

  /// The state of a search with Ctrl-R.
  struct Search {
    var query: String
    var index: Int
    let typed: [Unicode.Scalar]
  }

  /// Prepares a terminal for editing; nil if it does not support that.
  ///
  /// `isIncomplete` decides whether Enter continues on a new line; `completions` receives a text
  /// and a cursor position in scalars. Input ends when the descriptor `end` becomes readable.
  public init?(
    terminal: Terminal, history: History, end: Int32 = -1, isIncomplete: @escaping (String) -> Bool,
    openedBrackets: @escaping (String) -> Int = { _ in 0 },
    highlights: @escaping (String) -> [StyledRange] = { _ in [] },
    completions: @escaping (String, Int) -> Completions
  ) {
    guard terminal.canEdit else { return nil }
    self.terminal = terminal
    self.history = history
    self.isIncomplete = isIncomplete
    self.openedBrackets = openedBrackets
    self.highlights = highlights
    screen = EditorScreen(isColored: terminal.colors != .none)
    self.completions = completions
    keys = KeyReader(descriptor: terminal.input, window: cedit_watch_window(), end: end)
    let callbacks = cedit_callbacks(
      context: Unmanaged.passUnretained(self).toOpaque(),
      read: { context, character in
        guard let editor = LineEditor.from(context) else { return -1 }
        guard let next = editor.nextCharacter() else { return 0 }
        character?.pointee = next
        return 1
      },
      act: { context in
        guard let editor = LineEditor.from(context) else { return Int32(CEDIT_NOTHING) }
        return editor.carryOut()
      })
    handle = cedit_open("smap", terminal.input, terminal.output, 2, callbacks)
    guard handle != nil else { return nil }
  }

  deinit { cedit_close(handle) }

  /// Shows the prompt and waits for a complete statement.
  public func readStatement() -> Answer {
    usualPrompt = Prompt.first
    isReadingLine = false
    return read()
  }

  /// Shows the prompt of a program and waits for one line of any content.
  func readLine(prompt: String) -> Answer {
    // The editor draws on one line, so the earlier lines of the prompt are written directly.
    let parts = prompt.split(separator: "\n", omittingEmptySubsequences: false)
    try? terminal.write(parts.dropLast().map { $0 + "\n" }.joined())
    usualPrompt = String(parts.last ?? "")
    isReadingLine = true
    defer { isReadingLine = false }
    return read()
  }

  private func read() -> Answer {
    answer = nil
    browsing = nil
    search = nil
    pastes = [:]
    waitingKey = nil
    hint = ""
    automaticIndent = 0
    screen.forget()
    restorePrompt()
    // libedit would enter raw mode only after it has shown the prompt, and a Ctrl-C typed in
    // between would be a signal that nobody waits for.
    cedit_prepare_terminal(handle, 1)
    keys.readTypedAhead(from: terminal.input)
    try? terminal.write(LineEditor.pasteMarksOn)
    var count: Int32 = 0
    let line = cedit_get_line(handle, &count)
    // At the end of the input libedit returns without a last key.
    put(screen.leave())
    try? terminal.write(LineEditor.pasteMarksOff)
    if let answer { return answer }
    // Without a line the terminal was closed.
    guard let line else { return .endOfInput }
    return .text(cleanText(LineEditor.scalars(line, count)))
  }

  /// Enables and disables bracketed paste.
  private static let pasteMarksOn = "\u{1B}[?2004h"
  private static let pasteMarksOff = "\u{1B}[?2004l"

  // MARK: - From keys to libedit

  /// The next character for libedit: a plain one, or the reserved key for an action.
  private func nextCharacter() -> Int32? {
    while queue.isEmpty {
      let key = waitingKey ?? nextKey()
      waitingKey = nil
      if search == nil { translate(key) } else { translateInSearch(key) }
      if key == .endOfInput && queue.isEmpty { return nil }
    }
    return queue.removeFirst()
  }

  /// Waits for a key. What has been typed is drawn unless more of it is there already.
  private func nextKey() -> Key {
    let isWaiting = keys.hasWaitingBytes
    if !isWaiting { draw() }
    let key = keys.next()
    let now = ProgressBar.seconds()
    isPasting = isWaiting || now - lastKeyTime < LineEditor.fastestTyping
    lastKeyTime = now
    return key
  }

  /// The fewest seconds between two keys of a person.
  private static let fastestTyping = 0.02

  /// Keys that end the line go to libedit as a newline; the cursor is left below the text.
  func finish(_ answer: Answer?) {
    leaveText()
    self.answer = answer
    queue.append(10)
  }

  /// Ends editing because the process exits. Unentered text must not run, but can be recalled in
  /// the next session.
  func finishForGood() {
    if !isReadingLine { history.append(cleanText(buffer.text)) }
    finish(.endOfInput)
  }

  /// Schedules `perform` for the key.
  func act(on key: Key) {
    pendingKey = key
    queue.append(Int32(CEDIT_ACTION_KEY))
  }

  /// Passes characters to libedit unchanged.
  func pass(_ characters: Int32...) { queue += characters }

  private func carryOut() -> Int32 {
    guard let key = pendingKey else { return Int32(CEDIT_NOTHING) }
    pendingKey = nil
    let redrawing = perform(key)
    if redrawing == .refused { put("\u{7}") }
    return Int32(bitPattern: redrawing.rawValue)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> LineEditor? {
    context.map { Unmanaged<LineEditor>.fromOpaque($0).takeUnretainedValue() }
  }

  // MARK: - The buffer

  /// The buffer as displayed, and the cursor as an index into it.
  var buffer: (text: [Unicode.Scalar], cursor: Int) {
    var count: Int32 = 0
    var cursor: Int32 = 0
    guard let text = cedit_buffer(handle, &count, &cursor) else { return ([], 0) }
    return (LineEditor.scalars(text, count), Int(cursor))
  }

  /// Replaces the buffer as displayed.
  func replace(_ text: [Unicode.Scalar], cursor: Int? = nil) {
    let characters = text.map { Int32(bitPattern: $0.value) }
    _ = cedit_replace(handle, characters, Int32(text.count), Int32(cursor ?? text.count))
  }

  /// Inserts text at the cursor, as displayed.
  func insert(_ text: [Unicode.Scalar]) {
    let characters = text.map { Int32(bitPattern: $0.value) }
    _ = cedit_insert(handle, characters, Int32(text.count))
  }

  func moveCursor(to position: Int) { cedit_move_cursor(handle, Int32(position)) }

  func setPrompt(_ text: String) { promptText = Array(text.unicodeScalars) }

  /// Restores the usual prompt.
  func restorePrompt() {
    setPrompt(usualPrompt)
  }

  /// Waits until the window keeps its size, and draws the text anew.
  func adoptWindowSize() {
    keys.waitForWindow()
    if Terminal.hasPlausibleSize(terminal.input) { cedit_resize(handle) }
    put(screen.eraseResized(columns: terminal.size.columns))
  }

  /// Restores the terminal's original mode while `body` runs.
  func suspend(_ body: () -> Void) {
    leaveText()
    put(LineEditor.pasteMarksOff)
    cedit_prepare_terminal(handle, 0)
    body()
    cedit_prepare_terminal(handle, 1)
    put(LineEditor.pasteMarksOn)
  }

  private static func scalars(_ text: UnsafePointer<Int32>, _ count: Int32) -> [Unicode.Scalar] {
    UnsafeBufferPointer(start: text, count: Int(count)).map {
      Unicode.Scalar(UInt32(bitPattern: $0)) ?? "\u{FFFD}"
    }
  }
}
