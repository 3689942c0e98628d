// SPDX-License-Identifier: Apache-2.0
//
// Calls, subscripts and functions.

import Syntax

/// The operands of the evaluated subscripts of an index expression.
enum SubscriptOperands {
  /// A single integer, by its index among the constants.
  case constant(Int)
  /// A single plain index in a register.
  case single(Int)
  /// Consecutive registers from `first`, described by entry `kinds` of the table.
  case several(first: Int, kinds: Int)
}

extension Compiler {
  // MARK: - Calls

  /// A call, or a pipe if there is an input; the result goes to `target`.
  ///
  /// Callee and arguments are in consecutive registers, which become the frame of the callee.
  func call(
    _ callee: Expression, input: Expression?, _ arguments: [Argument], into target: Int,
    span: Span
  ) throws {
    let base = target == nextRegister - 1 ? target : try allocate(span)
    let values = (input.map { [$0] } ?? []) + arguments.map(\.value)
    let isSimple = arguments.allSatisfy { if case .positional = $0.kind { true } else { false } }
    if isSimple, let (opcode, place) = variable(callee, before: values) {
      _ = try consecutive(values, span: span)
      emit(opcode, base, values.count, place, span: span)
      append(word: site(for: arguments, input: input), span: span)
      move(target, from: base, span: span)
      return
    }
    let dispatch = try prepare(callee, at: base)
    _ = try consecutive(values, span: span)
    emit(dispatch.opcode, base, values.count, isSimple ? 1 : 0, span: span)
    if let word = dispatch.word { append(word: word, span: callee.span) }
    append(word: site(for: arguments, input: input), span: span)
    move(target, from: base, span: span)
  }

  /// The register or capture of a callee that need not be loaded: a local variable that evaluating
  /// the arguments does not change, or a captured value.
  private func variable(
    _ callee: Expression, before arguments: [Expression]
  ) -> (opcode: Opcode, place: Int)? {
    guard case .name(let text) = callee.kind else { return nil }
    switch meaning(of: Identifier(text, callee.span)) {
    case .local(let variable):
      guard !variable.isCell, !arguments.contains(where: mayAssign) else { return nil }
      return (.callLocal, variable.register)
    case .captured(let variable, let index):
      guard !variable.isCell, !isSelf(variable, in: scope), neighbour(variable, of: scope) == nil
      else { return nil }
      return (.callCapture, index)
    case .global: return nil
    }
  }

  /// Loads the callee; the call instruction itself looks up globals and methods.
  private func prepare(
    _ callee: Expression, at base: Int
  ) throws -> (opcode: Opcode, word: Int?) {
    switch callee.kind {
    case .name(let text):
      let name = Identifier(text, callee.span)
      if case .global = meaning(of: name) { return (.callGlobal, global(text)) }
      load(name, into: base)
    case .field(let receiver, let name):
      try compile(receiver, into: base)
      return (.callMethod, constant(fieldName: name.text))
    default:
      try compile(callee, into: base)
    }
    return (.call, nil)
  }

  func site(for arguments: [Argument], input: Expression?) -> Int {
    var entries: [(kind: CallSite.ArgumentKind, span: Span, name: Span)] = []
    if let input { entries.append((.positional, input.span, input.span)) }
    for argument in arguments {
      let span = argument.value.span
      switch argument.kind {
      case .positional: entries.append((.positional, span, argument.span))
      case .spread: entries.append((.spread, span, argument.span))
      case .named(let name): entries.append((.named(name.text), span, name.span))
      }
    }
    parts.sites.append(CallSite(entries))
    return parts.sites.count - 1
  }

  // MARK: - Subscripts

  /// Evaluates subscripts so that evaluating `later` cannot change them.
  func compile(
    _ entries: [Syntax.Subscript], before later: [Expression], span: Span
  ) throws -> SubscriptOperands {
    if entries.count == 1, case .index(let value) = entries[0] {
      if case .number(let number) = value.kind, let index = smallConstant(number) {
        return .constant(index)
      }
      return .single(try operand(value, before: later))
    }
    var kinds: [SubscriptKind] = []
    let first = nextRegister
    for entry in entries {
      switch entry {
      case .index(let value):
        kinds.append(.value)
        try compile(value, into: try allocate(value.span))
      case .slice(let start, let stop, let step, let place):
        kinds.append(.slice)
        for part in [start, stop, step] {
          let register = try allocate(place)
          if let part {
            try compile(part, into: register)
          } else {
            emit(.loadNil, register, span: place)
          }
        }
      case .ellipsis: kinds.append(.ellipsis)
      }
    }
    parts.subscripts.append(kinds)
    return .several(first: first, kinds: parts.subscripts.count - 1)
  }

  func emitIndex(_ target: Int, _ base: Int, _ operands: SubscriptOperands, span: Span) {
    switch operands {
    case .constant(let index): emit(.getIndexConstant, target, base, index, span: span)
    case .single(let register): emit(.getIndex, target, base, register, span: span)
    case .several(let first, let kinds):
      emit(.getSubscripts, target, base, first, word: kinds, span: span)
    }
  }

  func emitIndexAssignment(
    _ base: Int, _ operands: SubscriptOperands, _ value: Int, span: Span
  ) {
    switch operands {
    case .constant(let index): emit(.setIndexConstant, base, index, value, span: span)
    case .single(let register): emit(.setIndex, base, register, value, span: span)
    case .several(let first, let kinds):
      emit(.setSubscripts, base, value, first, word: kinds, span: span)
    }
  }

  func emitGlobalAssignment(
    _ name: Identifier, _ operands: SubscriptOperands, _ value: Int, span: Span
  ) throws {
    let first: Int
    let kinds: Int
    switch operands {
    case .constant(let index):
      first = try allocate(span)
      emit(.loadConstant, first, word: index, span: span)
      kinds = singleSubscript()
    case .single(let register):
      first = register
      kinds = singleSubscript()
    case .several(let start, let entry):
      first = start
      kinds = entry
    }
    emit(.setGlobalSubscripts, 0, value, first, word: global(name.text), span: span)
    append(word: kinds, span: span)
  }

  private func singleSubscript() -> Int {
    parts.subscripts.append([.value])
    return parts.subscripts.count - 1
  }
}
