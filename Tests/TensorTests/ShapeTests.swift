// SPDX-License-Identifier: Apache-2.0
//
// Properties of shapes: broadcasting, round trips of movement, and replacement of elements.

import Tensors
import Testing

@Suite struct BroadcastingTests {
  static let pairs: [([Int], [Int], [Int])] = [
    ([], [], []), ([3], [], [3]), ([2, 3], [3], [2, 3]), ([2, 1], [1, 3], [2, 3]),
    ([4, 1, 3], [2, 1], [4, 2, 3]), ([1, 1, 1], [5], [1, 1, 5]), ([0, 3], [1, 3], [0, 3]),
    ([2, 0], [2, 1], [2, 0]), ([2, 1, 2, 1], [3, 1, 4], [2, 3, 2, 4]), ([1], [2, 2], [2, 2]),
    ([6, 1, 5, 1], [1, 4, 1, 3], [6, 4, 5, 3]),
  ]

  @Test(arguments: pairs)
  func operationEqualsOperationOnExpanded(_ a: [Int], _ b: [Int], _ common: [Int]) throws {
    let (x, y) = (try normal(a, seed: 1), try normal(b, seed: 2))
    let direct = try x - y
    #expect(direct.shape == common)
    #expect(try direct.toArray() == (x.expand(common) - y.expand(common)).toArray())
    #expect(try direct.toArray() == (-(y - x)).toArray())
  }

  @Test(arguments: pairs)
  func gradientSumsBack(_ a: [Int], _ b: [Int], _ common: [Int]) throws {
    let (x, y) = (
      try Tensor.parameter(try normal(a, seed: 1)), try Tensor.parameter(try normal(b, seed: 2))
    )
    let weights = try normal(common, seed: 3)
    let gradients = try ((x + y) * weights).sum().gradients(for: [x, y])
    for (parameter, gradient) in zip([x, y], gradients) {
      let wanted = try weights.summed(to: parameter.shape)
      #expect(gradient?.shape == parameter.shape)
      #expect(gradient?.toArray() == wanted.toArray())
      let total = try wanted.sum().item()
      #expect(isClose(total, try weights.sum().item(), absolute: 1e-4))
    }
  }

  @Test func mismatchNamesShapesAndDimension() throws {
    let error = tensorError { _ = try Tensor.zeros([2, 3]) + Tensor.zeros([4, 3]) }
    #expect(error?.kind == "ShapeError")
    #expect(
      error?.message == "shapes [2, 3] and [4, 3] do not fit together: dimension -2 is 2 and 4")
  }

  @Test func largeStridedOperandsAreSharedBetweenThreads() throws {
    let (x, y) = (try normal([300, 1, 40], seed: 1), try normal([30, 1], seed: 2))
    let direct = try x * y
    let expanded = try x.expand([300, 30, 40]) * y.expand([300, 30, 40])
    #expect(direct.toArray() == expanded.toArray())
  }
}

@Suite struct MovementTests {
  static let shapes: [[Int]] = [
    [], [1], [6], [2, 3], [3, 1, 4], [2, 3, 4, 5], [0, 3], [2, 2, 2, 2],
  ]

  @Test(arguments: shapes)
  func reshapeRoundTrip(_ shape: [Int]) throws {
    let x = try normal(shape, seed: 1)
    let flat = try x.reshape([x.count])
    #expect(flat.toArray() == x.toArray())
    #expect(try flat.reshape(shape).shape == shape)
    #expect(flat.storage === x.storage)
  }

  @Test(arguments: shapes)
  func permutationAndItsInverse(_ shape: [Int]) throws {
    let x = try normal(shape, seed: 1)
    let order = try RandomKey(seed: 9).permutation(shape.count)
    var inverse = order
    for (i, dim) in order.enumerated() { inverse[dim] = i }
    let back = try x.permute(order).permute(inverse)
    #expect(back.shape == shape)
    #expect(back.toArray() == x.toArray())
  }

  @Test(arguments: shapes.filter { !$0.isEmpty })
  func partsJoinedAgain(_ shape: [Int]) throws {
    let x = try normal(shape, seed: 1)
    for dim in shape.indices {
      let joined = try Tensor.cat(x.split(size: 2, dim: dim), dim: dim)
      #expect(joined.shape == shape && joined.toArray() == x.toArray())
      let flipped = try x.flip(dims: [dim]).flip(dims: [dim])
      #expect(flipped.toArray() == x.toArray())
      let rolled = try x.roll(shift: 3, dim: dim).roll(shift: -3, dim: dim)
      #expect(rolled.toArray() == x.toArray())
    }
  }

  @Test func largeTransposes() throws {
    let x = try normal([3, 137, 211], seed: 1)
    let y = try x.transposed()
    let (from, to) = (x.toArray(), y.toArray())
    for (b, r, c) in [(0, 0, 0), (1, 136, 210), (2, 77, 5), (2, 16, 16), (0, 15, 17)] {
      #expect(to[(b * 211 + c) * 137 + r] == from[(b * 137 + r) * 211 + c])
    }
    #expect(try y.transposed().toArray() == from)
    let four = try normal([5, 40, 6, 32], seed: 2)
    #expect(try four.transpose(1, 2).transpose(2, 1).toArray() == four.toArray())
  }

  @Test func openSizes() throws {
    #expect(try Tensor.zeros([2, 6]).reshape([-1, 3]).shape == [4, 3])
    #expect(try Tensor.zeros([0, 6]).reshape([-1, 3]).shape == [0, 3])
    #expect(tensorError { _ = try Tensor.zeros([4]).reshape([-1, -1]) }?.kind == "ShapeError")
    #expect(tensorError { _ = try Tensor.zeros([4]).reshape([3]) }?.kind == "ShapeError")
    #expect(tensorError { _ = try Tensor.zeros([0]).reshape([-1, 0]) }?.kind == "ShapeError")
    #expect(try Tensor.zeros([2, 3, 4]).flatten(start: 1).shape == [2, 12])
    #expect(try Tensor.scalar(1).flatten().shape == [1])
    #expect(try Tensor.zeros([1, 3, 1]).squeeze(dim: 0).shape == [3, 1])
    #expect(try Tensor.zeros([2, 3]).unsqueeze(dim: -1).shape == [2, 3, 1])
  }

  @Test func rearrangements() throws {
    let x = try Tensor.arange(0, 24).reshape([2, 3, 4])
    #expect(try x.rearrange("a b c -> c (b a)").shape == [4, 6])
    #expect(try x.rearrange("... c -> c ...").shape == [4, 2, 3])
    #expect(try x.rearrange("a b c -> (a b c)").toArray() == x.toArray())
    #expect(try x.rearrange("a b c -> a 1 b c").shape == [2, 1, 3, 4])
    #expect(try x.rearrange("a ... -> a (...)").shape == [2, 12])
    #expect(try x.unsqueeze(dim: 1).rearrange("a 1 b c -> a b c").shape == [2, 3, 4])
    let patches = try x.rearrange("a b (p q) -> (a p) b q", sizes: ["q": 2])
    #expect(patches.shape == [4, 3, 2])
    #expect(Array(patches.toArray()[..<4]) == [0, 1, 4, 5])
    for bad in [
      "a b -> b a", "a b c", "a b c -> a b", "a (b c -> a", "a a b -> a b", "a b c -> a b d",
    ] {
      #expect(tensorError { _ = try x.rearrange(bad) } != nil, "\(bad)")
    }
    #expect(tensorError { _ = try x.rearrange("a b (p q) -> a b p q") }?.kind == "ValueError")
    #expect(
      tensorError { _ = try x.rearrange("a b (p q) -> a b p q", sizes: ["p": 3]) }?.kind
        == "ShapeError")
  }
}

@Suite struct ReplacementTests {
  @Test func replacementLeavesTheOriginal() throws {
    let x = try Tensor.arange(0, 6).reshape([2, 3])
    let y = try x.replacing([.index(0)], with: .scalar(9))
    #expect(x.toArray() == [0, 1, 2, 3, 4, 5])
    #expect(y.toArray() == [9, 9, 9, 3, 4, 5])
  }

  @Test func aValueHeldOnceIsChangedInPlace() throws {
    var x = try Tensor.arange(0, 4).reshape([4])
    let place = x.pointer
    try Tensor.replace(in: &x, at: [.index(1)], with: .scalar(7))
    #expect(x.pointer == place && x.toArray() == [0, 7, 2, 3])
  }

  @Test func aValueHeldTwiceIsCopied() throws {
    var x = try Tensor.arange(0, 4)
    let y = x
    try Tensor.replace(in: &x, at: [.index(1)], with: .scalar(7))
    #expect(y.toArray() == [0, 1, 2, 3] && x.toArray() == [0, 7, 2, 3])
    var z = try x.reshape([2, 2])
    try Tensor.replace(in: &z, at: [.index(0)], with: .scalar(5))
    #expect(x.toArray() == [0, 7, 2, 3] && z.toArray() == [5, 5, 2, 3])
  }

  @Test func aValueOnTheTapeIsKept() throws {
    let weight = try Tensor.parameter(try v(2, 3))
    var x = try v(4, 5)
    let product = try x * weight
    try Tensor.replace(in: &x, at: [.index(0)], with: .scalar(100))
    #expect(try product.sum().gradients(for: [weight])[0]?.toArray() == [4, 5])
    var parameter = weight
    let error = tensorError {
      try Tensor.replace(in: &parameter, at: [.index(0)], with: .scalar(1))
    }
    #expect(error?.kind == "ValueError")
  }

  @Test func unfittingValues() throws {
    let x = try Tensor.zeros([2, 3])
    let row: [TensorIndex] = [.index(0)]
    #expect(try x.replacing(row, with: t([1, 3], [1, 2, 3])).toArray() == [1, 2, 3, 0, 0, 0])
    #expect(tensorError { _ = try x.replacing(row, with: try v(1, 2)) }?.kind == "ShapeError")
    let empty: [TensorIndex] = [.slice(start: 2, stop: 1, step: 1)]
    #expect(try x.replacing(empty, with: .scalar(1)).toArray() == x.toArray())
  }
}
