// SPDX-License-Identifier: Apache-2.0
//
// The condition of a picture: a class, a mixture of classes, or nothing (the null condition). The
// null row is the last one of every embedding table; an unknown class never becomes class 0 by
// accident.

import Networks
import Tensors

/// What a training tells the transformers besides the class; nothing at evaluation.
struct TrainingHints {
  /// How each picture was augmented: [B, numbers], or nil if that is not told.
  var augmentation: Tensor?
  /// Noise on the blocks, or nil.
  var noise: BranchNoise?
}

/// The semantic conditions of a batch of pictures.
public struct Condition {
  /// For each picture the row of the table, or a mixture over all rows.
  private enum Content {
    case rows([Int])
    case weights(Tensor)  // [B, classes + 1]
  }

  private let content: Content
  /// The number of classes; the null row has this index.
  public let classCount: Int
  /// What a training adds; parts and repetitions of a condition lose it.
  var hints: TrainingHints?

  /// Classes by index; nil is the null condition.
  public init(_ labels: [Int?], classCount: Int) throws {
    for case let label? in labels where label < 0 || label >= classCount {
      throw TensorError.value(
        "there is no class \(label)", hint: "classes go from 0 to \(classCount - 1)")
    }
    content = .rows(labels.map { $0 ?? classCount })
    self.classCount = classCount
  }

  /// Mixtures of classes: weights [B, classCount]; their embeddings are averaged by weight.
  public init(weights: Tensor, classCount: Int) throws {
    guard weights.rank == 2, weights.shape[1] == classCount else {
      throw TensorError.shape(
        "class weights have shape [B, \(classCount)], not \(weights.shape)")
    }
    let padding = try Tensor.zeros([weights.shape[0], 1])
    content = .weights(try Tensor.cat([weights.detached, padding], dim: 1))
    self.classCount = classCount
  }

  /// The null condition for `count` pictures.
  public static func null(count: Int, classCount: Int) throws -> Condition {
    try Condition([Int?](repeating: nil, count: count), classCount: classCount)
  }

  /// The number of pictures.
  public var count: Int {
    switch content {
    case .rows(let rows): rows.count
    case .weights(let weights): weights.shape[0]
    }
  }

  /// The rows of a table [classCount + 1, width] for the pictures: [B, width].
  package func look(up table: Tensor) throws -> Tensor {
    switch content {
    case .rows(let rows): try table.rows(at: rows)
    case .weights(let weights): try weights.matmul(table)
    }
  }

  /// The rows of a table that make up the condition of one picture, with their weights.
  func parts(of picture: Int) -> [(row: Int, weight: Float)] {
    switch content {
    case .rows(let rows): return [(rows[picture], 1)]
    case .weights(let weights):
      let width = weights.shape[1]
      return (0..<width).compactMap { row in
        let weight = weights.pointer[picture * width + row]
        return weight == 0 ? nil : (row, weight)
      }
    }
  }

  /// The conditions of some of the pictures.
  package func slice(_ range: Range<Int>) throws -> Condition {
    switch content {
    case .rows(let rows):
      let part = rows[range].map { $0 == classCount ? nil : Optional($0) }
      return try Condition(part, classCount: classCount)
    case .weights(let weights):
      let part = try weights.narrow(dim: 0, start: range.lowerBound, count: range.count)
      return try Condition(
        weights: try part.narrow(dim: 1, start: 0, count: classCount), classCount: classCount)
    }
  }

  /// One condition repeated for each of `count` pictures.
  package func repeated(_ count: Int) throws -> Condition {
    guard self.count == 1 else { return self }
    switch content {
    case .rows(let rows):
      let row = rows[0] == classCount ? nil : Optional(rows[0])
      return try Condition([Int?](repeating: row, count: count), classCount: classCount)
    case .weights(let weights):
      let row = try weights.narrow(dim: 1, start: 0, count: classCount)
      return try Condition(
        weights: try Tensor.cat([Tensor](repeating: row, count: count), dim: 0),
        classCount: classCount)
    }
  }
}

extension Condition: Equatable {
  /// Whether both are the same for every picture; a class equals the mixture of that class alone.
  public static func == (a: Condition, b: Condition) -> Bool {
    guard a.classCount == b.classCount, a.count == b.count else { return false }
    switch (a.content, b.content) {
    case (.rows(let x), .rows(let y)): return x == y
    case (.weights(let x), .weights(let y)): return x.toArray() == y.toArray()
    case (.rows(let rows), .weights(let weights)), (.weights(let weights), .rows(let rows)):
      let width = a.classCount + 1
      return weights.withValues { values in
        values.indices.allSatisfy {
          values[$0] == (rows[$0 / width] == $0 % width ? 1 : 0)
        }
      }
    }
  }
}
