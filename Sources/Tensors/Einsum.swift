// SPDX-License-Identifier: Apache-2.0
//
// Einstein summation. A pattern labels the dimensions of each operand by letters; equal letters
// share an index, and letters that are not in the result are summed over. Operands are contracted
// from the left, two at a time: each pair becomes one (batched) matrix product, or one broadcast
// product where nothing is summed.

/// A parsed pattern such as `bij,bjk->bik`. Labels are letters; the dimensions of `...` get
/// negative labels, counted from the right.
private struct EinsumPattern {
  var operands: [[Int]] = []
  var result: [Int] = []

  init(_ pattern: String, _ shapes: [[Int]]) throws {
    let text = pattern.filter { $0 != " " }
    let sides = text.split(separator: "->", omittingEmptySubsequences: false)
    guard sides.count <= 2, let left = sides.first else {
      throw EinsumPattern.invalid(pattern, "`->` occurs twice")
    }
    let parts = left.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == shapes.count else {
      throw TensorError.value(
        "the einsum pattern \"\(pattern)\" names \(parts.count) tensors, but there are "
          + "\(shapes.count)")
    }
    for (part, shape) in zip(parts, shapes) {
      operands.append(try EinsumPattern.labels(part, shape.count, pattern))
    }
    let hidden = operands.joined().filter { $0 < 0 }.min() ?? 0
    if sides.count == 2 {
      result = try EinsumPattern.labels(sides[1], nil, pattern, hidden: -hidden)
    } else {
      let all = operands.flatMap { $0 }
      let once = Set(all).filter { label in all.filter { $0 == label }.count == 1 && label > 0 }
      result = Array(stride(from: hidden, to: 0, by: 1)) + once.sorted()
    }
    guard Set(result).count == result.count else {
      throw EinsumPattern.invalid(pattern, "the result names a dimension twice")
    }
    for label in result where !operands.joined().contains(label) {
      throw EinsumPattern.invalid(pattern, "the result names a dimension that no tensor has")
    }
  }

  private static func labels(
    _ part: Substring, _ rank: Int?, _ pattern: String, hidden: Int = 0
  ) throws -> [Int] {
    let pieces = part.split(separator: "...", omittingEmptySubsequences: false)
    guard pieces.count <= 2 else { throw invalid(pattern, "`...` occurs twice in one part") }
    let named = try pieces.map { piece in
      try piece.utf8.map { byte in
        guard (byte | 32) >= 97, (byte | 32) <= 122 else {
          throw invalid(pattern, "dimensions are named by single letters")
        }
        return Int(byte)
      }
    }
    let first = named.first ?? []
    let letters = named.reduce(0) { $0 + $1.count }
    let open = named.count == 2 ? (rank.map { $0 - letters } ?? hidden) : 0
    if let rank, rank != letters + open || open < 0 {
      throw TensorError.shape(
        "\"\(part)\" in the einsum pattern names \(letters) dimensions, but the tensor has "
          + "\(rank)")
    }
    return first + Array(stride(from: -open, to: 0, by: 1)) + (named.count == 2 ? named[1] : [])
  }

  static func invalid(_ pattern: String, _ reason: String) -> TensorError {
    TensorError.value(
      "\"\(pattern)\" is not an einsum pattern: \(reason)", hint: "write it like \"ij,jk->ik\"")
  }
}

/// A tensor with labelled dimensions.
private struct Labelled {
  var tensor: Tensor
  var labels: [Int]

  /// Repeated labels reduced to their diagonal.
  func diagonalized() throws -> Labelled {
    guard Set(labels).count < labels.count else { return self }
    var view = StridedView(tensor.shape)
    var (kept, shape, strides) = ([Int](), [Int](), [Int]())
    for (dim, label) in labels.enumerated() {
      if let place = kept.firstIndex(of: label) {
        strides[place] += view.strides[dim]
      } else {
        kept.append(label)
        shape.append(tensor.shape[dim])
        strides.append(view.strides[dim])
      }
    }
    (view.shape, view.strides) = (shape, strides)
    return Labelled(tensor: try tensor.moved(by: view), labels: kept)
  }

  /// The sum over all labels that are not in `needed`.
  func summed(except needed: Set<Int>) throws -> Labelled {
    let gone = labels.indices.filter { !needed.contains(labels[$0]) }
    guard !gone.isEmpty else { return self }
    return Labelled(
      tensor: try tensor.sum(dims: gone), labels: labels.filter { needed.contains($0) })
  }

  /// Permuted to the given labels, grouped, with each group merged into one dimension.
  func grouped(_ groups: [[Int]]) throws -> Tensor {
    let order = groups.joined().compactMap { labels.firstIndex(of: $0) }
    let sizes = groups.map { group in
      group.reduce(1) { $0 * size(of: $1) }
    }
    return try tensor.permute(order).reshape(sizes)
  }

  func size(of label: Int) -> Int {
    labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1
  }

  /// The product with another tensor, keeping the labels in `needed`.
  func contracted(_ other: Labelled, _ needed: Set<Int>) throws -> Labelled {
    let shared = Set(labels).intersection(other.labels)
    let left = try summed(except: needed.union(shared))
    let right = try other.summed(except: needed.union(shared))
    let batch = left.labels.filter { shared.contains($0) && needed.contains($0) }
    let inner = left.labels.filter { shared.contains($0) && !needed.contains($0) }
    let (rows, columns) = (
      left.labels.filter { !shared.contains($0) }, right.labels.filter { !shared.contains($0) }
    )
    let labels = batch + rows + columns
    let sizes = labels.map { left.labels.contains($0) ? left.size(of: $0) : right.size(of: $0) }
    let a = try left.grouped([batch, rows, inner])
    let b = try right.grouped([batch, inner, columns])
    let product: Tensor
    if inner.isEmpty {
      product = try a * b
    } else if rows.isEmpty, columns.isEmpty {
      // [batch, 1, inner] and [batch, inner, 1].
      product = try (a.reshape([a.shape[0], a.shape[2]]) * b.reshape([b.shape[0], b.shape[1]]))
        .sum(dim: 1)
    } else {
      product = try Tensor.matmul(a, b)
    }
    return Labelled(tensor: try product.reshape(sizes), labels: labels)
  }
}

extension Tensor {
  /// The sum of products by Einstein's convention.
  ///
  /// `einsum("ij,jk->ik", [a, b])` is the matrix product. Without `->`, the result has the letters
  /// that occur once, in alphabetical order. `...` stands for further dimensions, which broadcast.
  public static func einsum(_ pattern: String, _ tensors: [Tensor]) throws -> Tensor {
    let parsed = try EinsumPattern(pattern, tensors.map(\.shape))
    var operands = zip(tensors, parsed.operands).map {
      Labelled(tensor: $0, labels: $1)
    }
    try checkSizes(operands, pattern)
    operands = try operands.map { try $0.diagonalized() }
    try stretchHidden(&operands)
    guard var total = operands.first else {
      throw EinsumPattern.invalid(pattern, "it needs at least one tensor")
    }
    let result = Set(parsed.result)
    for next in operands.indices.dropFirst() {
      let later = operands[(next + 1)...].reduce(into: result) { $0.formUnion($1.labels) }
      total = try total.contracted(operands[next], later)
    }
    total = try total.summed(except: result)
    return try total.tensor.permute(
      parsed.result.compactMap { total.labels.firstIndex(of: $0) })
  }

  private static func checkSizes(_ operands: [Labelled], _ pattern: String) throws {
    var sizes: [Int: Int] = [:]
    for operand in operands {
      for (label, size) in zip(operand.labels, operand.tensor.shape) where label > 0 {
        if let before = sizes[label], before != size {
          let name = Character(UnicodeScalar(UInt8(label)))
          throw TensorError.shape(
            "in the einsum pattern \"\(pattern)\", \(name) is \(before) in one place and \(size) "
              + "in another")
        }
        sizes[label] = size
      }
    }
  }

  /// Dimensions of `...` broadcast: those of size 1 are stretched.
  private static func stretchHidden(_ operands: inout [Labelled]) throws {
    var sizes: [Int: Int] = [:]
    for operand in operands {
      for label in operand.labels where label < 0 {
        let size = operand.size(of: label)
        let before = sizes[label] ?? 1
        guard before == 1 || size == 1 || before == size else {
          throw TensorError.shape(
            "dimension \(label) of `...` is \(before) in one tensor and \(size) in another")
        }
        sizes[label] = before == 1 ? size : before
      }
    }
    for i in operands.indices {
      let shape = operands[i].labels.map { sizes[$0] ?? operands[i].size(of: $0) }
      operands[i].tensor = try operands[i].tensor.expand(shape)
    }
  }
}
