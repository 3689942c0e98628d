// SPDX-License-Identifier: Apache-2.0
//
// Operations that work along one dimension and keep it: softmax and its variants, cumulative sums,
// top-k. They have kernels for rows only; other dimensions are moved to the end and back.

import CKernels

extension Tensor {
  /// Maps rows of a given width to rows of the same width.
  typealias SameRowKernel =
    @convention(c) (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
  /// The same from two inputs.
  typealias TwoRowKernel =
    @convention(c) (
      UnsafePointer<Float>, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>
    ) -> Void

  /// e^x divided by its sum along a dimension.
  public func softmax(dim: Int = -1) throws -> Tensor {
    try rowwise(dim) { try $0.softmaxRows(smap_softmax_rows, smap_softmax_rows_gradient) }
  }

  /// The logarithm of `softmax`, computed without its loss of precision.
  public func logSoftmax(dim: Int = -1) throws -> Tensor {
    try rowwise(dim) { try $0.softmaxRows(smap_log_softmax_rows, smap_log_softmax_rows_gradient) }
  }

  private func softmaxRows(_ kernel: SameRowKernel, _ backward: @escaping TwoRowKernel) throws
    -> Tensor
  {
    let result = try sameRows(kernel)
    guard isRecording else { return result }
    let y = result.unrecorded
    return result.recorded(from: [self]) { gradient in
      let dx = try gradient.uninitializedLike()
      let (width, rows) = (y.lastSize, y.count / max(y.lastSize, 1))
      let (from, g, out) = (y.pointer, gradient.pointer, dx.pointer)
      try Profile.measure(.reduction, operations: dx.count, bytes: 12 &* dx.count) {
        try ThreadPool.forEachBlock(unlessStopped: rows, rowsPerBlock: Tensor.rowsPerBlock(width)) {
          block in
          let i = block.lowerBound * width
          backward(from + i, g + i, block.count, width, out + i)
        }
      }
      return [dx]
    }
  }

  /// The cumulative sums along a dimension.
  public func cumsum(dim: Int) throws -> Tensor {
    try rowwise(dim) { rows in
      let forwards: SameRowKernel = { smap_cumsum_rows($0, $1, $2, 0, $3) }
      let result = try rows.sameRows(forwards)
      guard rows.isRecording else { return result }
      return result.recorded(from: [rows]) { gradient in
        [try gradient.sameRows { smap_cumsum_rows($0, $1, $2, 1, $3) }]
      }
    }
  }

  /// log(sum(e^x)) over `dims`, or over all elements; -infinity if there are none.
  public func logSumExp(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let reduction = try Reduction(shape, dims)
    let target = reduction.resultShape(keepDim)
    let split = reduction.split
    let together = try reduction.arranged(self).reshape([split.outer, split.middle, split.inner])
    let rows = split.inner == 1 ? together : try together.permute([0, 2, 1])
    let width = split.middle
    let count = split.outer * split.inner
    let result = try Tensor(uninitialized: target)
    let (x, out) = (rows.pointer, result.pointer)
    try Profile.measure(.reduction, operations: rows.count, bytes: 4 &* rows.count) {
      try ThreadPool.forEachBlock(unlessStopped: count, rowsPerBlock: Tensor.rowsPerBlock(width)) {
        block in
        smap_logsumexp_rows(
          x + block.lowerBound * width, block.count, width, out + block.lowerBound)
      }
    }
    guard rows.isRecording else { return result }
    let kept = rows.detached
    return result.recorded(from: [rows]) { gradient in
      let matrix = Tensor(storage: kept.storage, shape: [count, width])
      let column = Tensor(storage: gradient.storage, shape: [count, 1])
      guard width > 0 else { return [try Tensor.zeros(kept.shape)] }
      let nothing = try Tensor.combine(
        .equal, matrix.maximum(dims: [1], keepDim: true), -.infinity)
      // Where all are -infinity, every gradient is 0.
      let dx = try Tensor.select(nothing, 0, matrix.softmax() * column)
      return [Tensor(storage: dx.storage, shape: kept.shape)]
    }
  }

  /// The `count` largest elements along a dimension, in descending order, and their indices.
  ///
  /// Ties keep their order; NaN counts as largest.
  public func topK(_ count: Int, dim: Int = -1) throws -> (values: Tensor, indices: Tensor) {
    let place = try dimension(dim)
    guard count >= 0, count <= shape[place] else {
      throw TensorError.value(
        "there are no \(count) largest among \(shape[place]) elements",
        hint: "k goes from 0 to \(shape[place])")
    }
    let last = rank - 1
    let rows = place == last ? detached : try detached.transpose(place, last)
    let width = rows.shape[last]
    let target = Array(rows.shape.dropLast()) + [count]
    try MemoryBudget.requireRoom(forArrays: 8 * Tensor.elementCount(target) + 8 * width)
    var chosen: [Int] = []
    for row in 0..<(width == 0 ? 0 : rows.count / width) {
      try Stop.check(at: row)
      chosen += try Tensor.largest(count, of: rows.pointer + row * width, width)
    }
    let found = try Tensor(wholeNumbers: chosen, shape: target)
    let indices = place == last ? found : try found.transpose(place, last)
    return (try gather(dim: place, index: indices), indices)
  }

  /// The indices of the largest elements of a row, in descending order.
  ///
  /// The best so far are in a heap with the least of them on top, so a row is read once.
  private static func largest(
    _ count: Int, of row: UnsafePointer<Float>, _ width: Int
  ) throws -> [Int] {
    func isAhead(_ i: Int, _ j: Int) -> Bool { ranksBefore(row[i], i, row[j], j) }
    func isAhead(_ i: Int, _ j: Int, _ turn: inout Int) throws -> Bool {
      turn += 1
      try Stop.check(at: turn)
      return isAhead(i, j)
    }
    var turn = 0
    if count * 8 > width {
      return Array(
        try (0..<width).sorted { try isAhead($0, $1, &turn) }.prefix(count))
    }
    var heap: [Int] = []
    for i in 0..<width {
      try Stop.check(at: i)
      if heap.count < count {
        heap.append(i)
        if heap.count == count { try heap.sort { try isAhead($1, $0, &turn) } }
      } else if let least = heap.first, isAhead(i, least) {
        sink(i, into: &heap, isAhead)
      }
    }
    return try heap.sorted { try isAhead($0, $1, &turn) }
  }

  /// Replaces the top of a heap and sifts it down; every child is ahead of its parent.
  private static func sink(_ new: Int, into heap: inout [Int], _ isAhead: (Int, Int) -> Bool) {
    var place = 0
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, isAhead(heap[child], heap[child + 1]) { child += 1 }
      guard isAhead(new, heap[child]) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = new
  }

  private static func ranksBefore(_ a: Float, _ i: Int, _ b: Float, _ j: Int) -> Bool {
    if a.isNaN || b.isNaN { return a.isNaN && (!b.isNaN || i < j) }
    return a > b || (a == b && i < j)
  }

  /// The index of the largest element along `dim`, or among all in row-major order.
  ///
  /// Of equals, the first; a NaN counts as largest.
  public func argmax(dim: Int? = nil, keepDim: Bool = false) throws -> Tensor {
    try position("argmax", dim, keepDim, smap_argmax_rows)
  }

  /// The index of the smallest element along `dim`, or among all in row-major order.
  ///
  /// Of equals, the first; a NaN counts as smallest.
  public func argmin(dim: Int? = nil, keepDim: Bool = false) throws -> Tensor {
    try position("argmin", dim, keepDim, smap_argmin_rows)
  }

  private func position(
    _ name: String, _ dim: Int?, _ keepDim: Bool, _ kernel: RowKernel
  ) throws -> Tensor {
    let reduction = try Reduction(shape, dim.map { [$0] })
    try reduction.requireElements(for: name)
    let split = reduction.split
    var rows = detached
    if split.inner != 1 {
      let middle = Tensor(
        storage: storage, shape: [split.outer, split.middle, split.inner])
      rows = try middle.permute([0, 2, 1])
    }
    if split.middle > Tensor.largestWhole {
      return try rows.farPositions(split, reduction.resultShape(keepDim), kernel)
    }
    let result = try Tensor(uninitialized: reduction.resultShape(keepDim))
    Profile.measure(.reduction, operations: count, bytes: 4 &* count) {
      kernel(rows.pointer, split.outer * split.inner, split.middle, result.pointer)
    }
    return result
  }

  /// Indices in rows so long that floats cannot represent them: the best of each piece, then the
  /// best piece. The kernel decides which of two is ahead, with its rule for ties and NaN.
  private func farPositions(
    _ split: AxisSplit, _ target: [Int], _ kernel: RowKernel
  ) throws -> Tensor {
    let piece = Tensor.largestWhole
    return try Tensor(wholeNumbers: split.outer * split.inner, shape: target) { row in
      let base = pointer + row * split.middle
      var best = 0
      for start in stride(from: 0, to: split.middle, by: piece) {
        try Stop.check()
        var place: Float = 0
        kernel(base + start, 1, min(piece, split.middle - start), &place)
        let rival = start + Int(place)
        let pair: [Float] = [base[best], base[rival]]
        pair.withUnsafeBufferPointer { kernel($0.baseAddress ?? UnsafePointer(base), 1, 2, &place) }
        if place == 1 { best = rival }
      }
      return best
    }
  }

  // MARK: - Rows

  fileprivate var lastSize: Int { shape.last ?? 1 }

  fileprivate static func rowsPerBlock(_ width: Int) -> Int { max(1, 16384 / max(width, 1)) }

  /// Moves `dim` to the end, applies `work`, and moves it back.
  private func rowwise(_ dim: Int, _ work: (Tensor) throws -> Tensor) throws -> Tensor {
    if rank == 0, dim == 0 || dim == -1 { return try work(reshape([1])).reshape([]) }
    let place = try dimension(dim)
    if place == rank - 1 { return try work(self) }
    return try work(transpose(place, rank - 1)).transpose(place, rank - 1)
  }

  private func sameRows(_ kernel: SameRowKernel) throws -> Tensor {
    let result = try uninitializedLike()
    let width = lastSize
    guard count > 0 else { return result }
    let (x, out) = (pointer, result.pointer)
    try Profile.measure(.reduction, operations: count, bytes: 8 &* count) {
      try ThreadPool.forEachBlock(
        unlessStopped: count / width, rowsPerBlock: Tensor.rowsPerBlock(width)
      ) { block in
        let i = block.lowerBound * width
        kernel(x + i, block.count, width, out + i)
      }
    }
    return result
  }
}
