// SPDX-License-Identifier: Apache-2.0
//
// Pictures as text. A character cell is about twice as high as wide, so the upper half block "▀"
// shows two pixels: its foreground is the upper one, its background the lower. Without colours or
// block characters, ASCII shades of density are used. Pictures wider than the terminal are
// downsampled by averaging.

import Images

/// How pictures reach the screen.
public enum PictureStyle: String, Sendable, CaseIterable {
  /// Half blocks in the colours that the terminal supports.
  case blocks
  /// The graphics protocol of kitty.
  case kitty
  /// The inline images of iTerm2 and WezTerm.
  case iterm2
  /// The bitmaps of DEC terminals.
  case sixel
  /// Not at all.
  case none

  /// Whether the terminal shows pixels of any number, so that a figure can be read.
  public var isBitmap: Bool { self == .kitty || self == .iterm2 || self == .sixel }

  /// What the terminal shows, in words.
  public var words: String {
    switch self {
    case .none: "no pictures, figures as text"
    case .blocks: "pictures as half blocks, figures as text"
    case .kitty, .iterm2, .sixel: "pictures and figures as \(rawValue)"
    }
  }

  /// Chooses by an option (`auto` or the name of a style), by the environment and, where that does
  /// not say enough, by asking the terminal.
  ///
  /// Within tmux and screen, `auto` means sixels if they say that they draw them, else half blocks.
  /// Returns nil for an unknown option.
  public static func choose(
    _ option: String = "auto", for terminal: Terminal,
    environment: (String) -> String? = Terminal.variable
  ) -> PictureStyle? {
    choose(option, for: terminal, environment: environment) { terminal.graphics(isMultiplexed: $0) }
  }

  /// Chooses as above, where `ask` sends a question to the terminal, or returns nil if it cannot.
  package static func choose(
    _ option: String, for terminal: Terminal, environment: (String) -> String?,
    ask: (_ isMultiplexed: Bool) -> GraphicsReply?
  ) -> PictureStyle? {
    if let style = PictureStyle(rawValue: option) { return style }
    guard option == "auto" else { return nil }
    if let wish = environment("SMAP_IMAGES"), let style = PictureStyle(rawValue: wish) {
      return style
    }
    guard terminal.isTerminal else { return PictureStyle.none }
    let term = environment("TERM") ?? ""
    if terminal.colors == .none { return .blocks }
    let isMultiplexed = Terminal.isMultiplexed(environment)
    if !isMultiplexed {
      if term == "xterm-kitty" || environment("KITTY_WINDOW_ID") != nil { return .kitty }
      if ["iTerm.app", "WezTerm"].contains(environment("TERM_PROGRAM") ?? "") { return .iterm2 }
      if term == "foot" || term.hasPrefix("mlterm") { return .sixel }
      // The console of Linux draws no pictures, and prints what it does not know.
      if term == "linux" { return .blocks }
    }
    guard let reply = ask(isMultiplexed) else { return .blocks }
    return reply.hasKitty ? .kitty : reply.hasSixel ? .sixel : .blocks
  }
}

/// Turns pictures into text for a terminal.
public struct TerminalPicture: Sendable {
  /// How pictures are sent.
  public var style: PictureStyle
  /// The colours of half blocks.
  public var colors: Terminal.ColorDepth
  /// Whether block characters may be used.
  public var isUnicode: Bool
  /// The maximum width of a picture, in characters.
  public var columns: Int
  /// Whether tmux has to be told to pass pictures of kitty and iTerm2 on (its option
  /// allow-passthrough).
  public var isInTmux = false
  /// The width of a character in pixels; ten is common.
  public var cellWidth = 10

  /// How many pixels a unit of a figure takes: two where characters are twice as wide as usual.
  public var pixelsPerUnit: Int { min(max((cellWidth + 5) / 10, 1), 4) }

  /// Makes a converter.
  public init(
    style: PictureStyle, colors: Terminal.ColorDepth, isUnicode: Bool = true, columns: Int = 80
  ) {
    self.style = style
    self.colors = colors
    self.isUnicode = isUnicode
    self.columns = max(1, columns)
  }

  /// Makes a converter for a terminal.
  public init(style: PictureStyle, terminal: Terminal) {
    self.init(
      style: style, colors: terminal.colors, isUnicode: terminal.isUnicode,
      columns: terminal.size.columns)
    isInTmux = Terminal.variable("TMUX") != nil
    cellWidth = terminal.cellWidth ?? 10
  }

  /// The text that shows a picture, ending in a newline; nil if pictures are switched off.
  ///
  /// - Throws: `ImageError` when the picture cannot be encoded.
  public func text(for picture: Picture) throws -> String? {
    switch style {
    case .none: return nil
    case .blocks: return try blocks(fitted(picture, columns: columns))
    case .kitty, .iterm2:
      let picture = try fitted(picture, columns: columns * cellWidth)
      guard !isInTmux else { return try frame(of: picture)?.text }
      return try style == .kitty ? InlinePicture.kitty(picture) : InlinePicture.iterm2(picture)
    case .sixel: return Sixel.text(try fitted(picture, columns: columns * cellWidth).flattened())
    }
  }

  /// The text that shows a picture as a frame, and its height in lines; nil if pictures are
  /// switched off or, as bitmaps, have no height in lines.
  package func frame(of picture: Picture) throws -> (text: String, lines: Int)? {
    // A character is about twenty pixels high where a terminal shows pictures.
    let lines = (picture.height + 19) / 20
    switch style {
    case .none, .sixel: return nil
    case .blocks:
      guard let text = try text(for: picture) else { return nil }
      return (text, text.count { $0 == "\n" })
    case .kitty: return (passed(try InlinePicture.kitty(picture, rows: lines), lines), lines)
    case .iterm2: return (passed(try InlinePicture.iterm2(picture, rows: lines), lines), lines)
    }
  }

  /// The text as it reaches the terminal. tmux does not know how high a picture is, so the lines
  /// are reserved first, and the cursor moves below them afterwards.
  private func passed(_ text: String, _ lines: Int) -> String {
    guard isInTmux else { return text }
    return String(repeating: "\n", count: lines) + "\u{1B}[\(lines)A"
      + Passthrough.tmux(text) + "\u{1B}[\(lines)B\r"
  }

  /// What removes the picture of a frame where erased text leaves it (kitty).
  package static let removal = "\u{1B}_Ga=d,d=I,i=\(InlinePicture.frameNumber),q=2\u{1B}\\"

  private func fitted(_ picture: Picture, columns: Int) throws -> Picture {
    guard picture.width > columns else { return picture }
    let height = max(1, (picture.height * columns + picture.width / 2) / picture.width)
    return try picture.resized(width: columns, height: height, filter: .area)
  }

  private func blocks(_ picture: Picture) throws -> String {
    if colors == .none || !isUnicode { return try shades(picture) }
    var text = ""
    for row in stride(from: 0, to: picture.height, by: 2) {
      var painter = BlockPainter(depth: colors)
      for column in 0..<picture.width {
        // Below the last row of a picture with odd height there is nothing, which reads as
        // transparent.
        painter.paint(upper: picture[column, row], lower: picture[column, row + 1])
      }
      text += painter.finish() + "\n"
    }
    return text
  }

  /// Density instead of colour: a bright pixel fills much of the cell.
  private func shades(_ picture: Picture) throws -> String {
    let ramp = Array(isUnicode ? " ░▒▓█" : " .:-=+*#%@")
    let rows = max(1, picture.height / 2)
    let small = try picture.flattened().resized(
      width: picture.width, height: rows, filter: .area)
    var text = ""
    for row in 0..<rows {
      for column in 0..<small.width {
        let color = small[column, row]
        let light = 299 * Int(color.red) + 587 * Int(color.green) + 114 * Int(color.blue)
        text.append(ramp[light * (ramp.count - 1) / 255_000])
      }
      text += "\n"
    }
    return text
  }
}

/// Writes one line of half blocks, with escape sequences only where colours change.
private struct BlockPainter {
  let depth: Terminal.ColorDepth
  private var text = ""
  private var foreground: String?
  private var background: String?

  init(depth: Terminal.ColorDepth) { self.depth = depth }

  mutating func paint(upper: Color, lower: Color) {
    switch (upper.alpha >= 128, lower.alpha >= 128) {
    case (true, true):
      let (front, back) = (code(upper), code(lower))
      set(front, back)
      text += front == back ? " " : "▀"
    case (true, false):
      set(code(upper), nil)
      text += "▀"
    case (false, true):
      set(code(lower), nil)
      text += "▄"
    case (false, false):
      set(foreground, nil)
      text += " "
    }
  }

  mutating func finish() -> String {
    foreground == nil && background == nil ? text : text + "\u{1B}[0m"
  }

  private mutating func set(_ front: String?, _ back: String?) {
    var codes: [String] = []
    if front != foreground, let front { codes.append("38;" + front) }
    if back != background { codes.append(back.map { "48;" + $0 } ?? "49") }
    if !codes.isEmpty { text += "\u{1B}[" + codes.joined(separator: ";") + "m" }
    if front != nil { foreground = front }
    background = back
  }

  private func code(_ color: Color) -> String {
    depth == .full
      ? "2;\(color.red);\(color.green);\(color.blue)" : "5;\(Palette.nearest(color))"
  }
}

/// The fixed part of the 256 colours: a cube of 6 x 6 x 6 and 24 greys.
package enum Palette {
  private static let levels = [0, 95, 135, 175, 215, 255]

  /// The index of the nearest colour.
  package static func nearest(_ color: Color) -> Int {
    let channels = [Int(color.red), Int(color.green), Int(color.blue)]
    let steps = channels.map { $0 < 48 ? 0 : $0 < 115 ? 1 : min(5, ($0 - 35) / 40) }
    let cube = steps.map { levels[$0] }
    let mean = channels.reduce(0, +) / 3
    let step = min(23, max(0, (mean - 3) / 10))
    let gray = [Int](repeating: 8 + 10 * step, count: 3)
    return distance(gray, channels) < distance(cube, channels)
      ? 232 + step : 16 + 36 * steps[0] + 6 * steps[1] + steps[2]
  }

  private static func distance(_ a: [Int], _ b: [Int]) -> Int {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}
