// SPDX-License-Identifier: Apache-2.0
//
// Expressions other than calls.

import Runtime
import Syntax
import Tensors

extension Inference {
  /// Analyses an expression and returns what is known about its value.
  @discardableResult
  func expression(_ node: Expression) -> Known {
    let known = evaluate(node)
    if silence == 0 { recorded[node.span] = known }
    return known
  }

  private func evaluate(_ node: Expression) -> Known {
    switch node.kind {
    case .number(let number): return .exact(.number(number))
    case .string(let string): return .exact(.string(string))
    case .boolean(let bool): return .exact(.bool(bool))
    case .nothing: return .exact(.nil)
    case .name(let name): return meaning(of: name, at: node.span)
    case .interpolation(let parts):
      for case .hole(let value, let format) in parts { hole(value, format) }
      return .type("string")
    case .list(let items): return list(items)
    case .matrix(let rows): return matrix(rows, node.span)
    case .comprehension(let element, let clauses, let condition):
      return comprehension(element, clauses, condition)
    case .record(let entries): return record(entries)
    case .unary(.negate, let operand):
      return negate(expression(operand), node.span)
    case .unary(.not, let operand):
      return condition(operand, "fn(a) = not a").map { .exact(.bool(!$0)) } ?? .type("bool")
    case .binary(let operation, let left, let right):
      return combine(operation, expression(left), expression(right), node.span)
    case .comparison(let operation, let left, let right):
      return compare(operation, expression(left), expression(right), node.span)
    case .logical(let operation, let left, let right):
      return logical(operation, left, right)
    case .call(let callee, let arguments): return call(callee, arguments, node.span)
    case .pipe(let input, let callee, let arguments):
      return pipe(input, callee, arguments, node.span)
    case .index(let base, let subscripts):
      return index(expression(base), subscripts, node.span)
    case .field(let base, let name): return field(expression(base), name)
    case .function(let function): return lambda(function)
    case .conditional(let branches, let otherwise): return conditional(branches, otherwise)
    case .attempt(let body, let error, _, let handler):
      let value = silently { block(body) }
      remember(error, .type("record"))
      return value.joined(with: block(handler))
    case .load(let path):
      switch loadModule(path) {
      case .success(let module): return .module(module)
      case .failure(let error): report(error, node.span, .unknownModule)
      }
      return .unknown
    }
  }

  /// A hole of a string; a format applies to numbers.
  private func hole(_ node: Expression, _ format: Format?) {
    let known = expression(node)
    guard silence == 0, let format, let value = sample(known) else { return }
    let text = "fn(x) = \"{x:\(source.text(format.span))}\""
    if case .failure(let error) = laboratory.run(text, [value], work: 0),
      known.isExact || error.kind == .type
    {
      report(error, node.span)
    }
  }

  private func lambda(_ function: Function) -> Known {
    let function = ScriptFunction(name: "fn", node: function, source: source)
    if silence == 0 { body(of: function) }
    return .function(function)
  }

  // MARK: - Collections

  private func list(_ items: [Item]) -> Known {
    var known: [Known] = []
    var isComplete = true
    for item in items {
      let value = expression(item.held)
      guard case .spread = item else {
        known.append(value)
        continue
      }
      if case .items(let inner) = value {
        known += inner
      } else {
        spread(value, item.held.span)
        isComplete = false
      }
    }
    return isComplete ? .items(known) : .type("list")
  }

  private func matrix(_ rows: [[Expression]], _ span: Span) -> Known {
    let stand = rows.map { row in
      row.map { entry -> String in
        switch expression(entry).typeName {
        case "string"?: "\"\""
        case "bool"?: "true"
        default: "1"
        }
      }.joined(separator: ", ")
    }
    guard rows.reduce(0, { $0 + $1.count }) <= 4096 else { return .type("tensor") }
    return judge(
      laboratory.run("fn() = [\(stand.joined(separator: "; "));]", [], work: 0), span,
      isExact: false)
  }

  private func record(_ entries: [Entry]) -> Known {
    var fields: [(name: String, value: Known)] = []
    var isComplete = true
    for entry in entries {
      switch entry {
      case .named(let name, let value): fields.append((name.text, expression(value)))
      case .shorthand(let name): fields.append((name.text, meaning(of: name.text, at: name.span)))
      case .computed:
        for part in entry.held { expression(part) }
        isComplete = false
      case .spread(let value):
        spread(expression(value), value.span, "fn(x) = {...x}")
        isComplete = false
      }
    }
    return isComplete ? .fields(fields) : .type("record")
  }

  private func comprehension(
    _ element: Expression, _ clauses: [Clause], _ condition: Expression?
  ) -> Known {
    for clause in clauses {
      bindEach(clause.pattern, in: clause.sequence, mayStop: false)
    }
    let isTaken = condition.map { self.condition($0) } ?? nil
    if let condition, isTaken == false, isGuard(condition) {
      silently { _ = expression(element) }
    } else {
      expression(element)
    }
    return .type("list")
  }

  private func conditional(_ branches: [Branch], _ otherwise: Block?) -> Known {
    var values: [Known] = []
    let outer = silence
    defer { silence = outer }
    for branch in branches {
      let isTrue = condition(branch.condition)
      if silence > 0, isTrue == false { continue }
      let isGuard = isTrue != nil && isGuard(branch.condition)
      if isTrue == false, isGuard {
        values.append(silently { block(branch.body) })
      } else {
        values.append(block(branch.body))
      }
      if silence > 0, isTrue == true { return joined(values) }
      // The branches after one that is certainly taken are not reached.
      if isTrue == true, isGuard { silence += 1 }
    }
    values.append(otherwise.map { block($0) } ?? .exact(.nil))
    return joined(values)
  }

  private func joined(_ values: [Known]) -> Known {
    guard let first = values.first else { return .unknown }
    return values.dropFirst().reduce(first) { $0.joined(with: $1) }
  }

  // MARK: - Operators

  /// Converts the outcome of a trial to what is known; failures are reported.
  func judge(
    _ outcome: Laboratory.Outcome, _ span: Span, isExact: Bool, onlyTypes: Bool = false
  ) -> Known {
    switch outcome {
    case .value(let value):
      return onlyTypes ? .type(value.typeName) : Known(value, isExact: isExact)
    case .failure(let error):
      if !onlyTypes || error.kind == .type { report(error, span) }
      return .unknown
    case .unknown: return .unknown
    }
  }

  /// A value of the type of `known`, with which type errors show.
  func sample(_ known: Known) -> Value? {
    if case .exact(let value) = known { return value }
    switch known.typeName {
    case "number"?: return .number(1)
    case "string"?: return .string("")
    case "bool"?: return .bool(true)
    case "list"?: return .list([Value]())
    case "tensor"?:
      if case .shaped = known { return known.value }
      return (try? Tensor(repeating: 1, shape: [])).map { .tensor($0) }
    case "record"?: return .record(Record())
    case "range"?: return (try? NumberRange(0, 3)).map { .range($0) }
    case "function"?: return library.builtins.functions.first.map { .builtin($0) }
    default: return nil
    }
  }

  func combine(
    _ operation: BinaryOperator, _ left: Known, _ right: Known, _ span: Span
  ) -> Known {
    let text = "fn(a, b) = a \(operation.rawValue) b"
    if let a = left.value, let b = right.value, let work = Laboratory.work(operation, a, b) {
      return judge(
        laboratory.run(text, [a, b], work: work), span, isExact: left.isExact && right.isExact)
    }
    guard let a = sample(left), let b = sample(right) else { return .unknown }
    return judge(laboratory.run(text, [a, b], work: 0), span, isExact: false, onlyTypes: true)
  }

  private func compare(
    _ operation: ComparisonOperator, _ left: Known, _ right: Known, _ span: Span
  ) -> Known {
    let text = "fn(a, b) = a \(operation.rawValue) b"
    // The fields of a record are known even if their values are not.
    if operation == .contains, case .exact(.text(let name)) = left, case .fields(let fields) = right
    {
      return .exact(.bool(fields.contains { $0.name == name.string }))
    }
    if let a = left.value, let b = right.value,
      let work = operation == .contains ? 0 : Laboratory.work(.add, a, b)
    {
      return judge(
        laboratory.run(text, [a, b], work: work), span, isExact: left.isExact && right.isExact)
    }
    // Tensors give a mask or, as scalars, a boolean: with an unknown shape it could be either.
    let types = [left.typeName, right.typeName]
    guard operation != .contains, !types.contains("tensor"), !types.contains("list"),
      let a = sample(left), let b = sample(right)
    else { return .unknown }
    return judge(laboratory.run(text, [a, b], work: 0), span, isExact: false, onlyTypes: true)
  }

  private func negate(_ operand: Known, _ span: Span) -> Known {
    let text = "fn(a) = -a"
    if let value = operand.value {
      return judge(laboratory.run(text, [value], work: 0), span, isExact: operand.isExact)
    }
    guard let value = sample(operand) else { return .unknown }
    return judge(laboratory.run(text, [value], work: 0), span, isExact: false, onlyTypes: true)
  }

  private func logical(
    _ operation: LogicalOperator, _ left: Expression, _ right: Expression
  ) -> Known {
    let text = "fn(a) = a \(operation.rawValue) \(operation == .and)"
    let first = condition(left, text)
    // If the left operand determines the result, the right one is not evaluated.
    let isSettled = first == (operation == .or)
    let second = isSettled ? silently { condition(right, text) } : condition(right, text)
    switch (operation, first, second) {
    case (.and, false?, _), (.and, true?, false?): return .exact(.bool(false))
    case (.or, true?, _), (.or, false?, true?): return .exact(.bool(true))
    case (.and, true?, true?): return .exact(.bool(true))
    case (.or, false?, false?): return .exact(.bool(false))
    default: return .type("bool")
    }
  }

  /// Analyses a condition, which must be a boolean, and returns it if it is known.
  @discardableResult
  func condition(_ node: Expression, _ text: String = "fn(a) = if a { 1 }") -> Bool? {
    let known = expression(node)
    if let bool = known.bool { return bool }
    guard known.typeName != "bool", let value = sample(known) else { return nil }
    if case .type("tensor") = known { return nil }
    if case .failure(let error) = laboratory.run(text, [value], work: 0), error.kind == .type {
      report(error, node.span)
    }
    return nil
  }

  // MARK: - Parts

  private func index(
    _ base: Known, _ subscripts: [Syntax.Subscript], _ span: Span
  ) -> Known {
    guard let places = place(subscripts), let value = base.value else { return .unknown }
    let names = (["x"] + places.names).joined(separator: ", ")
    let text = "fn(\(names)) = x[\(places.text)]"
    return judge(
      laboratory.run(text, [value] + places.values, work: 0), span, isExact: base.isExact)
  }

  /// Subscripts as the text of a function whose parameters are the indices; nil if some index is
  /// not known.
  func place(
    _ subscripts: [Syntax.Subscript]
  ) -> (text: String, names: [String], values: [Value])? {
    var texts: [String] = []
    var values: [Value] = []
    var isKnown = true
    func place(_ node: Expression) -> String {
      let known = expression(node)
      guard known.isExact, let value = known.value else {
        isKnown = false
        return "0"
      }
      values.append(value)
      return "a\(values.count)"
    }
    for entry in subscripts {
      switch entry {
      case .index(let value): texts.append(place(value))
      case .slice(let start, let stop, let step, _):
        let parts = [start, stop].map { $0.map(place) ?? "" }
        texts.append(parts.joined(separator: ":") + (step.map { ":" + place($0) } ?? ""))
      case .ellipsis: texts.append("...")
      }
    }
    guard isKnown else { return nil }
    return (texts.joined(separator: ", "), values.indices.map { "a\($0 + 1)" }, values)
  }

  private func field(_ base: Known, _ name: Identifier) -> Known {
    switch base {
    case .namespace(let namespace):
      if let known = library.member(name.text, of: namespace) { return known }
      let hint = Spelling.advice(
        onMember: name.text, of: namespace, members: library.memberNames(of: namespace),
        globals: library.builtins.globalNames)
      report(
        .name("there is no `\(name.text)` in namespace \(namespace)", hint: hint ?? ""), name.span)
    case .module(let module): return member(name, of: module)
    case .fields(let fields):
      if let field = fields.last(where: { $0.name == name.text }) { return field.value }
      let names = fields.map(\.name)
      var hint = Spelling.nearest(to: name.text, in: names).map { "did you mean `\($0)`?" }
      if hint == nil, library.method(name.text, of: "record") != nil {
        hint = "it is a method: write .\(name.text)(..)"
      }
      hint = hint ?? Spelling.foreignMembers[name.text]
      report(.name("there is no `\(name.text)` in this record", hint: hint ?? ""), name.span)
    case .shaped(let tensor):
      guard Fields.ofTensors.contains(name.text), name.text != "grad" else {
        if name.text != "grad" { noField(name, base) }
        return .unknown
      }
      return judge(
        laboratory.run("fn(x) = x.\(name.text)", [.tensor(tensor)], work: 0), name.span,
        isExact: true)
    default:
      guard let type = base.typeName, type != "record", let fields = library.fields(of: type)
      else { return .unknown }
      if !fields.contains(where: { $0.name == name.text }) { noField(name, base) }
      return Inference.tensorFields[name.text].map { .type($0) } ?? .unknown
    }
    return .unknown
  }

  private static let tensorFields = [
    "shape": "list", "ndim": "number", "numel": "number", "T": "tensor",
  ]

  /// A name that a module exports.
  func member(_ name: Identifier, of module: Module) -> Known {
    if let known = module.exports[name.text] { return known }
    missing(name, in: "module \(Modules.name(of: module.path))", Array(module.exports.keys))
    return .unknown
  }

  private func missing(_ name: Identifier, in place: String, _ names: [String]) {
    let hint = Spelling.nearest(to: name.text, in: names).map { "did you mean `\($0)`?" } ?? ""
    report(.name("there is no `\(name.text)` in \(place)", hint: hint), name.span)
  }

  private func noField(_ name: Identifier, _ base: Known) {
    let type = base.typeName ?? ""
    var hint = ""
    if library.method(name.text, of: type) != nil {
      hint = "it is a method: write .\(name.text)(..)"
    } else if type == "nil" {
      hint = Hints.forNil
    } else if let foreign = Spelling.foreignMembers[name.text] {
      hint = foreign
    } else if let near = Spelling.nearest(
      to: name.text, in: (library.fields(of: type) ?? []).map(\.name))
    {
      hint = "did you mean `\(near)`?"
    }
    report(.name("\(phrase(base)) has no field `\(name.text)`", hint: hint), name.span)
  }
}
