// SPDX-License-Identifier: Apache-2.0
//
// No function of the table drops a gradient silently. For every function, some valid arguments are
// searched for; then each of them in turn is made a parameter. The result must depend on it, or the
// call must fail, unless the function is one whose result is locally constant or discontinuous.

import Library
import Runtime
import Testing

@Suite struct GradientTableTests {
  /// Where a numeric result has no gradient: positions, counts, masks, shapes, explicit values.
  private static let flat: Set<String> = [
    "argmin", "argmax", "argsort", "searchsorted", "nonzero", "count_nonzero", "histogram",
    "one_hot",
    "full_like.x", "isnan", "isinf", "isfinite", "isclose", "allclose", "logical_and", "logical_or",
    "logical_xor",
    "logical_not", "all", "any", "zeros_like", "ones_like", "unique", "linalg.matrix_rank",
    // Values that the caller requests without a gradient.
    "detach", "item", "tolist", "no_grad", "param", "backward", "number", "print", "show", "string",
    "len", "type", "table", "error", "assert", "help", "optim.clip_grad_norm",
    // Functions that are not numeric.
    "exit", "filter", "fold", "keys", "values", "image.load", "image.save", "sleep", "input",
    // These need a gradient of only one of several inputs.
    "grad", "value_and_grad", "fused", "nn.train", "nn.find_lr",
    // Selections by truth value or by position.
    "where.condition", "gather.index", "scatter.index", "scatter_add.index", "masked_fill.mask",
    "bincount.x", "topk.indices", "sorted", "random.shuffle", "random.choice", "slider", "choice",
    "grid2d",
    "nn.cross_entropy.target",
    "nn.nll_loss.target",
  ]

  private static let names = Catalog.all.functions.filter {
    ["", "linalg", "nn", "random", "image"].contains($0.namespace) && !$0.isMethodOnly
  }.map(\.qualifiedName)

  /// Arguments that functions may take, the likeliest first.
  private static let pool = [
    "[0.3, 0.6, 0.9]", "2", "[3, 1; 1, 2]", "0", "[2]", "1", "0.5", "ones(1, 2, 4, 4)", "[1, 0, 1]",
    "[[0.3, 0.6, 0.9], [1, 2, 3]]", "ones(2, 2, 2, 2)", "fn(x) = x", "\"i->i\"", "\"a -> a 1\"",
    "[1, 1]",
    "ones(1, 2, 2)", "ones(1, 4, 2, 2)",
  ]

  /// The argument that each parameter is tried with as a trainable parameter.
  private static func asParameter(_ argument: String) -> String? {
    argument.hasPrefix("\"") || argument.hasPrefix("fn") ? nil : "param(\(argument))"
  }

  private func succeeds(_ text: String, _ session: ModelSession) -> Bool {
    (try? session.value(text)) != nil
  }

  /// Arguments that the first `count` parameters accept together.
  private func arguments(_ function: Builtin, _ session: ModelSession) -> [String]? {
    let needed = function.parameterNames.indices.filter { index in
      !function.header.parameters[index].hasDefault
        && function.header.parameters[index].kind != .rest
    }.count
    let rests = function.header.parameters.contains { $0.kind == .rest } ? 1 : 0
    var tries = 0
    func search(_ chosen: [String], _ count: Int) -> [String]? {
      if chosen.count == count {
        tries += 1
        let text = "\(function.qualifiedName)(\(chosen.joined(separator: ", ")))"
        return tries < 4000 && succeeds(text, session) ? chosen : nil
      }
      for argument in Self.pool {
        if let found = search(chosen + [argument], count) { return found }
      }
      return nil
    }
    return search([], needed + rests)
  }

  @Test(arguments: names) func keepsGradientsOrRefuses(_ name: String) throws {
    guard !Self.flat.contains(name) else { return }
    let function = try #require(Catalog.all.functions.first { $0.qualifiedName == name })
    let session = ModelSession()
    let given = try #require(
      arguments(function, session), "no arguments were found that \(name) takes: add to the pool")
    if given.isEmpty { return }
    let parameters = function.parameterNames
    for (index, parameter) in parameters.enumerated()
    where !Self.flat.contains("\(name).\(parameter)") {
      var places: [String] = given
      if index < given.count {
        guard let text = Self.asParameter(given[index]) else { continue }
        places[index] = text
        try check(function, places.joined(separator: ", "), session)
      } else {
        for number in ["0.5", "1", "2", "0"] {
          let all = places + ["\(parameter) = param(\(number))"]
          try check(function, all.joined(separator: ", "), session)
        }
      }
    }
  }

  private func check(_ function: Builtin, _ arguments: String, _ session: ModelSession) throws {
    let call = "\(function.qualifiedName)(\(arguments))"
    guard let value = try? session.value(call) else { return }
    let tensors = numbers(in: value)
    guard !tensors.isEmpty else { return }
    #expect(tensors.contains { $0 }, "\(call) drops the gradient")
  }

  /// For each tensor or number in a result, whether it carries a gradient.
  private func numbers(in value: Value) -> [Bool] {
    switch value {
    case .tensor(let tensor): [tensor.requiresGradient]
    case .number: [false]
    case .list(let list): list.items.flatMap { numbers(in: $0) }
    case .record(let record): record.values.flatMap { numbers(in: $0) }
    default: []
    }
  }
}
