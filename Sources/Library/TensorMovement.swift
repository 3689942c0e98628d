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
    ) { call in .tensor(try call.elements("x").reshape(call.shape("shape"))) },
    Builtin(
      "flatten(x: tensor, start_dim = 0, end_dim = -1)", purity: .pure,
      "Merges the dimensions from `start_dim` to `end_dim` into one.",
      example: "zeros(2, 3, 4).flatten(1).shape   #=> [2, 12]"
    ) { call in
      .tensor(
        try call.elements("x").flatten(
          start: call.integer("start_dim"), end: call.integer("end_dim")))
    },
    Builtin(
      "squeeze(x: tensor, dim = nil)", purity: .pure,
      "Removes all dimensions of size 1, or only `dim`.",
      example: "zeros(1, 3, 1).squeeze().shape   #=> [3]"
    ) { call in .tensor(try call.elements("x").squeeze(dim: call.axis("dim"))) },
    Builtin(
      "unsqueeze(x: tensor, dim)", purity: .pure, "Adds a dimension of size 1 before `dim`.",
      example: "zeros(3).unsqueeze(0).shape   #=> [1, 3]"
    ) { call in .tensor(try call.elements("x").unsqueeze(dim: call.integer("dim"))) },
    Builtin(
      "expand(x: tensor, ...shape)", purity: .pure(.product),
      "Broadcasts dimensions of size 1; -1 keeps a size.",
      example: "ones(2, 1).expand(-1, 3).shape   #=> [2, 3]"
    ) { call in .tensor(try call.elements("x").expand(call.shape("shape"))) },
  ]

  private static let orders: [Builtin] = [
    Builtin(
      "transpose(x: tensor, dim0, dim1)", purity: .pure, "Exchanges two dimensions.",
      example: "zeros(2, 3, 4).transpose(0, 2).shape   #=> [4, 3, 2]"
    ) { call in
      .tensor(try call.elements("x").transpose(call.integer("dim0"), call.integer("dim1")))
    },
    Builtin(
      "permute(x: tensor, ...dims)", purity: .pure, "Puts the dimensions in the given order.",
      example: "zeros(2, 3, 4).permute(2, 0, 1).shape   #=> [4, 2, 3]"
    ) { call in .tensor(try call.elements("x").permute(call.shape("dims"))) },
    Builtin(
      "rearrange(x: tensor, pattern: string, sizes = nil)", purity: .pure,
      "Splits, reorders and joins dimensions by a pattern in the notation of einops.",
      details: "Parentheses group names that lie within one dimension. Sizes that do not follow "
        + "from the shape are given as a record.",
      example: "rearrange(zeros(2, 12), \"b (h w) -> b w h\", {h: 3}).shape   #=> [2, 4, 3]"
    ) { call in .tensor(try call.tensor("x").rearrange(call.string("pattern"), sizes: sizes(call)))
    },
    Builtin(
      "flip(x: tensor, dim)", purity: .pure,
      "Reverses the order along a dimension, or along a list of them.",
      example: "flip([1, 2, 3], 0)   #=> tensor([3, 2, 1])"
    ) { call in .tensor(try call.elements("x").flip(dims: call.integers("dim"))) },
    Builtin(
      "roll(x: tensor, shift, dim = 0)", purity: .pure,
      "Shifts the elements cyclically along a dimension.",
      example: "roll([1, 2, 3], 1)   #=> tensor([3, 1, 2])"
    ) { call in
      .tensor(try call.tensor("x").roll(shift: call.integer("shift"), dim: call.integer("dim")))
    },
  ]

  private static let parts: [Builtin] = [
    Builtin(
      "cat(tensors: list, dim = 0)", purity: .pure.taking("tensors"),
      "Joins tensors along a dimension.",
      example: "cat([[1, 2], [3]])   #=> tensor([1, 2, 3])"
    ) { call in .tensor(try Tensor.cat(call.tensors("tensors"), dim: call.integer("dim"))) },
    Builtin(
      "stack(tensors: list, dim = 0)", purity: .pure.taking("tensors"),
      "Joins tensors of one shape along a new dimension.",
      example: "stack([[1, 2], [3, 4]], dim = 1)[0]   #=> tensor([1, 3])"
    ) { call in .tensor(try Tensor.stack(call.tensors("tensors"), dim: call.integer("dim"))) },
    Builtin(
      "chunk(x: tensor, chunks, dim = 0)", purity: .pure,
      "Splits a tensor into at most `chunks` parts of equal size; the last may be smaller.",
      example: "[part.shape for part in chunk(arange(5), 2)]   #=> [[3], [2]]"
    ) { call in
      let x = try call.elements("x")
      // Even an empty tensor can have a dimension of any size, and so any number of parts.
      try call.session.claim(
        elements: max(0, min(call.integer("chunks"), x.shape.max() ?? 0)),
        bytesEach: 2 * Session.objectBytes)
      let parts = try x.chunk(call.integer("chunks"), dim: call.integer("dim"))
      return .list(parts.map { .tensor($0) })
    },
    Builtin(
      "pad(x: tensor, widths: list, value = 0)", purity: .pure(.product),
      "Adds `value` around a tensor: before and after along the last dimension, then the one "
        + "before it.",
      details: "Negative widths cut off.",
      example: "pad([1, 2], [1, 2])   #=> tensor([0, 1, 2, 0, 0])"
    ) { call in
      let (x, widths) = (try call.tensor("x"), try call.integers("widths"))
      if try call.isRecording("value") {
        return .tensor(try x.pad(widths, value: call.scalar("value")))
      }
      return .tensor(try x.pad(widths, value: Float(call.number("value"))))
    },
    Builtin(
      "tril(x: tensor, diagonal = 0)", purity: .pure,
      "Keeps what is on and below a diagonal of each matrix.",
      example: "tril(ones(3, 3)).sum(dim = 1)   #=> tensor([1, 2, 3])"
    ) { call in .tensor(try call.tensor("x").tril(diagonal: call.integer("diagonal"))) },
    Builtin(
      "triu(x: tensor, diagonal = 0)", purity: .pure,
      "Keeps what is on and above a diagonal of each matrix.",
      example: "triu(ones(3, 3)).sum(dim = 1)   #=> tensor([3, 2, 1])"
    ) { call in .tensor(try call.tensor("x").triu(diagonal: call.integer("diagonal"))) },
  ]

  private static let choices: [Builtin] = [
    Builtin(
      "gather(x: tensor, dim, index)", purity: .pure,
      "Selects elements along a dimension by `index`.",
      example: "gather([1, 2; 3, 4], 1, [1, 0; 0, 1])[0]   #=> tensor([2, 1])"
    ) { call in
      .tensor(try call.tensor("x").gather(dim: call.integer("dim"), index: call.positions("index")))
    },
    Builtin(
      "where(condition: tensor, x, y)", purity: .pure(.broadcast).taking("x", "y"),
      "Takes elements of `x` where the condition is not 0, and of `y` elsewhere.",
      example: "where(tensor([-1, 2]) > 0, 1, [7, 8])   #=> tensor([7, 1])"
    ) { call in
      .tensor(try Tensor.select(call.tensor("condition"), call.tensor("x"), call.tensor("y")))
    },
  ]

  /// The sizes of a pattern, passed as a record.
  private static func sizes(_ call: Call) throws -> [String: Int] {
    if try call["sizes"].isNil { return [:] }
    let record = try call.record("sizes")
    var sizes: [String: Int] = [:]
    for (name, value) in zip(record.keys, record.values) {
      guard let size = Conversion.integer(value), size >= 0 else {
        throw call.failure(
          .value, "the size of `\(name)` must be a whole number", argument: "sizes")
      }
      sizes[name] = size
    }
    return sizes
  }
}
