// SPDX-License-Identifier: Apache-2.0
//
// Matrix products against an operand that is rearranged once and used often, such as the weights
// of a layer. Our kernel beats a general library here for two reasons: the library rearranges the
// weights in every call, and what follows the product (bias, activation, residual) costs another
// pass over memory there.
//
// Every entry of a result is one chain of fused multiply-adds over the depth, in order. So its bits
// do not depend on how many rows are computed together, nor on how the work is cut up: a picture
// encoded alone has the same tokens as in a batch.

import CKernels

/// What follows a matrix product while the result is still in cache.
package struct ProductEpilogue {
  /// An activation, as the kernels number them.
  package enum Activation: Int32, Sendable {
    case none = 0
    case gelu = 1
    case silu = 2
  }

  /// Added to every row.
  package var bias: UnsafePointer<Float>?
  /// Applied after the bias.
  package var activation = Activation.none
  /// Receives what the activation is applied to.
  package var before: UnsafeMutablePointer<Float>?
  /// Added after the activation; laid out like the result.
  package var residual: UnsafePointer<Float>?
  /// Whether the product is added to what the result holds.
  package var accumulates = false

  /// The bare product.
  package init() {}
}

/// The left operand of a product: where entry (row, depth) lies.
package struct LeftOperand {
  package let pointer: UnsafePointer<Float>
  package let rowStride: Int
  package let depthStride: Int

  /// A matrix whose rows lie one after the other, `width` floats each.
  package init(rows pointer: UnsafePointer<Float>, width: Int) {
    (self.pointer, rowStride, depthStride) = (pointer, width, 1)
  }

  /// The transpose of such a matrix.
  package init(transposed pointer: UnsafePointer<Float>, width: Int) {
    (self.pointer, rowStride, depthStride) = (pointer, 1, width)
  }
}

/// The right operand B [depth, columns] of products A B, in the order in which they read it.
package final class PackedMatrix: Sendable {
  /// Where its entries lie, as long as the matrix lives.
  package let panels: PackedPanels
  private let storage: Storage

  /// Packs a matrix whose entry (p, j) lies at `b[p * rowStride + j * columnStride]`, in the current
  /// precision.
  package init(
    _ b: UnsafePointer<Float>, depth: Int, columns: Int, rowStride: Int, columnStride: Int
  ) throws {
    let isPaired = Precision.current == .bfloat16
    storage = try Storage(
      uninitialized: isPaired
        ? smap_packed_pairs_size(depth, columns) : smap_packed_size(depth, columns))
    let to = storage.pointer
    let panels = PackedPanels(
      pointer: to, depth: depth, columns: columns, rowStride: PackedPanels.width,
      panelStride: PackedPanels.width * depth, isPaired: isPaired)
    self.panels = panels
    let pack = isPaired ? smap_pack_pairs : smap_pack
    // A panel or two at a time: packing is a copy, and small ones are not worth a dispatch.
    let panelsPerChunk = max(1, (1 << 16) / max(1, depth * PackedPanels.width))
    Profile.measure(.packing, bytes: 8 &* depth &* columns) {
      ThreadPool.forEachBlock(rows: panels.count, rowsPerBlock: panelsPerChunk) { range in
        pack(
          b, rowStride, columnStride, depth, columns, range.lowerBound, range.upperBound, to)
      }
    }
  }

  /// The transpose of a weight [out, in], for `x Wᵀ`.
  package convenience init(transposeOf weight: Tensor) throws {
    let (out, width) = (weight.shape[0], weight.shape[1])
    try self.init(
      weight.pointer, depth: width, columns: out, rowStride: 1, columnStride: width)
  }

  /// A matrix [depth, columns] as it is.
  package convenience init(_ matrix: Tensor) throws {
    let (depth, columns) = (matrix.shape[0], matrix.shape[1])
    try self.init(
      matrix.pointer, depth: depth, columns: columns, rowStride: columns, columnStride: 1)
  }

  /// Rows of a matrix [..., columns] as they are, for a left operand that is transposed: such a product
  /// is long and reads its right operand seldom, so that packing would cost more than it gains.
  /// Rows that lie `pitch` apart may have gaps between them. Those that are not whole vectors wide are
  /// packed all the same, and so are all if they must be rounded.
  package convenience init(
    rows: Range<Int>, of matrix: Tensor, columns: Int, pitch: Int? = nil
  ) throws {
    let pitch = pitch ?? columns
    if pitch % 16 == 0, Precision.current == .float32 {
      self.init(inPlace: rows, of: matrix, columns: columns, pitch: pitch)
    } else {
      try self.init(
        matrix.pointer + rows.lowerBound * pitch, depth: rows.count, columns: columns,
        rowStride: pitch, columnStride: 1)
    }
  }

  private init(inPlace rows: Range<Int>, of matrix: Tensor, columns: Int, pitch: Int) {
    storage = matrix.storage
    panels = PackedPanels(
      pointer: storage.pointer + rows.lowerBound * pitch, depth: rows.count, columns: columns,
      rowStride: pitch, panelStride: PackedPanels.width, isPaired: false)
  }

  package var depth: Int { panels.depth }
  package var columns: Int { panels.columns }

  /// c [rows, columns] = epilogue(a B), where a is [rows, depth].
  package func multiply(
    _ a: LeftOperand, rows: Int, into c: UnsafeMutablePointer<Float>,
    _ epilogue: ProductEpilogue = ProductEpilogue()
  ) throws {
    guard rows > 0, columns > 0 else { return }
    let panels = panels
    let cut = Cut(
      rows: rows, panels: panels.count, depth: depth, isTransposed: a.depthStride != 1)
    let isLong = Double(rows) * Double(depth) * Double(columns) > 0x1p30
    let scratchSize = panels.scratchSize(for: a)
    let scratch = scratchSize == 0 ? nil : try Storage(uninitialized: scratchSize * cut.count)
    Profile.measure(
      .product, operations: 2 &* rows &* depth &* columns,
      bytes: 4 &* (rows &* depth &+ depth &* columns &+ rows &* columns),
      sizes: Profile.Sizes(rows: rows, depth: depth, columns: columns)
    ) {
      ThreadPool.forEach(chunks: cut.count) { chunk in
        if isLong, Stop.isRequested { return }
        panels.multiply(
          a, rows: cut.rows(of: chunk), panels: cut.panels(of: chunk), into: c, epilogue,
          scratch: scratch.map { $0.pointer + chunk * scratchSize })
      }
    }
    if isLong { try Stop.check() }
  }

  /// How a product is cut into chunks for the threads: by rows if there are many, else by panels. Every
  /// entry is made whole by one chunk, so the cut changes no bits.
  private struct Cut {
    private let rowCount: Int
    private let panelCount: Int
    /// Whether the chunks are strips, and not panels.
    private let isByStrips: Bool
    /// How many strips or panels a chunk has; the last one may have fewer.
    private let size: Int
    let count: Int

    /// Multiplications of a chunk, where there are many.
    private static let least = 1 << 18
    /// Multiplications that are worth a second thread: in loops over small products, as in drawing, it
    /// is still looking for work when the next one comes.
    private static let leastHalved = 1 << 16
    /// A strip of the kernel is 14 rows high; chunks are whole strips.
    private static let strip = 14

    init(rows: Int, panels: Int, depth: Int, isTransposed: Bool) {
      rowCount = rows
      panelCount = panels
      let threads = ThreadPool.isInsideChunk ? 1 : ThreadPool.threadCount
      let work = rows * panels * PackedPanels.width * max(depth, 1)
      // Each chunk copies the strips of a transposed operand anew.
      let most = isTransposed ? min(16, 4 * threads) : 16
      let wanted = threads == 1 || work < Cut.leastHalved ? 1 : max(2, min(most, work / Cut.least))
      let strips = (rows + Cut.strip - 1) / Cut.strip
      isByStrips = strips >= min(wanted, panels)
      let units = isByStrips ? strips : panels
      size = Cut.evenSize(of: units, atMost: wanted, threads)
      count = (units + size - 1) / size
    }

    /// The size of chunks, at most so many, with which the last thread ends first.
    private static func evenSize(of units: Int, atMost count: Int, _ threads: Int) -> Int {
      let least = (units + count - 1) / count
      return (least...4 * least).min { longest(units, $0, threads) < longest(units, $1, threads) }
        ?? least
    }

    /// The most that a thread does if all take chunks in turn.
    private static func longest(_ units: Int, _ size: Int, _ threads: Int) -> Int {
      ((units + size - 1) / size + threads - 1) / threads * size
    }

    func rows(of chunk: Int) -> Range<Int> {
      guard isByStrips else { return 0..<rowCount }
      let height = size * Cut.strip
      return chunk * height..<min(rowCount, (chunk + 1) * height)
    }

    func panels(of chunk: Int) -> Range<Int> {
      guard !isByStrips else { return 0..<panelCount }
      return chunk * size..<min(panelCount, (chunk + 1) * size)
    }
  }
}
