// SPDX-License-Identifier: Apache-2.0
//
// Values that are redrawn in place: what a session sends, and what a terminal is told.

import Console
import Images
import Runtime
import Testing

@testable import Hosts

@Suite struct FrameTests {
  private let test = TestHost()

  /// A receiver that knows no frames gets the last one as a value, before anything else is written.
  @Test func theLastFrameStays() {
    #expect(
      test.run("for i in range(3) { show(i, live = true) }; print(\"end\"); show(7, live = true)")
        == 0)
    #expect(
      test.recorder.lines == [
        "running", "frame 0", "frame 1", "frame 2", "value 2", "text \"end\\n\"", "frame 7",
        "value 7",
        "ended \(SessionStatus.Ending.succeeded)",
      ])
  }

  @Test func theLastFrameStaysBeforeAnError() {
    #expect(test.run("show(1, live = true); error(\"no\")") == 1)
    #expect(
      test.recorder.lines == [
        "running", "frame 1", "value 1", "error Error",
        "ended \(SessionStatus.Ending.failed(exitCode: 1))",
      ])
  }

  private func screen(
    _ style: PictureStyle = .blocks, rows: Int = 24, clock: @escaping () -> Double
  ) -> FrameScreen {
    FrameScreen(
      { TerminalPicture(style: style, colors: .none, isUnicode: false) }, isPossible: true,
      size: { (80, rows) }, clock: clock)
  }

  /// A frame takes the place of the lines of the last one; frames that come too soon are skipped.
  @Test func framesReplaceEachOther() throws {
    var time = 0.0
    let screen = screen { time }
    #expect(screen.erasure() == "")
    #expect(try screen.text(of: Bundle(text: "a\nb")) == "a\nb\n")
    time = 0.01
    #expect(try screen.text(of: Bundle(text: "skipped")) == nil)
    time = 0.1
    var titled = Bundle(text: "c")
    titled.title = "title"
    #expect(try screen.text(of: titled) == "\r\u{1B}[2A\u{1B}[Jtitle\nc\n")
    #expect(screen.erasure() == "\r\u{1B}[2A\u{1B}[J")
    #expect(screen.erasure() == "")
  }

  @Test func picturesAreFrames() throws {
    var time = 0.0
    let picture = try Picture.pictures(of: .zeros([1, 3, 8, 8]))[0]
    let bundle = Bundle(text: "image(8 x 8)", picture: picture)
    let screen = screen { time }
    #expect(try screen.text(of: bundle) == String(repeating: "        \n", count: 4))
    time = 1
    #expect(try screen.text(of: bundle)?.hasPrefix("\r\u{1B}[4A\u{1B}[J") == true)
    let kitty = self.screen(.kitty) { 0 }
    let sent = try #require(try kitty.text(of: bundle))
    #expect(sent.hasPrefix("\u{1B}_Ga=T,f=100,q=2,i=7301,r=1,m=0;") && sent.hasSuffix("\n"))
    #expect(kitty.erasure() == "\u{1B}_Ga=d,d=I,i=7301,q=2\u{1B}\\\r\u{1B}[1A\u{1B}[J")
  }

  /// What cannot be redrawn is not drawn.
  @Test func framesThatDoNotFitAreSkipped() throws {
    let low = screen(rows: 3) { 0 }
    #expect(try low.text(of: Bundle(text: "1\n2\n3")) == nil)
    #expect(try low.text(of: Bundle(text: String(repeating: "x", count: 80))) == nil)
    #expect(try low.text(of: Bundle(text: "1\n2")) == "1\n2\n")
  }
}
