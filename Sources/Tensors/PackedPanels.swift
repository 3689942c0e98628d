// SPDX-License-Identifier: Apache-2.0
//
// The layout of a right operand, as plain pointers: products that threads run together read it
// without reference counting, which costs more than a small product when threads contend.

import CKernels

/// The entries of a matrix B [depth, columns], panel by panel, in memory owned elsewhere.
package struct PackedPanels: @unchecked Sendable {
  package let pointer: UnsafePointer<Float>
  package let depth: Int
  package let columns: Int
  /// The stride of the rows of a panel, or `SMAP_PACKED`.
  let rowStride: Int
  let panelStride: Int
  /// Whether two numbers of a column, rounded to bfloat16, share the space of one float.
  let isPaired: Bool

  /// The columns of a panel.
  static let width = Int(SMAP_PANEL)

  /// The number of panels.
  package var count: Int { (columns + PackedPanels.width - 1) / PackedPanels.width }

  /// The panels that one of several parts of a product computes.
  package func panels(ofPart part: Int, of parts: Int) -> Range<Int> {
    part * count / parts..<(part + 1) * count / parts
  }

  /// The columns in a range of panels.
  package func columns(inPanels range: Range<Int>) -> Range<Int> {
    let first = min(columns, range.lowerBound * PackedPanels.width)
    return first..<max(first, min(columns, range.upperBound * PackedPanels.width))
  }

  /// The scratch memory that a thread needs, in floats, for a copy of a strip of the left operand.
  package func scratchSize(for a: LeftOperand) -> Int {
    isPaired
      ? smap_product_bfloat16_scratch(depth)
      : smap_product_scratch(depth, a.rowStride, a.depthStride, rowStride)
  }

  /// Some panels of some rows of c [rows, columns] = epilogue(a B), on this thread. All of them
  /// together have the same bits as the whole product.
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
