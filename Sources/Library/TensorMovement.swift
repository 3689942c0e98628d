// SPDX-License-Identifier: Apache-2.0
//
// Shapes and positions: reshaping, reordering, joining, splitting and selecting.

import Runtime
import Tensors

/// Functions that move elements without changing them.
enum TensorMovement {
  static let functions: [Builtin] = shapes + orders + parts + choices

  private static let shapes: [Builtin] = [
    Builtin(
      "reshape(x: tensor, ...shape)", purity: .pure,
      "Gives `x` another shape; one size may be -1 and is inferred.",
      example: "arange(6).reshape(2, -1).shape   #=> [2, 3]"
    ) { call in .tensor(try call.elements(0).reshape(call.shape(1))) },
    Builtin(
      "flatten(x: tensor, start_dim = 0, end_dim = -1)", purity: .pure,
      "Merges the dimensions from `start_dim` to `end_dim` into one.",
      example: "zeros(2, 3, 4).flatten(1).shape   #=> [2, 12]"
    ) { call in .tensor(try call.elements(0).flatten(start: call.integer(1), end: call.integer(2)))
    },
    Builtin(
      "squeeze(x: tensor, dim = nil)", purity: .pure,
      "Removes all dimensions of size 1, or only `dim`.",
      example: "zeros(1, 3, 1).squeeze().shape   #=> [3]"
    ) { call in .tensor(try call.elements(0).squeeze(dim: call.axis(1))) },
    Builtin(
      "unsqueeze(x: tensor, dim)", purity: .pure, "Adds a dimension of size 1 before `dim`.",
      example: "zeros(3).unsqueeze(0).shape   #=> [1, 3]"
    ) { call in .tensor(try call.elements(0).unsqueeze(dim: call.integer(1))) },
    Builtin(
      "expand(x: tensor, ...shape)", purity: .pure(.product),
      "Broadcasts dimensions of size 1; -1 keeps a size.",
      example: "ones(2, 1).expand(-1, 3).shape   #=> [2, 3]"
    ) { call in .tensor(try call.elements(0).expand(call.shape(1))) },
  ]

  private static let orders: [Builtin] = [
    Builtin(
      "transpose(x: tensor, dim0, dim1)", purity: .pure, "Exchanges two dimensions.",
      example: "zeros(2, 3, 4).transpose(0, 2).shape   #=> [4, 3, 2]"
    ) { call in .tensor(try call.elements(0).transpose(call.integer(1), call.integer(2))) },
    Builtin(
      "permute(x: tensor, ...dims)", purity: .pure, "Puts the dimensions in the given order.",
      example: "zeros(2, 3, 4).permute(2, 0, 1).shape   #=> [4, 2, 3]"
    ) { call in .tensor(try call.elements(0).permute(call.shape(1))) },
    Builtin(
      "rearrange(x: tensor, pattern: string, sizes = nil)", purity: .pure,
      "Splits, reorders and joins dimensions by a pattern in the notation of einops.",
      details: "Parentheses group names that lie within one dimension. Sizes that do not follow "
        + "from the shape are given as a record.",
      example: "rearrange(zeros(2, 12), \"b (h w) -> b w h\", {h: 3}).shape   #=> [2, 4, 3]"
    ) { call in .tensor(try call.tensor(0).rearrange(call.string(1), sizes: sizes(call))) },
    Builtin(
      "flip(x: tensor, dim)", purity: .pure,
      "Reverses the order along a dimension, or along a list of them.",
      example: "flip([1, 2, 3], 0)   #=> tensor([3, 2, 1])"
    ) { call in .tensor(try call.elements(0).flip(dims: call.integers(1))) },
    Builtin(
      "roll(x: tensor, shift, dim = 0)", purity: .pure,
      "Shifts the elements cyclically along a dimension.",
      example: "roll([1, 2, 3], 1)   #=> tensor([3, 1, 2])"
    ) { call in .tensor(try call.tensor(0).roll(shift: call.integer(1), dim: call.integer(2))) },
  ]

  private static let parts: [Builtin] = [
    Builtin(
      "cat(tensors: list, dim = 0)", purity: .pure.taking("tensors"),
      "Joins tensors along a dimension.",
      example: "cat([[1, 2], [3]])   #=> tensor([1, 2, 3])"
    ) { call in .tensor(try Tensor.cat(call.tensors(0), dim: call.integer(1))) },
    Builtin(
      "stack(tensors: list, dim = 0)", purity: .pure.taking("tensors"),
      "Joins tensors of one shape along a new dimension.",
      example: "stack([[1, 2], [3, 4]], dim = 1)[0]   #=> tensor([1, 3])"
    ) { call in .tensor(try Tensor.stack(call.tensors(0), dim: call.integer(1))) },
    Builtin(
      "chunk(x: tensor, chunks, dim = 0)", purity: .pure,
      "Splits a tensor into at most `chunks` parts of equal size; the last may be smaller.",
      example: "[part.shape for part in chunk(arange(5), 2)]   #=> [[3], [2]]"
    ) { call in
      let x = try call.elements(0)
      // Even an empty tensor can have a dimension of any size, and so any number of parts.
      try call.session.claim(
        elements: max(0, min(call.integer(1), x.shape.max() ?? 0)),
        bytesEach: 2 * Session.objectBytes)
      let parts = try x.chunk(call.integer(1), dim: call.integer(2))
      return .list(parts.map { .tensor($0) })
    },
    Builtin(
      "pad(x: tensor, widths: list, value = 0)", purity: .pure(.product),
      "Adds `value` around a tensor: before and after along the last dimension, then the one "
        + "before it.",
      details: "Negative widths cut off.",
      example: "pad([1, 2], [1, 2])   #=> tensor([0, 1, 2, 0, 0])"
    ) { call in
      let (x, widths) = (try call.tensor(0), try call.integers(1))
      if call.isRecording(2) { return .tensor(try x.pad(widths, value: call.scalar(2))) }
      return .tensor(try x.pad(widths, value: Float(call.number(2))))
    },
    Builtin(
      "tril(x: tensor, diagonal = 0)", purity: .pure,
      "Keeps what is on and below a diagonal of each matrix.",
      example: "tril(ones(3, 3)).sum(dim = 1)   #=> tensor([1, 2, 3])"
    ) { call in .tensor(try call.tensor(0).tril(diagonal: call.integer(1))) },
    Builtin(
      "triu(x: tensor, diagonal = 0)", purity: .pure,
      "Keeps what is on and above a diagonal of each matrix.",
      example: "triu(ones(3, 3)).sum(dim = 1)   #=> tensor([3, 2, 1])"
    ) { call in .tensor(try call.tensor(0).triu(diagonal: call.integer(1))) },
  ]

  private static let choices: [Builtin] = [
    Builtin(
      "gather(x: tensor, dim, index)", purity: .pure,
      "Selects elements along a dimension by `index`.",
      example: "gather([1, 2; 3, 4], 1, [1, 0; 0, 1])[0]   #=> tensor([2, 1])"
    ) { call in .tensor(try call.tensor(0).gather(dim: call.integer(1), index: call.positions(2)))
    },
    Builtin(
      "where(condition: tensor, x, y)", purity: .pure(.broadcast).taking("x", "y"),
      "Takes elements of `x` where the condition is not 0, and of `y` elsewhere.",
      example: "where(tensor([-1, 2]) > 0, 1, [7, 8])   #=> tensor([7, 1])"
    ) { call in
      .tensor(try Tensor.select(call.tensor(0), call.tensor(1), call.tensor(2)))
    },
  ]

  /// The sizes of a pattern, passed as a record.
  private static func sizes(_ call: Call) throws -> [String: Int] {
    if call[2].isNil { return [:] }
    let record = try call.record(2)
    var sizes: [String: Int] = [:]
    for (name, value) in zip(record.keys, record.values) {
      guard let size = Conversion.integer(value), size >= 0 else {
        throw call.failure(.value, "the size of `\(name)` must be a whole number", argument: 2)
      }
      sizes[name] = size
    }
    return sizes
  }
}
