// SPDX-License-Identifier: Apache-2.0
//
// Assignments. Lists and records are changed in place. A tensor is a value, so `x[i] = v` replaces
// the tensor in the variable or element that holds `x`: a register, a global, a field, an element.

import Syntax

extension Compiler {
  func assignment(
    _ target: Expression, _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws {
    switch target.kind {
    case .name(let text):
      try nameAssignment(Identifier(text, target.span), sign, value, span)
    case .field(let base, let name):
      let object = try operand(base, before: [value])
      let key = constant(fieldName: name.text)
      let result: Int
      if let operation = sign.binary {
        result = try allocate(span)
        emit(.getField, result, object, word: key, span: target.span)
        try arithmetic(operation, result, value, into: result, span: span)
      } else {
        result = try operand(value)
      }
      emit(.setField, object, result, word: key, span: target.span)
    case .index(let base, let subscripts):
      try indexAssignment(base, subscripts, target, sign, value, span)
    default:
      throw Diagnostic(
        .syntax, "this cannot be assigned to", source: parts.source, span: target.span)
    }
  }

  private func nameAssignment(
    _ name: Identifier, _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws {
    var local: Int?
    if case .local(let variable) = meaning(of: name), !variable.isCell {
      local = variable.register
    }
    if let operation = sign.binary {
      let left = try local ?? allocate(span)
      if local == nil { load(name, into: left) }
      if let local, mayAssign(value) {
        let saved = try allocate(span)
        move(saved, from: local, span: span)
        try arithmetic(operation, saved, value, into: local, span: span)
      } else {
        try arithmetic(operation, left, value, into: left, span: span)
      }
      if local == nil { store(left, to: name) }
    } else if let local, let pieces = appended(value, to: name) {
      try append(pieces, to: local, span: span)
    } else if let local, try assign(value, to: local) {
      return
    } else {
      let result = try allocate(span)
      try compile(value, into: result)
      store(result, to: name)
    }
  }

  /// Compiles an expression directly into the register of a variable, if the result can be written
  /// after all operands have been read.
  private func assign(_ value: Expression, to local: Int) throws -> Bool {
    switch value.kind {
    case .number, .string, .boolean, .nothing, .name:
      try compile(value, into: local)
    case .binary(let sign, let left, let right):
      let scratch = try allocate(left.span)
      try binary(sign, left, right, into: local, scratch: scratch, span: value.span)
    case .index(let base, let subscripts):
      let scratch = try allocate(base.span)
      let container = try leftOperand(base, before: subscripts, scratch: scratch)
      let operands = try compile(subscripts, before: [], span: value.span)
      emitIndex(local, container, operands, span: value.span)
    case .field(let base, let name):
      let object = try operand(base)
      emit(.getField, local, object, word: constant(fieldName: name.text), span: value.span)
    default: return false
    }
    return true
  }

  // MARK: - Index assignment

  /// The storage of a container, so that a tensor in it can be replaced.
  private indirect enum Place {
    case local(Int)
    case name(Identifier)
    case field(object: Int, key: Int)
    /// An element of the container in a register; a tensor there must be written back.
    case element(container: Int, subscripts: SubscriptOperands, of: Place)
  }

  private func place(of base: Expression, before later: [Expression]) throws -> Place {
    switch base.kind {
    case .name(let text):
      return localRegister(of: base).map { .local($0) } ?? .name(Identifier(text, base.span))
    case .field(let inner, let name):
      let object = try operand(inner, before: later)
      return .field(object: object, key: constant(fieldName: name.text))
    case .index(let inner, let entries):
      let outer = try place(of: inner, before: entries.flatMap(\.expressions) + later)
      let container = try register(of: outer, span: inner.span)
      let subscripts = try compile(entries, before: later, span: base.span)
      return .element(container: container, subscripts: subscripts, of: outer)
    default:
      // The result of a call has no storage except the register that holds it.
      let register = try allocate(base.span)
      try compile(base, into: register)
      return .local(register)
    }
  }

  /// A register that holds the value of a place: its own, or a new one.
  private func register(of place: Place, span: Span) throws -> Int {
    if case .local(let register) = place { return register }
    let register = try allocate(span)
    fetch(place, into: register, span: span)
    return register
  }

  private func fetch(_ place: Place, into target: Int, span: Span) {
    switch place {
    case .local(let register): move(target, from: register, span: span)
    case .name(let name): load(name, into: target)
    case .field(let object, let key):
      emit(.getField, target, object, word: key, span: span)
    case .element(let container, let subscripts, _):
      emitIndex(target, container, subscripts, span: span)
    }
  }

  /// Writes the container in a register back to its storage if it is a tensor: lists and records
  /// have been changed in place.
  private func writeBack(_ register: Int, to place: Place, span: Span) {
    if case .local = place { return }
    let skip = emitJump(.unlessTensor, register, span: span)
    switch place {
    case .local: break
    case .name(let name): store(register, to: name)
    case .field(let object, let key):
      emit(.setField, object, register, word: key, span: span)
    case .element(let container, let subscripts, let outer):
      emitIndexAssignment(container, subscripts, register, span: span)
      writeBack(container, to: outer, span: span)
    }
    aim(skip)
  }

  private func indexAssignment(
    _ base: Expression, _ entries: [Syntax.Subscript], _ target: Expression,
    _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws {
    let later = entries.flatMap(\.expressions) + [value]
    let place = try place(of: base, before: later)
    let subscripts = try compile(entries, before: [value], span: target.span)
    let result = try newValue(place, subscripts, target, sign, value, span)
    switch place {
    case .local(let register):
      emitIndexAssignment(register, subscripts, result, span: target.span)
    case .name(let name) where isGlobal(name):
      try emitGlobalAssignment(name, subscripts, result, span: target.span)
    default:
      let container = try allocate(span)
      fetch(place, into: container, span: base.span)
      emitIndexAssignment(container, subscripts, result, span: target.span)
      writeBack(container, to: place, span: base.span)
    }
  }

  private func isGlobal(_ name: Identifier) -> Bool {
    if case .global = meaning(of: name) { return true }
    return false
  }

  /// The value to store: that of the right-hand side, combined with the old one for `+=`.
  private func newValue(
    _ place: Place, _ subscripts: SubscriptOperands, _ target: Expression,
    _ sign: AssignmentOperator, _ value: Expression, _ span: Span
  ) throws -> Int {
    guard let operation = sign.binary else { return try operand(value) }
    let result = try allocate(span)
    if case .local(let container) = place {
      emitIndex(result, container, subscripts, span: target.span)
      try arithmetic(operation, result, value, into: result, span: span)
      return result
    }
    try temporarily {
      let container = try allocate(span)
      fetch(place, into: container, span: target.span)
      emitIndex(result, container, subscripts, span: target.span)
      emit(.loadNil, container, span: span)
    }
    try arithmetic(operation, result, value, into: result, span: span)
    return result
  }
}

extension BinaryOperator {
  var opcode: Opcode {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .remainder: .remainder
    case .matrixMultiply: .matrixMultiply
    case .power: .power
    }
  }
}
