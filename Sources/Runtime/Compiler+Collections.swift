// SPDX-License-Identifier: Apache-2.0
//
// Lists, matrices, records, comprehensions and strings with holes. Short ones are collected in
// registers first; long ones grow element by element, so no literal runs out of registers.

import Syntax

extension Compiler {
  /// The number of elements collected in registers before they are moved into their collection.
  private static let batch = 32

  func list(_ items: [Item], into target: Int, span: Span) throws {
    let hasSpread = items.contains { if case .spread = $0 { true } else { false } }
    if !hasSpread && items.count <= Compiler.batch {
      let first = try consecutive(items.map(\.expression), span: span)
      emit(.newList, target, first, items.count, span: span)
      return
    }
    let made = try allocate(span)
    emit(.newList, made, 0, 0, span: span)
    for item in items {
      try temporarily {
        switch item {
        case .value(let value):
          emit(.append, made, try operand(value), span: value.span)
        case .spread(let value):
          emit(.extend, made, try operand(value), span: value.span)
        }
      }
    }
    move(target, from: made, span: span)
  }

  /// Compiles expressions into consecutive registers and returns the first.
  func consecutive(_ nodes: [Expression], span: Span) throws -> Int {
    let first = try allocate(nodes.count, span)
    for (index, node) in nodes.enumerated() { try compile(node, into: first + index) }
    return first
  }

  func matrix(_ rows: [[Expression]], into target: Int, span: Span) throws {
    let made = try allocate(span)
    emit(.newList, made, 0, 0, span: span)
    for row in rows {
      try temporarily {
        let line = try allocate(span)
        try list(row.map { .value($0) }, into: line, span: row.first?.span ?? span)
        emit(.append, made, line, span: span)
      }
    }
    emit(.newMatrix, made, span: span)
    move(target, from: made, span: span)
  }

  func comprehension(
    _ element: Expression, _ clauses: [Clause], _ condition: Expression?, into target: Int,
    span: Span
  ) throws {
    let made = try allocate(span)
    emit(.newList, made, 0, 0, span: span)
    try nest(clauses[...], span: span) {
      let skips = try condition.map { try jumpUnless($0) } ?? []
      try temporarily { emit(.append, made, try operand(element), span: element.span) }
      aim(skips)
    }
    move(target, from: made, span: span)
  }

  private func nest(
    _ clauses: ArraySlice<Clause>, span: Span, body: () throws -> Void
  ) throws {
    guard let clause = clauses.first else { return try body() }
    try temporarily {
      try forLoop(clause.pattern, clause.sequence, span: span) {
        try nest(clauses.dropFirst(), span: span, body: body)
      }
    }
  }

  func record(_ entries: [Entry], into target: Int, span: Span) throws {
    if let (names, values) = plainFields(entries) {
      let first = try consecutive(values, span: span)
      parts.fieldNames.append(FieldNames(names.map { Text.name($0) }))
      emit(
        .makeRecord, target, first, names.count, word: parts.fieldNames.count - 1, span: span)
      return
    }
    let made = try allocate(span)
    emit(.newRecord, made, span: span)
    for entry in entries {
      try temporarily {
        switch entry {
        case .named(let name, let value):
          let register = try operand(value)
          emit(.setEntry, made, register, word: constant(fieldName: name.text), span: name.span)
        case .computed(let key, let value):
          let name = try operand(key, before: [value])
          emit(.setComputedEntry, made, try operand(value), name, span: key.span)
        case .shorthand(let name):
          let register = try operand(Expression(.name(name.text), name.span))
          emit(.setEntry, made, register, word: constant(fieldName: name.text), span: name.span)
        case .spread(let value):
          emit(.spreadRecord, made, try operand(value), span: value.span)
        }
      }
    }
    move(target, from: made, span: span)
  }

  /// Names and values of the entries, if all have plain names, none of them twice.
  private func plainFields(_ entries: [Entry]) -> (names: [String], values: [Expression])? {
    guard !entries.isEmpty, entries.count <= Compiler.batch else { return nil }
    var names: [String] = []
    var values: [Expression] = []
    for entry in entries {
      switch entry {
      case .named(let name, let value):
        names.append(name.text)
        values.append(value)
      case .shorthand(let name):
        names.append(name.text)
        values.append(Expression(.name(name.text), name.span))
      case .computed, .spread: return nil
      }
    }
    return Set(names).count == names.count ? (names, values) : nil
  }

  // MARK: - Strings

  /// The pieces that `s = "{s}..."` appends to `s`, if evaluating them does not change it.
  func appended(_ value: Expression, to name: Identifier) -> ArraySlice<StringPart>? {
    guard case .interpolation(let pieces) = value.kind, pieces.count <= Compiler.batch,
      case .hole(let first, nil)? = pieces.first, case .name(name.text) = first.kind
    else { return nil }
    let added = pieces.dropFirst()
    let isSafe = added.allSatisfy {
      if case .hole(let value, _) = $0 { !mayAssign(value) } else { true }
    }
    return isSafe && !added.isEmpty ? added : nil
  }

  /// Appends pieces to the string in the register of a variable.
  func append(_ pieces: ArraySlice<StringPart>, to register: Int, span: Span) throws {
    if pieces.count == 1, case .text(let text)? = pieces.first {
      emit(.appendConstant, register, word: constant(text), span: span)
      return
    }
    let first = try allocate(pieces.count, span)
    for (index, piece) in pieces.enumerated() { try part(piece, into: first + index, span) }
    emit(.appendText, register, first, pieces.count, span: span)
  }

  func interpolation(_ pieces: [StringPart], into target: Int, span: Span) throws {
    let made = try allocate(span)
    var isFirst = true
    var rest = pieces[...]
    repeat {
      let batch = rest.prefix(Compiler.batch)
      rest = rest.dropFirst(Compiler.batch)
      try temporarily {
        let first = try allocate(batch.count, span)
        for (index, piece) in batch.enumerated() { try part(piece, into: first + index, span) }
        if isFirst {
          emit(.interpolate, made, first, batch.count, span: span)
        } else {
          // `made` is directly below `first`, so the text so far is simply the first part.
          emit(.interpolate, made, made, batch.count + 1, span: span)
        }
        isFirst = false
      }
    } while !rest.isEmpty
    move(target, from: made, span: span)
  }

  private func part(_ piece: StringPart, into register: Int, _ span: Span) throws {
    switch piece {
    case .text(let text):
      emit(.loadConstant, register, word: constant(text), span: span)
    case .hole(let value, let format):
      try compile(value, into: register)
      guard let format, !format.isEmpty else { return }
      parts.formats.append(format)
      emit(.format, register, register, word: parts.formats.count - 1, span: value.span)
    }
  }
}
