// SPDX-License-Identifier: Apache-2.0
//
// Seeds from seeds. A seed is a plain number; independent ones are derived, never drawn.

import Runtime
import Tensors

/// The functions of `random`.
enum RandomFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "random.split(seed: number, num = 2) -> list", "Derives `num` independent seeds from one.",
      example: "len(random.split(42, 3))   #=> 3"
    ) { call in
      let count = try call.integer(1, in: 0...Session.maximumListCount)
      let keys = try RandomKey(number: call.number(0)).split(count)
      return .numbers(keys.map { Double($0.seed) })
    },
    Builtin(
      "random.fold(seed: number, index: number) -> number",
      "Derives a seed for number `index`, such as a step of a loop.",
      example: "random.fold(1, 5) == random.fold(1, 5)   #=> true"
    ) { call in
      .number(Double(try RandomKey(number: call.number(0)).fold(call.integer(1)).seed))
    },
    Builtin(
      "random.permutation(n, *, seed = nil)", "Gives the whole numbers below `n` in random order.",
      example: "random.permutation(4, seed = 1).sum()   #=> tensor(6)"
    ) { call in
      let count = try call.integer(0)
      return .tensor(try Tensor.permutation(count, key: RandomKey(seed: call.seed(1))))
    },
  ]
}
