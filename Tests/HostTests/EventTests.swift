// SPDX-License-Identifier: Apache-2.0
//
// The events of one evaluation: their order, and what each carries.

import Images
import Library
import Runtime
import Syntax
import Testing

@testable import Hosts

@Suite struct EventTests {
  private let test = TestHost()

  @Test func eventsComeInTheOrderOfTheScript() {
    #expect(test.run("print(1); show([2], title = \"two\"); print(3); 4") == 0)
    #expect(
      test.recorder.lines == [
        "running", "text \"1\\n\"", "value two: [2]", "text \"3\\n\"", "value 4",
        "ended \(SessionStatus.Ending.succeeded)",
      ])
  }

  @Test func aMutedValueIsNoEvent() {
    #expect(test.run("4;") == 0)
    #expect(test.recorder.values.isEmpty)
  }

  // MARK: - Media

  @Test func aPictureArrivesAsPixels() throws {
    test.run("image.grid(zeros(1, 3, 5, 7))")
    let bundle = try #require(test.recorder.values.first)
    let picture = try #require(bundle.picture)
    #expect(bundle.text == "image(\(picture.width) x \(picture.height))")
    #expect(picture.pixels.contains(0))
    #expect(bundle.svg == nil && bundle.html == nil)
  }

  @Test func figuresAndTablesHaveMediaOfTheirOwn() throws {
    test.run("show(plot.line([1, 4, 9])); table([{a: 1}])")
    try #require(test.recorder.values.count == 2)
    let (figure, table) = (test.recorder.values[0], test.recorder.values[1])
    #expect(figure.svg?.hasPrefix("<svg") == true || figure.svg?.hasPrefix("<?xml") == true)
    #expect(figure.picture == nil)
    #expect(table.html?.hasPrefix("<table>") == true)
  }

  // MARK: - Progress

  private static let training = """
    let set = data.shapes(8, size = 16, seed = 3)
    let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 4, width = 16, depth = 1,
      decoder_depth = 1, heads = 2, pixel_channels = 4, seed = 1)
    smap.train(tok, set, steps = 2, batch_size = 4, seed = 1\(""));
    """

  @Test func longWorkBeginsAndEnds() {
    #expect(test.run(EventTests.training) == 0)
    let phases = test.recorder.progress.filter { $0.title == "training" }.map(\.phase)
    #expect(phases.first == .began)
    #expect(phases.last == .ended)
    #expect(phases.dropFirst().dropLast().count == 2)
  }

  @Test func workThatFailsEndsItsProgressBeforeTheError() throws {
    let failing = EventTests.training.replacing(
      "seed = 1);", with: "seed = 1, on_step = fn (s) { error(\"no\") });")
    #expect(test.run(failing) == 1)
    let lines = test.recorder.lines
    #expect(
      lines.suffix(3) == [
        "progress training", "error Error", "ended \(SessionStatus.Ending.failed(exitCode: 1))",
      ])
    #expect(test.recorder.progress.last?.phase == .ended)
  }

  // MARK: - Diagnostics

  @Test func errorsArriveWithTheirPlace() throws {
    #expect(test.run("let x = 1\nprint(x)\nlet y = x + nil\nprint(y)") == 1)
    #expect(test.recorder.lines.map { $0.prefix(5) } == ["runni", "text ", "error", "ended"])
    let error = try #require(test.recorder.errors.first)
    let (source, span) = (try #require(error.source), try #require(error.span))
    #expect(source.position(of: span.start).line == 3)
    #expect(source.path == "-e")
  }

  @Test func syntaxErrorsArriveBeforeAnythingRuns() {
    #expect(test.run("print(1)\nlet = 2") == 2)
    #expect(
      test.recorder.lines == [
        "running", "syntax 1", "ended \(SessionStatus.Ending.failed(exitCode: 2))",
      ])
  }

  @Test func remarksAreDiagnosticsToo() {
    test.run("let data = 1;")
    #expect(test.recorder.lines.contains { $0.hasPrefix("note `data` now hides") })
  }

  // MARK: - Status

  @Test func statusSaysHowAnEvaluationEnded() {
    #expect(test.run("exit(3)") == 3)
    #expect(test.run("exit(0)") == 0)
    test.recorder.onEvent = { [interrupt = test.interrupt] in
      if case .text = $0 { interrupt.request() }
    }
    #expect(test.run("print(1); while true { }") == 130)
    let endings = test.recorder.lines.filter { $0.hasPrefix("ended") }
    let expected: [SessionStatus.Ending] = [.exited(3), .exited(0), .interrupted]
    #expect(endings == expected.map { "ended \($0)" })
    #expect(test.recorder.errors.map(\.isInterrupt) == [true])
  }

  @Test func aReceiverThatFailsEndsTheProgram() throws {
    struct Closed: Error {}
    test.recorder.onEvent = { if case .text = $0 { throw Closed() } }
    #expect(test.run("print(1); print(2); show(3)") == 1)
    #expect(test.recorder.lines.map { $0.prefix(5) } == ["runni", "error", "ended"])
  }

  @Test func shownValuesCountAsOutput() {
    var options = HostOptions()
    options.limits = Limits(outputBytes: 100)
    let test = TestHost(options)
    #expect(test.run("while true { show(\"0123456789\") }") == 75)
    #expect(test.recorder.values.count <= 10)
  }
}
