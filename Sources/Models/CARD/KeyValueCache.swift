// SPDX-License-Identifier: Apache-2.0
//
// The backbone of CARD, one token at a time: the keys and values of the tokens so far are cached,
// and the new one attends to them. Threads work on a token together (`BackboneWorker`). All buffers
// are allocated once and reused for every token.
//
// The same computation as layers is in `Backbone.swift`; `PhaseTests.backbonePhasesAreItsLayers`
// holds them equal.

import CKernels
import Networks
import Tensors

/// Keys and values of the previous tokens, block by block, and the buffers of one step.
final class KeyValueCache {
  private let backbone: CausalBackbone
  private let rows: Int
  private let width: Int
  private let buffers: BackboneBuffers
  private let workers: [BackboneWorker]
  private let scratch: Tensor

  /// A cache for `rows` pictures of up to `capacity` tokens.
  init(_ backbone: CausalBackbone, rows: Int, capacity: Int) throws {
    let width = backbone.width
    (self.backbone, self.rows, self.width) = (backbone, rows, width)
    let buffers = try BackboneBuffers(backbone, rows: rows, capacity: capacity)
    self.buffers = buffers
    let parts = ThreadPool.parts(multiplications: rows * width * width)
    workers = try (0..<parts).map { try BackboneWorker(backbone, buffers, part: $0, of: parts) }
    scratch = try Tensor(uninitialized: [rows])
  }

  /// Processes one embedded token per row [rows, width] and writes the context of the next one.
  func advance(
    _ embedded: UnsafePointer<Float>, position: Int, into context: UnsafeMutablePointer<Float>
  ) throws {
    let stream = buffers.stream.pointer
    for r in 0..<rows {
      smap_add(
        embedded + r * width, backbone.positions.pointer + position * width, stream + r * width,
        width)
    }
    let workers = workers
    ThreadPool.forEachPhase(phases: workers[0].phases, parts: workers.count) { phase, part in
      workers[part].work(phase: phase, position: position)
    }
    Profile.measure(.norm, operations: rows &* width, bytes: 8 &* rows &* width) {
      smap_rms_norm(
        stream, backbone.norm.gain.pointer, Tensor.normEpsilon, rows, width, context,
        scratch.pointer)
    }
    for r in 0..<rows {
      smap_accumulate(context + r * width, backbone.targets.pointer + position * width, width)
    }
  }
}

/// The buffers that all threads share while a token passes through the backbone.
final class BackboneBuffers {
  let rows: Int
  let capacity: Int
  let keys: [Tensor]
  let values: [Tensor]
  let stream: Tensor
  let queryKeyValue: Tensor
  let attended: Tensor
  let gateUp: Tensor

  init(_ backbone: CausalBackbone, rows: Int, capacity: Int) throws {
    let width = backbone.width
    (self.rows, self.capacity) = (rows, capacity)
    let shape = [rows, capacity, width]
    keys = try backbone.blocks.map { _ in try Tensor(uninitialized: shape) }
    values = try backbone.blocks.map { _ in try Tensor(uninitialized: shape) }
    stream = try Tensor(uninitialized: [rows, width])
    queryKeyValue = try Tensor(uninitialized: [rows, 3 * width])
    attended = try Tensor(uninitialized: [rows, width])
    let hidden = backbone.blocks.map { $0.down.weight.shape[1] }.max() ?? 0
    gateUp = try Tensor(uninitialized: [rows, 2 * hidden])
  }
}
