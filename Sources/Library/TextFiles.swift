// SPDX-License-Identifier: Apache-2.0
//
// Values as text in files. JSON is parsed strictly; in writing, values that JSON cannot represent
// (functions, infinite numbers) are an error and not a silent null. A CSV file has one line of
// names and then one record per line (RFC 4180: quotes around commas, quotes doubled); a cell that
// parses as a number is one, an empty cell is nil.

import Files
import Runtime
import Tensors

/// Loading and saving text.
enum TextFiles {
  // MARK: - Plain text

  static let loadText: @Sendable (Call, String) throws -> Value = { call, path in
    .string(try text(path, call))
  }

  static let saveText: @Sendable (Call, String) throws -> Void = { call, path in
    try AtomicFile.write(path: path, bytes: Array(call.string("x").utf8))
  }

  private static func text(_ path: String, _ call: Call) throws -> String {
    let bytes = withoutByteOrderMark(try FileReader.read(path: path))
    try call.session.claim(stringBytes: bytes.count)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ScriptError.data(
        "'\(path)' cannot be used: it is not UTF-8 text",
        hint: isUTF16(bytes) ? "it is UTF-16; save it as UTF-8" : "save it as UTF-8")
    }
    return text
  }

  /// The bytes of a text without a UTF-8 byte order mark.
  static func withoutByteOrderMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
  }

  /// Whether bytes begin with the byte order mark of UTF-16.
  static func isUTF16(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
  }

  // MARK: - JSON

  static let loadJSON: @Sendable (Call, String) throws -> Value = { call, path in
    let bytes = withoutByteOrderMark(try FileReader.read(path: path))
    try call.session.claim(bytes: bytes.count * 8)
    do {
      return try value(try JSON.parse(bytes, check: call.checkInterrupt), call)
    } catch let error as JSON.ParseError {
      throw ScriptError.data(
        "'\(path)' cannot be used: \(error.message) at byte \(error.offset + bytes.startIndex)",
        hint: isUTF16(bytes)
          ? "it is UTF-16; save it as UTF-8" : "is it a .json file, and whole?")
    }
  }

  /// A value of a file.
  static func value(_ json: JSON, _ call: Call) throws -> Value {
    switch json {
    case .null: return .nil
    case .bool(let flag): return .bool(flag)
    case .number(let number): return .number(number)
    case .string(let text): return .string(text)
    case .array(let items):
      return .list(try items.map(checking: call.session) { try value($0, call) })
    case .object(let entries):
      let record = Record()
      var polling = call.polling
      for (key, item) in entries {
        try polling.turn()
        record[key] = try value(item, call)
      }
      return .record(record)
    }
  }

  static let saveJSON: @Sendable (Call, String) throws -> Void = { call, path in
    let json = try json(call["x"], call, depth: 0)
    try AtomicFile.write(path: path, bytes: Array((json.rendered + "\n").utf8))
  }

  /// A value as JSON; `depth` is how deep it is nested.
  static func json(_ value: Value, _ call: Call, depth: Int) throws -> JSON {
    guard depth < 60 else {
      throw call.failure(.value, "these values nest too deep for a file", argument: "x")
    }
    switch value {
    case .nil: return .null
    case .bool(let flag): return .bool(flag)
    case .text(let text): return .string(text.string)
    case .number(let number):
      guard number.isFinite else {
        throw call.failure(
          .value, "JSON has no word for \(Display.number(number))",
          hint: "save tensors to .npy, or put nil in its place", argument: "x")
      }
      return .number(number)
    case .record(let record):
      return .object(
        try zip(record.keys, record.values).map { ($0, try json($1, call, depth: depth + 1)) })
    case .list, .range, .tensor:
      if case .tensor(let tensor) = value, tensor.rank == 0 {
        return try json(.number(tensor.number(at: 0)), call, depth: depth)
      }
      try call.checkInterrupt()
      return .array(
        try call.session.elements(of: value).map(checking: call.session) {
          try json($0, call, depth: depth + 1)
        })
    default:
      throw call.failure(
        .type, "\(value.typePhrase) cannot be saved as JSON", argument: "x")
    }
  }

  // MARK: - Tables

  static let loadTable: @Sendable (Call, String) throws -> Value = { call, path in
    var records: [Value] = []
    try forEachRow(of: path, call) { names, cells in
      let record = Record()
      for (name, cell) in zip(names, cells) { record[name] = cellValue(cell) }
      records.append(.record(record))
    }
    return .list(records)
  }

  /// Calls `body` with the names of the columns and the cells of each record of a .csv file.
  static func forEachRow(
    of path: String, _ call: Call, _ body: (_ names: [String], _ cells: [String]) throws -> Void
  ) throws {
    var lines = CommaSeparated(try text(path, call))
    guard let names = try lines.next(path), Set(names).count == names.count else {
      throw ScriptError.data("'\(path)' cannot be used: it has no line of different names")
    }
    var number = 1
    while let cells = try lines.next(path) {
      // In a table of one column a blank line is an empty cell; in others it is no record.
      if cells == [""], names.count > 1 {
        try call.checkInterrupt()
        continue
      }
      number += 1
      guard cells.count == names.count else {
        let cellCount = "\(cells.count) cell\(cells.count == 1 ? "" : "s")"
        throw ScriptError.data(
          "'\(path)' cannot be used: record \(number - 1) has \(cellCount), not \(names.count)",
          hint: "quotes go around a cell that contains commas")
      }
      try call.session.claim(elements: cells.count, bytesEach: 64)
      try body(names, cells)
    }
  }

  private static func cellValue(_ cell: String) -> Value {
    if cell.isEmpty { return .nil }
    let isNumeric = cell.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || "+-.eE".utf8.contains($0) }
    let number = isNumeric || ["nan", "inf", "-inf"].contains(cell) ? Double(cell) : nil
    return number.map { .number($0) } ?? .string(cell)
  }

  static let saveTable: @Sendable (Call, String) throws -> Void = { call, path in
    let rows = try call.values("x")
    // The names of the fields are the first line, without which the file could not be read back.
    guard !rows.isEmpty else {
      throw call.failure(
        .value, "an empty list has no field names for a .csv file",
        hint: "save it as .json, or save no file", argument: "x")
    }
    var names: [String]?
    var lines: [String] = []
    for row in rows {
      guard case .record(let record) = row else {
        throw call.failure(
          .type, "a .csv file holds a list of records, but this one has \(row.typePhrase)",
          hint: "write data.save([{name: value}, ..], path)", argument: "x")
      }
      guard !record.keys.isEmpty else {
        throw call.failure(
          .value, "a record without fields has no place in a .csv file",
          hint: "give each at least one field", argument: "x")
      }
      if names == nil {
        names = record.keys
        lines.append(record.keys.map(quoted).joined(separator: ","))
      }
      guard record.keys == names else {
        throw call.failure(
          .value, "the records differ in their fields", hint: "give each the same fields",
          argument: "x")
      }
      lines.append(try record.values.map { try quoted(cellText($0, call)) }.joined(separator: ","))
    }
    let text = lines.joined(separator: "\n") + "\n"
    try AtomicFile.write(path: path, bytes: Array(text.utf8))
  }

  private static func cellText(_ value: Value, _ call: Call) throws -> String {
    switch value {
    case .nil: return ""
    case .text(let text): return text.string
    case .bool(let flag): return flag ? "true" : "false"
    default:
      guard let number = Conversion.number(value) else {
        throw call.failure(.type, "\(value.typePhrase) does not fit in a cell", argument: "x")
      }
      return Display.number(number)
    }
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\""
      + cell.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}

/// A CSV text, split into cells line by line.
private struct CommaSeparated {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The cells of the next line, or nil at the end.
  mutating func next(_ path: String) throws -> [String]? {
    guard position < bytes.count else { return nil }
    var cells: [String] = []
    while true {
      cells.append(try cell(path))
      guard position < bytes.count else { return cells }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: ",") { continue }
      if byte == UInt8(ascii: "\r"), position < bytes.count, bytes[position] == 10 { position += 1 }
      return cells
    }
  }

  /// A cell, up to the comma or newline after it.
  private mutating func cell(_ path: String) throws -> String {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      let start = position
      while position < bytes.count, ![44, 10, 13].contains(bytes[position]) { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte != UInt8(ascii: "\"") {
        content.append(byte)
      } else if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
        content.append(byte)
        position += 1
      } else {
        guard position == bytes.count || [44, 10, 13].contains(bytes[position]) else {
          throw ScriptError.data("'\(path)' cannot be used: text follows a closing quote")
        }
        return String(decoding: content, as: UTF8.self)
      }
    }
    throw ScriptError.data("'\(path)' cannot be used: a quote does not end")
  }
}
