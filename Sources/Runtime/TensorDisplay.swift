// SPDX-License-Identifier: Apache-2.0
//
// How tensors print: `tensor([0, 0.3333, 1])`.
//
// Integers have no point. Others show four decimals, or four significant digits below one, without
// trailing zeros; very large and very small ones use an exponent. Columns are right-aligned. A
// tensor of more than a thousand elements, or of as many empty rows, shows three at each end of
// every dimension, and its shape; one of many dimensions shows fewer, so that the text is short
// whatever the shape. The complete text, for strings that a program processes further, has every
// element with all its digits.

import Tensors

/// The text of one tensor.
struct TensorDisplay {
  private(set) var text: String
  private let tensor: Tensor
  private let isLong: Bool
  /// For complete texts: the session whose limits bound it.
  private let session: Session?
  private var polling: Polling
  /// Why the complete text could not be built.
  private(set) var failure: (any Error)?
  private var width = 0
  private var indent: Int

  private static let maximumCount = 1000

  /// The displayed text, or the complete text for a session.
  init(_ tensor: Tensor, indent: Int, wholeFor session: Session? = nil) {
    self.tensor = tensor
    self.session = session
    polling = Polling(session)
    // For a tensor without elements the shape is all there is, and it may have any number of rows.
    isLong = (session == nil || tensor.count == 0) && TensorDisplay.isLong(tensor.shape)
    text = tensor.isParameter ? "param(" : "tensor("
    self.indent = indent + text.utf8.count
    do {
      // An element takes three characters at least.
      if !isLong { try session?.claim(stringBytes: 3 * tensor.count) }
    } catch {
      failure = error
      return
    }
    tensor.withValues { values in
      width = tensor.rank < 2 ? 0 : widest(values, dim: 0, offset: 0)
      write(values, dim: 0, offset: 0)
    }
    if isLong || tensor.count == 0 && tensor.rank > 1 { text += ", shape = \(tensor.shape)" }
    text += ")"
  }

  /// Whether a shape has too many rows and elements to display; empty rows count, too.
  private static func isLong(_ shape: [Int]) -> Bool {
    var cells = 1
    for size in shape where size > 1 {
      let (product, overflow) = cells.multipliedReportingOverflow(by: size)
      guard !overflow, product <= maximumCount else { return true }
      cells = product
    }
    return false
  }

  /// The indices shown along a dimension; nil stands for the omitted ones.
  private func shown(_ dim: Int) -> [Int?] {
    let size = tensor.shape[dim]
    // Two to the power of eight: of the dimensions before the last eight, one index is shown.
    let (head, tail) =
      switch tensor.rank - dim {
      case 9...: (1, 0)
      case _ where tensor.rank > 5: (1, 1)
      case _ where tensor.rank == 5: (2, 2)
      default: (3, 3)
      }
    guard isLong, size > head + tail else { return (0..<size).map { $0 } }
    return (0..<head).map { $0 } + [nil] + (size - tail..<size).map { $0 }
  }

  /// The stride of a dimension in elements.
  private func stride(_ dim: Int) -> Int { tensor.shape[(dim + 1)...].reduce(1, *) }

  /// Polls the limits while a complete text is built; true if they are exceeded.
  private mutating func mustStop() -> Bool {
    guard session != nil, failure == nil else { return failure != nil }
    do { try polling.turn() } catch { failure = error }
    return failure != nil
  }

  private mutating func widest(_ values: UnsafeBufferPointer<Float>, dim: Int, offset: Int) -> Int {
    guard dim < tensor.rank else { return element(values, offset).utf8.count }
    var result = 0
    for case let index? in shown(dim) {
      if mustStop() { return 0 }
      result = max(result, widest(values, dim: dim + 1, offset: offset + index * stride(dim)))
    }
    return result
  }

  private mutating func write(_ values: UnsafeBufferPointer<Float>, dim: Int, offset: Int) {
    guard dim < tensor.rank else {
      let element = element(values, offset)
      text += String(repeating: " ", count: max(0, width - element.utf8.count)) + element
      return
    }
    text += "["
    let isRow = dim == tensor.rank - 1
    let separator =
      isRow
      ? ", "
      : "," + String(repeating: "\n", count: min(2, tensor.rank - 1 - dim))
        + String(repeating: " ", count: indent + dim + 1)
    for (position, index) in shown(dim).enumerated() {
      if mustStop() { return }
      if position > 0 { text += separator }
      if let index {
        write(values, dim: dim + 1, offset: offset + index * stride(dim))
      } else {
        text += "..."
      }
    }
    text += "]"
  }

  private func element(_ values: UnsafeBufferPointer<Float>, _ offset: Int) -> String {
    if tensor.whole != nil { return Display.number(tensor.number(at: offset)) }
    return session != nil ? Display.number(values[offset]) : TensorDisplay.element(values[offset])
  }

  /// One element, rounded.
  static func element(_ value: Float) -> String {
    let number = Double(value)
    guard value.isFinite else { return Display.number(number) }
    let size = abs(number)
    if number.rounded() == number, size < 1e8 { return Display.number(number) }
    if size >= 1e6 || size < 1e-4 { return Formatting.general(number, digits: size < 1 ? 4 : 7) }
    if size < 1 { return Formatting.general(number, digits: 4) }
    return Formatting.trimmed(Formatting.fixed(number, decimals: 4))
  }
}
