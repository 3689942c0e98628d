// SPDX-License-Identifier: Apache-2.0
//
// What smap.train and card.train guarantee besides training: interrupts return the state so far,
// weights that are not finite are never kept, class names must agree, and a model saved during
// training is the one that training would return.

import Library
import Runtime
import Testing

@Suite struct TrainingTests {
  /// Both functions, on models small enough for debug builds.
  private static let calls = [
    "smap.train(tok, set, batch_size = 4, seed = 1",
    "card.train(model, set, batch_size = 4, variants = 1, seed = 1",
  ]

  private func session() throws -> ModelSession {
    let session = ModelSession()
    try session.makeGenerator()
    return session
  }

  private func interrupt(_ session: ModelSession, at step: Int) {
    session.onProgress = {
      if $0.title == "training", $0.done == step { session.interrupt.request() }
    }
  }

  @Test(arguments: calls)
  func anInterruptGivesBackWhatThereIs(_ call: String) throws {
    let session = try session()
    interrupt(session, at: 2)
    _ = try session.value("let h = \(call), steps = 50, on_interrupt = \"return\")\nlet after = 1")
    #expect(try session.shown("[len(h.loss), h.stopped, after]") == "[2, true, 1]")
    session.onProgress = nil
    _ = try session.value("let whole = \(call), steps = 3, on_interrupt = \"return\")")
    #expect(try session.shown("[len(whole.loss), whole.stopped]") == "[3, false]")
  }

  @Test(arguments: calls)
  func anInterruptNamesTheStep(_ call: String) throws {
    let session = try session()
    interrupt(session, at: 3)
    let error = try session.error("\(call), steps = 50)")
    #expect(error.isInterrupt)
    #expect(error.message == "interrupted after step 3 of 50 of training")
    interrupt(session, at: 2)
    let caught = "try { \(call), steps = 50) } catch e: Interrupt { e.message }"
    #expect(try session.shown(caught) == "\"interrupted after step 2 of 50 of training\"")
  }

  @Test(arguments: calls)
  func aProcessThatEndsStartsNoTraining(_ call: String) throws {
    let session = try session()
    session.interrupt.terminate()
    session.interrupt.clear()
    _ = try session.value("let h = \(call), steps = 5, on_interrupt = \"return\")")
    #expect(try session.shown("[len(h.loss), h.stopped]") == "[0, true]")
    #expect(try session.error("\(call), steps = 5)").isInterrupt)
  }

  @Test(arguments: zip(calls, ["smap.save(tok", "card.save(model"]))
  func aModelSavedOnTheWayIsTheResult(_ call: String, _ save: String) throws {
    let folder = try ScratchFolder()
    let session = try session()
    let load = save.hasPrefix("smap") ? "smap.load" : "card.load"
    // The learning-rate schedule must be the same for two steps as for four.
    let kept = ", lr = 0.001, warmup = 100, steps = 4, average = 0.9"
    _ = try session.value(
      """
      \(call)\(kept), on_step = fn({step}) {
        if step == 2 {
          \(save), "\(folder.path)/average.safetensors")
          \(save), "\(folder.path)/current.safetensors", weights = "current")
        }
        if step == 4 { \(save), "\(folder.path)/last.safetensors") }
      })
      \(save), "\(folder.path)/end.safetensors")
      let files = [data.load("\(folder.path)/{n}.safetensors")
        for n in ["average", "current", "last", "end"]]
      let alike = fn(x, y) = allclose(x, y, rtol = 0, atol = 0)
      let same = fn(a, b) =
        len([k for k in keys(files[a]) if not alike(files[a][k], files[b][k])]) == 0
      """)
    #expect(try session.shown("[same(2, 3), same(0, 1), same(0, 2)]") == "[true, false, false]")
    // Saving has changed nothing: an interrupt after two steps leaves the same average.
    let other = try self.session()
    interrupt(other, at: 2)
    _ = try other.value("\(call)\(kept), on_interrupt = \"return\")")
    _ = try other.value("\(save), \"\(folder.path)/stopped.safetensors\")")
    _ = try session.value("files.append(data.load(\"\(folder.path)/stopped.safetensors\"))")
    #expect(try session.shown("same(0, 4)") == "true")
    _ = load
  }

  @Test(arguments: calls)
  func weightsThatAreNotFiniteNeverStay(_ call: String) throws {
    let session = try session()
    let error = try session.error(
      "\(call), steps = 50, lr = 1000, warmup = 0, weight_decay = 1000)")
    #expect(error.kind == .value)
    #expect(error.message.contains("step "))
    #expect(error.message.contains("`"))
    #expect(error.hint.contains("lr"))
    _ = try session.value(
      """
      let alike = fn(x, y) = allclose(x, y, rtol = 0, atol = 0)
      let tokens = smap.encode(tok, set.images)
      """)
    #expect(try session.shown("alike(tokens.latents, tokens.latents)") == "true")
    #expect(
      try session.shown("alike(smap.decode(tok, tokens), smap.decode(tok, tokens))") == "true")
    #expect(
      try session.shown(
        "alike(card.sample(model, 1, seed = 1).latents, card.sample(model, 1, seed = 1).latents)")
        == "true")
    // It can be trained further.
    _ = try session.value("\(call), steps = 2, lr = 0.0001)")
  }

  @Test(arguments: calls, ["nan", "inf", "255"])
  func picturesThatAreNoneAreNamed(_ call: String, _ value: String) throws {
    let session = try session()
    _ = try session.value("set.images[3, 1, 2, 2] = \(value)")
    let error = try session.error("\(call), steps = 5)")
    #expect(error.message.hasSuffix("picture 3 holds \(value); pixels have values from 0 to 1"))
    #expect(error.kind == .value)
  }

  @Test(arguments: calls)
  func namesOfClassesMustAgree(_ call: String) throws {
    let session = try session()
    _ = try session.value("\(call), steps = 1)")
    _ = try session.value("set.classes[2] = \"elephant\"")
    let error = try session.error("\(call), steps = 1)")
    #expect(error.message.contains("class 2 of this data set is \"elephant\", that of the"))
    #expect(error.hint.contains("classes = \"replace\""))
    let model = call.hasPrefix("smap") ? "tok" : "model"
    #expect(try session.shown("\(model).classes[2]") != "\"elephant\"")
    _ = try session.value("\(call), steps = 1, classes = \"replace\")")
    #expect(try session.shown("\(model).classes[2]") == "\"elephant\"")
    // Fewer classes with the same names, or none, are not different classes.
    _ = try session.value("set.classes.pop()")
    _ = try session.value("set.labels[:] = set.labels % 9")
    _ = try session.value("\(call), steps = 1)")
    #expect(try session.shown("len(\(model).classes)") == "10")
    _ = try session.value("set = {images: set.images, labels: set.labels}")
    _ = try session.value("\(call), steps = 1)")
    #expect(try session.error("\(call), steps = 1, classes = \"any\")").kind == .value)
  }

  @Test func aGeneratorAndItsTokenizerKnowTheSameClasses() throws {
    let session = try session()
    _ = try session.value(
      """
      smap.train(tok, {...set, classes: ["a", "b"]}, steps = 1, batch_size = 4, seed = 1)
      """)
    let error = try session.error("card.train(model, set, tok, steps = 1, variants = 1)")
    #expect(error.message.contains("that of the tokenizer \"a\""))
    let other = try session.error(
      "card.train(model, set, smap.tokenizer(image_size = 16, num_tokens = 2), steps = 1)")
    #expect(other.message.contains("samples 8 tokens of 4"))
  }

  @Test(arguments: calls)
  func wrongDataSetsAreRefused(_ call: String) throws {
    let session = try session()
    let train = call.replacing("set,", with: "bad,")
    func message(_ data: String) throws -> String {
      let error = try session.error("let bad = \(data)\n\(train), steps = 1)")
      #expect(["ValueError", "ShapeError", "TypeError"].contains(error.kind.rawValue), "\(data)")
      return error.message + "; " + error.hint
    }
    #expect(try message("{...set, images: set.images[:, :1]}").contains("expand"))
    #expect(
      try message("{...set, images: cat([set.images, set.images[:, :1]], dim = 1)}").contains(
        "image.flatten"))
    #expect(try message("{...set, images: set.images[:5]}").contains("12 labels do not fit 5"))
    #expect(try message("{...set, images: zeros(12, 3, 8, 8)}").contains("image.resize(x, 16, 16)"))
    #expect(try message("{images: set.images[:0], labels: set.labels[:0]}").contains("empty"))
    #expect(try message("{...set, labels: set.labels + 5}").contains("there is no class"))
    #expect(try message("{...set, labels: set.labels - 1}").contains("there is no class -1"))
    #expect(try message("{...set, labels: set.labels / 0}").contains("class indices"))
    #expect(try message("{...set, labels: \"cat\"}").contains("`labels`"))
    #expect(try message("{...set, images: set.images[0]}").contains("[N, 3, H, W]"))
    #expect(try message("{...set, labels: 3}").contains("labels [N]"))
    #expect(try message("{...set, classes: 3}").contains("list of names"))
    #expect(try message("{...set, classes: [1, 2]}").contains("list of names"))
    // One picture is enough.
    let one = call.replacing("set,", with: "{images: set.images[:1], labels: [3]},")
    #expect(try session.shown("len((\(one), steps = 2)).loss)") == "2")
  }
}
