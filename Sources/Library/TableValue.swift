// SPDX-License-Identifier: Apache-2.0
//
// Tables: rows of records or lists, printed in aligned columns. The cells are formatted when the
// table is created, so that it shows the values of that moment.

import Runtime
import TerminalText

/// Rows and columns for display; the object holds the values, in row-major order.
final class TableValue {
  let columns: [String]
  let rowCount: Int
  /// What the rows come to, by name; may be empty. The values follow those of the rows.
  let summaryNames: [String]
  private let summaryCells: [String]
  private let cells: [[String]]
  /// Whether a column contains only numbers.
  private let isNumeric: [Bool]

  /// Further rows are counted, not shown.
  private static let maximumRows = 200
  /// Longer texts are truncated.
  private static let maximumCellLength = 200

  init(
    columns: [String], rows: [[Value]], summary: Record = Record(), session: Session
  ) throws {
    self.columns = columns
    summaryNames = summary.keys
    summaryCells = summary.keys.map { TableValue.cell(summary[$0] ?? .nil, session) }
    rowCount = rows.count
    var polling = Polling(session)
    isNumeric = try columns.indices.map { column in
      try rows.allSatisfy {
        try polling.turn()
        return $0[column].isNil || Conversion.number($0[column]) != nil
      }
    }
    cells = rows.prefix(TableValue.maximumRows).map { row in
      row.map { TableValue.cell($0, session) }
    }
  }

  private static func cell(_ value: Value, _ session: Session) -> String {
    switch value {
    case .nil: return ""
    case .number(let number):
      let isPlain = number.rounded() == number || !number.isFinite
      return isPlain ? Display.number(number) : Formatting.general(number, digits: 4)
    case .tensor(let tensor) where tensor.count == 1:
      guard let number = Conversion.number(value) else { return "" }
      return cell(.number(number), session)
    default:
      let text = Display.plain(value, session)
      let line = String(text.prefix(maximumCellLength + 1).map { $0.isNewline ? " " : $0 })
      return line.count <= maximumCellLength ? line : line.dropLast(3) + "..."
    }
  }

  /// The values of a row, in the order of the columns.
  func row(_ index: Int, of object: ForeignObject) -> [Value] {
    columns.indices.map { object.heldValue(index * columns.count + $0) }
  }

  /// The values of a column, from top to bottom.
  func column(_ index: Int, of object: ForeignObject) -> [Value] {
    (0..<rowCount).map { object.heldValue($0 * columns.count + index) }
  }

  /// What the rows come to.
  func summary(of object: ForeignObject) -> Record {
    let record = Record()
    for (index, name) in summaryNames.enumerated() {
      record[name] = object.heldValue(rowCount * columns.count + index)
    }
    return record
  }

  /// `psnr_mean: 21.3, violations: 0`, or empty.
  private var summaryLine: String {
    zip(summaryNames, summaryCells).map { "\($0): \($1)" }.joined(separator: ", ")
  }

  // MARK: - Text

  /// The table with columns aligned: numbers right, all else left.
  ///
  /// In a window of `width` columns, long texts are cut first; columns that do not fit then stand
  /// below, each block with the first column again.
  func text(width: Int? = nil) -> String {
    let layout = TableLayout(
      names: columns, cells: cells, isNumeric: isNumeric, width: width ?? Int.max)
    var lines = layout.lines
    if rowCount > cells.count { lines.append("... \(rowCount - cells.count) more rows") }
    if !summaryNames.isEmpty {
      lines += WordWrapping.lines(summaryLine, columns: width ?? Int.max, indent: "  ")
    }
    return lines.joined(separator: "\n")
  }

  // MARK: - HTML

  /// The table as HTML.
  var html: String {
    let head = columns.map { "<th>\(TableValue.escaped($0))</th>" }.joined()
    let body = cells.map { row in
      "<tr>"
        + row.indices.map { column in
          let align = isNumeric[column] ? " style=\"text-align: right\"" : ""
          return "<td\(align)>\(TableValue.escaped(row[column]))</td>"
        }.joined() + "</tr>"
    }
    let caption =
      summaryNames.isEmpty ? "" : "<caption>\(TableValue.escaped(summaryLine))</caption>"
    return "<table>\(caption)<thead><tr>\(head)</tr></thead><tbody>\(body.joined())</tbody></table>"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
    return result
  }
}

/// The function `table` and its type.
enum TableFunctions {
  static let type = ForeignType(
    "table", "Rows and columns of values, shown aligned.",
    fields: [
      .init("columns", "The names of the columns.") { object, _ in
        .strings(try object.payload(as: TableValue.self).columns)
      },
      .init("summary", "What a measure adds to its rows, as a record; empty for other tables.") {
        object, _ in
        .record(try object.payload(as: TableValue.self).summary(of: object))
      },
    ],
    display: { ($0.payload as? TableValue)?.text() ?? "table" },
    bundle: { object, session in
      let table = try object.payload(as: TableValue.self)
      return Bundle(text: table.text(width: session.receiver.columns), html: table.html)
    },
    index: { object, entries, _ in
      try element(of: object, entries)
    },
    count: { ($0.payload as? TableValue)?.rowCount ?? 0 })

  static let functions: [Builtin] = [
    Builtin(
      "table(rows: list) -> table", purity: .untried, "Makes a table of records, one for each row.",
      details: "Rows may also be lists, which give unnamed columns. `t[0]` is a row as a record, "
        + "`t[\"name\"]` a column as a list.",
      example: "table([{k: 1, db: 18.5}, {k: 2, db: 21}])[\"db\"]   #=> [18.5, 21]"
    ) { call in try table(of: call.list("rows").items, call) }
  ]

  /// A table whose rows are records or lists.
  static func table(of rows: [Value], _ call: Call) throws -> Value {
    var columns: [String] = []
    var positions: [String: Int] = [:]
    for row in rows {
      for name in try names(of: row, call) where positions[name] == nil {
        positions[name] = columns.count
        columns.append(name)
      }
    }
    let cells = rows.map { row in
      columns.enumerated().map { position, name -> Value in
        switch row {
        case .record(let record): record[name] ?? .nil
        case .list(let list): position < list.count ? list[position] : .nil
        default: .nil
        }
      }
    }
    let table = try TableValue(columns: columns, rows: cells, session: call.session)
    return .object(ForeignObject(type, table, holding: cells.flatMap { $0 }))
  }

  /// The table of a measure: records with the same fields, and what they come to.
  static func table(
    _ rows: [Record], summary: Record = Record(), _ session: Session
  ) throws -> Value {
    let columns = rows.first?.keys ?? []
    let cells = rows.map { row in columns.map { row[$0] ?? .nil } }
    let table = try TableValue(columns: columns, rows: cells, summary: summary, session: session)
    return .object(ForeignObject(type, table, holding: cells.flatMap { $0 } + summary.values))
  }

  private static func names(of row: Value, _ call: Call) throws -> [String] {
    switch row {
    case .record(let record): return record.keys
    case .list(let list): return list.items.indices.map { String($0) }
    default:
      throw call.failure(
        .type, "a row must be a record, but this is \(row.typePhrase)",
        hint: "write table([{name: value}, ..])", argument: "rows")
    }
  }

  private static func element(of object: ForeignObject, _ entries: [SubscriptValue]) throws -> Value
  {
    let table = try object.payload(as: TableValue.self)
    guard entries.count == 1, case .value(let value) = entries[0] else {
      throw ScriptError.type("a table is indexed by a row number or the name of a column")
    }
    if let name = value.asString {
      guard let column = table.columns.firstIndex(of: name) else {
        throw ScriptError.index(
          "there is no column \"\(name)\" in this table",
          hint: "its columns are \(table.columns.joined(separator: ", "))")
      }
      return .list(table.column(column, of: object))
    }
    guard let index = Conversion.integer(value) else {
      throw ScriptError.type("a table is indexed by a row number or the name of a column")
    }
    let count = table.rowCount
    guard index >= -count, index < count else {
      throw ScriptError.index("there is no row \(index) in a table of \(count) rows")
    }
    let record = Record()
    let row = table.row(index < 0 ? index + count : index, of: object)
    for (name, value) in zip(table.columns, row) { record[name] = value }
    return .record(record)
  }
}
