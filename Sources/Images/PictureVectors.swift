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

  /// The rows of a tensor [N, D], one for each of `count` pictures.
  ///
  /// - Throws: `ImageError` for another shape, `TensorError` when memory is short.
  init(_ tensor: Tensor, count: Int) throws {
    guard tensor.rank == 2, tensor.shape[0] == count, tensor.shape[1] > 0 else {
      throw ImageError.shape(
        "the vectors of \(count) pictures have the shape [\(count), D], not \(tensor.shape)")
    }
    try MemoryBudget.requireRoom(forArrays: 4 &* tensor.count)
    (width, values) = (tensor.shape[1], tensor.toArray())
  }

  private init(width: Int, values: [Float]) {
    (self.width, self.values) = (width, values)
  }

  /// The vectors of the pictures at some indices.
  func rows(at indices: [Int]) throws -> PictureVectors {
    try MemoryBudget.requireRoom(forArrays: 4 &* width &* indices.count)
    var chosen: [Float] = []
    chosen.reserveCapacity(width * indices.count)
    for index in indices { chosen += values[index * width..<(index + 1) * width] }
    return PictureVectors(width: width, values: chosen)
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
    return PictureVectors(width: first.width, values: known.flatMap(\.values))
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
