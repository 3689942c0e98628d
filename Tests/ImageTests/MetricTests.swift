// SPDX-License-Identifier: Apache-2.0
//
// Quality metrics whose values are known in closed form.

import Glibc
import Images
import Tensors
import Testing

@Suite struct MetricTests {
  private static func constant(_ value: Float, shape: [Int] = [2, 3, 16, 16]) throws -> Tensor {
    try Tensor(shape: shape, values: [Float](repeating: value, count: shape.reduce(1, *)))
  }

  private static func noise(seed: UInt64, shape: [Int] = [2, 3, 16, 16]) throws -> Tensor {
    var generator = SplitMix64(seed: seed)
    let values = (0..<shape.reduce(1, *)).map { _ in Float(generator.unit()) }
    return try Tensor(shape: shape, values: values)
  }

  @Test func identicalPicturesArePerfect() throws {
    let x = try MetricTests.noise(seed: 1)
    #expect(try psnr(x, x) == .infinity)
    #expect(abs(try ssim(x, x) - 1) < 1e-12)
  }

  @Test func constantsHaveAClosedForm() throws {
    let (x, y) = (try MetricTests.constant(0.2), try MetricTests.constant(0.6))
    // 0.2 and 0.6 are the bytes 51 and 153.
    #expect(abs(try psnr(x, y) - 20 * log10(255.0 / 102)) < 1e-9)
    let (a, b, c1) = (Double(Float(0.2)), Double(Float(0.6)), 1e-4)
    #expect(abs(try ssim(x, y) - (2 * a * b + c1) / (a * a + b * b + c1)) < 1e-6)
  }

  @Test func pictureWiseMeansAreTaken() throws {
    let x = try MetricTests.constant(0, shape: [2, 1, 1, 1])
    let y = try Tensor(shape: [2, 1, 1, 1], values: [1, 0.1])
    let each = try psnrPerPicture(x, y)
    #expect(each[0] == 0)
    #expect(abs(each[1] - -20 * log10(26.0 / 255)) < 1e-9)
    #expect(try psnr(x, y) == (each[0] + each[1]) / 2)
  }

  @Test func bytesAreCompared() throws {
    // Less than half a byte apart, and beyond the range.
    let x = try Tensor(shape: [1, 1, 1, 2], values: [0.5, 1])
    let y = try Tensor(shape: [1, 1, 1, 2], values: [0.5005, 1.7])
    #expect(try psnr(x, y) == .infinity)
  }

  @Test func independentNoiseIsUnlike() throws {
    let value = try ssim(try MetricTests.noise(seed: 1), try MetricTests.noise(seed: 2))
    #expect(abs(value) < 0.15)
  }

  @Test func wrongShapesAreRefused() throws {
    let x = try MetricTests.constant(0)
    #expect(throws: ImageError.self) {
      try psnr(x, MetricTests.constant(0, shape: [1, 3, 16, 16]))
    }
    let small = try MetricTests.constant(0, shape: [1, 3, 10, 16])
    #expect(throws: ImageError.self) { try ssim(small, small) }
    let flat = try MetricTests.constant(0, shape: [3, 16])
    #expect(throws: ImageError.self) { try psnr(flat, flat) }
  }

  /// The product that finds candidates changes nothing: the nearest are those of comparing all.
  @Test(arguments: [(40, 700, 3), (300, 30, 8)])
  func nearestNeighborsAreThoseOfAllComparisons(_ asked: Int, _ held: Int, _ side: Int) throws {
    let size = 3 * side * side
    var pool = Array(try MetricTests.noise(seed: 5, shape: [held, 3, side, side]).toArray())
    // Some pictures are there twice, and some differ in the last bits of one pixel.
    for i in 0..<size { pool[(held - 1) * size + i] = pool[2 * size + i] }
    for i in 0..<size { pool[(held - 2) * size + i] = pool[3 * size + i] }
    pool[(held - 2) * size] += 1e-6
    var queries = Array(try MetricTests.noise(seed: 6, shape: [asked, 3, side, side]).toArray())
    for i in 0..<4 * size { queries[i] = pool[i] }
    func error(_ query: Int, _ candidate: Int) -> Double {
      (0..<size).reduce(0.0) {
        let difference = Double(queries[query * size + $1] - pool[candidate * size + $1])
        return $0 + difference * difference
      } / Double(size)
    }
    let own = (0..<asked).map { $0 % 3 == 0 ? $0 : -1 }
    for skipsEqual in [false, true] {
      let found = try nearestNeighbors(
        of: Tensor(shape: [asked, 3, side, side], values: queries),
        in: Tensor(shape: [held, 3, side, side], values: pool), excluding: own,
        skipsEqual: skipsEqual)
      for query in 0..<asked {
        var best = (index: 0, error: Double.infinity)
        for candidate in 0..<held where candidate != own[query] {
          let error = error(query, candidate)
          if skipsEqual, error == 0 { continue }
          if error < best.error { best = (candidate, error) }
        }
        #expect(found[query].index == best.index)
        #expect(abs(found[query].error - best.error) <= 1e-6 * best.error)
      }
    }
  }

  @Test func nearestNeighborsAreFound() throws {
    let pool = try MetricTests.noise(seed: 3, shape: [20, 3, 5, 5])
    var values = Array(pool.toArray()[7 * 75..<8 * 75])
    values[0] += 0.5
    let query = try Tensor(shape: [1, 3, 5, 5], values: values)
    let found = try nearestNeighbors(of: query, in: pool)
    #expect(found[0].index == 7)
    #expect(abs(found[0].error - 0.25 / 75) < 1e-6)
    #expect(throws: ImageError.self) {
      try nearestNeighbors(of: query, in: MetricTests.constant(0))
    }
  }
}
