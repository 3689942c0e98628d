// SPDX-License-Identifier: Apache-2.0
//
// From tree to register code, one function at a time.
//
// Registers are allocated like a stack: parameters first, then local variables in the order of
// their declarations, then temporaries. `compile(_:into:)` leaves a value in a given register;
// `operand(_:)` returns the register of a value, which for a plain local variable is its own, so `a
// + b` on locals is one instruction. An expression must not be compiled into a register whose
// variable it reads, because parts of the result may be written early; assignments to existing
// variables therefore go through a temporary unless the expression writes its result last.
//
// This file contains the emitting machinery; statements, expressions, calls, patterns and functions
// are in files of their own.

import Syntax

/// Compiles one function, or a run of top-level statements.
final class Compiler {
  let resolution: Resolution
  let scope: FunctionScope
  let builtins: BuiltinTable
  var parts: Prototype.Parts
  var nextRegister = 0
  var handlerDepth = 0
  var loops: [Loop] = []
  /// The check of the result annotation, by index, or nil.
  var resultCheck: Int?
  private var numberIndices: [UInt64: Int] = [:]
  private var stringIndices: [String: Int] = [:]
  private var fieldNameIndices: [String: Int] = [:]
  private var globalIndices: [String: Int] = [:]

  /// The jumps that leave or continue a loop, to be patched when their targets are known.
  struct Loop {
    var breaks: [Int] = []
    var continues: [Int] = []
    var handlerDepth: Int
  }

  /// The largest register window; a few registers more are reserved for calls.
  static let maximumRegisters = 250

  init(
    resolution: Resolution, scope: FunctionScope, builtins: BuiltinTable, parts: Prototype.Parts
  ) {
    self.resolution = resolution
    self.scope = scope
    self.builtins = builtins
    self.parts = parts
  }

  /// Compiles a program into prototypes that are run one after another.
  ///
  /// Long programs are split into pieces, so that no table of a piece grows with the program.
  static func compile(
    _ program: Program, resolution: Resolution, scope: ModuleScope, builtins: BuiltinTable
  ) throws -> [Prototype] {
    var prototypes: [Prototype] = []
    var rest = program.statements[...]
    repeat {
      let piece = rest.prefix(200)
      rest = rest.dropFirst(200)
      let header = Header(name: "top level", parameters: [])
      var parts = Prototype.Parts(header: header, source: program.source, scope: scope)
      parts.isTopLevel = true
      let compiler = Compiler(
        resolution: resolution, scope: resolution.topLevel, builtins: builtins, parts: parts)
      try compiler.topLevel(piece)
      prototypes.append(compiler.finish())
    } while !rest.isEmpty
    return prototypes
  }

  private func topLevel(_ statements: ArraySlice<Statement>) throws {
    let result = try allocate(statements.first?.span ?? Span(0, 0))
    try statementsValue(Array(statements), into: result, span: Span(0, 0))
    emit(.return, result, span: statements.last?.span ?? Span(0, 0))
  }

  func finish() -> Prototype {
    parts.localNames = scope.localNames
    return Prototype(parts)
  }

  // MARK: - Registers

  /// Allocates the next free register.
  func allocate(_ span: Span) throws -> Int {
    guard nextRegister < Compiler.maximumRegisters else {
      throw Diagnostic(
        .limit, "this function has too many variables and intermediate values",
        source: parts.source, span: span, hint: "split it into smaller functions")
    }
    nextRegister += 1
    parts.registerCount = max(parts.registerCount, nextRegister)
    return nextRegister - 1
  }

  /// Allocates consecutive registers and returns the first.
  func allocate(_ count: Int, _ span: Span) throws -> Int {
    let first = nextRegister
    for _ in 0..<count { _ = try allocate(span) }
    return first
  }

  /// Runs `body` and frees the registers it allocated.
  func temporarily(_ body: () throws -> Void) rethrows {
    let mark = nextRegister
    try body()
    nextRegister = mark
  }

  // MARK: - Emitting

  var position: Int { parts.code.count }

  func emit(_ opcode: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, span: Span) {
    parts.code.append(Instruction(opcode, a, b, c).word)
    parts.spans.append(span)
  }

  func emit(
    _ opcode: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, word: Int, span: Span
  ) {
    emit(opcode, a, b, c, span: span)
    append(word: word, span: span)
  }

  func append(word: Int, span: Span) {
    parts.code.append(UInt64(truncatingIfNeeded: word))
    parts.spans.append(span)
  }

  /// Emits a jump whose target is not known yet; returns what `aim` needs to patch it.
  func emitJump(_ opcode: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, span: Span) -> Int {
    emit(opcode, a, b, c, word: 0, span: span)
    return position - 1
  }

  /// Patches a jump to target the next instruction.
  func aim(_ jump: Int) { parts.code[jump] = UInt64(truncatingIfNeeded: position - jump) }

  func aim(_ jumps: [Int]) { for jump in jumps { aim(jump) } }

  /// Emits a jump back to an instruction.
  func emitJump(
    _ opcode: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, back target: Int, span: Span
  ) {
    emit(opcode, a, b, c, word: target - position - 1, span: span)
  }

  func move(_ target: Int, from register: Int, span: Span) {
    if target != register { emit(.move, target, register, span: span) }
  }

  // MARK: - Tables

  func constant(_ number: Double) -> Int {
    if let index = numberIndices[number.bitPattern] { return index }
    parts.constants.append(.number(number))
    numberIndices[number.bitPattern] = parts.constants.count - 1
    return parts.constants.count - 1
  }

  /// The index of the constant, if an operand can hold it.
  func smallConstant(_ number: Double) -> Int? {
    let index = constant(number)
    return index <= Instruction.maximumOperand ? index : nil
  }

  func constant(_ string: String) -> Int {
    if let index = stringIndices[string] { return index }
    parts.constants.append(.text(Text(constant: string)))
    stringIndices[string] = parts.constants.count - 1
    return parts.constants.count - 1
  }

  /// The name of a field or method, which is one object in all code: the machine compares names by
  /// identity. Other strings are not interned.
  func constant(fieldName name: String) -> Int {
    if let index = fieldNameIndices[name] { return index }
    parts.constants.append(.text(.name(name)))
    fieldNameIndices[name] = parts.constants.count - 1
    return parts.constants.count - 1
  }

  func global(_ name: String) -> Int {
    if let index = globalIndices[name] { return index }
    parts.globalNames.append(name)
    globalIndices[name] = parts.globalNames.count - 1
    return parts.globalNames.count - 1
  }

  // MARK: - Names

  func meaning(of name: Identifier) -> Meaning {
    resolution.meanings[name.span.start] ?? .global
  }

  /// Whether a captured variable is the running function itself.
  func isSelf(_ variable: Variable, in function: FunctionScope) -> Bool {
    variable.introducedFunction === function && !variable.isAssigned
  }

  /// The index, in the enclosing code, of a sibling of `function`, if `variable` is one.
  func neighbour(_ variable: Variable, of function: FunctionScope) -> Int? {
    guard let group = function.group, variable.group === group, !variable.isAssigned,
      let index = group.members.firstIndex(where: { $0 === variable })
    else { return nil }
    return group.firstPrototype + index
  }

  func load(_ name: Identifier, into target: Int) {
    switch meaning(of: name) {
    case .local(let variable):
      if variable.isCell {
        emit(.getCell, target, variable.register, span: name.span)
      } else {
        move(target, from: variable.register, span: name.span)
      }
    case .captured(let variable, let index):
      if isSelf(variable, in: scope) {
        emit(.loadSelf, target, span: name.span)
      } else if let place = neighbour(variable, of: scope) {
        emit(.closure, target, 1, word: place, span: name.span)
      } else {
        emit(
          variable.isCell ? .getCaptureCell : .getCapture, target, index, span: name.span)
      }
    case .global:
      emit(.getGlobal, target, word: global(name.text), span: name.span)
    }
  }

  func store(_ register: Int, to name: Identifier) {
    switch meaning(of: name) {
    case .local(let variable):
      if variable.isCell {
        emit(.setCell, variable.register, register, span: name.span)
      } else {
        move(variable.register, from: register, span: name.span)
      }
    case .captured(_, let index):
      emit(.setCaptureCell, register, index, span: name.span)
    case .global:
      emit(.setGlobal, register, word: global(name.text), span: name.span)
    }
  }

  /// Introduces the variable of `name`, whose value is in `register`.
  ///
  /// A local variable takes over the register, so the caller must own it.
  func define(_ name: Identifier, in register: Int, span: Span) {
    switch meaning(of: name) {
    case .local(let variable):
      variable.register = register
      if variable.isCell {
        variable.isWrapped = true
        emit(.newCell, register, span: span)
      }
    case .captured, .global:
      emit(.defineGlobal, register, word: global(name.text), span: span)
    }
  }
}
