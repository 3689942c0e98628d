// SPDX-License-Identifier: Apache-2.0
//
// Seeds from seeds. A seed is a plain number; independent ones are derived deterministically.

import Runtime
import Tensors

/// The functions of `random`.
enum RandomFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "random.split(seed: number, num = 2) -> list", purity: .pure(.product),
      "Derives `num` independent seeds from one.",
      example: "len(random.split(42, 3))   #=> 3"
    ) { call in
      let count = try call.integer("num", in: 0...Session.maximumListCount)
      try call.session.claim(elements: count, bytesEach: 32)
      let keys = try RandomKey(number: call.number("seed")).split(count)
      return .numbers(keys.map { Double($0.seed) })
    },
    Builtin(
      "random.fold(seed: number, index: number) -> number", purity: .pure,
      "Derives a seed for number `index`, such as a step of a loop.",
      example: "random.fold(1, 5) == random.fold(1, 5)   #=> true"
    ) { call in
      .number(Double(try RandomKey(number: call.number("seed")).fold(call.integer("index")).seed))
    },
    Builtin(
      "random.permutation(n, *, seed = nil)", purity: .untried,
      "Gives the integers below `n` in random order.",
      example: "random.permutation(4, seed = 1).sum()   #=> tensor(6)"
    ) { call in
      let count = try call.integer("n")
      if 0...1 << 28 ~= count { try call.session.claim(bytes: 8 * count) }
      return .tensor(try Tensor.permutation(count, key: RandomKey(seed: call.seed("seed"))))
    },
    Builtin(
      "random.shuffle(items, *, seed = nil) -> list", purity: .untried,
      "Lists the items in random order.",
      example: "sorted(random.shuffle([3, 1, 2], seed = 1))   #=> [1, 2, 3]"
    ) { call in
      let items = try call.session.elements(of: call["items"])
      var draws = RandomStream(seed: try call.seed("seed"), 0x5F1E)
      return .list(try draws.permutation(items.count).map(checking: call.session) { items[$0] })
    },
    Builtin(
      "random.choice(items, count = nil, *, weights = nil, replace = true, seed = nil)",
      purity: .untried,
      "Samples one of the items, or a list of `count` of them.",
      details:
        "`weights` are relative probabilities. Without `replace`, no item is chosen twice.",
      example: "random.choice([7, 8], weights = [0, 1], seed = 1)   #=> 8"
    ) { call in try choice(call) },
    Builtin(
      "random.normal(mean, std, shape: list, *, seed = nil)",
      purity: .shaped(like: "(fn(low, high, shape) = zeros(...shape))"),
      "Samples from the normal distribution with a mean and a standard deviation.",
      example: "random.normal(5, 0, [2], seed = 1)   #=> tensor([5, 5])"
    ) { call in
      let deviation = try call.scalar("std")
      let spread = try deviation.onlyNumber()
      guard !(spread < 0) else {
        throw call.failure(
          .value, "std must be at least 0, not \(Display.number(spread))", argument: "std")
      }
      if try call.isRecording("mean") || call.isRecording("std") {
        let draws = try Tensor.randn(
          call.integers("shape"), key: RandomKey(seed: call.seed("seed")))
        return .tensor(try draws * deviation + call.scalar("mean"))
      }
      return .tensor(
        try Tensor.normal(
          mean: Float(call.number("mean")), deviation: Float(spread), call.integers("shape"),
          key: RandomKey(seed: call.seed("seed"))))
    },
    Builtin(
      "random.uniform(low, high, shape: list, *, seed = nil)",
      purity: .shaped(like: "(fn(low, high, shape) = zeros(...shape))"),
      "Samples uniform numbers from `low` to below `high`.",
      example: "random.uniform(3, 3, [2], seed = 1)   #=> tensor([3, 3])"
    ) { call in
      if try call.isRecording("low") || call.isRecording("high") {
        let draws = try Tensor.rand(call.integers("shape"), key: RandomKey(seed: call.seed("seed")))
        let low = try call.scalar("low")
        return .tensor(try draws * (call.scalar("high") - low) + low)
      }
      let (low, high) = (try call.number("low"), try call.number("high"))
      return .tensor(
        try Tensor.uniform(
          Float(low), width: Float(high - low), call.integers("shape"),
          key: RandomKey(seed: call.seed("seed"))))
    },
  ]

  private static func choice(_ call: Call) throws -> Value {
    let items = try call.session.row(of: call["items"])
    guard items.count > 0 else {
      throw call.failure(.value, "there is nothing to choose from", argument: "items")
    }
    let count =
      try call["count"].isNil ? 1 : try call.integer("count", in: 0...Session.maximumListCount)
    try call.session.claim(elements: count)
    var weights = try call["weights"].isNil ? nil : try call.numbers("weights")
    if let weights {
      guard weights.count == items.count, weights.allSatisfy({ $0 >= 0 && $0.isFinite }),
        weights.contains(where: { $0 > 0 })
      else {
        throw call.failure(
          .value, "weights must be \(items.count) numbers of at least 0, not all 0",
          argument: "weights")
      }
    }
    let replaces = try call.bool("replace")
    let most = weights.map { $0.filter { $0 > 0 }.count } ?? items.count
    guard replaces || count <= most else {
      throw call.failure(
        .value, "\(count) items cannot be chosen from \(most) without choosing one twice",
        argument: "count")
    }
    var draws = RandomStream(seed: try call.seed("seed"), 0xC401CE)
    let chosen: [Int]
    if weights == nil, !replaces {
      chosen = try Array(draws.permutation(items.count).prefix(count))
    } else {
      chosen = try (0..<count).map(checking: call.session) { _ in
        let index = try drawn(weights, items.count, &draws, call)
        if !replaces { weights?[index] = 0 }
        return index
      }
    }
    return try call["count"].isNil
      ? try items.element(chosen[0])
      : .list(try chosen.map(checking: call.session) { try items.element($0) })
  }

  /// An index below `count`, sampled with probability proportional to its weight.
  private static func drawn(
    _ weights: [Double]?, _ count: Int, _ draws: inout RandomStream, _ call: Call
  ) throws -> Int {
    guard let weights else { return draws.index(below: count) }
    if weights.count >= 1 << 12 { try call.checkInterrupt() }
    var rest = draws.uniform() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() where weight > 0 {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}
