// SPDX-License-Identifier: Apache-2.0
//
// Sorting along a dimension and what derives from it: medians, quantiles, binary search. Sorting is
// stable; NaN comes last. Sorted values are gathered, so gradients are scattered back to the
// original positions.

import CKernels

extension Tensor {
  /// The sorting permutation along a dimension.
  public func argsort(dim: Int = -1, descending: Bool = false) throws -> Tensor {
    if rank == 0 { return try Tensor.scalar(0) }
    let place = try dimension(dim)
    let last = rank - 1
    let rows = place == last ? detached : try detached.transpose(place, last)
    let width = rows.shape[last]
    let order =
      width < Tensor.longRow
      ? try rows.ordersOfRows(width, descending) : try rows.ordersOfLongRows(width, descending)
    return place == last ? order : try order.transpose(place, last)
  }

  /// From this width on, radix sort is faster than a comparison sort.
  private static var longRow: Int { 2048 }

  /// The sorting permutation of each row by radix sort, one row after another.
  private func ordersOfLongRows(_ width: Int, _ descending: Bool) throws -> Tensor {
    guard width < 1 << 32 else {
      throw TensorError.limit("rows of \(width) elements are too long to be sorted")
    }
    // A key with its index has the size of two floats.
    let (first, second) = (
      try Storage(uninitialized: 2 * width), try Storage(uninitialized: 2 * width)
    )
    func places(_ storage: Storage) -> UnsafeMutablePointer<SmapPlace> {
      UnsafeMutableRawPointer(storage.pointer).bindMemory(to: SmapPlace.self, capacity: width)
    }
    let order = try Tensor(uninitialized: shape)
    let isExact = width <= Tensor.largestWhole
    var found: [Int] = []
    if !isExact {
      try MemoryBudget.requireRoom(forArrays: 8 * count)
      found.reserveCapacity(count)
    }
    for row in 0..<count / width {
      try Stop.check()
      guard
        let sorted = smap_order_row(
          pointer + row * width, width, descending ? 1 : 0, places(first), places(second))
      else {
        try Stop.check()
        throw CancellationError()
      }
      for i in 0..<width {
        try Stop.check(at: i)
        order.pointer[row * width + i] = Float(sorted[i].place)
        if !isExact { found.append(Int(sorted[i].place)) }
      }
    }
    if !isExact { order.whole = try WholeNumbers(count: count) { found[$0] } }
    return order
  }

  /// The sorting permutation of each row by a comparison sort.
  private func ordersOfRows(_ width: Int, _ descending: Bool) throws -> Tensor {
    let rows = self
    let order = try Tensor(uninitialized: shape)
    let (x, out) = (rows.pointer, order.pointer)
    let isLong = rows.count > 1 << 20
    // The indices of a row and a merge buffer of the same size, on each thread.
    try MemoryBudget.requireRoom(forArrays: 24 * width * min(ThreadPool.threadCount, rows.count))
    ThreadPool.forEachBlock(
      rows: width == 0 ? 0 : rows.count / width, rowsPerBlock: max(1, 4096 / max(width, 1))
    ) { block in
      for row in block {
        let from = x + row * width
        let positions = try? (0..<width).sorted { i, j in
          if isLong { try Stop.check() }
          return Tensor.standsBefore(from[i], from[j], descending)
            || (!Tensor.standsBefore(from[j], from[i], descending) && i < j)
        }
        // Without a result a stop was requested, which is checked below.
        guard let positions else { return }
        for (i, position) in positions.enumerated() { out[row * width + i] = Float(position) }
      }
    }
    if isLong { try Stop.check() }
    return order
  }

  private static func standsBefore(_ a: Float, _ b: Float, _ descending: Bool) -> Bool {
    if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
    return descending ? a > b : a < b
  }

  /// The elements sorted along a dimension, and their original positions.
  public func sorted(
    dim: Int = -1, descending: Bool = false
  ) throws -> (values: Tensor, indices: Tensor) {
    let indices = try argsort(dim: dim, descending: descending)
    if rank == 0 { return (self, indices) }
    return (try gather(dim: dim, index: indices), indices)
  }

  /// The quantile `q` from 0 to 1 over one dimension, or of all elements, linearly interpolated;
  /// NaN if any element is.
  public func quantile(_ q: Double, dim: Int? = nil, keepDim: Bool = false) throws -> Tensor {
    guard q >= 0, q <= 1 else {
      throw TensorError.value("a quantile is a number from 0 to 1, not \(q)")
    }
    guard let dim else {
      let flat = try reshape([count]).quantile(q, dim: 0)
      return keepDim ? try flat.reshape(shape.map { _ in 1 }) : flat
    }
    let place = try dimension(dim)
    let size = shape[place]
    guard size > 0 else { throw TensorError.value("a quantile of no elements") }
    let ordered = try sorted(dim: place).values
    let position = q * Double(size - 1)
    let below = min(Int(position), size - 1)
    let weight = Float(position - Double(below))
    let low = try ordered.narrow(dim: place, start: below, count: 1)
    let high = try ordered.narrow(dim: place, start: min(below + 1, size - 1), count: 1)
    let last = try ordered.narrow(dim: place, start: size - 1, count: 1).detached
    // A weighted sum of both, so that an infinity is not subtracted from the other.
    let shares = weight == 0 ? low : try low * (1 - weight) + high * weight
    let between = try Tensor.select(
      Tensor.combine(.equal, low.detached, high.detached), low, shares)
    let result = try Tensor.select(last.isnan(), last, between)
    return keepDim ? result : try result.squeeze(dim: place)
  }

  /// The median over one dimension, or of all elements; the mean of the middle two for an even
  /// count.
  public func median(dim: Int? = nil, keepDim: Bool = false) throws -> Tensor {
    try quantile(0.5, dim: dim, keepDim: keepDim)
  }

  /// For each value the first index of this sorted vector at which inserting it keeps the order, or
  /// the last such index if `right`.
  public func searchSorted(_ values: Tensor, right: Bool = false) throws -> Tensor {
    guard rank == 1 else {
      throw TensorError.shape("searchsorted looks into a sorted vector, not into shape \(shape)")
    }
    return try Tensor(wholeNumbers: values.count, shape: values.shape) { i in
      let value = values.pointer[i]
      var (low, high) = (0, count)
      while low < high {
        let middle = (low + high) / 2
        let element = pointer[middle]
        // Whether `value` comes after `element`; NaN comes last.
        let isBehind =
          right
          ? !Tensor.standsBefore(value, element, false)
          : Tensor.standsBefore(element, value, false)
        if isBehind { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// The distinct elements in ascending order, the index of each element among them, and the number
  /// of occurrences of each.
  public func unique() throws -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    let flat = try detached.reshape([count])
    let (ordered, places) = try flat.sorted()
    var (values, counts) = ([Float](), [Int]())
    try MemoryBudget.requireRoom(forArrays: 8 * count)
    var inverse = [Int](repeating: 0, count: count)
    for i in 0..<count {
      try Stop.check(at: i)
      let value = ordered.pointer[i]
      if let last = values.last, last == value || (last.isNaN && value.isNaN) {
        counts[counts.count - 1] += 1
      } else {
        values.append(value)
        counts.append(1)
      }
      inverse[places.wholeNumber(at: i) ?? 0] = values.count - 1
    }
    return (
      try Tensor(shape: [values.count], values: values),
      try Tensor(wholeNumbers: inverse, shape: shape),
      try Tensor(wholeNumbers: counts, shape: [counts.count])
    )
  }
}
