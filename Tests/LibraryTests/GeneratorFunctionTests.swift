// SPDX-License-Identifier: Apache-2.0
//
// `card.` as scripts use it: seeds, callbacks, interrupts, options.

import Library
import Runtime
import Testing

@Suite struct GeneratorFunctionTests {
  @Test func seedsDecide() throws {
    let session = ModelSession()
    try session.makeGenerator()
    _ = try session.value(
      """
      card.train(model, set, steps = 2, batch_size = 4, variants = 1, seed = 1)
      let options = fn(seed, count) = card.sample(model, 3, count = count, steps = 2, seed = seed,
        guidance_scale = 2)
      let one = options(5, 1)
      let three = options(5, 3)
      let own = [options(s, 1) for s in random.split(5, 3)]
      """)
    let same = "allclose(one.latents, options(5, 1).latents, rtol = 0, atol = 0)"
    #expect(try session.shown(same) == "true")
    let derived = "allclose(three.latents[1], own[1].latents[0], rtol = 0, atol = 0)"
    #expect(try session.shown(derived) == "true")
    #expect(try session.shown("allclose(one.latents, options(6, 1).latents)") == "false")
    #expect(try session.shown("smap.decode(tok, three).shape") == "[3, 3, 16, 16]")
  }

  @Test(arguments: ["linear", "constant"], ["euler", "heun"])
  func aShortDrawIsAPrefix(_ schedule: String, _ solver: String) throws {
    let session = ModelSession()
    try session.makeGenerator()
    _ = try session.value(
      """
      card.train(model, set, steps = 3, batch_size = 4, variants = 1, seed = 1)
      let draw = fn(keep, count) = card.sample(model, 3, keep = keep, count = count, steps = 3,
        guidance_scale = 4, guidance_schedule = "\(schedule)", solver = "\(solver)", seed = 5)
      """)
    for count in [1, 3, 20] {
      for keep in [1, 3, 7] {
        let same =
          "allclose(draw(\(keep), \(count)).latents, draw(nil, \(count))[:\(keep)].latents, "
          + "rtol = 0, atol = 0)"
        #expect(try session.shown(same) == "true", "\(count) pictures, \(keep) tokens")
      }
    }
  }

  @Test func tokensAreReported() throws {
    let session = ModelSession()
    try session.makeGenerator()
    _ = try session.value(
      """
      let shapes = []
      card.sample(model, 1, keep = 3, steps = 1, seed = 1,
        on_token = fn({tokens, step, total}) { shapes.append([tokens.length, step, total]) });
      """)
    #expect(try session.shown("shapes") == "[[1, 1, 3], [2, 2, 3], [3, 3, 3]]")
  }

  @Test func drawingCanBeInterrupted() throws {
    let session = ModelSession()
    try session.makeGenerator()
    session.onProgress = { if $0.done == 1 { session.interrupt.request() } }
    #expect(try session.error("card.sample(model, 1, seed = 1)").isInterrupt)
  }

  @Test(arguments: [
    "keep = 0", "keep = 9", "steps = 0", "solver = \"rk4\"", "guidance_schedule = \"sine\"",
    "temperature = -1", "guidance_scale = inf", "count = 0", "seed = -3",
  ])
  func wrongOptions(_ option: String) throws {
    let session = ModelSession()
    try session.makeGenerator()
    #expect(try session.error("card.sample(model, 1, \(option))").kind == .value)
  }

  @Test func fieldsAndVelocity() throws {
    let session = ModelSession()
    try session.makeGenerator()
    let names = Catalog.all.types.first { $0.name == "generator" }?.fields.map(\.name) ?? []
    for name in names { _ = try session.value("model.\(name)") }
    let wide = try session.error("card.velocity(model, zeros(2, 5), 0.5, zeros(2, 16))")
    #expect(wide.kind == .shape)
    let late = try session.error("card.velocity(model, zeros(2, 4), 2, zeros(2, 16))")
    #expect(late.kind == .value)
    #expect(try session.error("card.model(tok, head = \"mlp\")").kind == .value)
  }
}
