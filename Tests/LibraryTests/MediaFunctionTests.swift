// SPDX-License-Identifier: Apache-2.0
//
// `image.`, `plot.`, `data.` and `metrics.` as scripts use them.

import Files
import Library
import Runtime
import Testing

@Suite struct MediaFunctionTests {
  private let folder: ScratchFolder
  private let session = ModelSession()

  init() throws {
    folder = try ScratchFolder()
    session.session.define("folder", .string(folder.path))
  }

  @Test func picturesSurvive() throws {
    _ = try session.value(
      """
      let x = (arange(48) / 255).reshape(1, 3, 4, 4)
      image.save(x, "{folder}/x.png")
      """)
    #expect(try session.shown("allclose(image.load(\"{folder}/x.png\"), x, atol = 1e-6)") == "true")
    #expect(try session.shown("allclose(image.make(x).pixels, x, atol = 1e-6)") == "true")
  }

  @Test func sheets() throws {
    let sheet = "image.grid([zeros(2, 3, 4, 4), image.make(ones(4, 4))], cols = 3)"
    #expect(try session.shown(sheet).hasPrefix("image("))
    #expect(try session.error("image.grid([])").kind == .value)
    #expect(try session.error("image.grid([zeros(1, 3, 4, 4), 1])").kind == .type)
    #expect(try session.error("image.grid(zeros(2, 3, 4, 4), captions = [1])").kind == .type)
    #expect(
      try session.error("image.grid(zeros(1, 3, 4, 4), captions = [\"a\", \"b\"])").kind == .value)
    #expect(try session.error("image.make(zeros(1, 5, 4, 4))").kind == .shape)
    #expect(try session.error("image.make(ones(8, 8), scale = 0)").kind == .value)
    #expect(try session.error("image.save(zeros(2, 3, 4, 4), \"{folder}/x.png\")").kind == .value)
    #expect(try session.error("image.save(zeros(3, 4, 4), \"{folder}/x.jpg\")").kind == .value)
  }

  @Test func terminalsFindThePixels() throws {
    let picture = try Drawable.picture(of: session.value("image.make(zeros(8, 16))"))
    #expect(picture?.width == 16)
    #expect(try Drawable.picture(of: session.value("plot.line([1, 2])")) != nil)
    #expect(try Drawable.picture(of: session.value("3")) == nil)
    let bundle = try Display.bundle(try session.value("image.make(zeros(8, 8))"), session.session)
    #expect(bundle.picture?.width == 8)
  }

  @Test func figures() throws {
    let texts = [
      "plot.line([[1, 2], [3, 4]], labels = [\"a\", \"b\"], yscale = \"log\")",
      "plot.line([tensor([1, 2]), tensor([2, 3])], x = [0, 10], title = \"t\")",
      "plot.line(randn(3, 5, seed = 1))", "plot.scatter(randn(9, seed = 1), randn(9, seed = 2))",
      "plot.hist(randn(50, seed = 1))", "plot.heatmap(eye(4))", "plot.line([nan, 1, inf])",
      "plot.line([tensor(1), tensor(2)])",
    ]
    for text in texts {
      let bundle = try Display.bundle(try session.value(text), session.session)
      #expect(bundle.svg?.hasPrefix("<svg") ?? false, "\(text)")
      #expect(!bundle.text.isEmpty)
    }
    _ = try session.value(
      """
      plot.save(plot.figures([plot.line([1, 2]), plot.bar([1, 2])]), "{folder}/f.svg")
      plot.save(plot.line([1, 2]), "{folder}/f.png", scale = 1)
      """)
    #expect(FileReader.exists("\(folder.path)/f.svg"))
    #expect(try session.shown("image.load(\"{folder}/f.png\").shape") == "[1, 3, 320, 480]")
  }

  @Test(arguments: [
    "plot.line([])", "plot.line([1, 2], x = [1])", "plot.line([1], labels = [\"a\", \"b\"])",
    "plot.line([1], yscale = \"cubic\")", "plot.line(zeros(2, 2, 2))", "plot.figures([1])",
    "plot.hist([1], bins = 0)", "plot.save(plot.line([1]), \"x.gif\")", "plot.bar(\"a\")",
    "plot.heatmap([1, 2])", "plot.line([1, \"a\"])", "plot.figures([])",
  ])
  func wrongFigures(_ text: String) throws {
    let error = try session.error(text)
    #expect([.value, .type, .shape].contains(error.kind), "\(error.kind.rawValue)")
  }

  @Test func dataSets() throws {
    _ = try session.value("let set = data.shapes(10, size = 8)")
    #expect(
      try session.shown("keys(set.record())") == "[\"images\", \"labels\", \"classes\", \"names\"]")
    #expect(try session.shown("[b.images.shape[0] for b in data.batches(set, 4)]") == "[4, 4, 2]")
    let order = "cat([b.labels for b in data.batches(set, 4, shuffle = false)])"
    #expect(try session.shown("allclose(\(order), set.labels)") == "true")
    #expect(try session.error("data.shapes(0)").kind == .value)
    #expect(try session.error("data.shapes(4, num_classes = 11)").kind == .value)
    #expect(try session.error("data.emoji32(\"test\")").kind == .value)
    #expect(ExitCode.of(try session.error("data.folder(\"{folder}/none\")")) == 66)
    #expect(try session.error("data.batches({images: 1}, 2)").kind == .value)
  }

  @Test func theShippedDataSet() throws {
    _ = try session.value("let set = data.emoji32(\"val\")")
    #expect(try session.shown("len(set.classes)") == "22")
    #expect(try session.shown("set.images.shape[1:]") == "[3, 32, 32]")
    #expect(try session.shown("set.images.shape[0] == len(set.names)") == "true")
  }

  @Test func nearest() throws {
    _ = try session.value("let set = data.shapes(10, size = 8)")
    #expect(try session.shown("metrics.nearest(set.images[3:5], set).indices") == "tensor([3, 4])")
    let distances = "metrics.nearest(set.images[3:5], set.images).distances"
    #expect(try session.shown(distances) == "tensor([0, 0])")
    #expect(try session.error("metrics.nearest(zeros(1, 3, 4, 4), set)").kind == .shape)
    #expect(try session.error("metrics.psnr(zeros(1, 3, 4, 4), zeros(1, 3, 8, 8))").kind == .shape)
  }
}
