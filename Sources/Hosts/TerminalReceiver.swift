// SPDX-License-Identifier: Apache-2.0
//
// The receiver of a terminal, or of a pipe or file in its place: text and values on standard
// output, progress, errors and notes on standard error. All values are handled here, those of
// `show` and those that the prompt displays, so a picture is drawn in one place, from its pixels.

import Console
import Library
import Runtime

/// Shows the events of a session on the descriptors of a terminal.
public final class TerminalReceiver: EventReceiver {
  /// Where it writes.
  public let terminal: Terminal
  /// Buffered standard output.
  public let out: StandardOutput
  /// Chosen when the first picture is shown, since that may ask the terminal.
  private lazy var pictures = PictureStyle.choose(images, for: terminal) ?? .none
  private let images: String
  private let errors: ErrorText
  private var progress: (any ProgressDisplay)?
  private lazy var frames = FrameScreen(terminal: terminal) { [weak self] in
    self?.pictures ?? .none
  }
  /// Whether what was written last ended its line.
  private(set) var isAtLineStart = true
  /// Shows that a statement still runs; nil where standard error is somebody else's.
  private let lifeSign: LifeSign?

  /// Prepares to write to the process's own descriptors, unless others are given.
  public init(
    _ options: HostOptions, terminal: Terminal? = nil, out: StandardOutput = StandardOutput()
  ) {
    let isOwn = terminal == nil && !options.reportsJSON
    let terminal = terminal ?? Terminal(color: options.color)
    self.terminal = terminal
    lifeSign = isOwn ? LifeSign(terminal: terminal) : nil
    self.out = out
    images = options.images
    errors = ErrorText(terminal: terminal, isJSON: options.reportsJSON)
    // Output during long work replaces the bar, which the next report redraws.
    out.clearLine = { [weak self] in self?.progress?.finish() }
  }

  /// Shows an event.
  ///
  /// - Throws: a `ScriptError` that no script can catch when text or a value cannot be written.
  public func receive(_ event: SessionEvent) throws {
    switch event {
    case .status(.running): lifeSign?.start()
    case .status(.waiting), .status(.ended): lifeSign?.stop()
    default:
      guard let lifeSign else { return try take(event) }
      try lifeSign.around(isBusy: { progress != nil || !isAtLineStart }) { try take(event) }
    }
  }

  private func take(_ event: SessionEvent) throws {
    switch event {
    case .text(let text):
      if let last = text.utf8.last { isAtLineStart = last == UInt8(ascii: "\n") }
      try writing { try out.write(text) }
    case .value(let bundle):
      isAtLineStart = true
      try writing { try out.write(frames.erasure() + text(of: bundle)) }
    case .frame(let bundle):
      // A frame that cannot be drawn is none: the value that follows says the same.
      guard let text = try? frames.text(of: bundle) else { return }
      try writing { try out.write(text) }
    case .progress(let report): show(report)
    case .diagnostic(let diagnostic): say(diagnostic)
    case .status: break
    }
  }

  /// Flushes buffered output.
  ///
  /// - Throws: as `receive`.
  public func flush() throws { try writing { try out.flush() } }

  /// The width of the terminal; lines of a pipe or a file have any length.
  public var columns: Int? { terminal.isTerminal ? terminal.size.columns : nil }

  /// Ends a line that a program has left open, so that a prompt begins its own.
  func startLine() throws {
    guard !isAtLineStart, terminal.isTerminal else { return }
    isAtLineStart = true
    try writing {
      try out.write("\n")
      try out.flush()
    }
  }

  private func writing(_ body: () throws -> Void) throws {
    do { try body() } catch { throw ScriptError(unwritable: error) }
  }

  // MARK: - Values

  /// The picture of a value if the terminal can draw it, and its text where that is needed.
  private func text(of bundle: Bundle) -> String {
    let drawing = drawing(of: bundle)
    let isText = drawing == nil || bundle.textAccompaniesPicture
    var caption = isText ? [bundle.text] : [bundle.caption].compactMap { $0 }
    // Characters are too coarse for what is written in the picture.
    if drawing != nil, !pictures.isBitmap { caption += bundle.control?.lines ?? [] }
    let text = (caption + [drawing].compactMap { $0 }).joined(separator: "\n")
    return (bundle.title.map { $0 + "\n" } ?? "") + TerminalReceiver.line(text)
  }

  private func drawing(of bundle: Bundle) -> String? {
    guard bundle.picture != nil || bundle.graphic != nil else { return nil }
    let converter = TerminalPicture(style: pictures, terminal: terminal)
    if let picture = bundle.picture { return try? converter.text(for: picture) }
    guard converter.style.isBitmap, let graphic = bundle.graphic else { return nil }
    // A figure that is too large for a picture is drawn in characters.
    return try? converter.text(for: graphic(converter.pixelsPerUnit))
  }

  private static func line(_ text: String) -> String {
    text.hasSuffix("\n") ? text : text + "\n"
  }

  // MARK: - Progress

  /// Output from before long work is flushed before it begins.
  private func show(_ report: ProgressReport) {
    // A failure is recorded, and thrown by the next write or reported at the end.
    try? out.flush()
    switch report.phase {
    case .began: break
    case .advanced(let done, let total, let note):
      if progress?.total != total {
        progress?.finish()
        progress = display(of: report, total: total)
      }
      progress?.update(done, note: note)
    case .ended:
      progress?.finish()
      progress = nil
    }
  }

  /// A bar on a terminal, a line from time to time elsewhere.
  private func display(of report: ProgressReport, total: Int) -> any ProgressDisplay {
    let unit = report.unit.map { (name: $0.name, perStep: $0.perStep) }
    return ProgressBar.isPossible
      ? ProgressBar(total: total, title: report.title, unit: unit, about: report.about)
      : ProgressLog(total: total, title: report.title, unit: unit, about: report.about)
  }

  // MARK: - Diagnostics

  private func say(_ diagnostic: SessionDiagnostic) {
    switch diagnostic {
    case .note(let text):
      // Where both streams are one file, the note comes after earlier output.
      if terminal.errors == terminal.output { try? out.flush() }
      complain(terminal.fittedMessage("note: \(text)"))
    case .syntax(let diagnostics):
      try? out.flushAtEnd()
      complain(errors.render(diagnostics))
    case .error(let error):
      try? out.flushAtEnd()
      complain(error.isInterrupt ? TerminalReceiver.words(of: error) : errors.render(error))
    }
  }

  /// The message of an interrupt, with its signal if that is not Ctrl-C, and how to go on.
  private static func words(of interrupt: ScriptError) -> String {
    (Signals.terminating.map { "\($0.name): " } ?? "") + interrupt.message
      + (interrupt.hint.isEmpty ? "" : "; " + interrupt.hint)
  }

  /// Writes a line to standard error; a failure of this cannot be reported anywhere.
  private func complain(_ text: String) {
    try? terminal.writeError(TerminalReceiver.line(text))
  }
}
