// SPDX-License-Identifier: Apache-2.0
//
// The flow head at work on one token. The field is asked for its velocity at the same times for
// every token, so all that depends on time and context alone is computed in advance, for all times
// in one matrix product: the shifts, scales and gates of every block. What is left for each step is
// a few small products. Nothing is allocated after the field is made.

import CKernels
import Networks
import Tensors

/// The velocity of tokens [rows, tokenDim] at fixed times, for changing contexts.
final class FlowField {
  private let head: FlowHead
  private let rows: Int
  private let times: Int
  private let width: Int
  /// The floats of one row of modulations: [shift | scale | gate] for each block, then the last
  /// [shift | scale].
  private let stride: Int
  private let joined: PackedMatrix
  private let joinedBias: Tensor
  private let embedded: Tensor
  private let context: Tensor
  private let conditions: Tensor
  private let modulations: Tensor
  private let stream: Tensor
  private let normal: Tensor
  private let hidden: Tensor
  private let statistics: Tensor

  /// A field at the given times; weights must not change while it is in use.
  init(_ head: FlowHead, rows: Int, times: [Float]) throws {
    self.head = head
    self.rows = rows
    self.times = times.count
    let layers = head.blocks.map(\.modulation) + [head.lastModulation]
    joined = try head.modulations.forward(joining: layers.map(\.weight))
    joinedBias = try Tensor.cat(layers.compactMap(\.bias), dim: 0)
    embedded = try head.embed(times: times)
    width = embedded.shape[1]
    stride = joined.columns
    context = try Tensor(uninitialized: [rows, width])
    conditions = try Tensor(uninitialized: [times.count * rows, width])
    modulations = try Tensor(uninitialized: [times.count * rows, stride])
    stream = try Tensor(uninitialized: [rows, width])
    normal = try Tensor(uninitialized: [rows, width])
    hidden = try Tensor(uninitialized: [rows, width])
    statistics = try Tensor(uninitialized: [2, rows])
  }

  /// Takes up the contexts [rows, contextWidth] of the next token.
  func prepare(_ contexts: UnsafePointer<Float>) throws {
    try head.context.apply(contexts, rows: rows, into: context.pointer)
    Profile.measure(
      .activation, operations: times &* rows &* width, bytes: 4 &* times &* rows &* width
    ) {
      smap_silu_of_sums(embedded.pointer, times, context.pointer, rows, width, conditions.pointer)
    }
    var epilogue = ProductEpilogue()
    epilogue.bias = UnsafePointer(joinedBias.pointer)
    try joined.multiply(
      LeftOperand(rows: conditions.pointer, width: width), rows: times * rows,
      into: modulations.pointer, epilogue)
  }

  /// The velocity at x [rows, tokenDim] and the time with this index.
  func velocity(
    at time: Int, _ x: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) throws {
    let rowModulations = modulations.pointer + time * rows * stride
    try head.input.apply(x, rows: rows, into: stream.pointer)
    for (index, block) in head.blocks.enumerated() {
      let part = rowModulations + index * 3 * width
      normalize(modulatedBy: part)
      try block.first.apply(normal.pointer, rows: rows, into: hidden.pointer, activation: .silu)
      try block.second.apply(hidden.pointer, rows: rows, into: normal.pointer)
      Profile.measure(.norm, operations: rows &* width, bytes: 16 &* rows &* width) {
        smap_gate(
          stream.pointer, part + 2 * width, normal.pointer, stride, rows, width, stream.pointer)
      }
    }
    normalize(modulatedBy: rowModulations + head.blocks.count * 3 * width)
    try head.output.apply(normal.pointer, rows: rows, into: result)
  }

  /// normal = norm(stream) * (1 + scale) + shift.
  private func normalize(modulatedBy part: UnsafePointer<Float>) {
    Profile.measure(.norm, operations: 2 &* rows &* width, bytes: 24 &* rows &* width) {
      smap_layer_norm(
        stream.pointer, nil, nil, Tensor.normEpsilon, rows, width, normal.pointer,
        statistics.pointer, statistics.pointer + rows)
      smap_modulate(normal.pointer, part, part + width, stride, rows, width, normal.pointer)
    }
  }
}
