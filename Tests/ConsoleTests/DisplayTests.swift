// SPDX-License-Identifier: Apache-2.0
//
// The output on the screen: half blocks, other protocols, and the progress bar.

import Files
import Console
import Glibc
import Images
import Testing

@Suite struct DisplayTests {
  private static func twoByTwo() throws -> Picture {
    try Picture(
      width: 2, height: 2, pixels: [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0])
  }

  private func text(
    _ picture: Picture, _ style: PictureStyle = .blocks, _ colors: Terminal.ColorDepth = .full,
    isUnicode: Bool = true, columns: Int = 80
  ) throws -> String? {
    try TerminalPicture(style: style, colors: colors, isUnicode: isUnicode, columns: columns)
      .text(for: picture)
  }

  @Test func halfBlocksShowTwoPixels() throws {
    let shown = try text(try DisplayTests.twoByTwo())
    #expect(
      shown == "\u{1B}[38;2;255;0;0;48;2;0;0;255m▀\u{1B}[48;2;0;255;0m▀\u{1B}[0m\n")
    let palette = try text(try DisplayTests.twoByTwo(), .blocks, .palette)
    #expect(palette == "\u{1B}[38;5;196;48;5;21m▀\u{1B}[48;5;46m▀\u{1B}[0m\n")
  }

  @Test func oddRowsAndClearPixelsUseTheBackground() throws {
    let row = try Picture(width: 1, height: 1, fill: Color(1, 2, 3))
    #expect(try text(row) == "\u{1B}[38;2;1;2;3m▀\u{1B}[0m\n")
    let clear = try Picture(width: 3, height: 2, fill: Color(0, 0, 0, alpha: 0))
    #expect(try text(clear) == "   \n")
  }

  @Test func withoutColorsDensityIsUsed() throws {
    var picture = try Picture(width: 3, height: 2, fill: .black)
    picture.fill(.white, x: 2, y: 0, width: 1, height: 2)
    #expect(try text(picture, .blocks, .none) == "  █\n")
    #expect(try text(picture, .blocks, .full, isUnicode: false) == "  @\n")
    #expect(try text(picture, PictureStyle.none) == nil)
  }

  @Test func widePicturesAreMadeSmaller() throws {
    let wide = try Picture(width: 100, height: 40, fill: .white)
    let lines = try text(wide, .blocks, .none, columns: 25)?.split(separator: "\n")
    #expect(lines?.count == 5 && lines?[0].count == 25)
    let thin = try Picture(width: 500, height: 1, fill: .white)
    #expect(try text(thin, .blocks, .none, columns: 1) == "█\n")
  }

  @Test func protocolsCarryThePicture() throws {
    var generator = SplitMix64(seed: 1)
    let pixels = (0..<64 * 64 * 3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    let noise = try Picture(width: 64, height: 64, pixels: pixels)
    let kitty = try text(noise, .kitty) ?? ""
    #expect(kitty.hasPrefix("\u{1B}_Ga=T,f=100,q=2,m=1;"))
    let chunks = kitty.split(separator: "\u{1B}\\").dropLast()
    #expect(chunks.count > 3)
    #expect(chunks.allSatisfy { ($0.split(separator: ";").last?.count ?? 0) <= 4096 })
    let iterm = try text(noise, .iterm2) ?? ""
    #expect(iterm.hasPrefix("\u{1B}]1337;File=inline=1;size=") && iterm.hasSuffix("\u{07}\n"))
    let sixel = try text(try DisplayTests.twoByTwo(), .sixel) ?? ""
    #expect(sixel.hasPrefix("\u{1B}Pq\"1;1;2;2#0;2;0;0;0"))
    #expect(sixel.hasSuffix("-\u{1B}\\\n"))
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
  ])
  func base64(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
  }

  @Test func theStyleIsChosenByWhatIsThere() {
    let pipe = Terminal(input: 0, output: 1, colors: .none, isUnicode: true)
    #expect(PictureStyle.choose("sixel", for: pipe) == .sixel)
    #expect(PictureStyle.choose("tiff", for: pipe) == nil)
    #expect(PictureStyle.choose("auto", for: pipe) { _ in nil } == PictureStyle.none)
    let wish = PictureStyle.choose("auto", for: pipe) { $0 == "SMAP_IMAGES" ? "kitty" : nil }
    #expect(wish == .kitty)
  }

  // MARK: - Asking the terminal

  private func asked(_ answer: String) -> GraphicsQuery {
    var query = GraphicsQuery()
    query.take(Array(answer.utf8))
    query.finish()
    return query
  }

  @Test(arguments: [
    // kitty, xterm with sixels, xterm without, and a terminal where 4 is part of another number.
    ("\u{1B}_Gi=4301;OK\u{1B}\\\u{1B}[?62;52;c", true, false),
    ("\u{1B}[?63;1;2;4;6;9;15;22c", false, true), ("\u{1B}[?64;1;2;6;22c", false, false),
    ("\u{1B}[?1;44;14c", false, false),
    ("\u{1B}_Gi=4301;ENOTSUPPORTED\u{1B}\\\u{1B}[?62;4c", false, true),
  ])
  func answersAreUnderstood(answer: String, kitty: Bool, sixel: Bool) {
    let query = asked(answer)
    #expect(query.reply == GraphicsReply(hasKitty: kitty, hasSixel: sixel))
    #expect(query.isComplete && query.typed.isEmpty)
  }

  /// What is typed while the answer is on its way is not lost, not even keys that look like one.
  @Test func keysBetweenAnswersAreKept() {
    let query = asked("a\u{1B}[A\u{1B}[?62;4cxy\u{1B}")
    #expect(query.reply.hasSixel && query.isComplete)
    #expect(String(decoding: query.typed, as: UTF8.self) == "a\u{1B}[Axy\u{1B}")
    #expect(!asked("").isComplete)
  }

  @Test(
    arguments: [
      ("xterm", nil, GraphicsReply(hasKitty: true, hasSixel: true), PictureStyle.kitty),
      ("xterm", nil, GraphicsReply(hasSixel: true), .sixel),
      ("xterm", nil, GraphicsReply(), .blocks), ("xterm", nil, nil, .blocks),
      ("xterm-kitty", nil, nil, .kitty), ("foot", nil, nil, .sixel), ("linux", nil, nil, .blocks),
      // Within tmux the variables of the terminal around it say nothing.
      ("tmux-256color", "kitty", GraphicsReply(hasSixel: true), .sixel),
      ("screen", "kitty", GraphicsReply(), .blocks),
    ] as [(String, String?, GraphicsReply?, PictureStyle)])
  func theTerminalIsAskedWhereVariablesSayNothing(
    term: String, window: String?, reply: GraphicsReply?, style: PictureStyle
  ) {
    let terminal = Terminal(
      input: 0, output: 1, colors: .full, isUnicode: true, isTerminal: true)
    let chosen = PictureStyle.choose(
      "auto", for: terminal,
      environment: { ["TERM": term, "KITTY_WINDOW_ID": window][$0] ?? nil },
      ask: { isMultiplexed in
        #expect(isMultiplexed == (term.hasPrefix("tmux") || term == "screen"))
        return reply
      })
    #expect(chosen == style)
  }

  /// In tmux, sequences of kitty travel in envelopes with doubled escapes, below reserved lines.
  @Test func picturesPassThroughTmux() throws {
    let picture = try Picture(width: 30, height: 30, fill: .white)
    var converter = TerminalPicture(style: .kitty, colors: .full)
    converter.isInTmux = true
    let text = try #require(try converter.text(for: picture))
    #expect(text.hasPrefix("\n\n\u{1B}[2A\u{1B}Ptmux;\u{1B}\u{1B}_Ga=T,"))
    #expect(text.hasSuffix("\u{1B}\u{1B}\\\u{1B}\\\u{1B}[2B\r"))
    converter.style = .iterm2
    let other = try #require(try converter.text(for: picture))
    #expect(
      other.contains("\u{1B}Ptmux;\u{1B}\u{1B}]1337;File=") && other.contains("\u{07}\u{1B}\\"))
  }

  // MARK: - Progress

  private func line(
    _ done: Int, _ total: Int?, rate: Double, note: String = "", width: Int = 72
  ) -> String {
    ProgressBar.line(
      done: done, total: total, rate: rate, title: "train", note: note, width: width,
      isUnicode: false)
  }

  @Test func progressIsPutInWords() {
    #expect(
      line(50, 200, rate: 2.5, note: "loss 0.12", width: 66)
        == "train  ####..............  25%  50/200  2.5/s  ETA 1:00  loss 0.12")
    #expect(line(7, nil, rate: 0.25) == "train  7  4.0 s/step")
    #expect(line(0, 10, rate: 0, width: 20) == "train  0%  0/10")
    #expect(line(20, 10, rate: 1, width: 5).count <= 5)
    #expect(line(1, 0, rate: .infinity, width: -3) == "")
    #expect(ProgressBar.timeText(3_725) == "1:02:05")
    #expect(ProgressBar.timeText(.infinity).contains(":"))
  }

  @Test func ratesCountWhatStepsWorkOn() {
    let line = ProgressBar.line(
      done: 50, total: 200, rate: 2.5, unit: (name: "pictures", perStep: 64), title: "train",
      note: "loss 0.12", width: 40, isUnicode: false)
    #expect(line == "train  25%  50/200  160 pictures/s  ETA ")
    #expect(
      ProgressLog.line(
        done: 300, total: 1200, rate: 2, unit: (name: "pictures", perStep: 64), title: "training",
        note: "loss 0.12")
        == "training: step 300 of 1200 (25%), loss 0.12, 128 pictures/s, 7:30 left")
    #expect(
      ProgressLog.line(done: 7, total: nil, rate: 0, unit: nil, title: "work", note: "")
        == "work: step 7")
  }

  /// Where there is no terminal, a line every thirty seconds shows that the work goes on.
  @Test func aLogGetsALineEveryThirtySeconds() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    var now = 0.0
    let log = ProgressLog(
      total: 1000, title: "training", unit: (name: "pictures", perStep: 8),
      about: "41,210 parameters", descriptor: ends[1], clock: { now })
    // Resumed after step 500: those steps are not counted into the rate.
    for step in 501...590 {
      now += 1
      log.update(step, note: "loss 1")
    }
    log.finish()
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(ends[0], &bytes, bytes.count)
    close(ends[0])
    let lines = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first == "training: 41,210 parameters")
    #expect(lines[1] == "training: step 530 of 1000 (53%), loss 1, 8.0 pictures/s, 7:50 left")
    #expect(lines.last?.hasPrefix("training: step 590 of 1000 (59%)") == true)
  }

  @Test func progressWaitsAndIsThrottledAndCleared() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    var now = 0.0
    let bar = ProgressBar(
      total: 100, title: "", descriptor: ends[1], isShown: true, isUnicode: false,
      width: { 40 }, clock: { now })
    for step in 1...30 {
      now += 0.05
      bar.update(step)
    }
    bar.finish()
    close(ends[1])
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(ends[0], &buffer, buffer.count)
    close(ends[0])
    let drawn = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
      .split(separator: "\r").map(String.init)
    #expect(drawn.count > 3 && drawn.count < 9)
    #expect(drawn.last == "\u{1B}[K")
    #expect(drawn[0].contains("20/100"))
  }
}

@Suite struct TerminalSizeTests {
  /// A terminal of a size that its owner names; nil where the system has none to give.
  private static func terminal(columns: UInt16, rows: UInt16) -> Terminal? {
    // Linux's own ioctl requests: the POSIX functions are hidden from Swift.
    let (unlock, tellNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    let owner = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (locked, number): (Int32, UInt32) = (0, 0)
    guard owner >= 0, ioctl(owner, unlock, &locked) == 0, ioctl(owner, tellNumber, &number) == 0
    else { return nil }
    let side = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard side >= 0, ioctl(side, UInt(TIOCSWINSZ), &size) == 0 else { return nil }
    return Terminal(input: side, output: side) { $0 == "TERM" ? "xterm" : nil }
  }

  @Test func absurdSizesAreNotBelieved() throws {
    let usual = try #require(Self.terminal(columns: 100, rows: 30))
    #expect(usual.size == (100, 30) && usual.canEdit)
    let absurd = try #require(Self.terminal(columns: .max, rows: .max))
    #expect(absurd.size == (2000, 2000) && !absurd.canEdit)
  }
}
