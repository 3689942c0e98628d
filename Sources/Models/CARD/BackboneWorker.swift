// SPDX-License-Identifier: Apache-2.0
//
// One thread's part of the backbone while a token passes through it. A block takes five phases:
// queries, keys and values; attention, by heads; its projection; gate and up; down. In products
// every thread computes its own columns. Norms and activations, which need all columns, are
// computed redundantly by every thread.
//
// The same computation as layers is in `Backbone.swift`; `PhaseTests.backbonePhasesAreItsLayers`
// holds them equal.

import CKernels
import Networks
import Tensors

/// The columns and heads of one part, in all blocks of the backbone.
final class BackboneWorker {
  /// The phases of one token.
  let phases: Int

  private static let phasesPerBlock = 5

  private let rows: Int
  private let capacity: Int
  private let width: Int
  private let heads: Int
  /// The (row, head) pairs for which this part computes attention.
  private let pairs: Range<Int>
  private let blocks: [Block]
  private let buffers: BackboneBuffers
  private let own: (normal: Tensor, gated: Tensor, scratch: Tensor)
  // Raw pointers, since threads would contend for the reference counts of shared tensors.
  private let stream: UnsafeMutablePointer<Float>
  private let queryKeyValue: UnsafeMutablePointer<Float>
  private let attended: UnsafeMutablePointer<Float>
  private let gateUp: UnsafeMutablePointer<Float>
  private let normal: UnsafeMutablePointer<Float>
  private let gated: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>

  /// Part number `part` of `parts`.
  init(_ backbone: CausalBackbone, _ buffers: BackboneBuffers, part: Int, of parts: Int) throws {
    self.buffers = buffers
    (rows, capacity) = (buffers.rows, buffers.capacity)
    (width, heads) = (backbone.width, backbone.heads)
    phases = BackboneWorker.phasesPerBlock * backbone.blocks.count
    pairs = part * rows * heads / parts..<(part + 1) * rows * heads / parts
    blocks = try backbone.blocks.enumerated().map { index, block in
      try Block(
        block, keys: buffers.keys[index], values: buffers.values[index], part: part, of: parts)
    }
    own = (
      try Tensor(uninitialized: [rows, width]),
      try Tensor(uninitialized: [rows, buffers.gateUp.shape[1] / 2]),
      try Tensor(uninitialized: [max(capacity, rows)])
    )
    stream = buffers.stream.pointer
    queryKeyValue = buffers.queryKeyValue.pointer
    attended = buffers.attended.pointer
    gateUp = buffers.gateUp.pointer
    (normal, gated, scratch) = (own.normal.pointer, own.gated.pointer, own.scratch.pointer)
  }

  /// Runs one phase for the token at this position.
  func work(phase: Int, position: Int) {
    let (index, inner) = phase.quotientAndRemainder(dividingBy: BackboneWorker.phasesPerBlock)
    let block = blocks[index]
    switch inner {
    case 0:
      normalize(block.gain1)
      block.queryKeyValue.apply(normal, rows: rows, into: queryKeyValue)
    case 1:
      attend(block, position)
    case 2:
      block.project.apply(attended, rows: rows, into: stream, accumulates: true)
    case 3:
      normalize(block.gain2)
      block.gateUp.apply(normal, rows: rows, into: gateUp)
    default:
      Profile.measure(
        .activation, operations: rows &* block.hidden, bytes: 12 &* rows &* block.hidden
      ) {
        smap_swiglu(gateUp, rows, block.hidden, gated)
      }
      block.down.apply(gated, rows: rows, into: stream, accumulates: true)
    }
  }

  /// Caches the new keys and values of this part's heads and attends with its queries.
  private func attend(_ block: Block, _ position: Int) {
    let headWidth = width / heads
    var pair = pairs.lowerBound
    while pair < pairs.upperBound {
      let (row, first) = pair.quotientAndRemainder(dividingBy: heads)
      let last = min(heads, first + pairs.upperBound - pair)
      pair += last - first
      let packed = queryKeyValue + row * 3 * width
      let (keys, values) = (
        block.keys + row * capacity * width, block.values + row * capacity * width
      )
      let (channel, channels) = (first * headWidth, (last - first) * headWidth)
      (keys + position * width + channel).update(from: packed + width + channel, count: channels)
      (values + position * width + channel)
        .update(from: packed + 2 * width + channel, count: channels)
      Profile.measure(
        .attention, operations: 4 &* (position &+ 1) &* channels,
        bytes: 8 &* (position &+ 1) &* channels
      ) {
        smap_attention_step(
          packed, keys, values, position + 1, heads, headWidth, first, last,
          attended + row * width, scratch)
      }
    }
  }

  private func normalize(_ gain: UnsafePointer<Float>) {
    Profile.measure(.norm, operations: rows &* width, bytes: 8 &* rows &* width) {
      smap_rms_norm(stream, gain, Tensor.normEpsilon, rows, width, normal, scratch)
    }
  }

  /// One block as seen by a part.
  private final class Block {
    let gain1: UnsafePointer<Float>
    let gain2: UnsafePointer<Float>
    let queryKeyValue: FixedLinear
    let project: FixedLinear
    let gateUp: FixedLinear
    let down: FixedLinear
    let keys: UnsafeMutablePointer<Float>
    let values: UnsafeMutablePointer<Float>
    let hidden: Int
    private let owner: CausalBlock

    init(_ block: CausalBlock, keys: Tensor, values: Tensor, part: Int, of parts: Int) throws {
      owner = block
      (gain1, gain2) = (
        UnsafePointer(block.norm1.gain.pointer), UnsafePointer(block.norm2.gain.pointer)
      )
      queryKeyValue = try block.queryKeyValue.fixed(part: part, of: parts)
      project = try block.project.fixed(part: part, of: parts)
      gateUp = try block.gateUp.fixed(part: part, of: parts)
      down = try block.down.fixed(part: part, of: parts)
      (self.keys, self.values) = (keys.pointer, values.pointer)
      hidden = block.down.weight.shape[1]
    }
  }
}
