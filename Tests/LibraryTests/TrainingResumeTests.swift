// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints of smap.train, card.train and nn.train: an interrupt leaves one, and what goes on
// from it has the bits of a training that was never stopped, random numbers of the session
// included.

import Library
import Runtime
import Testing

@Suite struct TrainingResumeTests {
  private static let noisyLoss =
    "mean((layer(randn(8, 3)) - 1) ** 2) + 0.1 * mean(layer.weight ** 2)"

  /// A session with the models of `makeGenerator` and a layer.
  private func session() throws -> ModelSession {
    let session = ModelSession()
    try session.makeGenerator()
    _ = try session.value("let layer = nn.linear(3, 2, seed = 5)\nseed(11)")
    return session
  }

  private static let calls = [
    "smap.train(tok, set, batch_size = 4, seed = 1, steps = 6",
    "card.train(model, set, batch_size = 4, variants = 1, seed = 1, steps = 6",
    "nn.train(layer, fn() = \(noisyLoss), lr = 0.05, average = 0.9, steps = 6",
  ]
  private static let weights = [
    "smap.decode(tok, smap.encode(tok, set.images))", "card.sample(model, 1, seed = 1).latents",
    "cat([layer.weight.reshape(-1), layer.bias])",
  ]

  @Test(arguments: zip(calls, weights))
  func anInterruptedTrainingGoesOn(_ call: String, _ weights: String) throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/run.safetensors"
    let straight = try session()
    _ = try straight.value("let h = \(call))")

    let stopped = try session()
    stopped.onProgress = {
      if $0.title == "training", $0.done == 4 { stopped.interrupt.request() }
    }
    let error = try stopped.error("\(call), checkpoint = \"\(path)\", checkpoint_every = 3)")
    #expect(error.isInterrupt)
    #expect(error.message == "interrupted after step 4 of 6 of training")
    #expect(error.hint == "resume = \"\(path)\" goes on from there")

    let resumed = try session()
    // The place in the stream of random numbers comes from the checkpoint.
    _ = try resumed.value("seed(99)\nlet h = \(call), resume = \"\(path)\")")
    #expect(try resumed.shown("len(h.loss)") == "6")
    #expect(try resumed.shown("string(h.loss)") == straight.shown("string(h.loss)"))
    _ = try resumed.value("data.save(\(weights), \"\(folder.path)/a.npy\")")
    _ = try straight.value("data.save(\(weights), \"\(folder.path)/b.npy\")")
    #expect(
      try straight.shown(
        "allclose(data.load(\"\(folder.path)/a.npy\"), data.load(\"\(folder.path)/b.npy\"), "
          + "rtol = 0, atol = 0)") == "true")
  }

  @Test(arguments: calls)
  func filesThatDoNotFitAreRefused(_ call: String) throws {
    let folder = try ScratchFolder()
    let session = try session()
    let path = "\(folder.path)/run.safetensors"
    _ = try session.value("\(call), checkpoint = \"\(path)\")")
    let other = try session.error("\(call), clip = 5, resume = \"\(path)\")")
    #expect(other.message.contains("it was written with clip = "))
    let missing = try session.error("\(call), resume = \"\(folder.path)/none.safetensors\")")
    #expect(missing.kind == .io)
    _ = try session.value("smap.save(tok, \"\(folder.path)/model.safetensors\")")
    let model = try session.error("\(call), resume = \"\(folder.path)/model.safetensors\")")
    #expect(model.message.contains("it is not the checkpoint of a training"))
    let wrong = try session.error("smap.load(\"\(path)\")")
    #expect(wrong.message.contains("training"))
  }

  /// A seed that was not given came from the session, and another session has another one.
  @Test func anotherSessionIsToldTheSeed() throws {
    let folder = try ScratchFolder()
    let call = "smap.train(tok, set, steps = 1, checkpoint = \"\(folder.path)/a.safetensors\""
    _ = try session().value("seed(5)\n\(call))")
    let other = try session()
    let error = try other.error("seed(6)\n\(call), resume = \"\(folder.path)/a.safetensors\")")
    #expect(error.message.contains("it was written with seed = "))
    let advice = try #require(error.hint.split(separator: ",").first)
    #expect(advice.hasPrefix("pass seed = "))
    let seed = advice.dropFirst("pass ".count)
    _ = try other.value("\(call), resume = \"\(folder.path)/a.safetensors\", \(seed))")
  }

  @Test func theFoldersOfCheckpointsMustExist() throws {
    let session = try session()
    let error = try session.error(
      "\(TrainingResumeTests.calls[2]), checkpoint = \"/dev/null/x.safetensors\")")
    #expect(error.kind == .io)
  }

  @Test func anInterruptInsideALossLeavesTheLastWholeStep() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/run.safetensors"
    let straight = try session()
    _ = try straight.value("let h = \(TrainingResumeTests.calls[2]))")
    let stopped = try session()
    let call = TrainingResumeTests.calls[2].replacing(
      "fn() = \(TrainingResumeTests.noisyLoss)",
      with: "fn({step}) { if step == 4 { let x = randn(3); error(\"power\") }; "
        + "\(TrainingResumeTests.noisyLoss) }")
    #expect(try stopped.error("\(call), checkpoint = \"\(path)\")").message == "power")
    let resumed = try session()
    _ = try resumed.value("let h = \(TrainingResumeTests.calls[2]), resume = \"\(path)\")")
    #expect(try resumed.shown("string(h.loss)") == straight.shown("string(h.loss)"))
  }

  @Test func optionsOfRecipesReachTheLoss() throws {
    let session = try session()
    let train = "smap.train(tok, set, batch_size = 4, seed = 1, steps = 2"
    _ = try session.value("let h = \(train), loss = {log_mse: 0.02, pyramid: 1, bottleneck: 0})")
    #expect(
      try session.shown("keys(h)")
        == "[\"loss\", \"mse\", \"log_mse\", \"pyramid\", \"bottleneck\", \"gradient\", \"lr\", "
        + "\"validation\", \"stopped\"]")
    #expect(
      try session.shown("allclose(h.loss[0], 0.02 * h.log_mse[0] + h.pyramid[0])") == "true")
    _ = try session.value("let v = \(train), validation = set, validate_every = 1)")
    #expect(
      try session.shown("[v.validation.step, keys(v.validation)]")
        == "[[1, 2], [\"step\", \"mse\", \"psnr\"]]")
    let unknown = try session.error("\(train), loss = {gan: 1})")
    #expect(unknown.message.contains("loss has no term `gan`"))
    let negative = try session.error("\(train), loss = {pyramid: -1})")
    #expect(negative.message.contains("`pyramid` is a number from 0"))
    let wrong = try session.error("\(train), validation = {...set, images: zeros(12, 3, 8, 8)})")
    #expect(wrong.kind == .shape)
  }
}
