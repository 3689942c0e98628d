// SPDX-License-Identifier: Apache-2.0
//
// The condition of a picture: a class, a mixture of classes, a vector that a script supplies, or
// nothing (the null condition). The null row is the last one of every embedding table; an unknown
// class never becomes class 0 by accident. A model that is conditioned by vectors has no classes,
// so null is the only row of its table.

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
  /// For each picture the row of the table, a mixture over all rows, or a vector.
  private enum Content {
    case rows([Int])
    case weights(Tensor)  // [B, classes + 1]
    case vectors(Tensor, areNull: [Bool])  // [B, D]
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

  /// Vectors [B, D], one for each picture; pictures in `areNull` have the null condition instead.
  ///
  /// - Throws: a ShapeError if these are no rows, a ValueError for numbers that are not finite.
  public init(vectors: Tensor, areNull: [Bool]? = nil) throws {
    let areNull = areNull ?? [Bool](repeating: false, count: vectors.shape.first ?? 0)
    guard vectors.rank == 2, vectors.shape[1] > 0, areNull.count == vectors.shape[0] else {
      throw TensorError.shape("vectors of a condition have shape [B, D], not \(vectors.shape)")
    }
    guard vectors.isFinite else {
      throw TensorError.value("the vectors of a condition must hold finite numbers")
    }
    content = .vectors(vectors.detached, areNull: areNull)
    classCount = 0
  }

  /// The vectors [B, D] and whose place the null condition takes; nil for classes.
  public var vectors: (values: Tensor, areNull: [Bool])? {
    guard case .vectors(let values, let areNull) = content else { return nil }
    return (values, areNull)
  }

  /// The class of each picture, nil for the null condition; nil for mixtures and vectors.
  package var labels: [Int?]? {
    guard case .rows(let rows) = content else { return nil }
    return rows.map { $0 == classCount ? nil : $0 }
  }

  /// The weights of the classes [B, classCount], if the pictures have mixtures of classes.
  package var classWeights: Tensor? {
    guard case .weights(let weights) = content else { return nil }
    return try? weights.narrow(dim: 1, start: 0, count: classCount)
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
    case .vectors(let vectors, _): vectors.shape[0]
    }
  }

  /// The rows of a table [classCount + 1, width] for the pictures: [B, width]. Vectors have the
  /// null row.
  package func look(up table: Tensor) throws -> Tensor {
    switch content {
    case .rows(let rows): try table.rows(at: rows)
    case .weights(let weights): try weights.matmul(table)
    case .vectors: try table.rows(at: [Int](repeating: classCount, count: count))
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
    case .vectors: return [(classCount, 1)]
    }
  }

  /// Conditions between those of two batches, `a` at 0 and `b` at 1, one share for each picture.
  ///
  /// Throws a ValueError for vectors and classes, or different numbers of classes.
  package static func mixed(
    _ a: Condition, _ b: Condition, at shares: [Float]
  ) throws -> Condition {
    if a == b { return a }
    let share = try Tensor(shape: [shares.count, 1], values: shares)
    func between(_ x: Tensor, _ y: Tensor) throws -> Tensor {
      try x.mul(share.mul(-1).add(1)).add(y.mul(share))
    }
    if let (x, xNull) = a.vectors, let (y, yNull) = b.vectors, xNull == yNull, x.shape == y.shape {
      return try Condition(vectors: between(x, y), areNull: xNull)
    }
    guard a.vectors == nil, b.vectors == nil, a.classCount == b.classCount, a.count == b.count
    else {
      throw TensorError.value("the conditions of these tokens cannot be mixed")
    }
    let table = try Tensor.eye(a.classCount + 1)
    return Condition(
      .weights(try between(a.look(up: table), b.look(up: table))), classCount: a.classCount)
  }

  private init(_ content: Content, classCount: Int) {
    (self.content, self.classCount) = (content, classCount)
  }

  /// The conditions of the pictures at the given places, which may repeat.
  package func picked(_ places: [Int]) throws -> Condition {
    switch content {
    case .rows(let rows):
      return try Condition(
        places.map { rows[$0] == classCount ? nil : rows[$0] }, classCount: classCount)
    case .weights(let weights):
      return Condition(.weights(try weights.rows(at: places)), classCount: classCount)
    case .vectors(let vectors, let areNull):
      return try Condition(
        vectors: vectors.rows(at: places), areNull: places.map { areNull[$0] })
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
      return Condition(.weights(part), classCount: classCount)
    case .vectors(let vectors, let areNull):
      return try Condition(
        vectors: try vectors.narrow(dim: 0, start: range.lowerBound, count: range.count),
        areNull: Array(areNull[range]))
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
      let rows = try Tensor.cat([Tensor](repeating: weights, count: count), dim: 0)
      return Condition(.weights(rows), classCount: classCount)
    case .vectors(let vectors, let areNull):
      return try Condition(
        vectors: try Tensor.cat([Tensor](repeating: vectors, count: count), dim: 0),
        areNull: [Bool](repeating: areNull[0], count: count))
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
    case (.vectors(let x, let isNullX), .vectors(let y, let isNullY)):
      return x.shape == y.shape && isNullX == isNullY && x.toArray() == y.toArray()
    case (.vectors(_, let areNull), _), (_, .vectors(_, let areNull)):
      // Without classes, whatever is no vector is null.
      return !areNull.contains(false)
    }
  }
}
