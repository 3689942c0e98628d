// SPDX-License-Identifier: Apache-2.0
//
// The forms of `label` in scripts, and of the subscripts of tokens.

import Library
import Runtime
import Testing

@Suite struct LabelTests {
  private func session() throws -> ModelSession {
    let session = ModelSession()
    try session.makeTokenizer()
    _ = try session.value("smap.train(tok, set, steps = 1, batch_size = 4, seed = 1)")
    return session
  }

  private func label(_ text: String, _ session: ModelSession) throws -> String {
    try session.shown("smap.encode(tok, set.images[:3], label = \(text)).label")
  }

  @Test func singleLabels() throws {
    let session = try session()
    #expect(try label("nil", session) == "nil")
    #expect(try label("4", session) == "tensor([4, 4, 4])")
    #expect(try label("\"star\"", session) == "tensor([3, 3, 3])")
    #expect(try label("tensor(4)", session) == "tensor([4, 4, 4])")
  }

  @Test func oneLabelAPicture() throws {
    let session = try session()
    #expect(try label("[1, 2, 3]", session) == "tensor([1, 2, 3])")
    #expect(try label("set.labels[:3]", session) == "tensor([0, 1, 2])")
    #expect(try label("[\"star\", 0, 9]", session) == "tensor([3, 0, 9])")
    #expect(try label("[nil, 2, nil]", session) == "[nil, 2, nil]")
    #expect(try label("range(3)", session) == "tensor([0, 1, 2])")
  }

  @Test func mixtures() throws {
    let session = try session()
    let half = "0.5 * one_hot([1], 10) + 0.5 * one_hot([2], 10)"
    #expect(try label("(\(half))[0]", session).contains("0.5"))
    let shape = "smap.encode(tok, set.images[:3], label = (\(half))[0]).label.shape"
    #expect(try session.shown(shape) == "[3, 10]")
    #expect(try label("one_hot([1, 2, 3], 10)", session) == "tensor([1, 2, 3])")
    // Ten pictures and ten integers: one class per picture.
    let classes = try session.shown("smap.encode(tok, set.images[:10], label = range(10)).label")
    #expect(classes == "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])")
  }

  @Test func wrongLabels() throws {
    let session = try session()
    func error(_ label: String) throws -> ScriptError {
      try session.error("smap.encode(tok, set.images[:3], label = \(label))")
    }
    #expect(try error("\"sta\"").hint == "did you mean \"star\"?")
    #expect(try error("\"sta\"").kind == .value)
    #expect(try error("10").hint == "classes go from 0 to 9")
    #expect(try error("-1").kind == .value)
    #expect(try error("1.5").kind == .value)
    #expect(try error("[1, 2]").message.contains("2 labels do not fit 3 pictures"))
    #expect(try error("[]").kind == .value)
    #expect(try error("zeros(3, 4)").message.contains("[B, 10]"))
    #expect(try error("zeros(1, 1, 10)").kind == .value)
    #expect(try error("one_hot([1], 10)[0] / 0").message.contains("finite"))
    #expect(try error("{a: 1}").kind == .value)
    #expect(try error("[[1], \"star\"]").kind == .type)
  }

  @Test func namesNeedANamedModel() throws {
    let session = ModelSession()
    try session.makeTokenizer()
    let error = try session.error("smap.encode(tok, set.images, label = \"star\")")
    #expect(error.hint == "give an index from 0 to 9")
  }

  @Test func drawingLabels() throws {
    let session = ModelSession()
    try session.makeGenerator()
    func labels(_ text: String) throws -> String {
      try session.shown("card.sample(model, \(text), keep = 1, steps = 1, seed = 1).label")
    }
    #expect(try labels("3, count = 2") == "tensor([3, 3])")
    #expect(try labels("[3, 5], count = 2") == "tensor([3, 3, 5, 5])")
    #expect(try labels("[nil, 5], count = 2") == "[nil, nil, 5, 5]")
    #expect(try labels("range(10)") == "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])")
    #expect(try labels("one_hot([4], 10)") == "tensor([4])")
    #expect(try labels("nil") == "nil")
  }

  @Test func valuesDecideNothing() throws {
    let session = ModelSession()
    try session.makeGenerator()
    _ = try session.value(
      "card.train(model, set, steps = 1, batch_size = 4, variants = 1, seed = 1)")
    _ = try session.value("smap.train(tok, set, steps = 1, batch_size = 4, seed = 1)")
    func drawn(_ label: String) throws -> String {
      try session.shown("card.sample(model, \(label), keep = 1, steps = 1, seed = 1).shape")
    }
    // A vector of ten numbers, for a model of ten classes.
    #expect(try drawn("zeros(10)") == "[10, 1]")
    #expect(try drawn("one_hot(3, 10)") == "[10, 1]")
    #expect(try drawn("[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]") == "[10, 1]")
    #expect(try drawn("set.labels[:10]") == "[10, 1]")
    #expect(try drawn("one_hot([3], 10)") == "[1, 1]")
    #expect(try drawn("{star: 0.5, circle: 0.5}, count = 2") == "[2, 1]")
    let half = "0.5 * one_hot(1, 10) + 0.5 * one_hot(2, 10)"
    let refused = try session.error("card.sample(model, \(half), seed = 1)")
    #expect(refused.message.contains("is one class for each picture here"))
    #expect(refused.hint.contains("[1, 10]"))
    // Three pictures: one mixture for all, whatever the numbers are; ten pictures: classes.
    func encoded(_ count: Int, _ label: String) throws -> String {
      try session.shown("smap.encode(tok, set.images[:\(count)], label = \(label)).label.shape")
    }
    #expect(try encoded(3, half) == "[3, 10]")
    #expect(try encoded(3, "2 * one_hot(1, 10) - one_hot(2, 10)") == "[3, 10]")
    let none = try session.error("smap.encode(tok, set.images[:3], label = zeros(10))")
    #expect(none.message.contains("add up to 0"))
    #expect(try encoded(10, "zeros(10)") == "[10]")
    #expect(try encoded(10, "one_hot(1, 10)") == "[10]")
    #expect(try encoded(10, "(\(half)).unsqueeze(0)") == "[10, 10]")
    #expect(try session.error("smap.encode(tok, set.images[:10], label = \(half))").kind == .value)
    #expect(try session.error("smap.encode(tok, set.images[:3], label = range(10))").kind == .value)
  }

  @Test func mixturesByName() throws {
    let session = try session()
    let mixed = "smap.encode(tok, set.images[:2], label = {star: 0.25, circle: 0.75})"
    let place = try session.shown("[k for [k, n] in enumerate(tok.classes) if n == \"circle\"][0]")
    #expect(try session.shown("\(mixed).label[1, 3]") == "tensor(0.25)")
    #expect(try session.shown("\(mixed).label[1, \(place)]") == "tensor(0.75)")
    #expect(try label("{star: 1}", session) == "tensor([3, 3, 3])")
    func error(_ label: String) throws -> ScriptError {
      try session.error("smap.encode(tok, set.images[:3], label = \(label))")
    }
    #expect(try error("{sta: 1}").hint == "did you mean \"star\"?")
    #expect(try error("{}").message.contains("empty"))
    #expect(try error("{star: \"much\"}").message.contains("no number"))
    #expect(try error("{star: inf}").message.contains("finite"))
  }

  @Test func weightsOfAMixtureAddUpToOne() throws {
    let session = ModelSession()
    try session.makeGenerator()
    for train in ["smap.train(tok, set,", "card.train(model, set, variants = 1,"] {
      _ = try session.value("\(train) steps = 1, batch_size = 4, seed = 1)")
    }
    _ = try session.value("let kept = smap.encode(tok, set.images[:3])")
    let calls = [
      "smap.encode(tok, set.images[:3], label = LABEL)", "smap.decode(tok, kept, label = LABEL)",
      "smap.reconstruct(tok, set.images[:3], label = LABEL)",
      "smap.tokens(tok, kept.latents, label = LABEL)",
      "smap.loss(tok, set.images[:3], label = LABEL, seed = 1)",
      "smap.best_length(tok, set.images[:3], 0.1, label = LABEL)",
      "card.sample(model, LABEL, keep = 1, steps = 1, seed = 1)",
    ]
    let refused = [
      ("{star: 1, circle: 1}", "the class weights add up to 2, not to 1"),
      ("{star: 0, circle: 0}", "the class weights add up to 0, not to 1"),
      ("{star: 0.4, circle: 0.598}", "the class weights add up to 0.998, not to 1"),
      ("ones(1, 10)", "the class weights add up to 10, not to 1"),
      (
        "cat([one_hot([1, 2], 10), ones(1, 10)])",
        "the class weights of picture 2 add up to 10, not to 1"
      ),
    ]
    for call in calls {
      for (label, message) in refused {
        let error = try session.error(call.replacing("LABEL", with: label))
        #expect(error.kind == .value)
        #expect(error.message.contains(message), "\(call) \(label)")
        #expect(error.hint.contains("{face: 0.5, clock: 0.5}"))
      }
      for label in ["{star: -1, circle: 2}", "{star: 0.3333, circle: 0.6666}", "nil", "3"] {
        _ = try session.value(call.replacing("LABEL", with: label))
      }
    }
  }

  @Test func notANumberIsNoClass() throws {
    let session = try session()
    let error = try session.error("smap.encode(tok, set.images[:3], label = 0 / 0)")
    #expect(error.message.hasSuffix("there is no class nan"))
  }

  @Test func aModelOfOneClass() throws {
    let session = ModelSession()
    try session.makeTokenizer(", num_classes = 1")
    #expect(try label("[0]", session) == "tensor([0, 0, 0])")
    #expect(try label("zeros(1)", session) == "tensor([0, 0, 0])")
    #expect(try label("zeros(3)", session) == "tensor([0, 0, 0])")
    #expect(try label("[[1]]", session) == "tensor([0, 0, 0])")
    #expect(try label("[[0.9995]]", session).contains("0.9995"))
    #expect(try session.error("smap.encode(tok, set.images, label = [0.5])").kind == .value)
  }

  /// All functions that take labels interpret them alike.
  @Test(arguments: [
    "smap.encode(tok, x, label = L).latents", "smap.reconstruct(tok, x, label = L)",
    "smap.decode(tok, t, label = L)", "smap.loss(tok, x, keep = 2, label = L)",
    "smap.best_length(tok, x, 0, label = L)", "smap.tokens(tok, t.latents, label = L).label",
  ])
  func functionsAreAlike(_ call: String) throws {
    let session = try session()
    _ = try session.value("let x = set.images[:3]\nlet t = smap.encode(tok, x)")
    func with(_ label: String) -> String { call.replacing("L)", with: label + ")") }
    for label in [
      "nil", "3", "\"star\"", "[0, 1, 2]", "{star: 2, circle: -1}", "one_hot(3, 10)",
      "ones(3, 10) / 10", "range(3)", "tensor([0, 1, 2])", "[nil, \"star\", 2]",
    ] {
      _ = try session.value(with(label))
    }
    for label in [
      "-1", "10", "nan", "0.5", "[]", "zeros(4)", "ones(2, 10) / 10", "zeros(3, 9)", "[1, 2]",
      "\"no such\"", "true", "fn(x) = x", "range(10)", "zeros(1, 1, 10)", "nan * zeros(10)",
    ] {
      let error = try session.error(with(label))
      #expect(["ValueError", "TypeError", "ShapeError"].contains(error.kind.rawValue), "\(label)")
    }
  }
}

@Suite struct TokenSliceTests {
  private func session() throws -> ModelSession {
    let session = ModelSession()
    try session.makeTokenizer(", linear_path = false")
    _ = try session.value("let tokens = smap.encode(tok, set.images[:3], label = 1)")
    return session
  }

  @Test(arguments: [
    (":4", "[3, 4]"), (":8", "[3, 8]"), (":", "[3, 8]"), ("0:2", "[3, 2]"), (":-1", "[3, 7]"),
    ("1, :2", "[1, 2]"), ("-1, :", "[1, 8]"), ("1:, :2", "[2, 2]"), ("..., :5", "[3, 5]"),
  ])
  func shapes(_ text: String, _ shape: String) throws {
    #expect(try session().shown("tokens[\(text)].shape") == shape)
  }

  @Test(arguments: [":0", ":9", ":-8", ":100", "1:3", "::2", "0", "[0, 1]"])
  func wrongPrefixes(_ text: String) throws {
    let error = try session().error("tokens[\(text)]")
    #expect(error.kind == .value)
    #expect(!error.hint.isEmpty)
  }

  @Test(arguments: ["3, :2", "1:1, :2", "\"a\", :2", "0, :1, 0"])
  func wrongPictures(_ text: String) throws {
    #expect(try session().error("tokens[\(text)]").kind == .index)
  }

  @Test func prefixKeepsTheFirstLatents() throws {
    let session = try session()
    #expect(try session.shown("allclose(tokens[:3].latents, tokens.latents[:, :3])") == "true")
    #expect(try session.shown("allclose(tokens[1, :].latents, tokens.latents[1:2])") == "true")
  }

  @Test func decodingChecksPrefixes() throws {
    let session = try session()
    #expect(try session.shown("smap.decode(tok, tokens[:1]).shape") == "[3, 3, 16, 16]")
    let error = try session.error("smap.reconstruct(tok, set.images, keep = 9)")
    #expect(error.kind == .value)
    #expect(error.hint == "from 1 to 8")
  }

  @Test func decodingKeepsTheLabelUnlessTold() throws {
    let session = try session()
    let same = "allclose(smap.decode(tok, tokens), smap.decode(tok, tokens, label = 1))"
    #expect(try session.shown(same) == "true")
    let other = "allclose(smap.decode(tok, tokens), smap.decode(tok, tokens, label = nil))"
    #expect(try session.shown(other) == "false")
    let named = "allclose(smap.decode(tok, tokens), smap.decode(tok, tokens, label = tokens.label))"
    #expect(try session.shown(named) == "true")
    let half = "smap.encode(tok, set.images[:3], label = ones(3, 10) / 10)"
    let mixed =
      "let m = \(half)\nallclose(smap.decode(tok, m), smap.decode(tok, m, label = m.label))"
    #expect(try session.shown(mixed) == "true")
  }
}
