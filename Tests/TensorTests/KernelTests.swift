// SPDX-License-Identifier: Apache-2.0
//
// The C kernels compared with double precision, for lengths that are multiples of vectors and
// others, over the whole range of the functions, and at infinities and NaN.

import CKernels
import Glibc
import Tensors
import Testing

@Suite struct KernelTests {
  static let lengths = [0, 1, 7, 16, 63, 1000]

  /// Numbers of all magnitudes and signs, and the special ones.
  static let wide: [Float] = {
    var values: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 1, -1]
    for exponent in stride(from: -44, through: 38, by: 1) {
      for digit in [1.0, 2.7, 7.3] {
        let size = Float(digit * Glibc.pow(10, Double(exponent)))
        values += [size, -size]
      }
    }
    for i in -2000...2000 { values.append(Float(i) * 0.0537) }
    return values
  }()

  @Test(arguments: UnaryOperation.allCases.map(\.name))
  func functionIsAccurate(_ name: String) throws {
    let operation = try #require(UnaryOperation.allCases.first { $0.name == name })
    let x = try Tensor(shape: [Self.wide.count], values: Self.wide)
    let y = try x.applying(operation).toArray()
    for (input, found) in zip(Self.wide, y) {
      let wanted = Float(operation.number(Double(input)))
      // Results too small for full precision may be off by an absolute amount.
      let isFine = isClose(found, wanted, relative: 6e-7, absolute: 3e-8)
      #expect(isFine, "\(name)(\(input)) is \(found) instead of \(wanted)")
      if !isFine { return }
    }
  }

  @Test(arguments: lengths)
  func everyLengthIsComputedWhole(_ length: Int) throws {
    let x = try normal([length], seed: 1)
    for operation in UnaryOperation.allCases {
      let whole = try x.applying(operation).toArray()
      for (i, value) in x.toArray().enumerated() {
        let wanted = Float(operation.number(Double(value)))
        #expect(isClose(whole[i], wanted), "\(operation.name), element \(i) of \(length)")
      }
    }
  }

  @Test(arguments: BinaryOperation.allCases.map(\.name))
  func numberAndRunFormsAgree(_ name: String) throws {
    let operation = try #require(BinaryOperation.allCases.first { $0.name == name })
    for length in Self.lengths {
      let x = try normal([length], seed: 2)
      let number: Float = 1.25
      let filled = try Tensor(repeating: number, shape: [length])
      let left = try Tensor.combine(operation, x, number).toArray()
      let right = try Tensor.combine(operation, number, x).toArray()
      let leftWanted = try Tensor.combine(operation, x, filled).toArray()
      let rightWanted = try Tensor.combine(operation, filled, x).toArray()
      for i in 0..<length {
        #expect(isClose(left[i], leftWanted[i], relative: 0, absolute: 0))
        #expect(isClose(right[i], rightWanted[i], relative: 0, absolute: 0))
      }
    }
  }

  /// A gradient has the same bits whether an operand is a run, a number, or broadcast.
  @Test(arguments: BinaryOperation.allCases.filter { !$0.isComparison }.map(\.name))
  func gradientsOfAllFormsAgree(_ name: String) throws {
    let operation = try #require(BinaryOperation.allCases.first { $0.name == name })
    for length in Self.lengths {
      let number: Float = 1.25
      let x = try Tensor.parameter(try normal([length], seed: 2))
      let filled = try Tensor.parameter(try Tensor(repeating: number, shape: [length]))
      let weights = try normal([length], seed: 5)
      func slope(_ result: Tensor) throws -> [Float] {
        try (result * weights).sum().gradients(for: [x])[0]?.toArray() ?? []
      }
      let scalar = try Tensor.parameter(try Tensor.scalar(number))
      let left = try slope(Tensor.combine(operation, x, filled))
      #expect(try slope(Tensor.combine(operation, x, number)).elementsEqual(left, by: isSame))
      #expect(try slope(Tensor.combine(operation, x, scalar)).elementsEqual(left, by: isSame))
      let right = try slope(Tensor.combine(operation, filled, x))
      #expect(try slope(Tensor.combine(operation, number, x)).elementsEqual(right, by: isSame))
      #expect(try slope(Tensor.combine(operation, scalar, x)).elementsEqual(right, by: isSame))
    }
    // Rows and columns, compared with operands that were broadcast explicitly.
    let (a, b) = (try normal([4, 1, 6], seed: 3), try normal([3, 1], seed: 4))
    let (p, q) = (try Tensor.parameter(a), try Tensor.parameter(b))
    let weights = try normal([4, 3, 6], seed: 6)
    let found = try (Tensor.combine(operation, p, q) * weights).sum().gradients(for: [p, q])
    let wide = try Tensor.combine(operation, p.expand([4, 3, 6]), q.expand([4, 3, 6]))
    let wanted = try (wide * weights).sum().gradients(for: [p, q])
    for (one, other) in zip(found, wanted) {
      #expect(one == nil ? other == nil : true)
      guard let one, let other else { continue }
      #expect(one.toArray().elementsEqual(other.toArray(), by: isSame), "\(name)")
    }
  }

  private func isSame(_ a: Float, _ b: Float) -> Bool { a == b || (a.isNaN && b.isNaN) }

  @Test(arguments: lengths)
  func sumsAreAccurate(_ length: Int) throws {
    let x = try normal([length * 7], seed: 3)
    let values = x.toArray().map(Double.init)
    let scale = Float(values.reduce(0) { $0 + Swift.abs($1) })
    #expect(isClose(try x.sum().item(), Float(values.reduce(0, +)), absolute: scale * 1e-7))
    let rows = try x.reshape([length, 7])
    let columns = try rows.sum(dim: 0).toArray()
    let across = try rows.sum(dim: 1).toArray()
    for c in 0..<7 {
      let wanted = (0..<length).reduce(0) { $0 + values[$1 * 7 + c] }
      #expect(isClose(columns[c], Float(wanted), absolute: scale * 1e-7))
    }
    for r in 0..<length {
      #expect(isClose(across[r], Float(values[r * 7..<r * 7 + 7].reduce(0, +)), absolute: 1e-6))
    }
  }

  @Test func aLongSumLosesNothing() throws {
    let x = try Tensor(repeating: 0.1, shape: [3_000_000])
    #expect(isClose(try x.sum().item(), 300_000, relative: 3e-7, absolute: 0))
    #expect(isClose(try x.mean().item(), 0.1, relative: 3e-7, absolute: 0))
  }

  @Test func meansOfEqualNumbersAreExact() throws {
    for count in 1...50 {
      #expect(try Tensor(repeating: 7, shape: [count]).mean().item() == 7)
    }
  }

  @Test(arguments: [1, 7, 16, 1000])
  func extremesFindNaN(_ length: Int) throws {
    for place in Set([0, length / 2, length - 1]) {
      var values = try normal([length], seed: 4).toArray()
      values[place] = .nan
      let x = try Tensor(shape: [length], values: values)
      #expect(try x.maximum().item().isNaN && x.minimum().item().isNaN)
      #expect(try x.argmax().item() == Float(place))
      let column = try x.reshape([length, 1]).expand([length, 3]).maximum(dims: [0])
      #expect(column.toArray().allSatisfy { $0.isNaN })
    }
  }

  @Test func softmaxAtTheEdges() throws {
    let infinity = Float.infinity
    #expect(try v(-infinity, 0).softmax().toArray() == [0, 1])
    #expect(try v(1e30, 0).softmax().toArray() == [1, 0])
    #expect(try v(-1e30, -1e30).logSumExp().item() == -1e30)
    #expect(try v(-infinity, -infinity).logSumExp().item() == -infinity)
    #expect(try v(infinity, 0).logSumExp().item() == infinity)
    #expect(try Tensor.zeros([0]).logSumExp().item() == -infinity)
    #expect(try v(0, 200).logSoftmax().toArray() == [-200, 0])
  }

  @Test func plainProductAgreesWithTheLibrary() throws {
    let (a, b) = (try normal([13, 9], seed: 5), try normal([9, 11], seed: 6))
    for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
      let left = transposeA ? try a.transposed() : a
      let right = transposeB ? try b.transposed() : b
      let plain = try Tensor.zeros([13, 11])
      smap_plain_product(
        transposeA ? 1 : 0, transposeB ? 1 : 0, 13, 11, 9, 1, left.pointer, left.shape[1],
        right.pointer, right.shape[1], 0, plain.pointer, 11)
      let library = try Tensor.product(left, right, transposeA: transposeA, transposeB: transposeB)
      expectClose(plain, library)
    }
  }

  @Test func productsOfManyShapesAgreeWithDoublePrecision() throws {
    for (m, k, n) in [(1, 1, 1), (7, 5, 3), (130, 40, 300), (300, 64, 129), (5, 0, 4), (0, 3, 2)] {
      let (a, b) = (try normal([m, k], seed: 7), try normal([k, n], seed: 8))
      let c = try a.matmul(b).toArray()
      let (x, y) = (a.toArray().map(Double.init), b.toArray().map(Double.init))
      for (i, j) in [(0, 0), (m / 2, n - 1), (m - 1, n / 2)] where m > 0 {
        let wanted = (0..<k).reduce(0) { $0 + x[i * k + $1] * y[$1 * n + j] }
        #expect(isClose(c[i * n + j], Float(wanted), absolute: 2e-5))
      }
    }
  }
}
