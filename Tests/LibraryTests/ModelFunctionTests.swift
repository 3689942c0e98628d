// SPDX-License-Identifier: Apache-2.0
//
// `smap.` as scripts use it: architectures, metrics, training that reports and can be stopped.

import Library
import Runtime
import Testing

@Suite struct TokenizerFunctionTests {
  @Test(arguments: [
    "width = 15", "heads = 0", "patch_size = 5", "num_tokens = 0", "image_size = 1e9",
    "quantizer = \"pq\"", "quantizer = \"fsq\", levels = [3, 3]",
    "inject = \"all\"", "pixel_channels = -1", "seed = -1", "seed = 0.5",
    "num_tokens = nan", "depth = 1000", "quantizer = \"vq\", token_dim = 1",
    "tail_drop = smap.tail_drop(min_keep = 100)",
  ])
  func wrongArchitectures(_ choice: String) throws {
    #expect(try ModelSession().error("smap.tokenizer(\(choice))").kind == .value)
  }

  @Test func fieldsAndMethods() throws {
    let session = ModelSession()
    try session.makeTokenizer(", quantizer = \"vq\", codebook_size = 32")
    #expect(try session.shown("[tok.num_tokens, tok.token_dim, tok.codebook_size]") == "[8, 4, 32]")
    #expect(try session.shown("tok.encode(set.images).ids.shape") == "[12, 8]")
    #expect(try session.shown("tok").hasPrefix("tokenizer(16 x 16 pixels, 8 tokens of 4, vq"))
    let usage = try session.numbers("smap.codebook_usage(tok, tok.encode(set.images))")
    #expect(usage[0] > 0 && usage[0] <= 1)
    let names = Catalog.all.types.first { $0.name == "tokenizer" }?.fields.map(\.name) ?? []
    for name in names { _ = try session.value("tok.\(name)") }
  }

  @Test func wrongPictures() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    #expect(try session.error("smap.encode(tok, zeros(1, 3, 8, 8))").kind == .shape)
    #expect(try session.error("smap.encode(tok, zeros(0, 3, 16, 16))").kind == .shape)
    #expect(try session.error("smap.encode(tok, zeros(3, 16, 16))").kind == .shape)
    #expect(try session.error("smap.encode(tok, \"cat\")").kind == .type)
    let calls = ["encode(tok, X)", "reconstruct(tok, X)", "loss(tok, X)", "best_length(tok, X, 1)"]
    for call in calls {
      func error(_ pictures: String) throws -> ScriptError {
        try session.error("smap." + call.replacing("X", with: pictures))
      }
      #expect(try error("zeros(2, 4, 16, 16)").hint.contains("image.flatten"))
      #expect(try error("zeros(2, 1, 16, 16)").hint.contains("expand"))
      #expect(try error("zeros(2, 3, 16, 16) / 0").message.contains("picture 0 holds nan"))
      #expect(try error("set.images * 255").message.contains("pixels have values from 0 to 1"))
      #expect(try error("set.images / 0").kind == .value)
    }
    #expect(try session.error("smap.best_length(tok, set.images, nan)").kind == .value)
    #expect(try session.error("smap.encode(1, set.images)").kind == .type)
    #expect(try session.error("smap.tokens(tok, zeros(1, 9, 4))").kind == .shape)
    #expect(try session.error("smap.codebook_usage(tok, tok.encode(set.images))").kind == .value)
  }

  @Test func measures() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    _ = try session.value("let m = smap.loss(tok, set.images, label = set.labels, keep = 8)")
    #expect(try session.shown("m.keep") == "8")
    _ = try session.value("let r = smap.reconstruct(tok, set.images, label = set.labels)")
    #expect(try session.shown("allclose(m.mse, mean((r - set.images) ** 2))") == "true")
    #expect(try session.shown("smap.best_length(tok, set.images[:2], 0)") == "tensor([8, 8])")
    let keep = "smap.loss(tok, set.images, seed = 3).keep"
    #expect(try session.shown("\(keep) == \(keep)") == "true")
  }

  @Test func trainingReports() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    _ = try session.value(
      """
      let seen = []
      let history = smap.train(tok, set, steps = 3, batch_size = 4, seed = 1,
        on_step = fn({step, total, loss, mse}) { seen.append([step, total, loss, mse]) })
      """)
    #expect(try session.shown("len(seen)") == "3")
    #expect(try session.shown("seen[2][0] == 3 and seen[2][1] == 3") == "true")
    #expect(try session.shown("history.loss[1] == seen[1][2]") == "true")
    #expect(try session.shown("tok.classes[3]") == "\"star\"")
    #expect(try session.shown("tok.notes.training") == "\"3 steps of 4, seed 1\"")
  }

  @Test func progressIsReported() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    var reports: [ProgressReport] = []
    session.onProgress = { reports.append($0) }
    _ = try session.value("smap.train(tok, set, steps = 2, batch_size = 4, seed = 1)")
    #expect(reports.allSatisfy { $0.title == "training" })
    #expect(reports.first?.phase == .began)
    #expect(reports.last?.phase == .ended)
    #expect(reports.map(\.done) == [nil, 1, 2, nil])
    guard case .advanced(_, total: 2, let note) = reports[1].phase else {
      Issue.record("no report of a step: \(reports[1])")
      return
    }
    #expect(note.hasPrefix("PSNR ") && note.hasSuffix(" dB"))
  }

  @Test func anInterruptKeepsWhatWasLearned() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    _ = try session.value("let before = smap.reconstruct(tok, set.images)")
    session.onProgress = { if $0.done == 2 { session.interrupt.request() } }
    let error = try session.error("smap.train(tok, set, steps = 1000, batch_size = 4)")
    #expect(error.isInterrupt)
    #expect(ExitCode.of(error) == 130)
    session.onProgress = nil
    #expect(try session.shown("allclose(before, smap.reconstruct(tok, set.images))") == "false")
  }

  @Test func errorsOfCallbacksStopTraining() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    let error = try session.error(
      "smap.train(tok, set, steps = 5, seed = 1, on_step = fn(r) = error(\"enough\"))")
    #expect(error.message == "enough")
  }

  @Test(arguments: [
    "steps = 0", "steps = 1, batch_size = 0", "steps = 1, lr = nan", "steps = 1, lr = -1",
    "steps = 1, label_drop = 2", "steps = 1, average = 1.5", "steps = 1.5",
  ])
  func wrongRecipes(_ recipe: String) throws {
    let session = ModelSession()
    try session.makeTokenizer()
    #expect(try session.error("smap.train(tok, set, \(recipe))").kind == .value)
  }

  @Test func wrongDataSets() throws {
    let session = ModelSession()
    try session.makeTokenizer(", num_classes = 4")
    let error = try session.error("smap.train(tok, set, steps = 1)")
    #expect(error.hint.contains("num_classes = 10"))
    #expect(try session.error("smap.train(tok, {images: 1}, steps = 1)").kind == .value)
    let few = "{images: set.images, labels: set.labels + 0.5}"
    #expect(try session.error("smap.train(tok, \(few), steps = 1)").kind == .value)
  }
}
