// SPDX-License-Identifier: Apache-2.0
//
// How the prompt looks at a text and at values: the colours of what is typed, what a statement
// took, and the table of variables.

import Console
import Library
import Runtime
import Syntax
import Tensors
import TerminalText

extension PromptHost {
  // MARK: - Colours

  /// As `ConsoleSession` says.
  public func highlights(of text: String) -> [StyledRange] {
    if text.hasPrefix(":") || text.hasPrefix("?") {
      return [StyledRange(0..<text.unicodeScalars.prefix { $0 != " " }.count, .command)]
    }
    let source = Source(path: "", text: text)
    let places = ScalarPlaces(text)
    var found: [StyledRange] = []
    var end = 0
    var before: Token.Kind?
    func add(_ start: Int, _ end: Int, _ style: TextStyle) {
      if start < end { found.append(StyledRange(places[start]..<places[end], style)) }
    }
    for token in Lexer.tokenize(source).tokens {
      let (start, stop) = (Int(token.span.start), Int(token.span.end))
      addComment(places, end..<start, &found)
      let isLibrary =
        token.kind == .name && before != .dot
        && session.builtins.globals[source.text(token.span)] != nil
      if let style = isLibrary ? .function : PromptHost.style(of: token.kind) {
        add(start, stop, style)
      }
      before = token.kind
      end = max(end, stop)
    }
    addComment(places, end..<places.byteCount, &found)
    return found
  }

  /// Between two tokens there are blanks and comments.
  private func addComment(
    _ places: ScalarPlaces, _ gap: Range<Int>, _ found: inout [StyledRange]
  ) {
    guard gap.count > 0, let start = places.first("#", in: gap) else { return }
    found.append(StyledRange(start..<places[gap.upperBound], .comment))
  }

  private static func style(of kind: Token.Kind) -> TextStyle? {
    switch kind {
    case .number: .number
    case .string, .stringHead, .stringMiddle, .stringTail, .format: .string
    case .true, .false, .nil: .number
    default: Token.Kind.keywords[kind.rawValue] == nil ? nil : .keyword
    }
  }

  // MARK: - What a statement takes

  /// As `ConsoleSession` says.
  public func measure(_ text: String) -> (outcome: ConsoleOutcome, use: String) {
    var outcome = ConsoleOutcome()
    Profile.start()
    let peak = MemoryBudget.peak { outcome = evaluate(text) }
    let kernels = Profile.stop().stages.sorted {
      $0.value.calls == $1.value.calls
        ? $0.key.rawValue < $1.key.rawValue : $0.value.calls > $1.value.calls
    }
    var parts = [peak > 0 ? "tensors took \(describeBytes(peak))" : "no tensors"]
    if !kernels.isEmpty {
      let count = kernels.reduce(0) { $0 + $1.value.calls }
      let names = kernels.prefix(3).map { "\($0.value.calls) \($0.key.rawValue)" }
      parts.append(
        "\(count) kernel\(count == 1 ? "" : "s"): " + names.joined(separator: ", ")
          + (kernels.count > names.count ? ", .." : ""))
    }
    return (outcome, parts.joined(separator: "; "))
  }

  // MARK: - Variables

  /// The variables as a table: name, kind, shape or length, memory, and the value on one line.
  func variableTable(columns: Int) -> String {
    let rows = session.variables.map { name, value in
      [
        name, value.typeName, VariableSize.text(of: value), VariableSize.memory(of: value),
        PromptHost.line(Display.text(value, session)),
      ]
    }
    guard !rows.isEmpty else { return "" }
    let table = [["name", "kind", "size", "memory", "value"]] + rows
    let widths = (0..<4).map { column in
      min(table.map { DisplayWidth.of($0[column]) }.max() ?? 0, 24)
    }
    return table.map { row in
      let cells = zip(row, widths).map { text, width in
        DisplayWidth.padded(DisplayWidth.prefix(text, columns: width), to: width + 2)
      }
      return PromptHost.shortened(cells.joined() + row[4], to: columns - 1)
    }.joined(separator: "\n")
  }

  /// A text on one line.
  private static func line(_ text: String) -> String {
    text.prefix(1000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func shortened(_ text: String, to columns: Int) -> String {
    guard DisplayWidth.of(text) > columns else { return text }
    return DisplayWidth.prefix(text, columns: max(0, columns - 4)) + " ..."
  }
}

/// Positions of bytes as positions of scalars.
private struct ScalarPlaces {
  private let bytes: [UInt8]
  /// For each byte the number of scalars before it; empty where each scalar is a byte.
  private var counts: [Int] = []

  init(_ text: String) {
    bytes = Array(text.utf8)
    guard bytes.contains(where: { $0 >= 0x80 }) else { return }
    var count = 0
    counts.reserveCapacity(bytes.count + 1)
    for byte in bytes {
      counts.append(count)
      // Only the last byte of a scalar is followed by the first one of another.
      if byte & 0xC0 != 0x80 { count += 1 }
    }
    counts.append(count)
  }

  var byteCount: Int { bytes.count }

  subscript(byte: Int) -> Int {
    let byte = min(max(byte, 0), bytes.count)
    return counts.isEmpty ? byte : counts[byte]
  }

  /// The scalar at which a character first stands in some bytes.
  func first(_ character: Unicode.Scalar, in range: Range<Int>) -> Int? {
    bytes[range.clamped(to: 0..<bytes.count)].firstIndex { UInt32($0) == character.value }
      .map { self[$0] }
  }
}

/// How large a value is.
enum VariableSize {
  /// A shape or a length, or nothing for what has neither.
  static func text(of value: Value) -> String {
    switch value {
    case .tensor(let tensor): "\(tensor.shape)"
    case .list(let list): "\(list.count)"
    case .record(let record): "\(record.count)"
    case .text(let text): "\(text.string.count)"
    default: ""
    }
  }

  /// The memory of a value, or nothing for plain numbers and functions.
  static func memory(of value: Value) -> String {
    var seen: Set<ObjectIdentifier> = []
    let bytes = bytes(of: value, &seen)
    return bytes > 0 ? describeBytes(bytes) : ""
  }

  /// The most containers that are looked into.
  private static let mostContainers = 10_000

  private static func bytes(of value: Value, _ seen: inout Set<ObjectIdentifier>) -> Int {
    switch value {
    case .tensor(let tensor):
      return tensor.count * 4 + (tensor.grad.map { $0.count * 4 } ?? 0)
    case .text(let text): return text.string.utf8.count
    case .list(let list):
      guard seen.count < mostContainers, seen.insert(ObjectIdentifier(list)).inserted else {
        return 0
      }
      return list.items.reduce(list.count * MemoryLayout<Value>.stride) {
        $0 + bytes(of: $1, &seen)
      }
    case .record(let record):
      guard seen.count < mostContainers, seen.insert(ObjectIdentifier(record)).inserted else {
        return 0
      }
      return record.values.reduce(record.count * MemoryLayout<Value>.stride) {
        $0 + bytes(of: $1, &seen)
      }
    case .object(let object): return object.type.bytes?(object) ?? 0
    default: return 0
    }
  }
}
