// SPDX-License-Identifier: Apache-2.0
//
// Values that are redrawn in place while they change. A frame is the lines above the cursor; the
// next one moves the cursor up, clears to the end of the screen and writes its own. Frames come as
// fast as a script makes them and are drawn at most thirty times a second; those between are
// skipped, since the last one arrives once more as a value.

import Console
import Glibc
import Runtime

/// Draws frames on a terminal, each in the place of the one before.
final class FrameScreen {
  private lazy var converter = makeConverter()
  private let makeConverter: () -> TerminalPicture
  private let isPossible: Bool
  private let size: () -> (columns: Int, rows: Int)
  private let clock: () -> Double
  /// The lines of the frame that is on the screen.
  private var lines = 0
  private var lastDrawn = -Double.infinity

  /// Seconds between two frames.
  private static let interval = 1.0 / 30

  /// A screen of a terminal; elsewhere nothing is drawn.
  convenience init(terminal: Terminal, pictures: @escaping () -> PictureStyle) {
    let term = Terminal.variable("TERM") ?? ""
    self.init(
      {
        // A bitmap of a DEC terminal has no height in lines.
        let style = pictures()
        return TerminalPicture(style: style == .sixel ? .blocks : style, terminal: terminal)
      },
      isPossible: terminal.isTerminal && !["", "dumb"].contains(term),
      size: { terminal.size }, clock: FrameScreen.seconds)
  }

  /// A screen with its own size and clock.
  init(
    _ converter: @escaping () -> TerminalPicture, isPossible: Bool,
    size: @escaping () -> (columns: Int, rows: Int), clock: @escaping () -> Double
  ) {
    (makeConverter, self.isPossible) = (converter, isPossible)
    (self.size, self.clock) = (size, clock)
  }

  /// What draws a frame in the place of the last one, or nil if it is not drawn.
  func text(of bundle: Bundle) throws -> String? {
    let now = clock()
    guard isPossible, now - lastDrawn >= FrameScreen.interval else { return nil }
    guard let drawn = try drawing(of: bundle) else { return nil }
    // What is higher than the screen cannot be redrawn.
    guard drawn.lines < size().rows else { return nil }
    lastDrawn = now
    defer { lines = drawn.lines }
    return erasure() + drawn.text
  }

  /// What removes the frame that is on the screen.
  func erasure() -> String {
    guard lines > 0 else { return "" }
    defer { lines = 0 }
    let images = converter.style == .kitty ? TerminalPicture.removal : ""
    return images + "\r\u{1B}[\(lines)A\u{1B}[J"
  }

  private func drawing(of bundle: Bundle) throws -> (text: String, lines: Int)? {
    let head = bundle.title.map { $0 + "\n" } ?? ""
    let titleLines = head.isEmpty ? 0 : 1
    if let picture = bundle.picture, !bundle.textAccompaniesPicture {
      guard let drawing = try converter.frame(of: picture) else { return nil }
      return (head + drawing.text, titleLines + drawing.lines)
    }
    let body = bundle.text.hasSuffix("\n") ? bundle.text : bundle.text + "\n"
    let columns = size().columns
    // A line that the terminal would break has no known height.
    guard body.split(separator: "\n").allSatisfy({ $0.count < columns }) else { return nil }
    return (head + body, titleLines + body.count { $0 == "\n" })
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
