// SPDX-License-Identifier: Apache-2.0
//
// The properties of the terminal, detected once and passed around as a value: whether there is one,
// its width, its colours and characters. Without a terminal everything is plain: no prompt, no
// escape sequences, so that output can be piped and compared.

import CEdit
import Files
import Glibc
import TerminalText

/// The streams of the console and what they can show.
public struct Terminal: Sendable {
  /// How many colours the output shows.
  public enum ColorDepth: Sendable, Equatable, Comparable {
    case none
    /// The 256 colours of the standard palette.
    case palette
    /// 24 bits.
    case full
  }

  /// The choice of `--color`.
  public enum ColorChoice: String, Sendable, CaseIterable {
    case auto
    case always
    case never
  }

  /// The descriptor that is read from.
  public let input: Int32
  /// The descriptor that is written to.
  public let output: Int32
  /// The descriptor that errors are written to.
  public let errors: Int32
  /// Whether output goes to a terminal.
  public let isTerminal: Bool
  /// Whether input is interactive and lines can be edited.
  public let canEdit: Bool
  /// Whether input is interactive, on any terminal.
  public let isInteractive: Bool
  /// The colours that the output shows.
  public let colors: ColorDepth
  /// Whether characters beyond ASCII are shown.
  public let isUnicode: Bool

  /// Inspects two descriptors and the environment.
  ///
  /// `NO_COLOR` and `TERM=dumb` switch colours off, unless `color` says `always`.
  public init(
    input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, color: ColorChoice = .auto,
    environment: (String) -> String? = Terminal.variable
  ) {
    let term = environment("TERM") ?? ""
    let isDumb = term.isEmpty || term == "dumb"
    self.input = input
    self.output = output
    errors = STDERR_FILENO
    isTerminal = isatty(output) == 1
    isInteractive = isatty(input) == 1 && isTerminal
    canEdit = isInteractive && !isDumb && Terminal.hasPlausibleSize(output)
    colors = Terminal.depth(
      color, term: term, usable: isTerminal && !isDumb, environment: environment)
    isUnicode = Terminal.speaksUnicode(environment)
  }

  /// Describes a terminal explicitly, for tests and for other outputs than the standard ones.
  public init(
    input: Int32, output: Int32, errors: Int32 = STDERR_FILENO, colors: ColorDepth, isUnicode: Bool,
    isTerminal: Bool = false
  ) {
    self.input = input
    self.output = output
    self.errors = errors
    self.colors = colors
    self.isUnicode = isUnicode
    self.isTerminal = isTerminal
    isInteractive = false
    canEdit = false
  }

  /// A variable of the process's environment.
  public static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Whether tmux or screen is between the process and the terminal.
  package static func isMultiplexed(_ environment: (String) -> String?) -> Bool {
    let term = environment("TERM") ?? ""
    return environment("TMUX") != nil || term.hasPrefix("screen") || term.hasPrefix("tmux")
  }

  /// Restores the terminal's mode from before line editing, for a process that exits at once; safe
  /// in signal handlers.
  public static func restore() { cedit_restore() }

  /// The most columns and rows that are accepted as a terminal's size. A line editor keeps every
  /// cell in memory, which is gigabytes for the maximum of 65,535.
  private static let largestSize = 2000

  /// Whether the terminal behind a descriptor, if any, has a size that the editor supports.
  static func hasPlausibleSize(_ descriptor: Int32) -> Bool {
    var window = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0 else { return true }
    return Int(window.ws_col) <= largestSize && Int(window.ws_row) <= largestSize
  }

  /// The current size in characters, at most 2,000 each way. A terminal that does not know its
  /// size, such as a serial line, has that of `COLUMNS` and `LINES`; else it is 80 x 24.
  public var size: (columns: Int, rows: Int) { size(of: output) }

  /// The width of the terminal that errors are written to, or nil if they go elsewhere.
  public var errorColumns: Int? { isatty(errors) == 1 ? size(of: errors).columns : nil }

  /// A message for standard error, broken between words where a window would break it anywhere.
  public func fittedMessage(_ text: String) -> String {
    guard let columns = errorColumns else { return text }
    return WordWrapping.lines(text, columns: columns, indent: "    ").joined(separator: "\n")
  }

  /// The width of a character in pixels, if the terminal says so.
  var cellWidth: Int? {
    var window = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_xpixel > 0, window.ws_col > 0
    else { return nil }
    return min(max(Int(window.ws_xpixel) / Int(window.ws_col), 4), 64)
  }

  private func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
    var window = winsize()
    func plausible(_ found: UInt16, _ name: String, _ usual: Int) -> Int {
      if found > 0 { return min(Int(found), Terminal.largestSize) }
      let told = Terminal.variable(name).flatMap { Int($0) }.map { min($0, Terminal.largestSize) }
      return told.flatMap { $0 > 0 ? $0 : nil } ?? usual
    }
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0 else { return (80, 24) }
    return (plausible(window.ws_col, "COLUMNS", 80), plausible(window.ws_row, "LINES", 24))
  }

  /// Writes text, all of it.
  ///
  /// - Throws: `FileError`.
  public func write(_ text: String) throws {
    try Terminal.write(text, to: output, name: "standard output")
  }

  /// Writes text to standard error, all of it.
  ///
  /// - Throws: `FileError`.
  public func writeError(_ text: String) throws {
    try Terminal.write(text, to: errors, name: "standard error")
  }

  /// Writes text to a descriptor, all of it.
  ///
  /// - Throws: `FileError` with the given name as its path.
  public static func write(_ text: String, to descriptor: Int32, name: String) throws {
    try write(Array(text.utf8)[...], to: descriptor, name: name)
  }

  /// Writes bytes to a descriptor, all of them, blocking while it is full.
  ///
  /// - Throws: `FileError` with the given name as its path.
  public static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, name: String) throws {
    try write(bytes, to: descriptor, name: name, waitingFor: -1) {}
  }

  /// Writes bytes to a descriptor whose reader may have stopped reading: `check` is called between
  /// two polls, and what it throws ends the writing.
  ///
  /// - Throws: `FileError` with the given name as its path, or what `check` throws.
  public static func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, name: String,
    whileWaiting check: () throws -> Void
  ) throws {
    var status = stat()
    // A regular file never blocks.
    guard fstat(descriptor, &status) == 0, !status.isRegular else {
      return try write(bytes, to: descriptor, name: name)
    }
    try write(bytes, to: descriptor, name: name, waitingFor: turn, check)
  }

  /// The timeout of one poll, in milliseconds.
  private static let turn: Int32 = 50
  /// The most bytes that a writable pipe accepts without blocking: PIPE_BUF.
  private static let portion = 4096

  /// Polls with the given timeout in milliseconds, or without one where that is negative.
  private static func write(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, name: String, waitingFor turn: Int32,
    _ check: () throws -> Void
  ) throws {
    var rest = bytes
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while !rest.isEmpty {
      // A blocking call would see neither the clock nor a signal that arrives before it starts.
      if turn >= 0, poll(&waiting, 1, turn) <= 0 {
        try check()
        continue
      }
      let count = turn < 0 ? rest.count : min(rest.count, portion)
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, count) }
      if written < 0, errno == EINTR {
        try check()
        continue
      }
      if written < 0, errno == EAGAIN {
        _ = poll(&waiting, 1, turn)
        try check()
        continue
      }
      guard written > 0 else {
        throw FileError(path: name, operation: "write", code: written < 0 ? errno : EIO)
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Text in a style (the numbers of an SGR sequence), or plain where there are no colours.
  public func styled(_ text: String, _ style: String) -> String {
    colors == .none ? text : "\u{1B}[\(style)m\(text)\u{1B}[0m"
  }

  private static func depth(
    _ choice: ColorChoice, term: String, usable: Bool, environment: (String) -> String?
  ) -> ColorDepth {
    let refused = environment("NO_COLOR").map { !$0.isEmpty } ?? false
    switch choice {
    case .never: return .none
    case .auto where !usable || refused: return .none
    case .auto, .always: break
    }
    let colorterm = environment("COLORTERM") ?? ""
    let isFull = ["truecolor", "24bit"].contains(colorterm) || term.hasSuffix("-direct")
    return isFull || ["xterm-kitty", "alacritty", "foot", "wezterm"].contains(term)
      ? .full : .palette
  }

  private static func speaksUnicode(_ environment: (String) -> String?) -> Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = environment(name), !value.isEmpty else { continue }
      let upper = value.uppercased()
      return upper.contains("UTF-8") || upper.contains("UTF8")
    }
    return false
  }
}
