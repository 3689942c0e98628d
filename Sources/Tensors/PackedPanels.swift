// SPDX-License-Identifier: Apache-2.0
//
// Where the entries of a right operand lie, as plain numbers: products that threads share read it
// without counting references, which costs more than a small product when two of them do it.

import CKernels

/// The entries of a matrix B [depth, columns], panel by panel, in memory that somebody else keeps.
package struct PackedPanels: @unchecked Sendable {
  package let pointer: UnsafePointer<Float>
  package let depth: Int
  package let columns: Int
  let rowStride: Int
  let panelStride: Int
  /// Whether two numbers of a column, rounded, share the place of one.
  let isPaired: Bool

  /// The columns of a panel.
  static let width = Int(SMAP_PANEL)

  /// The number of panels.
  package var count: Int { (columns + PackedPanels.width - 1) / PackedPanels.width }

  /// The panels that one of several parts of a product makes.
  package func panels(ofPart part: Int, of parts: Int) -> Range<Int> {
    part * count / parts..<(part + 1) * count / parts
  }

  /// The columns that lie in panels.
  package func columns(inPanels range: Range<Int>) -> Range<Int> {
    let first = min(columns, range.lowerBound * PackedPanels.width)
    return first..<max(first, min(columns, range.upperBound * PackedPanels.width))
  }

  /// The floats that a thread needs beside its operands, for a copy of a strip of the left one.
  package func scratchSize(for a: LeftOperand) -> Int {
    isPaired
      ? smap_product_bfloat16_scratch(depth)
      : smap_product_scratch(depth, a.rowStride, a.depthStride)
  }

  /// Some panels of some rows of c [rows, columns] = epilogue(a B), on this thread. All of them together
  /// have the bits of the whole product.
  package func multiply(
    _ a: LeftOperand, rows: Range<Int>, panels: Range<Int>, into c: UnsafeMutablePointer<Float>,
    _ epilogue: ProductEpilogue, scratch: UnsafeMutablePointer<Float>?
  ) {
    let before = rows.lowerBound * columns
    var work = SMAPEpilogue()
    work.bias = epilogue.bias
    work.activation = epilogue.activation.rawValue
    work.accumulate = epilogue.accumulates ? 1 : 0
    work.residual = epilogue.residual.map { $0 + before }
    work.before = epilogue.before.map { $0 + before }
    let left = a.pointer + rows.lowerBound * a.rowStride
    if isPaired {
      smap_product_bfloat16(
        smap_prefers_expanded_bfloat16(), rows.count, columns, depth, left, a.rowStride,
        a.depthStride, pointer, panels.lowerBound,
        panels.upperBound, c + before, columns, &work, scratch)
    } else {
      smap_product(
        rows.count, columns, depth, left, a.rowStride, a.depthStride, pointer, rowStride,
        panelStride, panels.lowerBound, panels.upperBound, c + before, columns, &work, scratch)
    }
  }
}
