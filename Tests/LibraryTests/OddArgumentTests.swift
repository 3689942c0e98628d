// SPDX-License-Identifier: Apache-2.0
//
// No argument of a script may trap: odd values for every parameter of every function about
// pictures, data and models. Any result and any script error but an internal one is accepted.

import Library
import Runtime
import Testing

@Suite struct OddArgumentTests {
  private static let odd = [
    "nil", "true", "0", "-1", "0.5", "nan", "inf", "-inf", "1e300", "-1e300", "2 ** 53", "\"\"",
    "\"x\"", "[]", "[[]]", "[nan]", "[\"x\", nil]", "{}", "{images: 1, labels: []}", "fn(x) = x",
    "zeros(0)", "zeros(2, 2)", "zeros(1, 3, 0, 4)", "full([2], nan)", "range(3)", "sum",
    "tok", "model", "tokens", "smap.tail_drop()", "image.make(ones(2, 2))", "plot.line([1])",
  ]

  /// Calls that work, to which one named argument is added.
  private static let calls = [
    "smap.tokenizer": "image_size = 16, width = 16", "smap.encode": "tok, set.images[:2]",
    "smap.decode": "tok, tokens", "smap.reconstruct": "tok, set.images[:2]",
    "smap.loss": "tok, set.images[:2]", "smap.train": "tok, set, steps = 1",
    "smap.find_lr": "tok, set, steps = 2", "smap.estimate": "tok",
    "card.find_lr": "model, set, steps = 2, variants = 1", "card.estimate": "model",
    "smap.best_length": "tok, set.images[:2], 0.1", "smap.tokens": "tok, tokens.latents",
    "smap.keep_probs": "smap.tail_drop(), 4", "smap.length_probs": "smap.tail_drop(), 4",
    "smap.sample_keep": "smap.tail_drop(), 4, 3", "smap.tail_drop": "",
    "card.model": "tok, width = 16", "card.train": "model, set, steps = 1, variants = 1",
    "card.sample": "model, steps = 1, keep = 2",
    "card.search": "model, 1, fn(t) = range(len(t.latents)), budget = 2, steps = 1",
    "card.log_likelihood": "model, tokens", "smap.mix": "tokens, tokens, 1",
    "smap.interpolate": "tokens, tokens, 0.5", "smap.relabel": "tok, tokens, 1",
    "image.grid": "set.images[:2]",
    "image.make": "set.images[:2]", "plot.line": "[1, 2]", "plot.hist": "[1, 2]",
    "plot.bar": "[1, 2]", "plot.scatter": "[1, 2], [1, 2]", "plot.heatmap": "zeros(2, 2)",
    "plot.figures": "[plot.line([1])]", "data.shapes": "3, size = 8",
    "data.batches": "set, 5", "data.emoji32": "",
  ]

  private func run(_ text: String, _ session: ModelSession) throws {
    do {
      _ = try session.value(text)
    } catch let error as ScriptError {
      // A mistake in the library, such as the name of a parameter that its header lacks.
      if error.kind == .internalError { Issue.record("\(text): \(error.message)") }
    } catch let error as SyntaxErrors {
      Issue.record("\(text): \(error.diagnostics.map(\.message))")
    }
  }

  private func session() throws -> ModelSession {
    let session = ModelSession()
    try session.makeGenerator()
    _ = try session.value("let tokens = tok.encode(set.images[:2])")
    return session
  }

  /// Odd properties of tensors and numbers.
  private static let oddNumbers = [
    "nil", "true", "0", "-1", "0.5", "nan", "inf", "1e300", "2 ** 53", "\"x\"", "[]", "[[]]",
    "[\"x\", nil]", "{}", "fn(x) = x", "zeros(0)", "zeros(0, 3)", "zeros(3, 0)", "zeros(2, 2)",
    "full([2], nan)", "range(3)", "param([1, 2])", "ones(1, 1, 2, 2)",
  ]

  // Some of the numbers are centuries to sleep.
  @Test(arguments: ["", "linalg", "random", "nn", "optim"])
  func everyPlaceOfTheCore(_ namespace: String) throws {
    let session = ModelSession()
    for function in Catalog.all.functions
    where function.namespace == namespace && !function.isMethodOnly
      && function.qualifiedName != "sleep"
    {
      for value in Self.oddNumbers {
        for count in 1...max(1, min(4, function.parameterNames.count)) {
          let arguments = [String](repeating: value, count: count).joined(separator: ", ")
          try run("\(function.qualifiedName)(\(arguments))", session)
          try run("\(function.qualifiedName)([1, 2; 3, 4], \(arguments))", session)
        }
      }
    }
  }

  @Test(arguments: ["smap", "card", "image", "plot", "data", "metrics"])
  func everyPlace(_ namespace: String) throws {
    let session = try session()
    for function in Catalog.all.functions where function.namespace == namespace {
      for value in Self.odd {
        for count in 1...min(3, function.parameterNames.count) {
          let arguments = [String](repeating: value, count: count).joined(separator: ", ")
          try run("\(function.qualifiedName)(\(arguments))", session)
        }
      }
    }
  }

  @Test(arguments: calls.keys.sorted())
  func everyChoice(_ name: String) throws {
    let session = try session()
    let folder = try ScratchFolder()
    let function = try #require(Catalog.all.functions.first { $0.qualifiedName == name })
    let given = Self.calls[name] ?? ""
    for parameter in function.parameterNames where !given.contains("\(parameter) =") {
      for value in Self.odd {
        let separator = given.isEmpty ? "" : ", "
        // A name of a file would be written where the tests run.
        let value = parameter == "checkpoint" && value == "\"x\"" ? "\"\(folder.path)/x\"" : value
        try run("\(name)(\(given)\(separator)\(parameter) = \(value))", session)
      }
    }
  }
}
