// SPDX-License-Identifier: Apache-2.0
//
// Reading and replacing the elements that an index selects.

import CKernels

extension Tensor {
  /// The elements that an index selects, with NumPy's rules.
  ///
  /// Throws an IndexError for positions that do not exist; slices are clipped instead.
  public func subscripted(_ indices: [TensorIndex]) throws -> Tensor {
    if let start = try leadingPosition(indices), !isRecording {
      let result = try Tensor(uninitialized: Array(shape[indices.count...]))
        .keepingMask(of: self)
      result.pointer.update(from: pointer + start, count: result.count)
      if let whole { result.whole = try WholeNumbers(count: result.count) { whole[start + $0] } }
      return result
    }
    let selection = try Selection(indices, shape)
    guard !selection.picks.isEmpty else {
      return selection.isWhole ? self : try moved(by: selection.view)
    }
    let base = selection.isWhole ? self : try moved(by: selection.view)
    let arranged = selection.picksAreNeighbours ? base : try base.permute(selection.picksFirst)
    let layout = selection.layout
    let rows = try arranged.reshape(layout.before + [layout.choices] + layout.after)
    let taken = try rows.taking(selection.flatPositions, dim: layout.before.count)
    return try taken.reshape(layout.before + selection.pickedShape + layout.after)
  }

  /// A tensor with the selected elements replaced; this one is unchanged.
  ///
  /// The value broadcasts to the shape of the selection. Where a list selects an element twice, the
  /// last value is kept.
  public func replacing(_ indices: [TensorIndex], with value: Tensor) throws -> Tensor {
    let selection = try Selection(indices, shape)
    let fitted = try value.fitted(to: selection.shape)
    let result = Tensor(storage: try Storage(copying: storage), shape: shape)
    selection.write(fitted.detached, into: result)
    result.isMask = isMask && value.holdsAnswers
    guard isRecording || value.isRecording else { return result }
    return result.recorded(from: [self, fitted]) { gradient in
      let rest = Tensor(storage: try Storage(copying: gradient.storage), shape: gradient.shape)
      selection.write(try Tensor.zeros(selection.shape), into: rest)
      return [rest, try gradient.subscripted(indices)]
    }
  }

  /// Replaces the selected elements of a variable.
  ///
  /// Writes in place if `tensor` is the only reference to its values and no tape is involved;
  /// otherwise the variable gets a changed copy. Throws a ValueError for a parameter, which only an
  /// optimizer may change.
  public static func replace(
    in tensor: inout Tensor, at indices: [TensorIndex], with value: Tensor
  ) throws {
    guard !tensor.isParameter else {
      throw TensorError.value(
        "the elements of a parameter cannot be assigned one by one",
        hint: "assign to a copy from detach(x), and make a parameter of it with param(..)")
    }
    let isTaped = tensor.isRecording || value.isRecording
    guard !isTaped, tensor.node == nil, isKnownUniquelyReferenced(&tensor),
      isKnownUniquelyReferenced(&tensor.storage)
    else {
      tensor = try tensor.replacing(indices, with: value)
      return
    }
    if tensor.isMask { tensor.isMask = value.holdsAnswers }
    if indices.count == tensor.rank, value.count == 1, value.rank == 0,
      let place = try tensor.leadingPosition(indices)
    {
      tensor.pointer[place] = value.pointer[0]
      return
    }
    let selection = try Selection(indices, tensor.shape)
    selection.write(try value.fitted(to: selection.shape).detached, into: tensor)
  }

  /// Whether every element is 0 or 1, as in a mask.
  private var holdsAnswers: Bool {
    isMask || withValues { $0.allSatisfy { $0 == 0 || $0 == 1 } }
  }

  /// The offset of the elements that plain numbers for the first dimensions select; nil if the
  /// index is not of this kind. The elements are contiguous.
  private func leadingPosition(_ indices: [TensorIndex]) throws -> Int? {
    guard indices.count <= rank, count > 0 else { return nil }
    var (start, span) = (0, count)
    for (dim, index) in indices.enumerated() {
      guard case .index(let position) = index else { return nil }
      span /= shape[dim]
      start += try Selection.resolve(position, dim, shape) * span
    }
    return start
  }

  /// The value broadcast to the shape of a selection; leading unit dimensions are ignored.
  private func fitted(to target: [Int]) throws -> Tensor {
    if shape == target { return self }
    let extra = max(rank - target.count, 0)
    let trimmed =
      shape.prefix(extra).allSatisfy({ $0 == 1 }) ? Array(shape.dropFirst(extra)) : shape
    guard try Tensor.stretches(trimmed, to: target) else {
      throw TensorError.shape(
        "a value of shape \(shape) does not fit the selected shape \(target)",
        hint: "sizes must be equal or 1, counted from the right")
    }
    return try reshape(trimmed).expand(target)
  }

  private static func stretches(_ shape: [Int], to target: [Int]) throws -> Bool {
    guard shape.count <= target.count else { return false }
    for (size, wanted) in zip(shape.reversed(), target.reversed()) {
      guard size == wanted || size == 1 else { return false }
    }
    return true
  }
}

extension Selection {
  /// Whether the dimensions with lists are adjacent.
  var picksAreNeighbours: Bool {
    guard let first = picks.first, let last = picks.last else { return true }
    return last.dim - first.dim + 1 == picks.count
  }

  /// The order of dimensions that brings those with lists to the front.
  var picksFirst: [Int] {
    let picked = picks.map(\.dim)
    return picked + view.shape.indices.filter { !picked.contains($0) }
  }

  /// The sizes before, of, and after the dimensions with lists, in the order of the result.
  var layout: (before: [Int], choices: Int, after: [Int]) {
    let choices = picks.reduce(1) { $0 * view.shape[$1.dim] }
    if picksAreNeighbours, let first = picks.first, let last = picks.last {
      return (Array(view.shape[..<first.dim]), choices, Array(view.shape[(last.dim + 1)...]))
    }
    return ([], choices, picksFirst.dropFirst(picks.count).map { view.shape[$0] })
  }

  /// The shape of what is selected.
  var shape: [Int] {
    if picks.isEmpty { return view.shape }
    let layout = layout
    return layout.before + pickedShape + layout.after
  }

  /// The lists as flat positions in the product of their dimensions.
  var flatPositions: [Int] {
    var flat = [Int](repeating: 0, count: pickedShape.reduce(1, *))
    for pick in picks {
      let size = view.shape[pick.dim]
      for i in flat.indices { flat[i] = flat[i] * size + pick.positions[i] }
    }
    return flat
  }

  /// Writes values of the selected shape over the selected elements.
  func write(_ values: Tensor, into target: Tensor) {
    guard values.count > 0 else { return }
    guard !picks.isEmpty else { return view.write(values, into: target) }
    let order = picksAreNeighbours ? Array(view.shape.indices) : picksFirst
    let firstPick = picksAreNeighbours ? (picks.first?.dim ?? 0) : 0
    var before = view
    before.permute(Array(order[..<firstPick]))
    var after = StridedView([])
    after.shape = order[(firstPick + picks.count)...].map { view.shape[$0] }
    after.strides = order[(firstPick + picks.count)...].map { view.strides[$0] }
    var chosen = [Int](repeating: 0, count: pickedShape.reduce(1, *))
    for pick in picks {
      for i in chosen.indices { chosen[i] += pick.positions[i] * view.strides[pick.dim] }
    }
    let inner = after.offsets
    var next = values.pointer
    for outer in before.offsets {
      for middle in chosen {
        for last in inner {
          target.pointer[outer + middle + last] = next.pointee
          next += 1
        }
      }
    }
  }
}
