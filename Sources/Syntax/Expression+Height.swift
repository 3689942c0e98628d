// SPDX-License-Identifier: Apache-2.0
//
// The height of a tree. A parser that recurses is easily bounded, but `1 + 1 + 1 + ..` grows a tall
// tree in a loop; so each expression stores its height, and the parser refuses to build more.

extension Expression.Kind {
  /// One more than the height of the tallest expression inside.
  var height: Int32 {
    let below: Int32 =
      switch self {
      case .number, .string, .boolean, .nothing, .name, .load: 0
      case .interpolation(let parts): tallest(parts) { $0.height }
      case .list(let items): tallest(items) { $0.expression.height }
      case .matrix(let rows): tallest(rows) { tallest($0) { $0.height } }
      case .comprehension(let element, let clauses, let condition):
        max(element.height, tallest(clauses) { $0.sequence.height }, condition?.height ?? 0)
      case .record(let entries): tallest(entries) { $0.height }
      case .unary(_, let operand): operand.height
      case .binary(_, let left, let right): max(left.height, right.height)
      case .comparison(_, let left, let right): max(left.height, right.height)
      case .logical(_, let left, let right): max(left.height, right.height)
      case .call(let function, let arguments):
        max(function.height, tallest(arguments) { $0.value.height })
      case .pipe(let input, let function, let arguments):
        max(input.height, function.height, tallest(arguments) { $0.value.height })
      case .index(let base, let subscripts): max(base.height, tallest(subscripts) { $0.height })
      case .field(let base, _): base.height
      case .function(let function): function.height
      case .conditional(let branches, let otherwise):
        max(
          tallest(branches) { max($0.condition.height, $0.body.height) },
          otherwise?.height ?? 0)
      case .attempt(let block, _, _, let handler): max(block.height, handler.height)
      }
    return below + 1
  }
}

/// The largest height of some parts, or 0.
private func tallest<Part>(_ parts: [Part], _ height: (Part) -> Int32) -> Int32 {
  var result: Int32 = 0
  for part in parts { result = max(result, height(part)) }
  return result
}

extension StringPart {
  fileprivate var height: Int32 {
    if case .hole(let expression, _) = self { expression.height } else { 0 }
  }
}

extension Item {
  /// The value, or the list that is spread.
  public var expression: Expression {
    switch self {
    case .value(let expression), .spread(let expression): expression
    }
  }
}

extension Entry {
  fileprivate var height: Int32 {
    switch self {
    case .named(_, let value), .spread(let value): value.height
    case .computed(let key, let value): max(key.height, value.height)
    case .shorthand: 0
    }
  }
}

extension Subscript {
  fileprivate var height: Int32 {
    switch self {
    case .index(let expression): expression.height
    case .slice(let start, let stop, let step, _):
      max(start?.height ?? 0, stop?.height ?? 0, step?.height ?? 0)
    case .ellipsis: 0
    }
  }
}

extension Function {
  fileprivate var height: Int32 {
    let defaults = tallest(signature.parameters) { $0.defaultValue?.height ?? 0 }
    return switch body {
    case .expression(let expression): max(defaults, expression.height)
    case .block(let block): max(defaults, block.height)
    }
  }
}

extension Block {
  fileprivate var height: Int32 { tallest(statements) { $0.height } }
}

extension Statement {
  fileprivate var height: Int32 {
    switch kind {
    case .let(_, let value): value.height
    case .function(_, let function): function.height
    case .for(_, let sequence, let body): max(sequence.height, body.height)
    case .while(let condition, let body): max(condition.height, body.height)
    case .return(let value): value?.height ?? 0
    case .break, .continue: 0
    case .assignment(let target, _, let value): max(target.height, value.height)
    case .expression(let expression): expression.height
    }
  }
}
