// SPDX-License-Identifier: Apache-2.0
//
// The generator compared with the published test vectors, samples with their distributions, and
// independence of the number of threads.

import CKernels
import Glibc
import Tensors
import Testing

@Suite struct RandomTests {
  /// From `kat_vectors` of Random123: counter, key, result of philox4x32 with 10 rounds.
  static let vectors: [([UInt32], [UInt32], [UInt32])] = [
    ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
    (
      [.max, .max, .max, .max], [.max, .max],
      [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
    ),
    (
      [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
      [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
    ),
  ]

  @Test(arguments: vectors)
  func philoxVectors(_ counter: [UInt32], _ key: [UInt32], _ wanted: [UInt32]) {
    var words = [UInt32](repeating: 0, count: 4)
    smap_philox_raw(counter, key, &words)
    #expect(words == wanted)
  }

  @Test func drawsFollowTheGenerator() throws {
    let seed: UInt64 = 0x12_3456_789A_BCDE
    let uniform = try Tensor.rand([203], key: RandomKey(seed: seed)).toArray()
    var words = [UInt32](repeating: 0, count: 4)
    for i in 0..<203 {
      smap_philox(seed, UInt64(i / 4), 0, &words)
      #expect(uniform[i] == Float(words[i % 4] >> 8) * 0x1p-24)
    }
  }

  @Test func anElementDependsOnItsPlaceAlone() throws {
    let key = RandomKey(seed: 3)
    let long = try Tensor.randn([100_000], key: key).toArray()
    for count in [0, 1, 7, 65, 16385, 99_999] {
      #expect(try Tensor.randn([count], key: key).toArray() == Array(long[..<count]))
    }
    let draws = try Tensor.randint(-5, 6, shape: [9999], key: key).toArray()
    #expect(try Tensor.randint(-5, 6, shape: [77], key: key).toArray() == Array(draws[..<77]))
  }

  @Test func normalDrawsAreNormal() throws {
    let count = 1_000_000
    let x = try Tensor.randn([count], key: RandomKey(seed: 11))
    let values = x.toArray().map(Double.init)
    func moment(_ power: Double) -> Double {
      values.reduce(0) { $0 + Glibc.pow($1, power) } / Double(count)
    }
    #expect(abs(moment(1)) < 0.005)
    #expect(abs(moment(2) - 1) < 0.007)
    #expect(abs(moment(3)) < 0.02)
    #expect(abs(moment(4) - 3) < 0.05)
    let inside = values.reduce(0) { $0 + ($1 < 1 ? 1 : 0) } / Double(count)
    #expect(abs(inside - 0.841345) < 0.002)
    let neighbours = zip(values, values.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(neighbours / Double(count)) < 0.005)
    #expect(try x.abs().maximum().item() < 7)
  }

  @Test func uniformDrawsAreUniform() throws {
    let x = try Tensor.rand([1_000_000], key: RandomKey(seed: 12)).toArray()
    #expect(x.allSatisfy { $0 >= 0 && $0 < 1 })
    var bins = [Double](repeating: 0, count: 100)
    for value in x { bins[Int(value * 100)] += 1 }
    let chiSquared = bins.reduce(0) { $0 + ($1 - 10000) * ($1 - 10000) / 10000 }
    #expect(chiSquared < 160)  // 99 degrees of freedom: one in ten thousand is above
  }

  @Test func wholeNumbersAndPermutations() throws {
    let key = RandomKey(seed: 4)
    let dice = try Tensor.randint(1, 7, shape: [60_000], key: key).toArray()
    for face in 1...6 {
      let count = dice.reduce(0) { $0 + ($1 == Float(face) ? 1 : 0) }
      #expect(abs(count - 10_000) < 500)
    }
    #expect(try key.permutation(100).sorted() == Array(0..<100))
    #expect(try key.permutation(100) != Array(0..<100))
    #expect(try Tensor.permutation(5, key: key).toArray().sorted() == [0, 1, 2, 3, 4])
    #expect(tensorError { _ = try Tensor.permutation(-1, key: key) }?.kind == "ValueError")
    #expect(
      tensorError { _ = try Tensor.randint(3, 3, shape: [1], key: key) }?.kind == "ValueError")
    #expect(
      tensorError { _ = try Tensor.randint(.min, .max, shape: [1], key: key) }?.kind
        == "ValueError")
  }

  @Test func keysAreSeedsAndDiffer() throws {
    let key = RandomKey(seed: 5)
    let derived = try key.split(100) + (0..<100).map { key.fold($0) } + [key]
    #expect(Set(derived).count == 201)
    #expect(derived.allSatisfy { $0.seed < 1 << 53 })
    #expect(key.fold(-1) != key.fold(1))
    #expect(try RandomKey(number: 12) == RandomKey(seed: 12))
    for bad in [-1, 0.5, .nan, 0x1p53, .infinity] as [Double] {
      #expect(tensorError { _ = try RandomKey(number: bad) }?.kind == "ValueError")
    }
  }
}

@Suite struct ThreadTests {
  /// Computes something with one, two and four threads and compares the bits.
  private func expectSameBits(_ name: String, _ body: () throws -> Tensor) throws {
    var first: [UInt32]?
    try withThreadCounts { count in
      let bits = try body().toArray().map(\.bitPattern)
      if let first { #expect(bits == first, "\(name) with \(count) threads") }
      first = first ?? bits
    }
  }

  @Test func productsDoNotDependOnThreads() throws {
    for (m, k, n) in [
      (64, 192, 768), (768, 64, 192), (2000, 130, 70), (70, 5000, 66), (1, 900, 900),
      (386, 1024, 96),
    ] {
      let (a, b) = (try normal([m, k], seed: 1), try normal([k, n], seed: 2))
      try expectSameBits("\(m) x \(k) x \(n)") { try a.matmul(b) }
      let turned = try b.transposed()
      try expectSameBits("\(m) x \(k) x \(n), transposed") {
        try Tensor.product(a, turned, transposeB: true)
      }
    }
    let (a, b) = (try normal([50, 4, 33, 65], seed: 3), try normal([4, 65, 31], seed: 4))
    try expectSameBits("batches") { try a.matmul(b) }
  }

  @Test func sumsAndDrawsDoNotDependOnThreads() throws {
    let x = try normal([700, 300], seed: 1)
    try expectSameBits("sum") { try x.sum() }
    try expectSameBits("rows") { try x.sum(dim: 1) }
    try expectSameBits("columns") { try x.sum(dim: 0) }
    try expectSameBits("softmax") { try x.softmax(dim: 0) }
    try expectSameBits("gelu") { try x.gelu() }
    try expectSameBits("broadcast") { try x * x.sum(dim: 1, keepDim: true) }
    try expectSameBits("randn") { try normal([250_000], seed: 9) }
    try expectSameBits("rand") { try Tensor.rand([250_000], key: RandomKey(seed: 9)) }
  }

  @Test func gradientsDoNotDependOnThreads() throws {
    let x = try normal([300, 200], seed: 1)
    let w = try Tensor.parameter(try normal([200, 400], seed: 2))
    try expectSameBits("gradient") {
      let loss = try x.matmul(w).gelu().square().mean()
      return try #require(try loss.gradients(for: [w])[0])
    }
  }
}
