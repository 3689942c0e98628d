// SPDX-License-Identifier: Apache-2.0
//
// Patterns and functions: the code between a call and the first statement of the body.
//
// Parameters are processed from left to right: default, check, binding. So a default sees the
// parameters before it, and a shape the sizes that earlier shapes have named.

import Syntax

extension Compiler {
  // MARK: - Patterns

  /// Binds the names of a pattern to the value in `register`, which the pattern may keep.
  func bind(_ pattern: Pattern, from register: Int) throws {
    switch pattern.kind {
    case .name(let name):
      define(name, in: register, span: name.span)
    case .list(let items, let rest):
      let count = items.count + (rest == nil ? 0 : 1)
      let first = try allocate(count, pattern.span)
      emit(
        .unpackList, first, register, count, word: rest == nil ? 0 : 1, span: pattern.span)
      for (index, item) in items.enumerated() { try bind(item, from: first + index) }
      if let rest { define(rest, in: first + items.count, span: rest.span) }
    case .record(let names):
      for name in names {
        let field = try allocate(name.span)
        emit(.unpackField, field, register, word: constant(fieldName: name.text), span: name.span)
        define(name, in: field, span: name.span)
      }
    }
  }

  // MARK: - Functions

  /// Compiles a function and creates its closure in `target`.
  func closure(
    _ node: Function, name: String, documentation: String, into target: Int
  ) throws {
    guard let inner = resolution.functions[node.span.start] else { return }
    let header = Header(name: name, signature: node.signature, source: parts.source)
    var innerParts = Prototype.Parts(header: header, source: parts.source, scope: parts.scope)
    innerParts.documentation = documentation
    innerParts.captures = inner.captures.map { source(of: $0, for: inner) }
    // After its captures, a linked function stores the enclosing function, whose code contains its
    // siblings.
    if inner.group?.isLinked == true { innerParts.captures.append(.enclosingFunction) }
    let compiler = Compiler(
      resolution: resolution, scope: inner, builtins: builtins, parts: innerParts)
    try compiler.functionBody(node)
    parts.prototypes.append(compiler.finish())
    emit(.closure, target, word: parts.prototypes.count - 1, span: node.span)
  }

  private func source(of variable: Variable, for inner: FunctionScope) -> CaptureSource {
    if isSelf(variable, in: inner) || neighbour(variable, of: inner) != nil { return .unused }
    if variable.function === scope { return .register(variable.register) }
    if isSelf(variable, in: scope) { return .enclosingFunction }
    if let index = neighbour(variable, of: scope) { return .neighbour(index) }
    return .capture(scope.captureIndex(of: variable))
  }

  private func functionBody(_ node: Function) throws {
    let parameters = node.signature.parameters.filter {
      if case .star = $0.kind { false } else { true }
    }
    guard parameters.count <= 64 else {
      throw Diagnostic(
        .limit, "a function has at most 64 parameters", source: parts.source,
        span: node.signature.span)
    }
    _ = try allocate(parameters.count, node.signature.span)
    for (index, parameter) in parameters.enumerated() {
      try prologue(parameter, at: index)
    }
    if let annotation = node.signature.result {
      resultCheck = try check(annotation, parameter: nil, name: "the result", acceptsNil: false)
    }
    switch node.body {
    case .expression(let value): try tail(value)
    case .block(let block): try tail(block)
    }
  }

  /// Returns the value of an expression from the function; each branch of an `if` returns on its
  /// own.
  private func tail(_ node: Expression) throws {
    guard case .conditional(let branches, let otherwise) = node.kind else {
      return try temporarily { try leaveFunction(with: try operand(node), span: node.span) }
    }
    for branch in branches {
      let next = try jumpUnless(branch.condition)
      try tail(branch.body)
      aim(next)
    }
    try tail(otherwise ?? Block([], node.span))
  }

  private func tail(_ block: Block) throws {
    try temporarily {
      for statement in block.statements.dropLast() { try self.statement(statement) }
      if case .expression(let value)? = block.statements.last?.kind { return try tail(value) }
      if let last = block.statements.last { try statement(last) }
      let result = try allocate(block.span)
      emit(.loadNil, result, span: block.span)
      try leaveFunction(with: result, span: block.statements.last?.span ?? block.span)
    }
  }

  /// Default, check and binding of one parameter; later ones see the result.
  private func prologue(_ parameter: Parameter, at index: Int) throws {
    var acceptsNil = false
    if let value = parameter.defaultValue {
      if case .nothing = value.kind { acceptsNil = true }
      let skip = emitJump(.skipIfGiven, index, span: value.span)
      try temporarily { try compile(value, into: index) }
      aim(skip)
    }
    if let annotation = parameter.annotation {
      let index = index
      let check = try check(
        annotation, parameter: index, name: parameter.name?.text ?? "the argument",
        acceptsNil: acceptsNil)
      emit(.check, index, word: check, span: annotation.span)
      wrapSizes(annotation)
    }
    switch parameter.kind {
    case .pattern(let pattern): try bind(pattern, from: index)
    case .rest(let name): define(name, in: index, span: name.span)
    case .star: break
    }
  }

  private func check(
    _ annotation: Annotation, parameter: Int?, name: String, acceptsNil: Bool
  ) throws -> Int {
    let kind: Check.Kind
    switch annotation.kind {
    case .type(let type):
      guard builtins.typeNames.contains(type) else {
        throw Diagnostic(
          .name, "there is no type called `\(type)`", source: parts.source,
          span: annotation.span,
          hint: Spelling.foreignTypes[type].map { "here it is `\($0)`" }
            ?? Spelling.nearest(to: type, in: builtins.typeNames).map { "did you mean `\($0)`?" })
      }
      kind = .type(TypeTest(type))
    case .shape(let dimensions):
      kind = .shape(try dimensions.map { try size($0) })
    }
    parts.checks.append(
      Check(
        kind: kind, text: parts.source.text(annotation.span), parameter: parameter, name: name,
        acceptsNil: acceptsNil))
    return parts.checks.count - 1
  }

  private func size(_ dimension: Dimension) throws -> Check.Size {
    switch dimension.kind {
    case .ellipsis: return .ellipsis
    case .size(let number): return Int(exactly: number).map { .exactly($0) } ?? .impossible
    case .name("_"): return .any
    case .name(let name):
      guard case .local(let variable) = meaning(of: Identifier(name, dimension.span)) else {
        return .any
      }
      if variable.register >= 0 { return .bound(register: variable.register, name: name) }
      variable.register = try allocate(dimension.span)
      return .binding(register: variable.register, name: name)
    }
  }

  /// Sizes that closures share are moved into cells once they are bound.
  private func wrapSizes(_ annotation: Annotation) {
    guard case .shape(let dimensions) = annotation.kind else { return }
    for dimension in dimensions {
      guard case .name(let name) = dimension.kind,
        case .local(let variable) = meaning(of: Identifier(name, dimension.span)),
        variable.isCell, !variable.isWrapped
      else { continue }
      variable.isWrapped = true
      emit(.newCell, variable.register, span: dimension.span)
    }
  }
}
