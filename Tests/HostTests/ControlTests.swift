// SPDX-License-Identifier: Apache-2.0

import Hosts
import Images
import Runtime
import Testing

@Suite struct ControlTests {
  /// The bundle of a value, as a front end gets it.
  private func bundle(_ text: String) throws -> Bundle {
    let session = Host(HostOptions(), interrupt: Interrupt(), receiver: TextReceiver { _ in })
      .session
    return try Display.bundle(session.evaluate(text: text).value, session)
  }

  @Test func framesAreFoundByThePositionsOfTheAxes() throws {
    let control = try #require(
      bundle("grid2d(\"x\", [1, 2, 3], \"y\", [\"a\", \"b\"], fn(x, y) = [x, y])").control)
    #expect(control.axes.map(\.name) == ["x", "y"])
    #expect(control.axes.map(\.style) == [.slider, .choice])
    #expect(control.frames[control.index(at: [2, 1])].text == "[3, \"b\"]")
    #expect(control.caption(of: control.index(at: [1, 1])) == "x = 2, y = b")
    #expect(control.index(at: [9, -4]) == control.index(at: [2, 0]))
    #expect(Control(axes: control.axes, frames: Array(control.frames.dropLast())) == nil)
  }

  @Test func theStartIsTheGivenValue() throws {
    let control = try #require(
      bundle("slider(\"k\", [1, 2, 4], fn(k) = k, start = 4)").control)
    #expect(control.start == 2)
  }

  @Test func picturesOfFramesAreOneSheet() throws {
    let sheet = try bundle("slider(\"v\", range(40), fn(v) = v / 40 * ones(3, 8, 8))")
    // Of many values, both ends and an even choice between them are shown.
    let picture = try #require(sheet.picture)
    #expect(picture.width >= 8 * 8 && picture.width < 40 * 8)
    #expect(sheet.control?.frames.count == 40)
  }

  @Test func allMediaHaveTheirTypes() throws {
    let picture = try bundle("image.show(zeros(3, 4, 4))").representations()
    #expect(picture.map(\.mediaType) == ["text/plain", "image/png"])
    guard case .bytes(let bytes) = picture[1].content else {
      Issue.record("a PNG file is binary")
      return
    }
    #expect(try PNG.decode(bytes, name: "sent").width == 4)
    #expect(
      try bundle("plot.line([1, 2])").representations().contains { $0.mediaType == "image/svg+xml" }
    )
    #expect(try bundle("table([{a: 1}])").richest().mediaType == "text/html")
    #expect(try bundle("42").richest() == Representation("text/plain", .text("42")))
  }
}
