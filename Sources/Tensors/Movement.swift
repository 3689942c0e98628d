// SPDX-License-Identifier: Apache-2.0
//
// Reshaping and reordering. A reshape shares the storage; a reordering copies through a
// `StridedView`, and its gradient is scattered back through the same view.

extension Tensor {
  /// The same elements in another shape, one size of which may be -1 and is inferred from the rest.
  public func reshape(_ shape: [Int]) throws -> Tensor {
    if shape == self.shape { return self }
    let target = try resolved(shape)
    let result = Tensor(storage: storage, shape: target).keepingMask(of: self)
    result.whole = whole
    guard isRecording else { return result }
    let source = self.shape
    return result.recorded(from: [self]) { [Tensor(storage: $0.storage, shape: source)] }
  }

  private func resolved(_ shape: [Int]) throws -> [Int] {
    guard shape.count(where: { $0 == -1 }) <= 1 else {
      throw TensorError.shape("only one size of \(shape) can follow from the rest")
    }
    var target = shape
    if let open = shape.firstIndex(of: -1) {
      target[open] = 1
      let known = try Tensor.elementCount(target)
      guard known > 0, count % known == 0 else { throw cannotReshape(shape) }
      target[open] = count / known
    }
    guard try Tensor.elementCount(target) == count else { throw cannotReshape(shape) }
    return target
  }

  private func cannotReshape(_ shape: [Int]) -> TensorError {
    TensorError.shape("the \(count) elements of \(self.shape) do not fill the shape \(shape)")
  }

  /// Dimensions `start` to `end` (inclusive) merged into one.
  public func flatten(start: Int = 0, end: Int = -1) throws -> Tensor {
    if rank == 0 { return try reshape([1]) }
    let (first, last) = (try dimension(start), try dimension(end))
    guard first <= last else {
      throw TensorError.index("flatten from dimension \(start) to \(end) runs backwards")
    }
    let middle = shape[first...last].reduce(1, *)
    return try reshape(Array(shape[..<first]) + [middle] + Array(shape[(last + 1)...]))
  }

  /// The tensor without the given dimension of size 1, or without all of them.
  ///
  /// A given dimension of another size is kept.
  public func squeeze(dim: Int? = nil) throws -> Tensor {
    guard let dim else { return try reshape(shape.filter { $0 != 1 }) }
    let place = try dimension(dim)
    guard shape[place] == 1 else { return self }
    var target = shape
    target.remove(at: place)
    return try reshape(target)
  }

  /// The tensor with a new dimension of size 1 before the given one.
  public func unsqueeze(dim: Int) throws -> Tensor {
    let place = dim < 0 ? dim + rank + 1 : dim
    guard place >= 0, place <= rank else {
      throw TensorError.index(
        "a new dimension cannot stand at \(dim) in shape \(shape)",
        hint: "places go from \(-rank - 1) to \(rank)")
    }
    var target = shape
    target.insert(1, at: place)
    return try reshape(target)
  }

  /// The dimensions in another order.
  public func permute(_ dims: [Int]) throws -> Tensor {
    let order = try dims.map { try dimension($0) }
    guard order.count == rank, Set(order).count == rank else {
      throw TensorError.shape(
        "permute(\(dims)) does not name each dimension of \(shape) once")
    }
    var view = StridedView(shape)
    view.permute(order)
    return try moved(by: view)
  }

  /// Two dimensions exchanged.
  public func transpose(_ first: Int, _ second: Int) throws -> Tensor {
    let (a, b) = (try dimension(first), try dimension(second))
    guard a != b else { return self }
    var order = Array(0..<rank)
    order.swapAt(a, b)
    return try permute(order)
  }

  /// The last two dimensions exchanged.
  public func transposed() throws -> Tensor {
    guard rank >= 2 else {
      throw TensorError.shape("only matrices can be transposed, not shape \(shape)")
    }
    return try transpose(-2, -1)
  }

  /// `count` elements from `start` along a dimension.
  ///
  /// Throws an IndexError if they do not all exist.
  public func narrow(dim: Int, start: Int, count: Int) throws -> Tensor {
    let place = try dimension(dim)
    guard start >= 0, count >= 0, count <= shape[place], start <= shape[place] - count else {
      throw TensorError.index(
        "there are no \(count) elements from \(start) along dimension \(dim) of \(shape)")
    }
    var view = StridedView(shape)
    view.slice(place, start: start, count: count, step: 1)
    return try moved(by: view)
  }

  /// At most `chunks` parts of equal size along a dimension; the last may be smaller.
  public func chunk(_ chunks: Int, dim: Int = 0) throws -> [Tensor] {
    guard chunks > 0 else {
      throw TensorError.value("a tensor cannot be cut into \(chunks) chunks")
    }
    let size = shape[try dimension(dim)]
    return try split(size: max(1, (size - 1) / chunks + 1), dim: dim)
  }

  /// Parts of `size` elements along a dimension; the last may be smaller.
  public func split(size: Int, dim: Int = 0) throws -> [Tensor] {
    guard size > 0 else { throw TensorError.value("parts of size \(size) make no split") }
    let total = shape[try dimension(dim)]
    return try stride(from: 0, to: max(total, 1), by: size).enumerated().map { part, start in
      try Stop.check(at: part)
      return try narrow(dim: dim, start: start, count: min(size, total - start))
    }
  }

  /// Parts of the given sizes along a dimension.
  public func split(sizes: [Int], dim: Int = 0) throws -> [Tensor] {
    let total = shape[try dimension(dim)]
    var (parts, start) = ([Tensor](), 0)
    for (part, size) in sizes.enumerated() {
      try Stop.check(at: part)
      parts.append(try narrow(dim: dim, start: start, count: size))
      start += size
    }
    guard start == total else {
      throw TensorError.shape("parts of sizes \(sizes) do not add up to \(total)")
    }
    return parts
  }

  /// The elements that a view visits, with the gradient scattered back.
  package func moved(by view: StridedView) throws -> Tensor {
    let result = try view.copied(from: self).keepingMask(of: self)
    if let whole {
      let places = view.offsets
      result.whole = try WholeNumbers(count: places.count) { whole[places[$0]] }
    }
    guard isRecording else { return result }
    let source = shape
    return result.recorded(from: [self]) { [try view.scattered($0, into: source)] }
  }
}
