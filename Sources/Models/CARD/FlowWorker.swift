// SPDX-License-Identifier: Apache-2.0
//
// One thread's part of the flow head. A velocity takes a few phases: in each, every thread computes
// its own columns of a product, which the others read in the next one. Norms need all columns;
// every thread computes them redundantly, which costs less than another phase.
//
// The same computation as layers is in `FlowHead.swift`; `PhaseTests.flowPhasesAreItsLayers` holds
// them equal.

import CKernels
import Networks
import Tensors

/// The columns of one part, in all layers of the head.
final class FlowWorker: VelocityPart {
  /// The phases of one velocity; after the last one, `conclude` returns it.
  let phases: Int

  private let rows: Int
  private let width: Int
  private let stride: Int
  private let input: FixedLinear
  private let firsts: [FixedLinear]
  private let seconds: [FixedLinear]
  private let output: FixedLinear
  private let shared: FlowBuffers
  private let own: Tensor
  // Raw pointers, since threads would contend for the reference counts of shared tensors.
  private let modulations: UnsafePointer<Float>
  private let streams: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  private let hidden: UnsafeMutablePointer<Float>
  private let branch: UnsafeMutablePointer<Float>
  private let normal: UnsafeMutablePointer<Float>

  /// Part number `part` of `parts`.
  init(_ head: FlowHead, _ shared: FlowBuffers, part: Int, of parts: Int) throws {
    self.shared = shared
    (rows, width, stride) = (shared.rows, shared.width, shared.modulations.shape[1])
    phases = 1 + 2 * head.blocks.count
    input = try head.input.fixed(part: part, of: parts)
    firsts = try head.blocks.map { try $0.first.fixed(part: part, of: parts) }
    seconds = try head.blocks.map { try $0.second.fixed(part: part, of: parts) }
    output = try head.output.fixed()
    own = try Tensor(uninitialized: [rows, width])
    modulations = UnsafePointer(shared.modulations.pointer)
    streams = (shared.streams[0].pointer, shared.streams[1].pointer)
    (hidden, branch, normal) = (shared.hidden.pointer, shared.branch.pointer, own.pointer)
  }

  /// Runs one phase of velocity number `turn`, at x [rows, tokenDim] and the time with this index.
  /// Every part may have its own copy of x, as long as all are equal.
  func work(phase: Int, turn: Int, time: Int, _ x: UnsafePointer<Float>) {
    let stream = stream(turn)
    let modulation = modulations + time * rows * stride
    guard phase > 0 else {
      smap_fetch_rows(modulation, stride, rows, 2 * width)
      input.apply(x, rows: rows, into: stream)
      return
    }
    let index = (phase - 1) / 2
    let part = modulation + index * 3 * width
    if phase % 2 == 1 {
      normalize(stream, modulatedBy: part)
      smap_fetch_rows(part + 2 * width, stride, rows, width)
      firsts[index].apply(normal, rows: rows, into: hidden, activation: .silu)
    } else {
      let second = seconds[index]
      smap_fetch_rows(hidden, width, rows, width)
      smap_fetch_rows(part + 3 * width, stride, rows, 2 * width)
      second.apply(hidden, rows: rows, into: branch)
      gate(stream, by: part + 2 * width, columns: second.columns)
    }
  }

  /// After the last phase: the whole velocity [rows, tokenDim].
  func conclude(turn: Int, time: Int, into result: UnsafeMutablePointer<Float>) {
    normalize(
      stream(turn), modulatedBy: modulations + time * rows * stride + firsts.count * 3 * width)
    output.apply(normal, rows: rows, into: result)
  }

  private func stream(_ turn: Int) -> UnsafeMutablePointer<Float> {
    turn % 2 == 0 ? streams.0 : streams.1
  }

  /// normal = norm(stream) * (1 + scale) + shift.
  private func normalize(
    _ stream: UnsafePointer<Float>, modulatedBy modulation: UnsafePointer<Float>
  ) {
    Profile.measure(.norm, operations: 2 &* rows &* width, bytes: 16 &* rows &* width) {
      smap_modulated_norm(
        stream, modulation, modulation + width, stride, Tensor.normEpsilon, rows, width, normal)
    }
  }

  /// stream += gate * branch, in some columns.
  private func gate(
    _ stream: UnsafeMutablePointer<Float>, by gates: UnsafePointer<Float>, columns: Range<Int>
  ) {
    Profile.measure(.norm, operations: rows &* columns.count, bytes: 16 &* rows &* columns.count) {
      for r in 0..<rows {
        let at = r * width + columns.lowerBound
        smap_gate(
          stream + at, gates + r * stride + columns.lowerBound, branch + at, stride, 1,
          columns.count, stream + at)
      }
    }
  }
}
