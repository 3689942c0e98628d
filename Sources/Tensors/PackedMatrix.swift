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
import Synchronization

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
  package let depth: Int
  package let columns: Int
  private let storage: Storage
  private let start: Int
  private let rowStride: Int
  private let panelStride: Int
  /// Whether two numbers of a column, rounded, share the place of one.
  private let isPaired: Bool

  /// Packs a matrix whose entry (p, j) lies at `b[p * rowStride + j * columnStride]`, in the current
  /// precision.
  package init(
    _ b: UnsafePointer<Float>, depth: Int, columns: Int, rowStride: Int, columnStride: Int
  ) throws {
    self.depth = depth
    self.columns = columns
    let isPaired = Precision.current == .bfloat16
    self.isPaired = isPaired
    storage = try Storage(
      uninitialized: isPaired
        ? smap_packed_pairs_size(depth, columns) : smap_packed_size(depth, columns))
    (start, self.rowStride, panelStride) = (0, PackedMatrix.panel, PackedMatrix.panel * depth)
    let to = storage.pointer
    let pack = isPaired ? smap_pack_pairs : smap_pack
    // A panel or two at a time: packing is a copy, and small ones are not worth a dispatch.
    let panelsPerChunk = max(1, (1 << 16) / max(1, depth * PackedMatrix.panel))
    Profile.measure(.packing, bytes: 8 &* depth &* columns) {
      ThreadPool.forEachBlock(rows: panels, rowsPerBlock: panelsPerChunk) { range in
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
    depth = rows.count
    self.columns = columns
    isPaired = false
    storage = matrix.storage
    (start, rowStride, panelStride) = (rows.lowerBound * pitch, pitch, PackedMatrix.panel)
  }

  private static let panel = Int(SMAP_PANEL)
  private var panels: Int { (columns + PackedMatrix.panel - 1) / PackedMatrix.panel }

  /// c [rows, columns] = epilogue(a B), where a is [rows, depth].
  package func multiply(
    _ a: LeftOperand, rows: Int, into c: UnsafeMutablePointer<Float>,
    _ epilogue: ProductEpilogue = ProductEpilogue()
  ) throws {
    guard rows > 0, columns > 0 else { return }
    let cut = Cut(rows: rows, panels: panels, depth: depth)
    // Rows that are contiguous are read in place; only others need a copy of a strip.
    let scratchSize =
      isPaired
      ? smap_product_bfloat16_scratch(depth)
      : a.depthStride == 1 ? 0 : smap_product_scratch(depth)
    let scratch = scratchSize == 0 ? nil : try Storage(uninitialized: scratchSize * cut.count)
    var work = SMAPEpilogue()
    work.bias = epilogue.bias
    work.activation = epilogue.activation.rawValue
    work.accumulate = epilogue.accumulates ? 1 : 0
    let (fixed, stride) = (work, columns)
    Profile.measure(
      .product, operations: 2 &* rows &* depth &* columns,
      bytes: 4 &* (rows &* depth &+ depth &* columns &+ rows &* columns),
      sizes: Profile.Sizes(rows: rows, depth: depth, columns: columns)
    ) {
      ThreadPool.forEach(chunks: cut.count) { chunk in
        let (row, count) = cut.rows(of: chunk)
        let panels = cut.panels(of: chunk)
        var part = fixed
        part.residual = epilogue.residual.map { $0 + row * stride }
        part.before = epilogue.before.map { $0 + row * stride }
        let left = a.pointer + row * a.rowStride
        let room = scratch.map { $0.pointer + chunk * scratchSize }
        if isPaired {
          smap_product_bfloat16(
            count, columns, depth, left, a.rowStride, a.depthStride, storage.pointer,
            panels.lowerBound, panels.upperBound, c + row * stride, stride, &part, room)
        } else {
          smap_product(
            count, columns, depth, left, a.rowStride, a.depthStride, storage.pointer + start,
            rowStride, panelStride, panels.lowerBound, panels.upperBound, c + row * stride, stride,
            &part, room)
        }
      }
    }
  }

  /// How a product is cut into chunks for the threads: by rows if there are many, else by panels.
  private struct Cut {
    private let rowCount: Int
    private let panelCount: Int
    private let height: Int
    private let across: Int
    let count: Int

    /// Multiplications of a chunk, where there are many.
    private static let least = 1 << 18
    /// Multiplications that are worth a second thread: in loops over small products, as in drawing, it
    /// is still looking for work when the next one comes.
    private static let leastHalved = 1 << 16
    /// A strip of the kernel is 14 rows high; chunks are whole strips.
    private static let strip = 14

    init(rows: Int, panels: Int, depth: Int) {
      rowCount = rows
      panelCount = panels
      let work = rows * panels * PackedMatrix.panel * max(depth, 1)
      let wanted = work < Cut.leastHalved ? 1 : max(2, min(16, work / Cut.least))
      let strips = (rows + Cut.strip - 1) / Cut.strip
      if strips >= wanted {
        height = (strips + wanted - 1) / wanted * Cut.strip
        across = panels
        count = (rows + height - 1) / height
      } else {
        height = rows
        across = (panels + wanted - 1) / wanted
        count = (panels + across - 1) / across
      }
    }

    func rows(of chunk: Int) -> (first: Int, count: Int) {
      guard across >= panelCount else { return (0, rowCount) }
      let first = chunk * height
      return (first, min(height, rowCount - first))
    }

    func panels(of chunk: Int) -> Range<Int> {
      guard across < panelCount else { return 0..<panelCount }
      return chunk * across..<min(panelCount, (chunk + 1) * across)
    }
  }
}

/// Counts changes of parameters in place, so that whatever was made from their values knows when
/// it is out of date.
package enum ParameterChanges {
  private static let counter = Atomic<Int>(0)

  /// The number of changes so far.
  package static var count: Int { counter.load(ordering: .acquiring) }

  /// To be called after values of parameters were changed in place.
  package static func note() { counter.add(1, ordering: .releasing) }
}

/// The packed forms of a weight, made when they are first needed and again after it has changed.
package final class PackedWeight: Sendable {
  private struct Forms {
    var changes = -1
    var storage: ObjectIdentifier?
    var forward = ByPrecision()
    var backward = ByPrecision()
  }

  private struct ByPrecision {
    private var whole: PackedMatrix?
    private var rounded: PackedMatrix?

    subscript(precision: Precision) -> PackedMatrix? {
      get { precision == .bfloat16 ? rounded : whole }
      set { if precision == .bfloat16 { rounded = newValue } else { whole = newValue } }
    }
  }

  private let forms = Mutex(Forms())

  package init() {}

  /// The form for `x Wᵀ` with a weight [out, in].
  package func forward(_ weight: Tensor) throws -> PackedMatrix {
    try form(weight, \.forward) { try PackedMatrix(transposeOf: $0) }
  }

  /// The form for `x [Wᵀ Vᵀ ...]`: several weights [out, in] side by side, in one product.
  package func forward(joining weights: [Tensor]) throws -> PackedMatrix {
    guard let first = weights.first else { throw TensorError.value("there are no weights to join") }
    return try form(first, \.forward) { _ in
      try Tensor.withoutGradients { try PackedMatrix(transposeOf: Tensor.cat(weights, dim: 0)) }
    }
  }

  /// The form for `dy W`.
  package func backward(_ weight: Tensor) throws -> PackedMatrix {
    try form(weight, \.backward) { try PackedMatrix($0) }
  }

  private func form(
    _ weight: Tensor, _ which: WritableKeyPath<Forms, ByPrecision>,
    _ make: (Tensor) throws -> PackedMatrix
  ) throws -> PackedMatrix {
    try forms.withLock { forms in
      let changes = ParameterChanges.count
      let storage = ObjectIdentifier(weight.storage)
      if forms.changes != changes || forms.storage != storage {
        forms = Forms(changes: changes, storage: storage)
      }
      let precision = Precision.current
      if let found = forms[keyPath: which][precision] { return found }
      let made = try make(weight)
      forms[keyPath: which][precision] = made
      return made
    }
  }
}
