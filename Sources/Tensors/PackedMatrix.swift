// SPDX-License-Identifier: Apache-2.0
//
// Matrix products with an operand that is packed once and used often, such as the weights of a
// layer. Our kernel is faster than a general BLAS library here for two reasons: the library packs
// the weights in every call, and the epilogue (bias, activation, residual) costs another pass over
// memory there.
//
// Every entry of a result is one chain of fused multiply-adds over the depth, in order. So its bits
// do not depend on how many rows are computed together, nor on how the work is divided: a picture
// encoded alone has the same tokens as in a batch.

import CKernels

/// The epilogue of a matrix product, applied while the result is still in the cache.
package struct ProductEpilogue {
  /// An activation, with the kernels' numbers.
  package enum Activation: Int32, Sendable {
    case none = 0
    case gelu = 1
    case silu = 2
  }

  /// Added to every row.
  package var bias: UnsafePointer<Float>?
  /// Applied after the bias.
  package var activation = Activation.none
  /// Receives the pre-activation.
  package var before: UnsafeMutablePointer<Float>?
  /// Added after the activation; laid out like the result.
  package var residual: UnsafePointer<Float>?
  /// Whether the product is added to the contents of the result.
  package var accumulates = false

  /// The bare product.
  package init() {}
}

/// The left operand of a product: a pointer with two strides.
package struct LeftOperand {
  package let pointer: UnsafePointer<Float>
  package let rowStride: Int
  package let depthStride: Int

  /// A row-major matrix with rows of `width` floats.
  package init(rows pointer: UnsafePointer<Float>, width: Int) {
    (self.pointer, rowStride, depthStride) = (pointer, width, 1)
  }

  /// The transpose of such a matrix.
  package init(transposed pointer: UnsafePointer<Float>, width: Int) {
    (self.pointer, rowStride, depthStride) = (pointer, 1, width)
  }
}

/// The right operand B [depth, columns] of products A B, in the layout that they read.
package final class PackedMatrix: Sendable {
  /// Its entries, valid for the lifetime of the matrix.
  package let panels: PackedPanels
  private let storage: Storage

  /// Packs a matrix whose entry (p, j) lies at `b[p * rowStride + j * columnStride]`, in the
  /// current precision.
  package init(
    _ b: UnsafePointer<Float>, depth: Int, columns: Int, rowStride: Int, columnStride: Int
  ) throws {
    let isPaired = Precision.current == .bfloat16
    storage = try Storage(
      uninitialized: isPaired
        ? smap_packed_pairs_size(depth, columns) : smap_packed_size(depth, columns))
    let to = storage.pointer
    let panels = PackedPanels(
      pointer: to, depth: depth, columns: columns, rowStride: Int(SMAP_PACKED),
      panelStride: PackedPanels.width * depth, isPaired: isPaired)
    self.panels = panels
    let pack = isPaired ? smap_pack_pairs : smap_pack
    // A panel or two per chunk: packing is a copy, and small ones are not worth a dispatch.
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

  /// A matrix [depth, columns].
  package convenience init(_ matrix: Tensor) throws {
    let (depth, columns) = (matrix.shape[0], matrix.shape[1])
    try self.init(
      matrix.pointer, depth: depth, columns: columns, rowStride: columns, columnStride: 1)
  }

  /// Rows of a matrix [..., columns] without packing, for a transposed left operand: such a product
  /// is long and rarely reads its right operand, so that packing would cost more than it gains.
  /// Rows with stride `pitch` may have gaps between them. Rows whose width is no multiple of the
  /// vector length are packed all the same, and so are all that must be rounded.
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

  /// How a product is divided into chunks for the threads: by rows if there are many, else by
  /// panels. Every entry is computed by one chunk, so the division changes no bits.
  private struct Cut {
    private let rowCount: Int
    private let panelCount: Int
    /// Whether the chunks are strips, and not panels.
    private let isByStrips: Bool
    /// The number of strips or panels per chunk; the last one may have fewer.
    private let size: Int
    let count: Int

    /// The minimum multiplications per chunk, if there are many.
    private static let least = 1 << 18
    /// The minimum multiplications for a second thread: in loops over small products, as in
    /// sampling, it is still spinning when the next product comes.
    private static let leastHalved = 1 << 16
    /// A strip of the kernel is 14 rows high; chunks are whole strips.
    private static let strip = 14

    init(rows: Int, panels: Int, depth: Int, isTransposed: Bool) {
      rowCount = rows
      panelCount = panels
      let threads = ThreadPool.isInsideChunk ? 1 : ThreadPool.threadCount
      let work = rows * panels * PackedPanels.width * max(depth, 1)
      // Each chunk copies the strips of a transposed operand again.
      let most = isTransposed ? min(16, 4 * threads) : 16
      let wanted = threads == 1 || work < Cut.leastHalved ? 1 : max(2, min(most, work / Cut.least))
      let strips = (rows + Cut.strip - 1) / Cut.strip
      isByStrips = strips >= min(wanted, panels)
      let units = isByStrips ? strips : panels
      size = Cut.evenSize(of: units, atMost: wanted, threads)
      count = (units + size - 1) / size
    }

    /// The chunk size, for at most so many chunks, with which the last thread finishes first.
    private static func evenSize(of units: Int, atMost count: Int, _ threads: Int) -> Int {
      let least = (units + count - 1) / count
      return (least...4 * least).min { longest(units, $0, threads) < longest(units, $1, threads) }
        ?? least
    }

    /// The maximum load of a thread if chunks are assigned round-robin.
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
