// SPDX-License-Identifier: Apache-2.0
//
// Counting and finding elements: where they are not 0, how many fall into which bin. Positions and
// counts have no gradient.

extension Tensor {
  /// The positions of all elements that are not 0: one row each, [found, rank].
  public func nonzero() throws -> Tensor {
    var found: [Int] = []
    try MemoryBudget.requireRoom(forArrays: 16 * count)
    for i in 0..<count {
      try Stop.check(at: i)
      if pointer[i] != 0 { found.append(i) }
    }
    let strides = StridedView.contiguousStrides(shape)
    return try Tensor(wholeNumbers: found.count * rank, shape: [found.count, rank]) { i in
      let dim = i % rank
      return found[i / rank] / strides[dim] % shape[dim]
    }
  }

  /// The number of elements that are not 0, over `dims` or in total.
  public func countNonzero(dims: [Int]? = nil) throws -> Tensor {
    let reduction = try Reduction(shape, dims)
    let split = reduction.split
    guard split.middle > Tensor.largestWhole else { return try asMask().sum(dims: dims) }
    let source = try reduction.arranged(detached)
    return try Tensor(
      wholeNumbers: split.outer * split.inner, shape: reduction.resultShape(false)
    ) { i in
      let start = i / split.inner * split.middle * split.inner + i % split.inner
      var found = 0
      for place in 0..<split.middle {
        try Stop.check(at: place)
        if source.pointer[start + place * split.inner] != 0 { found += 1 }
      }
      return found
    }
  }

  /// The number of occurrences of each integer from 0 on, weighted.
  public func binCount(weights: Tensor? = nil, minimumLength: Int = 0) throws -> Tensor {
    guard rank == 1, weights == nil || weights?.shape == shape else {
      throw TensorError.shape(
        "bincount takes a vector, and weights of the same shape, not \(shape)")
    }
    guard minimumLength >= 0, minimumLength <= 1 << 28 else {
      throw TensorError.value("a length of \(minimumLength) is not possible")
    }
    var numbers: [Int] = []
    try MemoryBudget.requireRoom(forArrays: 8 * count)
    numbers.reserveCapacity(count)
    for i in 0..<count {
      try Stop.check(at: i)
      guard let number = Int(exactly: pointer[i]), number >= 0 else {
        throw TensorError.value(
          "bincount counts whole numbers of at least 0, not \(described(Double(pointer[i])))")
      }
      guard number < 1 << 28 else {
        throw TensorError.limit("bincount counts numbers below \(1 << 28), not \(number)")
      }
      numbers.append(number)
    }
    let length = max(minimumLength, (numbers.max() ?? -1) + 1)
    let room = MemoryBudget.limit - MemoryBudget.held
    guard length <= room / 16 else {
      throw TensorError.limit(
        "bincount of \(length) numbers does not fit in \(describeBytes(room))")
    }
    var sums = [Double](repeating: 0, count: length)
    for (i, number) in numbers.enumerated() {
      try Stop.check(at: i)
      sums[number] += Double(weights?.pointer[i] ?? 1)
    }
    // Sums of ones are integers, and exact in 64 bits.
    let result =
      try weights == nil
      ? Tensor(wholeNumbers: sums.map { Int($0) }, shape: [length])
      : Tensor(shape: [length], values: sums.map { Float($0) })
    guard let weights, weights.isRecording else { return result }
    return result.recorded(from: [weights]) { gradient in
      [try Tensor(shape: [numbers.count], values: numbers.map { gradient.pointer[$0] })]
    }
  }

  /// The counts of elements in `bins` equal intervals of a range, and the bounds of the intervals.
  ///
  /// Without a range, from the smallest to the largest element. The last interval includes its
  /// upper bound; elements outside, and NaN, are not counted.
  public func histogram(
    bins: Int, range: (low: Double, high: Double)? = nil
  ) throws -> (counts: Tensor, edges: Tensor) {
    guard bins > 0, bins <= 1 << 24 else {
      throw TensorError.value("a histogram has at least one bin, not \(bins)")
    }
    var (low, high) = range ?? (0, 1)
    if range == nil, count > 0 {
      (low, high) = (Double(try detached.minimum().item()), Double(try detached.maximum().item()))
      if low == high { (low, high) = (low - 0.5, high + 0.5) }
    }
    guard low.isFinite, high.isFinite, low < high else {
      throw TensorError.value(
        "a histogram from \(described(low)) to \(described(high)) has no extent")
    }
    let edges = try Tensor.linspace(low, high, count: bins + 1)
    var counts = [Int](repeating: 0, count: bins)
    let scale = Double(bins) / (high - low)
    for i in 0..<count {
      try Stop.check(at: i)
      let value = Double(pointer[i])
      guard value >= low, value <= high else { continue }
      counts[min(Int((value - low) * scale), bins - 1)] += 1
    }
    return (try Tensor(wholeNumbers: counts, shape: [bins]), edges)
  }

  /// The running products along a dimension.
  public func cumprod(dim: Int) throws -> Tensor {
    if rank == 0 { return self }
    let place = try dimension(dim)
    let split = AxisSplit(shape, dims: place...place)
    let result = try uninitializedLike()
    try split.forEachColumn { start in
      var product = 1.0
      for i in 0..<split.middle {
        try Stop.check(at: i)
        product *= Double(pointer[start + i * split.inner])
        result.pointer[start + i * split.inner] = Float(product)
      }
    }
    guard isRecording else { return result }
    let x = detached
    return result.recorded(from: [self]) { gradient in
      let dx = try gradient.uninitializedLike()
      try split.forEachColumn { try x.runningProductSlope(gradient, dx, split, at: $0) }
      return [dx]
    }
  }

  /// dx[i] = sum over j >= i of g[j] times the product of the first j elements without the i-th.
  private func runningProductSlope(
    _ gradient: Tensor, _ dx: Tensor, _ split: AxisSplit, at start: Int
  ) throws {
    var before = 1.0
    for i in 0..<split.middle {
      var (product, sum) = (before, 0.0)
      for j in i..<split.middle {
        try Stop.check(at: j)
        if j > i { product *= Double(pointer[start + j * split.inner]) }
        sum += product * Double(gradient.pointer[start + j * split.inner])
        if product == 0 { break }
      }
      dx.pointer[start + i * split.inner] = Float(sum)
      before *= Double(pointer[start + i * split.inner])
    }
  }

  /// The differences of adjacent elements along a dimension, `times` times.
  public func diff(times: Int = 1, dim: Int = -1) throws -> Tensor {
    guard times >= 0 else { throw TensorError.value("diff cannot be taken \(times) times") }
    let place = try dimension(dim)
    var result = self
    for _ in 0..<min(times, shape[place]) {
      let size = result.shape[place]
      guard size > 0 else { break }
      result =
        try result.narrow(dim: place, start: 1, count: size - 1)
        - result.narrow(dim: place, start: 0, count: size - 1)
    }
    return result
  }
}

extension AxisSplit {
  /// Calls `body` with the offset of the first element of every run along the middle.
  func forEachColumn(_ body: (Int) throws -> Void) throws {
    for outer in 0..<outer {
      for column in 0..<inner {
        try Stop.check(at: column)
        try body(outer * middle * inner + column)
      }
    }
  }
}
