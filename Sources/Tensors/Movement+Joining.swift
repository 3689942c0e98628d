// SPDX-License-Identifier: Apache-2.0
//
// Concatenation and padding.

import CKernels

extension Tensor {
  /// Tensors joined along a dimension; all other sizes must agree.
  public static func cat(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
    guard let first = tensors.first else {
      throw TensorError.value("cat needs at least one tensor")
    }
    let place = try first.dimension(dim)
    var shape = first.shape
    shape[place] = 0
    for tensor in tensors {
      guard agrees(tensor.shape, first.shape, except: place) else {
        throw TensorError.shape(
          "cannot join \(first.shape) and \(tensor.shape) along dimension \(dim)",
          hint: "all other sizes must be equal")
      }
      shape[place] += tensor.shape[place]
    }
    let result = try Tensor(uninitialized: shape)
    try copyParts(tensors, into: result, place)
    result.isMask = tensors.allSatisfy(\.isMask)
    guard tensors.contains(where: \.isRecording) else { return result }
    let sizes = tensors.map { $0.shape[place] }
    return result.recorded(from: tensors) { try $0.split(sizes: sizes, dim: place) }
  }

  /// Tensors of one shape joined along a new dimension.
  public static func stack(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
    guard let first = tensors.first else {
      throw TensorError.value("stack needs at least one tensor")
    }
    for tensor in tensors where tensor.shape != first.shape {
      throw TensorError.shape(
        "cannot stack \(first.shape) and \(tensor.shape)", hint: "the shapes must be equal")
    }
    return try cat(tensors.map { try $0.unsqueeze(dim: dim) }, dim: dim)
  }

  private static func agrees(_ a: [Int], _ b: [Int], except dim: Int) -> Bool {
    guard a.count == b.count else { return false }
    for i in a.indices where i != dim && a[i] != b[i] { return false }
    return true
  }

  private static func copyParts(_ tensors: [Tensor], into result: Tensor, _ dim: Int) throws {
    guard result.count > 0 else { return }
    let outer = result.shape[..<dim].reduce(1, *)
    let rowLength = result.count / outer
    var start = 0
    for tensor in tensors where tensor.count > 0 {
      let length = tensor.count / outer
      for row in 0..<outer {
        let (to, from) = (result.pointer + row * rowLength + start, tensor.pointer + row * length)
        try Stop.check(at: row)
        try Storage.forEachPiece(of: length) { (to + $0).update(from: from + $0, count: $1) }
      }
      start += length
    }
  }

  /// The tensor padded with `value`.
  ///
  /// `widths` gives the padding before and after: two numbers for the last dimension, four for the
  /// last two with the last one first, and so on, as in PyTorch. Negative widths crop.
  public func pad(_ widths: [Int], value: Float = 0) throws -> Tensor {
    guard widths.count % 2 == 0, widths.count / 2 <= rank else {
      throw TensorError.value(
        "pad takes two widths for each of at most \(rank) dimensions, not \(widths.count) widths")
    }
    var target = shape
    var inside = StridedView(shape)  // The part of the tensor that is kept.
    var corner = [Int](repeating: 0, count: rank)
    for pair in 0..<widths.count / 2 {
      let (before, after, dim) = (widths[2 * pair], widths[2 * pair + 1], rank - 1 - pair)
      let size = try padded(shape[dim], before, after)
      target[dim] = size
      corner[dim] = max(before, 0)
      let start = max(-before, 0)
      let kept = max(0, min(shape[dim], shape[dim] - -min(after, 0)) - start)
      inside.slice(dim, start: start, count: kept, step: 1)
    }
    return try placed(inside, at: corner, in: target, value)
  }

  /// The tensor padded with a differentiable value.
  public func pad(_ widths: [Int], value: Tensor) throws -> Tensor {
    let isInside = try Tensor(repeating: 1, shape: shape).pad(widths)
    return try Tensor.select(isInside, pad(widths), value.reshape([]))
  }

  private func padded(_ size: Int, _ before: Int, _ after: Int) throws -> Int {
    let (first, overflow) = size.addingReportingOverflow(before)
    let (second, overflowToo) = first.addingReportingOverflow(after)
    guard !overflow, !overflowToo, second >= 0, first >= 0, size + min(after, 0) >= 0 else {
      throw TensorError.value("a dimension of \(size) cannot be padded by \(before) and \(after)")
    }
    return second
  }

  private func placed(
    _ inside: StridedView, at corner: [Int], in target: [Int], _ value: Float
  ) throws -> Tensor {
    let result = try Tensor(repeating: value, shape: target)
    let part = try inside.copied(from: self)
    var place = StridedView(target)
    for dim in corner.indices {
      place.slice(dim, start: corner[dim], count: part.shape[dim], step: 1)
    }
    place.write(part, into: result)
    guard isRecording else { return result }
    let source = shape
    return result.recorded(from: [self]) { gradient in
      [try inside.scattered(place.copied(from: gradient), into: source)]
    }
  }

  /// The tensor tiled `times[d]` times along each dimension.
  public func repeated(_ times: [Int]) throws -> Tensor {
    guard times.count >= rank, times.allSatisfy({ $0 >= 0 }) else {
      throw TensorError.value(
        "tile takes a count of at least 0 for each of \(rank) dimensions, not \(times)")
    }
    let sizes = [Int](repeating: 1, count: times.count - rank) + shape
    var (spread, stretched, final): ([Int], [Int], [Int]) = ([], [], [])
    for (size, count) in zip(sizes, times) {
      spread += [1, size]
      stretched += [count, size]
      final.append(size.multipliedReportingOverflow(by: count).partialValue)
    }
    _ = try Tensor.elementCount(stretched.filter { $0 != 1 })
    return try repeatedParts(spread, stretched).reshape(final)
  }

  /// Broadcasting of interleaved dimensions; their number is kept within the limit of 16 by
  /// skipping those that are not repeated.
  private func repeatedParts(_ spread: [Int], _ stretched: [Int]) throws -> Tensor {
    var (from, to): ([Int], [Int]) = ([], [])
    for (a, b) in zip(spread, stretched) where !(a == 1 && b == 1) {
      from.append(a)
      to.append(b)
    }
    return try reshape(from).expand(to)
  }
}
