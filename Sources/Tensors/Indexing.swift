// SPDX-License-Identifier: Apache-2.0
//
// Indexing with NumPy's rules. Numbers, slices and new axes make a strided view; lists of positions
// and masks then select from the view. Several lists broadcast against each other; their shape
// replaces them in position if they are adjacent, and comes first if not. A number next to lists
// counts as a list.

/// One part of an index, such as each of `x[1, :, ..., nil]`.
public enum TensorIndex {
  /// One position, counted from either end; the dimension is dropped.
  case index(Int)
  /// Positions from `start` to before `stop`; those that do not exist are skipped.
  case slice(start: Int?, stop: Int?, step: Int)
  /// A new dimension of size 1.
  case newAxis
  /// As many whole dimensions as are not indexed otherwise.
  case ellipsis
  /// Integers: the positions to select.
  case gather(Tensor)
  /// Selects where it is not 0; its shape must be that of the dimensions it indexes.
  case mask(Tensor)

  /// The index of a number.
  ///
  /// Throws an IndexError unless it is an integer of a size that can be an index.
  public static func position(_ number: Double) throws -> TensorIndex {
    .index(try whole(number))
  }

  /// A slice bound from a number.
  ///
  /// Throws an IndexError unless it is an integer; bounds beyond all sizes are clipped.
  public static func bound(_ number: Double) throws -> Int {
    guard number.isFinite, number == number.rounded() else { throw notWhole(number) }
    return Int(min(max(number, -0x1p60), 0x1p60))
  }

  private static func whole(_ number: Double) throws -> Int {
    guard let whole = Int(exactly: number) else { throw notWhole(number) }
    return whole
  }

  private static func notWhole(_ number: Double) -> TensorError {
    TensorError.index("\(number) is not a whole number, so it cannot be an index")
  }
}

/// An index resolved for one shape.
struct Selection {
  /// The view that numbers, slices and new axes make.
  private(set) var view: StridedView
  /// For each dimension of the view that lists select from, the positions.
  private(set) var picks: [Pick] = []
  /// The common shape of the lists.
  private(set) var pickedShape: [Int] = []
  /// Whether the view is the whole tensor in its original order.
  private(set) var isWhole = true

  /// Positions along a dimension of the view.
  struct Pick {
    var dim: Int
    var positions: [Int]
    var shape: [Int]
  }

  init(_ indices: [TensorIndex], _ shape: [Int]) throws {
    view = StridedView(shape)
    let full = try Selection.filled(indices, shape)
    let hasLists = full.contains(where: \.isList)
    var (dims, strides, source) = ([Int](), [Int](), 0)
    for index in full {
      switch index {
      case .newAxis:
        dims.append(1)
        strides.append(0)
        isWhole = false
      case .index(let position) where !hasLists:
        view.offset += try Selection.resolve(position, source, shape) * view.strides[source]
        source += 1
        isWhole = false
      case .slice(let start, let stop, let step):
        let (first, count) = try Selection.clip(start, stop, step, shape[source])
        if first != 0 || count != shape[source] || step != 1 { isWhole = false }
        view.offset += count > 0 ? first * view.strides[source] : 0
        dims.append(count)
        strides.append(count > 1 ? view.strides[source] * step : 0)
        source += 1
      default:
        for pick in try Selection.picks(index, at: source, shape) {
          picks.append(Pick(dim: dims.count, positions: pick.positions, shape: pick.shape))
          dims.append(shape[source])
          strides.append(view.strides[source])
          source += 1
        }
      }
    }
    (view.shape, view.strides) = (dims, strides)
    try broadcastPicks()
  }

  /// The index with `...` and missing parts expanded to whole slices.
  private static func filled(_ indices: [TensorIndex], _ shape: [Int]) throws -> [TensorIndex] {
    let used = indices.reduce(0) { $0 + $1.consumed }
    guard used <= shape.count else {
      guard !shape.isEmpty else {
        throw TensorError.index("a tensor without dimensions takes no index")
      }
      throw TensorError.index(
        "\(used) indices are too many for shape \(shape)",
        hint: "there \(shape.count == 1 ? "is 1 dimension" : "are \(shape.count) dimensions")")
    }
    let rest = [TensorIndex](
      repeating: .slice(start: nil, stop: nil, step: 1), count: shape.count - used)
    guard let place = indices.firstIndex(where: \.isEllipsis) else { return indices + rest }
    guard !indices[(place + 1)...].contains(where: \.isEllipsis) else {
      throw TensorError.index("an index has at most one `...`")
    }
    return Array(indices[..<place]) + rest + Array(indices[(place + 1)...])
  }

  /// A position counted from the front.
  static func resolve(_ position: Int, _ dim: Int, _ shape: [Int]) throws -> Int {
    let size = shape[dim]
    guard position >= -size, position < size else {
      throw TensorError.index(
        "index \(position) is out of range for dimension \(dim) of shape \(shape)",
        hint: size == 0 ? "the dimension is empty" : "indices go from \(-size) to \(size - 1)")
    }
    return position < 0 ? position + size : position
  }

  /// The first position and the number of positions of a slice; Python's rules.
  private static func clip(
    _ start: Int?, _ stop: Int?, _ step: Int, _ size: Int
  ) throws -> (first: Int, count: Int) {
    guard step != 0 else { throw TensorError.index("a slice cannot step by 0") }
    let stride = min(max(step, -size - 1), size + 1)  // A longer step selects no more elements.
    func bounded(_ bound: Int?, _ low: Int, _ high: Int, _ missing: Int) -> Int {
      guard let bound else { return missing }
      return min(max(bound < 0 ? max(bound, -size - 1) + size : bound, low), high)
    }
    if step > 0 {
      let first = bounded(start, 0, size, 0)
      let end = bounded(stop, 0, size, size)
      return (first, end > first ? (end - first - 1) / stride + 1 : 0)
    }
    let first = bounded(start, -1, size - 1, size - 1)
    let end = bounded(stop, -1, size - 1, -1)
    return (first, first > end ? (first - end - 1) / -stride + 1 : 0)
  }

  /// The positions of a list, a number or a mask; a mask makes one list for each dimension.
  private static func picks(
    _ index: TensorIndex, at dim: Int, _ shape: [Int]
  ) throws -> [(positions: [Int], shape: [Int])] {
    switch index {
    case .index(let position):
      return [([try resolve(position, dim, shape)], [])]
    case .gather(let list):
      return [(try list.wholeNumbers(below: shape[dim], along: dim, of: shape), list.shape)]
    case .mask(let mask):
      return try maskedPositions(mask, dim, shape)
    default: return []
    }
  }

  private static func maskedPositions(
    _ mask: Tensor, _ dim: Int, _ shape: [Int]
  ) throws -> [(positions: [Int], shape: [Int])] {
    guard mask.rank > 0, mask.shape == Array(shape[dim..<dim + mask.rank]) else {
      throw TensorError.index(
        "a mask of shape \(mask.shape) does not fit shape \(shape) at dimension \(dim)",
        hint: "a mask has the shape of what it selects from")
    }
    let flat = try (0..<mask.count).filter {
      try Stop.check(at: $0)
      return mask.pointer[$0] != 0
    }
    let strides = StridedView.contiguousStrides(mask.shape)
    return mask.shape.indices.map { axis in
      (flat.map { $0 / strides[axis] % mask.shape[axis] }, [flat.count])
    }
  }

  private mutating func broadcastPicks() throws {
    for pick in picks { pickedShape = try Tensor.broadcastShape(pickedShape, pick.shape) }
    let shape = pickedShape
    for (i, pick) in picks.enumerated() where pick.shape != shape {
      let strided = StridedView(expanding: pick.shape, to: shape)
      picks[i].positions = strided.offsets.map { pick.positions[$0] }
      picks[i].shape = shape
    }
  }
}

extension TensorIndex {
  /// The number of dimensions that this part indexes.
  var consumed: Int {
    switch self {
    case .index, .slice, .gather: 1
    case .newAxis, .ellipsis: 0
    case .mask(let mask): mask.rank
    }
  }

  fileprivate var isEllipsis: Bool {
    if case .ellipsis = self { true } else { false }
  }

  fileprivate var isList: Bool {
    switch self {
    case .gather, .mask: true
    default: false
    }
  }
}
