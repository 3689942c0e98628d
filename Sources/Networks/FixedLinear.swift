// SPDX-License-Identifier: Apache-2.0
//
// A linear layer in a loop that several threads run together, each computing its own columns of the
// result. Everything that a call needs is prepared in advance, and every thread has objects of its
// own, so that threads do not contend for reference counts.

import Tensors

/// One thread's part of `x Wᵀ + b`, while the weights do not change.
package final class FixedLinear {
  /// The columns of the result that this part computes.
  package let columns: Range<Int>

  private let form: PackedPanels
  private let panels: Range<Int>
  private let bias: UnsafePointer<Float>?
  private let scratch: UnsafeMutablePointer<Float>?
  private let owners: (PackedMatrix, Tensor?, Storage?)

  init(_ matrix: PackedMatrix, _ bias: Tensor?, part: Int, of parts: Int) throws {
    form = matrix.panels
    panels = form.panels(ofPart: part, of: parts)
    columns = form.columns(inPanels: panels)
    let rows = LeftOperand(rows: form.pointer, width: form.depth)
    let size = form.scratchSize(for: rows)
    let room = size == 0 ? nil : try Storage(uninitialized: size)
    self.bias = bias.map { UnsafePointer($0.pointer) }
    scratch = room?.pointer
    owners = (matrix, bias, room)
  }

  /// The part's columns of y [rows, out] = activation(x Wᵀ + b), added to their contents if
  /// `accumulates`.
  package func apply(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    activation: Activation = .none, accumulates: Bool = false
  ) {
    guard rows > 0, !columns.isEmpty else { return }
    var epilogue = ProductEpilogue()
    epilogue.bias = bias
    epilogue.activation = activation.kernel
    epilogue.accumulates = accumulates
    let (depth, width) = (form.depth, columns.count)
    Profile.measure(
      .product, operations: 2 &* rows &* depth &* width,
      bytes: 4 &* (rows &* depth &+ depth &* width &+ rows &* width),
      sizes: Profile.Sizes(rows: rows, depth: depth, columns: width)
    ) {
      form.multiply(
        LeftOperand(rows: x, width: depth), rows: 0..<rows, panels: panels, into: y, epilogue,
        scratch: scratch)
    }
  }
}
