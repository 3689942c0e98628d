// SPDX-License-Identifier: Apache-2.0
//
// Which values of a program the reader sees: those that an expectation or the end of a cell shows.

import Syntax

/// The values of top-level statements that are shown: expectations, and the ends of cells.
struct TopLevel {
  let source: Source
  private let marks: Set<Int>
  /// The first lines of cells; empty if the text has none.
  private let cells: [Int]
  let statements: [Statement]

  init(_ program: Program) {
    source = program.source
    statements = program.statements
    var marks: Set<Int> = []
    for comment in program.comments {
      let text = program.source.text(comment)
      let line = program.source.line(of: comment.start)
      // An expectation may be below its statement.
      if ["#=>", "#~>", "#!"].contains(where: text.hasPrefix) {
        marks.formUnion([line, line - 1])
      }
    }
    self.marks = marks
    cells = program.cells.all.map(\.line)
  }

  func shows(_ statement: Statement) -> Bool {
    let line = source.line(of: max(statement.span.start, statement.span.end - 1))
    if marks.contains(line) { return true }
    guard !cells.isEmpty else { return false }
    let next = statements.first { $0.span.start > statement.span.start }
    guard let next else { return true }
    let start = source.line(of: next.span.start)
    return cells.contains { line < $0 && $0 <= start }
  }
}
