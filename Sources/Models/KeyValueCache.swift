// SPDX-License-Identifier: Apache-2.0
//
// The backbone of CARD, one token at a time: keys and values of the tokens so far are kept, and the
// new one attends to them. All buffers are made once and used for every token.

import CKernels
import Networks
import Tensors

/// Keys and values of the tokens so far, block by block, and the buffers of one step.
final class KeyValueCache {
  private let model: CARDGenerator
  private let rows: Int
  private let capacity: Int
  private let width: Int
  private let keys: [Tensor]
  private let values: [Tensor]
  private let stream: Tensor
  private let normal: Tensor
  private let queryKeyValue: Tensor
  private let attended: Tensor
  private let gateUp: Tensor
  private let gated: Tensor
  private let scratch: Tensor

  /// A cache for `rows` pictures of up to `capacity` tokens.
  init(_ model: CARDGenerator, rows: Int, capacity: Int) throws {
    self.model = model
    self.rows = rows
    self.capacity = capacity
    width = model.configuration.width
    let shape = [rows, capacity, width]
    keys = try model.blocks.map { _ in try Tensor(uninitialized: shape) }
    values = try model.blocks.map { _ in try Tensor(uninitialized: shape) }
    stream = try Tensor(uninitialized: [rows, width])
    normal = try Tensor(uninitialized: [rows, width])
    queryKeyValue = try Tensor(uninitialized: [rows, 3 * width])
    attended = try Tensor(uninitialized: [rows, width])
    let hidden = model.blocks.map { $0.down.weight.shape[1] }.max() ?? 0
    gateUp = try Tensor(uninitialized: [rows, 2 * hidden])
    gated = try Tensor(uninitialized: [rows, hidden])
    scratch = try Tensor(uninitialized: [max(capacity, rows)])
  }

  /// Takes in one embedded token a row [rows, width] and writes the context of the next one.
  func advance(
    _ embedded: UnsafePointer<Float>, position: Int, into context: UnsafeMutablePointer<Float>
  ) throws {
    let place = model.positions.pointer + position * width
    let target = model.targets.pointer + position * width
    for r in 0..<rows {
      smap_add(embedded + r * width, place, stream.pointer + r * width, width)
    }
    for (layer, block) in model.blocks.enumerated() {
      try attend(block, layer, position)
      try feedForward(block)
    }
    normalize(model.norm, into: context)
    for r in 0..<rows { smap_accumulate(context + r * width, target, width) }
  }

  /// stream += project(attention(norm(stream))).
  private func attend(_ block: CausalBlock, _ layer: Int, _ position: Int) throws {
    normalize(block.norm1, into: normal.pointer)
    try block.queryKeyValue.apply(normal.pointer, rows: rows, into: queryKeyValue.pointer)
    for r in 0..<rows {
      let packed = queryKeyValue.pointer + r * 3 * width
      let keyRow = keys[layer].pointer + r * capacity * width
      let valueRow = values[layer].pointer + r * capacity * width
      (keyRow + position * width).update(from: packed + width, count: width)
      (valueRow + position * width).update(from: packed + 2 * width, count: width)
      Profile.measure(
        .attention, operations: 4 &* (position &+ 1) &* width,
        bytes: 8 &* (position &+ 1) &* width
      ) {
        smap_attention_step(
          packed, keyRow, valueRow, position + 1, block.heads, width / block.heads,
          attended.pointer + r * width, scratch.pointer)
      }
    }
    try block.project.apply(
      attended.pointer, rows: rows, into: stream.pointer, accumulates: true)
  }

  /// stream += down(swiglu(norm(stream))).
  private func feedForward(_ block: CausalBlock) throws {
    normalize(block.norm2, into: normal.pointer)
    try block.gateUp.apply(normal.pointer, rows: rows, into: gateUp.pointer)
    Profile.measure(.activation, operations: gated.count, bytes: 12 &* gated.count) {
      smap_swiglu(gateUp.pointer, rows, block.down.weight.shape[1], gated.pointer)
    }
    try block.down.apply(gated.pointer, rows: rows, into: stream.pointer, accumulates: true)
  }

  private func normalize(_ norm: RMSNorm, into result: UnsafeMutablePointer<Float>) {
    Profile.measure(.norm, operations: rows &* width, bytes: 8 &* rows &* width) {
      smap_rms_norm(
        stream.pointer, norm.gain.pointer, Tensor.normEpsilon, rows, width, result, scratch.pointer)
    }
  }
}
