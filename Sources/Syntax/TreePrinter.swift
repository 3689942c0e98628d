// SPDX-License-Identifier: Apache-2.0
//
// The tree of a program as text, for `dump --tree` and for tests. Every node is an S-expression
// with its operator first: `1 + 2 * x` is `(+ 1 (* 2 x))`. A node that does not fit on a line has
// its parts on lines of their own.

/// Writes trees as text.
public enum TreePrinter {
  /// The tree of a program, one statement after another, without a final newline.
  public static func text(of program: Program) -> String {
    program.statements.map { text(of: $0) }.joined(separator: "\n")
  }

  /// The tree of one statement.
  static func text(of statement: Statement) -> String { Sketch(statement).text(indent: 0) }

  /// The tree of one expression.
  public static func text(of expression: Expression) -> String {
    Sketch(expression).text(indent: 0)
  }

  /// A text in double quotes, with escapes for invisible characters.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += #"\n"#
      case "\r": result += #"\r"#
      case "\t": result += #"\t"#
      case "\"": result += #"\""#
      case "\\": result += #"\\"#
      case _ where scalar.value < 0x20: result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// A node reduced to atoms and lists.
private enum Sketch {
  case word(String)
  case list([Sketch])

  static func list(_ head: String, _ rest: [Sketch]) -> Sketch { .list([.word(head)] + rest) }

  func text(indent: Int) -> String {
    switch self {
    case .word(let word): return word
    case .list(let parts):
      let line = flat(limit: 90 - indent)
      if let line { return line }
      let blank = "\n" + String(repeating: " ", count: min(indent, 60) + 2)
      return "(" + parts.map { $0.text(indent: indent + 2) }.joined(separator: blank) + ")"
    }
  }

  /// The node on one line, or nil if that takes more than `limit` characters.
  private func flat(limit: Int) -> String? {
    switch self {
    case .word(let word): return word.utf8.count <= limit ? word : nil
    case .list(let parts):
      var line = "("
      for part in parts {
        if line != "(" { line += " " }
        guard let text = part.flat(limit: limit - line.utf8.count - 1) else { return nil }
        line += text
      }
      return line.utf8.count < limit ? line + ")" : nil
    }
  }

  // MARK: - Statements

  init(_ statement: Statement) {
    var sketch = Sketch.statement(statement.kind)
    if statement.isMuted { sketch = .list("mute", [sketch]) }
    if let text = statement.documentation {
      sketch = .list("doc", [.word(TreePrinter.quoted(text)), sketch])
    }
    self = sketch
  }

  private static func statement(_ kind: Statement.Kind) -> Sketch {
    switch kind {
    case .let(let pattern, let value): .list("let", [Sketch(pattern), Sketch(value)])
    case .function(let name, let function):
      .list("fn", [.word(name.text), Sketch(function.signature), body(function)])
    case .for(let pattern, let sequence, let block):
      .list("for", [Sketch(pattern), Sketch(sequence), Sketch(block)])
    case .while(let condition, let block): .list("while", [Sketch(condition), Sketch(block)])
    case .return(let value): .list("return", value.map { [Sketch($0)] } ?? [])
    case .break: .list("break", [])
    case .continue: .list("continue", [])
    case .assignment(let target, let symbol, let value):
      .list(symbol.rawValue, [Sketch(target), Sketch(value)])
    case .expression(let expression): Sketch(expression)
    }
  }

  init(_ block: Block) { self = .list("block", block.statements.map { Sketch($0) }) }

  init(_ pattern: Pattern) {
    switch pattern.kind {
    case .name(let name): self = .word(name.text)
    case .list(let items, let rest):
      self = .list("list", items.map { Sketch($0) } + (rest.map { [.word("...\($0.text)")] } ?? []))
    case .record(let names): self = .list("record", names.map { .word($0.text) })
    }
  }

  // MARK: - Signatures

  init(_ signature: Signature) {
    let parameters = Sketch.list(signature.parameters.map { Sketch($0) })
    self = signature.result.map { .list("->", [parameters, Sketch($0)]) } ?? parameters
  }

  private init(_ parameter: Parameter) {
    switch parameter.kind {
    case .star: self = .word("*")
    case .rest(let name): self = .word("...\(name.text)")
    case .pattern(let pattern):
      self = Sketch(pattern)
      if let annotation = parameter.annotation { self = .list(":", [self, Sketch(annotation)]) }
      if let value = parameter.defaultValue { self = .list("=", [self, Sketch(value)]) }
    }
  }

  private init(_ annotation: Annotation) {
    switch annotation.kind {
    case .type(let name): self = .word(name)
    case .shape(let dimensions):
      self = .list(
        "shape",
        dimensions.map {
          switch $0.kind {
          case .name(let name): .word(name)
          case .size(let size): .word(Sketch.number(size))
          case .ellipsis: .word("...")
          }
        })
    }
  }

  private static func body(_ function: Function) -> Sketch {
    switch function.body {
    case .expression(let expression): Sketch(expression)
    case .block(let block): Sketch(block)
    }
  }

  // MARK: - Expressions

  init(_ expression: Expression) {
    switch expression.kind {
    case .number(let value): self = .word(Sketch.number(value))
    case .string(let text): self = .word(TreePrinter.quoted(text))
    case .boolean(let value): self = .word(value ? "true" : "false")
    case .nothing: self = .word("nil")
    case .name(let name): self = .word(name)
    case .load(let path): self = .list("import", [.word(TreePrinter.quoted(path))])
    case .unary(let symbol, let operand): self = .list(symbol.rawValue, [Sketch(operand)])
    case .binary(let symbol, let left, let right):
      self = .list(symbol.rawValue, [Sketch(left), Sketch(right)])
    case .comparison(let symbol, let left, let right):
      self = .list(symbol.rawValue, [Sketch(left), Sketch(right)])
    case .logical(let symbol, let left, let right):
      self = .list(symbol.rawValue, [Sketch(left), Sketch(right)])
    default: self = Sketch.compound(expression.kind)
    }
  }

  private static func compound(_ kind: Expression.Kind) -> Sketch {
    switch kind {
    case .interpolation(let parts): .list("string", parts.map(part))
    case .list(let items): .list("list", items.map(item))
    case .matrix(let rows): .list("matrix", rows.map { .list($0.map { Sketch($0) }) })
    case .comprehension(let element, let clauses, let condition):
      .list("comprehension", [Sketch(element)] + clauses.map(clause) + guardParts(condition))
    case .record(let entries): .list("record", entries.map(entry))
    case .call(let function, let arguments):
      .list("call", [Sketch(function)] + arguments.map(argument))
    case .pipe(let input, let function, let arguments):
      .list("|>", [Sketch(input), Sketch(function)] + arguments.map(argument))
    case .index(let base, let subscripts): .list("index", [Sketch(base)] + subscripts.map(entry))
    case .field(let base, let name): .list(".", [Sketch(base), .word(name.text)])
    case .function(let function): .list("fn", [Sketch(function.signature), body(function)])
    case .conditional(let branches, let otherwise):
      .list("if", branches.flatMap { [Sketch($0.condition), Sketch($0.body)] } + block(otherwise))
    case .attempt(let block, let error, let kind, let handler):
      .list(
        "try",
        [Sketch(block), .word(error.text)] + (kind.map { [.word($0.text)] } ?? [])
          + [Sketch(handler)])
    default: .word("")
    }
  }

  private static func block(_ block: Block?) -> [Sketch] { block.map { [Sketch($0)] } ?? [] }

  private static func guardParts(_ condition: Expression?) -> [Sketch] {
    condition.map { [.list("if", [Sketch($0)])] } ?? []
  }

  private static func clause(_ clause: Clause) -> Sketch {
    .list("for", [Sketch(clause.pattern), Sketch(clause.sequence)])
  }

  private static func part(_ part: StringPart) -> Sketch {
    switch part {
    case .text(let text): return .word(TreePrinter.quoted(text))
    case .hole(let value, let format):
      guard let format else { return Sketch(value) }
      let digits = format.precision.map { ".\($0)" } ?? ""
      return .list("format", [Sketch(value), .word(digits + (format.style?.rawValue ?? ""))])
    }
  }

  private static func item(_ item: Item) -> Sketch {
    switch item {
    case .value(let value): Sketch(value)
    case .spread(let value): .list("...", [Sketch(value)])
    }
  }

  private static func entry(_ entry: Entry) -> Sketch {
    switch entry {
    case .named(let name, let value): .list(":", [.word(name.text), Sketch(value)])
    case .computed(let key, let value): .list(":", [Sketch(key), Sketch(value)])
    case .shorthand(let name): .word(name.text)
    case .spread(let value): .list("...", [Sketch(value)])
    }
  }

  private static func argument(_ argument: Argument) -> Sketch {
    switch argument.kind {
    case .positional: Sketch(argument.value)
    case .named(let name): .list("=", [.word(name.text), Sketch(argument.value)])
    case .spread: .list("...", [Sketch(argument.value)])
    }
  }

  private static func entry(_ entry: Subscript) -> Sketch {
    switch entry {
    case .index(let value): return Sketch(value)
    case .ellipsis: return .word("...")
    case .slice(let start, let stop, let step, _):
      let parts = [start, stop, step].map { $0.map { Sketch($0) } ?? .word("_") }
      return .list("slice", step == nil ? Array(parts.dropLast()) : parts)
    }
  }

  /// A number as it would be written: integers without a point.
  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
