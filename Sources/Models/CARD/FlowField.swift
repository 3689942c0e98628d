// SPDX-License-Identifier: Apache-2.0
//
// The flow head, prepared for sampling one token. The field is evaluated at the same times for
// every token, so everything that depends only on time and context is computed in advance, for all
// times in one matrix product: the shifts, scales and gates of every block. Each velocity then
// needs only a few small products, which threads compute together (`FlowWorker`). Nothing is
// allocated after initialisation.
//
// The same computation as layers is in `FlowHead.swift`; `PhaseTests.flowPhasesAreItsLayers` holds
// them equal.

import CKernels
import Networks
import Tensors

/// The velocity of tokens [rows, tokenDim] at fixed times, for changing contexts. There may be
/// several choices of times, of which each token takes one.
final class FlowField {
  /// One for each participating thread.
  let workers: [FlowWorker]

  private let head: FlowHead
  private let rows: Int
  private let joined: PackedMatrix
  private let joinedBias: Tensor
  /// The embedded times of each choice.
  private let embedded: [Tensor]
  private let context: Tensor
  private let conditions: Tensor
  private let shared: FlowBuffers

  /// A field at the given times; weights must not change while it is in use.
  init(_ head: FlowHead, rows: Int, choices: [[Float]]) throws {
    self.head = head
    self.rows = rows
    let layers = head.blocks.map(\.modulation) + [head.lastModulation]
    joined = try head.modulations.forward(joining: layers.map(\.weight))
    joinedBias = try Tensor.cat(layers.compactMap(\.bias), dim: 0)
    embedded = try choices.map { try head.embed(times: $0) }
    let (width, times) = (embedded[0].shape[1], choices.map(\.count).max() ?? 0)
    context = try Tensor(uninitialized: [rows, width])
    conditions = try Tensor(uninitialized: [times * rows, width])
    let shared = try FlowBuffers(
      rows: rows, width: width, times: times, modulations: joined.columns)
    self.shared = shared
    let parts = ThreadPool.parts(multiplications: rows * width * width)
    workers = try (0..<parts).map { try FlowWorker(head, shared, part: $0, of: parts) }
  }

  /// Sets the contexts [rows, contextWidth] of the next token, and its choice of times.
  func prepare(_ contexts: UnsafePointer<Float>, choice: Int = 0) throws {
    let embedded = embedded[choice]
    try head.context.apply(contexts, rows: rows, into: context.pointer)
    let (times, width) = (embedded.shape[0], embedded.shape[1])
    Profile.measure(
      .activation, operations: times &* rows &* width, bytes: 4 &* times &* rows &* width
    ) {
      smap_silu_of_sums(embedded.pointer, times, context.pointer, rows, width, conditions.pointer)
    }
    var epilogue = ProductEpilogue()
    epilogue.bias = UnsafePointer(joinedBias.pointer)
    try joined.multiply(
      LeftOperand(rows: conditions.pointer, width: width), rows: times * rows,
      into: shared.modulations.pointer, epilogue)
  }
}

/// The buffers that all threads share while they compute a velocity.
final class FlowBuffers {
  let rows: Int
  let width: Int
  /// For each time and row: [shift | scale | gate] of each block, then the last [shift | scale].
  let modulations: Tensor
  /// Double-buffered: while one thread still reads the last velocity's, another begins the next.
  let streams: [Tensor]
  let hidden: Tensor
  let branch: Tensor

  init(rows: Int, width: Int, times: Int, modulations: Int) throws {
    (self.rows, self.width) = (rows, width)
    self.modulations = try Tensor(uninitialized: [times * rows, modulations])
    streams = try (0..<2).map { _ in try Tensor(uninitialized: [rows, width]) }
    hidden = try Tensor(uninitialized: [rows, width])
    branch = try Tensor(uninitialized: [rows, width])
  }
}
