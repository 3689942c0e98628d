// SPDX-License-Identifier: Apache-2.0
//
// Every differentiable function compared with finite differences: the gradient of a fixed random
// combination of its results. The elementwise ones come from the table of operations; another
// function needs a line here.

import Tensors
import Testing

/// A function of tensors, and inputs at which it is smooth.
struct Differentiable: CustomTestStringConvertible, Sendable {
  let name: String
  let shapes: [[Int]]
  /// Inputs are sampled uniformly from here.
  var range: ClosedRange<Float> = -1.5...1.5
  let function: @Sendable ([Tensor]) throws -> Tensor
  var testDescription: String { name }

  init(
    _ name: String, _ shapes: [[Int]], _ range: ClosedRange<Float> = -1.5...1.5,
    _ function: @escaping @Sendable ([Tensor]) throws -> Tensor
  ) {
    (self.name, self.shapes, self.range, self.function) = (name, shapes, range, function)
  }

  func inputs() throws -> [Tensor] {
    try shapes.enumerated().map { i, shape in
      let draws = try Tensor.rand(shape, key: RandomKey(seed: 77).fold(i))
      return try draws * (range.upperBound - range.lowerBound) + range.lowerBound
    }
  }
}

@Suite struct GradientTests {
  @Test(arguments: differentiables)
  func agreesWithFiniteDifferences(_ item: Differentiable) throws {
    let inputs = try item.inputs()
    let parameters = try inputs.map { try Tensor.parameter($0) }
    let result = try item.function(parameters)
    let weights = try normal(result.shape, seed: 5)
    let gradients = try (result * weights).sum().gradients(for: parameters)
    for (place, input) in inputs.enumerated() {
      let gradient = try #require(gradients[place], "no gradient of input \(place)")
      #expect(gradient.shape == input.shape)
      for i in 0..<input.count {
        let wanted = try slope(item, inputs, place, i, weights)
        let found = gradient.toArray()[i]
        #expect(
          abs(found - wanted) <= 4e-3 * max(1, abs(wanted)),
          "\(item.name): input \(place), element \(i): \(found), by differences \(wanted)")
      }
    }
  }

  /// The central difference of the weighted sum of results, summed in double precision.
  private func slope(
    _ item: Differentiable, _ inputs: [Tensor], _ place: Int, _ element: Int, _ weights: Tensor
  ) throws -> Float {
    let step: Float = 4e-3
    func total(_ change: Float) throws -> Double {
      var values = inputs[place].toArray()
      values[element] += change
      var moved = inputs
      moved[place] = try Tensor(shape: inputs[place].shape, values: values)
      let result = try item.function(moved)
      return zip(result.toArray(), weights.toArray()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return Float(try (total(step) - total(-step)) / (2 * Double(step)))
  }

  @Test func stepsHaveNoSlope() throws {
    let x = try Tensor.parameter(try v(0.3, -1.7))
    let steps = UnaryOperation.allCases.filter { $0.row.pointee.derivative == .zero }
    #expect(steps.count >= 5)
    for operation in steps {
      let gradients = try (x.applying(operation) + x).sum().gradients(for: [x])
      #expect(gradients[0]?.toArray() == [1, 1])
    }
  }

  @Test func tiesShareTheGradient() throws {
    let x = try Tensor.parameter(try v(2, 5, 5, 1))
    #expect(try x.maximum().gradients(for: [x])[0]?.toArray() == [0, 0.5, 0.5, 0])
    let (a, b) = (try Tensor.parameter(try v(1, 2)), try Tensor.parameter(try v(1, 3)))
    let both = try Tensor.maximum(a, b).sum().gradients(for: [a, b])
    #expect(both[0]?.toArray() == [0.5, 0])
    #expect(both[1]?.toArray() == [0.5, 1])
  }

  @Test func gradientsAtSpecialPoints() throws {
    let zero = try Tensor.parameter(try v(0, 0))
    #expect(try zero.norm().gradients(for: [zero])[0]?.toArray() == [0, 0])
    #expect(try zero.prod().gradients(for: [zero])[0]?.toArray() == [0, 0])
    #expect(try zero.pow(2).sum().gradients(for: [zero])[0]?.toArray() == [0, 0])
    let power = try Tensor.combine(.power, zero, 0).sum()
    #expect(try power.gradients(for: [zero])[0]?.toArray() == [0, 0])
    #expect(try zero.relu().sum().gradients(for: [zero])[0]?.toArray() == [0, 0])
  }

  @Test func backwardAddsUp() throws {
    let x = try Tensor.parameter(try v(1, 2))
    try (x * x).sum().backward()
    try (x * 3).sum().backward()
    #expect(x.grad?.toArray() == [5, 7])
    #expect(tensorError { try v(1).sum().backward() }?.kind == "ValueError")
    #expect(tensorError { try (x * 2).backward() }?.kind == "ShapeError")
  }

  @Test func valueUsedTwice() throws {
    let x = try Tensor.parameter(try v(3))
    let y = try x * x
    let gradient = try (y * y + y).sum().gradients(for: [x])
    #expect(gradient[0]?.toArray() == [4 * 27 + 6])
  }

  @Test func lateGradientsAreDeliveredFirst() throws {
    let (early, middle, late) = (
      try Tensor.parameter(try v(2)), try Tensor.parameter(try v(3)), try Tensor.parameter(try v(5))
    )
    let unused = try Tensor.parameter(try v(1))
    // `middle` is used by two operations, and is finished with after the earlier one.
    let loss = try (early * early * middle * 7 * late + middle).sum()
    var places: [Int] = []
    var found: [Int: [Float]] = [:]
    try loss.gradients(for: [early, unused, middle, late, late]) { place, gradient in
      places.append(place)
      found[place] = gradient?.toArray()
    }
    #expect(places == [3, 2, 0, 1, 4])
    #expect(found == [0: [420], 2: [141], 3: [84]])
    struct Refusal: Error {}
    #expect(throws: Refusal.self) { try loss.gradients(for: [early]) { _, _ in throw Refusal() } }
    // A parameter itself may be the result.
    #expect(try early.gradients(for: [early])[0]?.toArray() == [1])
  }

  @Test func nothingIsRecordedWithoutGradients() throws {
    let x = try Tensor.parameter(try v(3))
    let y = try Tensor.withoutGradients { try (x * 2 + x).exp().sum() }
    #expect(!y.requiresGradient)
  }
}

extension BinaryOperation {
  fileprivate var hasGradient: Bool { row.pointee.left.is_same || row.pointee.left.runs != nil }
}

/// Every differentiable function of the module.
let differentiables: [Differentiable] =
  unary + binary + reduction + movement + product + indexing
  + families

/// The functions of one operand in the table of operations, on the intervals given there.
private let unary: [Differentiable] =
  UnaryOperation.allCases.filter { $0.row.pointee.gradient != nil }.map { operation in
    let range = operation.row.pointee.low...operation.row.pointee.high
    return Differentiable(operation.name, [[2, 5]], range) { try $0[0].applying(operation) }
  }
  + [
    Differentiable("clamp", [[9]]) { try $0[0].clamp(min: -0.7, max: 0.4) },
    Differentiable("pow number", [[4]], 0.5...2) { try $0[0].pow(2.5) },
    Differentiable("number - x", [[4]]) { try 1 - $0[0] },
    Differentiable("number / x", [[4]], 0.5...2) { try 3 / $0[0] },
    Differentiable("number ** x", [[4]]) { try Tensor.combine(.power, 1.7, $0[0]) },
    Differentiable("x / number", [[4]]) { try $0[0] / 3 },
  ]

/// The operations on two operands in the table, likewise; both inputs are sampled uniformly from 0
/// to 1 first.
private let binary: [Differentiable] =
  BinaryOperation.allCases.filter(\.hasGradient).map { operation in
    Differentiable(operation.name, [[2, 1, 3], [4, 1]], 0...1) { x in
      let row = operation.row
      return try Tensor.combine(
        operation, x[0] * (row.pointee.a_high - row.pointee.a_low) + row.pointee.a_low,
        x[1] * (row.pointee.b_high - row.pointee.b_low) + row.pointee.b_low)
    }
  }
  + [
    Differentiable("multiply, same shape", [[3, 2], [3, 2]]) { try $0[0] * $0[1] },
    Differentiable("multiply, row", [[3, 2], [2]]) { try $0[0] * $0[1] },
    Differentiable("multiply, scalar", [[3, 2], []]) { try $0[0] * $0[1] },
    Differentiable("where", [[2, 3], [3]]) {
      try Tensor.select(try t([2, 1], [1, 0]), $0[0], $0[1])
    },
  ]

private let reduction: [Differentiable] = [
  Differentiable("sum", [[2, 3, 2]]) { try $0[0].sum() },
  Differentiable("sum of two", [[2, 3, 2]]) { try $0[0].sum(dims: [0, 2], keepDim: true) },
  Differentiable("mean", [[2, 3, 2]]) { try $0[0].mean(dim: 1) },
  Differentiable("prod", [[2, 3, 2]], 0.5...1.5) { try $0[0].prod(dims: [1]) },
  Differentiable("max", [[2, 3, 2]]) { try $0[0].maximum(dims: [1]) },
  Differentiable("min", [[2, 3, 2]]) { try $0[0].minimum(dims: [0, 2]) },
  Differentiable("logsumexp", [[2, 3, 2]]) { try $0[0].logSumExp(dims: [1]) },
  Differentiable("logsumexp of all", [[2, 3]]) { try $0[0].logSumExp() },
  Differentiable("softmax", [[2, 3, 2]]) { try $0[0].softmax(dim: 1) },
  Differentiable("log_softmax", [[2, 3]]) { try $0[0].logSoftmax() },
  Differentiable("cumsum", [[2, 3, 2]]) { try $0[0].cumsum(dim: 1) },
  Differentiable("var", [[2, 3]]) { try $0[0].variance(dims: [1]) },
  Differentiable("std", [[2, 3]]) { try $0[0].standardDeviation() },
  Differentiable("norm", [[2, 3]]) { try $0[0].norm(dims: [1]) },
  Differentiable("norm 1", [[2, 3]]) { try $0[0].norm(order: 1) },
  Differentiable("norm 3", [[2, 3]], 0.5...1.5) { try $0[0].norm(order: 3, dims: [0]) },
  Differentiable("norm inf", [[2, 3]], 0.5...1.5) { try $0[0].norm(order: .infinity) },
  Differentiable("topk", [[2, 5]]) { try $0[0].topK(2).values },
]

private let movement: [Differentiable] = [
  Differentiable("reshape", [[2, 3]]) { try $0[0].reshape([3, -1]) },
  Differentiable("permute", [[2, 3, 2]]) { try $0[0].permute([2, 0, 1]) },
  Differentiable("transpose", [[2, 3]]) { try $0[0].transposed() },
  Differentiable("expand", [[3, 1]]) { try $0[0].expand([2, 3, 4]) },
  Differentiable("squeeze", [[3, 1]]) { try $0[0].squeeze().unsqueeze(dim: 0) },
  Differentiable("cat", [[2, 3], [1, 3]]) { try Tensor.cat($0) },
  Differentiable("stack", [[2, 3], [2, 3]]) { try Tensor.stack($0, dim: 1) },
  Differentiable("narrow", [[2, 5]]) { try $0[0].narrow(dim: 1, start: 1, count: 3) },
  Differentiable("chunk", [[5]]) { x in
    let parts = try x[0].chunk(2)
    return try parts[0].sum() * parts[1].sum()
  },
  Differentiable("flip", [[2, 3]]) { try $0[0].flip(dims: [1]) },
  Differentiable("roll", [[5]]) { try $0[0].roll(shift: 2) },
  Differentiable("pad", [[2, 3]]) { try $0[0].pad([1, -1, 0, 2]) },
  Differentiable("tril", [[3, 3]]) { try $0[0].tril() },
  Differentiable("triu", [[3, 3]]) { try $0[0].triu(diagonal: -1) },
  Differentiable("repeat", [[2, 3]]) { try $0[0].repeated([2, 2]) },
  Differentiable("gather", [[2, 3]]) {
    try $0[0].gather(dim: 1, index: try t([2, 2], [0, 0, 2, -1]))
  },
  Differentiable("diag of a vector", [[3]]) { try $0[0].diag() },
  Differentiable("diag of a matrix", [[3, 2]]) { try $0[0].diag() },
  Differentiable("rearrange", [[2, 6]]) {
    try $0[0].rearrange("a (b c) -> (c a) b", sizes: ["b": 3])
  },
]

private let product: [Differentiable] = [
  Differentiable("matmul", [[2, 3], [3, 2]]) { try $0[0].matmul($0[1]) },
  Differentiable("matmul of vectors", [[3], [3]]) { try $0[0].matmul($0[1]) },
  Differentiable("matmul with a vector", [[2, 3], [3]]) { try $0[0].matmul($0[1]) },
  Differentiable("matmul of a vector", [[3], [2, 3, 2]]) { try $0[0].matmul($0[1]) },
  Differentiable("matmul of a batch", [[2, 2, 3], [3, 2]]) { try $0[0].matmul($0[1]) },
  Differentiable("matmul of batches", [[2, 1, 2, 3], [2, 3, 2]]) { try $0[0].matmul($0[1]) },
  Differentiable("matmul by a batch", [[2, 3], [2, 3, 2]]) { try $0[0].matmul($0[1]) },
  Differentiable("outer", [[2], [3]]) { try Tensor.outer($0[0], $0[1]) },
  Differentiable("einsum", [[2, 3], [3, 2], [2]]) { try Tensor.einsum("ab,bc,c->a", $0) },
  Differentiable("einsum trace", [[3, 3]]) { try Tensor.einsum("ii", $0) },
  Differentiable("einsum batch", [[2, 2, 2, 2], [2, 2, 3, 2]]) {
    try Tensor.einsum("bhqd,bhkd->bhqk", $0)
  },
]

private let indexing: [Differentiable] = [
  Differentiable("index", [[3, 4]]) { try $0[0].subscripted([.index(1)]) },
  Differentiable("slice backwards", [[3, 4]]) {
    try $0[0].subscripted([.ellipsis, .slice(start: 3, stop: nil, step: -2)])
  },
  Differentiable("list, twice the same", [[3, 2]]) {
    try $0[0].subscripted([.gather(try v(1, 1, 2))])
  },
  Differentiable("two lists apart", [[3, 2, 3]]) {
    try $0[0].subscripted(
      [.gather(try v(0, 2)), .slice(start: nil, stop: nil, step: 1), .gather(try v(1, 1))])
  },
  Differentiable("mask", [[3, 2]]) { try $0[0].subscripted([.mask(try v(1, 0, 1))]) },
  Differentiable("replace", [[3, 2], [2]]) {
    try ($0[0] * 2).replacing([.slice(start: 1, stop: nil, step: 1)], with: $0[1])
  },
  Differentiable("replace by list", [[3, 2], [2, 1]]) {
    try $0[0].replacing([.gather(try v(2, 0))], with: $0[1])
  },
]

private let families: [Differentiable] = [
  Differentiable("sort", [[2, 5]]) { try $0[0].sorted(dim: 1).values },
  Differentiable("quantile", [[2, 5]]) { try $0[0].quantile(0.3, dim: 1) },
  Differentiable("median", [[6]]) { try $0[0].median() },
  Differentiable("cumprod", [[2, 4]], 0.5...1.5) { try $0[0].cumprod(dim: 1) },
  Differentiable("cumprod with a zero", [[4]], 0.5...1.5) {
    try ($0[0] * t([4], [1, 0, 1, 1])).cumprod(dim: 0)
  },
  Differentiable("diff", [[2, 4]]) { try $0[0].diff() },
  Differentiable("movedim", [[2, 3, 2]]) { try $0[0].moveDimension(0, to: 2) },
  Differentiable("repeat_interleave", [[2, 3]]) { try $0[0].repeatedElements(2, dim: 1) },
  Differentiable("rot90", [[2, 3]]) { try $0[0].rotated() },
  Differentiable("meshgrid", [[2], [3]]) { try Tensor.meshgrid($0)[0] * Tensor.meshgrid($0)[1] },
  Differentiable("scatter", [[2, 4], [2, 2]]) {
    try $0[0].scatter(dim: 1, index: t([2, 2], [3, 0, 1, 1]), source: $0[1])
  },
  Differentiable("scatter_add", [[4], [3]]) {
    try $0[0].scatter(dim: 0, index: v(2, 2, 0), source: $0[1], adding: true)
  },
  Differentiable("kron", [[2, 2], [1, 3]]) { try $0[0].kronecker($0[1]) },
  Differentiable("trace", [[3, 4]]) { try $0[0].trace() },
  Differentiable("cross", [[2, 3], [2, 3]]) { try Tensor.cross($0[0], $0[1]) },
  Differentiable("tensordot", [[2, 3], [3, 2]]) {
    try Tensor.tensordot($0[0], $0[1], ours: [1], theirs: [0])
  },
  Differentiable("cdist", [[2, 3], [2, 3]]) { try Tensor.pairDistances($0[0], $0[1]) },
  Differentiable("solve", [[3, 3], [3, 2]]) { try ($0[0] + Tensor.eye(3) * 4).solve($0[1]) },
  Differentiable("solve, one matrix for two", [[2, 2], [2, 2, 1]]) {
    try ($0[0] + Tensor.eye(2) * 4).solve($0[1])
  },
  Differentiable("inv", [[3, 3]]) { try ($0[0] + Tensor.eye(3) * 4).inverse() },
  Differentiable("det", [[2, 3, 3]]) { try $0[0].determinant() },
  Differentiable("det of a singular matrix", [[2]]) { x in
    try Tensor.stack([x[0], x[0] * 2]).determinant()
  },
  Differentiable("slogdet", [[3, 3]]) {
    try ($0[0] + Tensor.eye(3) * 4).logDeterminant().logarithm
  },
  Differentiable("cholesky", [[3, 3]]) { try positiveDefinite($0[0]).cholesky() },
  Differentiable("eigh, values", [[3, 3]]) {
    try positiveDefinite($0[0]).symmetricEigen().values
  },
  Differentiable("eigh, vectors", [[3, 3]]) {
    try positiveDefinite($0[0]).symmetricEigen().vectors.square()
  },
]
