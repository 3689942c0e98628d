// SPDX-License-Identifier: Apache-2.0
//
// How tensors print: `tensor([0, 0.3333, 1])`.
//
// Integers have no point. Others show four decimals, or four significant digits below one, without
// trailing zeros; very large and very small ones use an exponent. Columns are right-aligned. A
// tensor of more than a thousand elements, or of as many empty rows, shows three at each end of
// every dimension, and its shape; one of many dimensions shows fewer, so that the text is short
// whatever the shape. The complete text, for strings that a program processes further, has every
// element with all its digits. What the prompt and `show` display is shorter still: `Room` is how
// many lines, and characters in a line, the text of a large tensor may take.

import Tensors

/// The text of one tensor.
struct TensorDisplay {
  private(set) var text: String
  private let tensor: Tensor
  private var isLong: Bool
  /// For complete texts: the session whose limits bound it.
  private let session: Session?
  private var polling: Polling
  /// Why the complete text could not be built.
  private(set) var failure: (any Error)?
  private var width = 0
  /// The columns before the text, and before its rows.
  private var margin = 0
  private var indent: Int
  /// How many indices are shown at each end of every dimension.
  private var edges: [Edges]
  /// The empty lines between matrices.
  private var blankLines = 1
  /// The characters in a line, or nil for any number.
  private var columns: Int?

  private static let maximumCount = 1000

  /// The number of indices shown at both ends of a dimension.
  private typealias Edges = (head: Int, tail: Int)

  /// The room for the text of a large tensor.
  struct Room {
    /// The most lines.
    var lines = 12
    /// The characters in a line, or nil for any number.
    var columns: Int?
  }

  /// The displayed text, or the complete text for a session.
  init(_ tensor: Tensor, indent: Int, wholeFor session: Session? = nil) {
    self.tensor = tensor
    self.session = session
    polling = Polling(session)
    // For a tensor without elements the shape is all there is, and it may have any number of rows.
    isLong = (session == nil || tensor.count == 0) && TensorDisplay.isLong(tensor.shape)
    text = tensor.isParameter ? "param(" : "tensor("
    self.indent = indent + text.utf8.count
    edges = TensorDisplay.edges(rank: tensor.rank)
    do {
      // An element takes three characters at least.
      if !isLong { try session?.claim(stringBytes: 3 * tensor.count) }
    } catch {
      failure = error
      return
    }
    writeAll()
  }

  /// The displayed text for a prompt, which begins at some column.
  init(_ tensor: Tensor, indent: Int = 0, within room: Room) {
    self.init(tensor, indent: indent, of: room)
    guard height > room.lines else { return }
    // The shape has a line of its own.
    var less = room
    less.lines = max(1, room.lines - 1)
    self.init(tensor, indent: indent, of: less)
    if height > room.lines { text = TensorDisplay.summary(of: tensor) }
  }

  /// A tensor of which only the shape is shown.
  static func summary(of tensor: Tensor) -> String {
    "\(tensor.isParameter ? "param" : "tensor")(..., shape = \(tensor.shape))"
  }

  /// The lines of the text.
  private var height: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } + 1 }

  private init(_ tensor: Tensor, indent: Int, of room: Room) {
    self.tensor = tensor
    session = nil
    polling = Polling(nil)
    text = tensor.isParameter ? "param(" : "tensor("
    margin = indent
    self.indent = indent + text.utf8.count
    edges = TensorDisplay.edges(rank: tensor.rank)
    isLong = TensorDisplay.isLong(tensor.shape)
    columns = room.columns
    fit(room)
    writeAll()
  }

  private mutating func writeAll() {
    tensor.withValues { values in
      width = tensor.rank < 2 ? 0 : widest(values, dim: 0, offset: 0)
      write(values, dim: 0, offset: 0)
    }
    if isLong || tensor.count == 0 && tensor.rank > 1 { append(", ", "shape = \(tensor.shape)") }
    text += ")"
  }

  /// Appends a separator and what follows it, on a line of its own if this one has no room left for
  /// it and two more characters.
  private mutating func append(_ separator: String, _ next: String) {
    let last = text.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
    let line = last + (last == text.utf8.count ? margin : 0)
    let fits = columns.map { line + separator.utf8.count + next.utf8.count + 2 <= $0 } ?? true
    let blanks = String(repeating: " ", count: indent + (next.hasPrefix("shape") ? 0 : 1))
    text += (fits ? separator : ",\n" + blanks) + next
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

  /// The ends shown of a long tensor. Two to the power of eight: of the dimensions before the last
  /// eight, one index is shown.
  private static func edges(rank: Int) -> [Edges] {
    (0..<rank).map { dim in
      switch rank - dim {
      case 9...: (1, 0)
      case _ where rank > 5: (1, 1)
      case _ where rank == 5: (2, 2)
      default: (3, 3)
      }
    }
  }

  /// The indices shown along a dimension; nil stands for the omitted ones.
  private func shown(_ dim: Int) -> [Int?] {
    let size = tensor.shape[dim]
    let (head, tail) = edges[dim]
    guard isLong, size > head + tail else { return (0..<size).map { $0 } }
    return (0..<head).map { $0 } + [nil] + (size - tail..<size).map { $0 }
  }

  // MARK: - Fitting

  /// Shows less of a tensor that is too high or too wide: first of the outer dimensions.
  private mutating func fit(_ room: Room) {
    guard tensor.count > 0, tensor.rank > 0 else { return }
    let rowWidth = room.columns.map { _ in wholeRowWidth() } ?? 0
    if let columns = room.columns, !isLong {
      let wholeLines = lines
      let perLine = max(1, columns - indent - 2)
      isLong = rowWidth > (tensor.rank == 1 ? room.lines * perLine : columns)
      // What was short enough but for its rows keeps all of them.
      if isLong, wholeLines <= room.lines { keepRows() }
    }
    if !isLong, lines > room.lines { isLong = true }
    guard isLong else { return }
    shorten(to: room.lines)
    if let columns = room.columns { narrow(to: columns, lines: room.lines) }
  }

  private mutating func keepRows() {
    for dim in edges.indices.dropLast() { edges[dim] = (tensor.shape[dim], 0) }
  }

  /// Takes indices away from the outermost dimension that has some to spare, until the lines fit.
  private mutating func shorten(to limit: Int) {
    for dim in edges.indices.dropLast() {
      for fewer: Edges in [(3, 3), (2, 2), (1, 1), (1, 0)] {
        if lines <= limit { return }
        if fewer.head + fewer.tail < edges[dim].head + edges[dim].tail { edges[dim] = fewer }
      }
    }
    if lines > limit { blankLines = 0 }
  }

  /// Takes elements away from the middle of the rows, until they fit.
  private mutating func narrow(to columns: Int, lines: Int) {
    let last = tensor.rank - 1
    let available = columns - indent - tensor.rank - 5
    let element = tensor.withValues { longestElement($0) } + 2
    let perLine = max(1, (columns - indent - 2) / element)
    let places = tensor.rank == 1 ? lines * perLine - 1 : available / element
    guard tensor.shape[last] > places else {
      edges[last] = (tensor.shape[last], 0)
      return
    }
    let shown = max(2, min(places, edges[last].head + edges[last].tail))
    edges[last] = (shown - shown / 2, shown / 2)
  }

  /// The characters of the longest element among those of the first and the last rows.
  private func longestElement(_ values: UnsafeBufferPointer<Float>) -> Int {
    let sample = TensorDisplay.maximumCount
    var indices = Array(0..<min(values.count, sample))
    if values.count > sample { indices += max(sample, values.count - sample)..<values.count }
    return indices.reduce(1) { max($0, element(values, $1).utf8.count) }
  }

  /// The characters of a whole row.
  private func wholeRowWidth() -> Int {
    let size = tensor.shape[tensor.rank - 1]
    guard size <= TensorDisplay.maximumCount else { return Int.max }
    return tensor.withValues { indent + tensor.rank + size * (longestElement($0) + 2) }
  }

  /// The lines of the text, before any that a terminal breaks.
  private var lines: Int {
    var lines = 1
    for dim in (0..<max(0, tensor.rank - 1)).reversed() {
      let shown = shown(dim)
      let blank = min(1 + blankLines, tensor.rank - 1 - dim) - 1
      let whole = shown.count { $0 != nil }
      lines = whole * lines + (shown.count - whole) + max(0, shown.count - 1) * blank
      // Beyond this, the number no longer matters.
      if lines > 1 << 20 { return lines }
    }
    return lines
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
      : "," + String(repeating: "\n", count: min(1 + blankLines, tensor.rank - 1 - dim))
        + String(repeating: " ", count: indent + dim + 1)
    for (position, index) in shown(dim).enumerated() {
      if mustStop() { return }
      if tensor.rank == 1, columns != nil, position > 0 {
        append(separator, index.map { element(values, $0) } ?? "...")
        continue
      }
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
