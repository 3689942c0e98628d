// SPDX-License-Identifier: Apache-2.0
//
// The vectors that a script supplies for the pictures of a data set, such as embeddings. They are
// rows of a table that go where their pictures go: into splits, subsets and other orders.

import Tensors

/// A vector for each of some pictures.
struct PictureVectors: Sendable, Equatable {
  /// The numbers of a vector (D).
  let width: Int
  /// Row by row.
  private let values: [Float]
  /// Counts them against the memory limit.
  private let charge: MemoryCharge

  /// The rows of a tensor [N, D], one for each of `count` pictures.
  ///
  /// - Throws: `ImageError` for another shape, `TensorError` when memory is short.
  init(_ tensor: Tensor, count: Int) throws {
    guard tensor.rank == 2, tensor.shape[0] == count, tensor.shape[1] > 0 else {
      throw ImageError.shape(
        "the vectors of \(count) pictures have the shape [\(count), D], not \(tensor.shape)")
    }
    charge = try MemoryCharge(bytes: 4 &* tensor.count)
    (width, values) = (tensor.shape[1], tensor.toArray())
  }

  private init(width: Int, values: [Float], _ charge: MemoryCharge) {
    (self.width, self.values, self.charge) = (width, values, charge)
  }

  static func == (a: PictureVectors, b: PictureVectors) -> Bool {
    a.width == b.width && a.values == b.values
  }

  /// The vectors of the pictures at some indices.
  func rows(at indices: [Int]) throws -> PictureVectors {
    let charge = try MemoryCharge(bytes: 4 &* width &* indices.count)
    var chosen: [Float] = []
    chosen.reserveCapacity(width * indices.count)
    for index in indices { chosen += values[index * width..<(index + 1) * width] }
    return PictureVectors(width: width, values: chosen, charge)
  }

  /// The vectors of several data sets, one after the other; nil if there are none.
  ///
  /// - Throws: `ImageError` when some sets have none, or their lengths differ.
  static func joined(_ parts: [PictureVectors?]) throws -> PictureVectors? {
    let known = parts.compactMap { $0 }
    guard let first = known.first else { return nil }
    guard known.count == parts.count, known.allSatisfy({ $0.width == first.width }) else {
      throw ImageError.value(
        "data sets join only if all pictures have vectors of one length, or none has",
        hint: "data.with_condition(dataset, vectors) adds them")
    }
    let charge = try MemoryCharge(bytes: 4 * known.reduce(0) { $0 + $1.values.count })
    return PictureVectors(width: first.width, values: known.flatMap(\.values), charge)
  }

  /// The vectors [N, D].
  func tensor() throws -> Tensor {
    try Tensor(shape: [values.count / width, width], values: values)
  }

  /// The vector of one picture [D].
  func row(_ index: Int) throws -> Tensor {
    try Tensor(shape: [width], values: Array(values[index * width..<(index + 1) * width]))
  }
}
