// SPDX-License-Identifier: Apache-2.0
//
// Built-in functions: header, documentation, example and body side by side.
//
// The header is SMAP source and is parsed when it is needed; from it come argument binding, checks,
// help, completion and the manual. A function whose first parameter has a type is also a method of
// that type: `sum(x: tensor)` provides `x.sum()`.

import CMachine
import Syntax

/// A function of the library.
///
/// ```swift
/// Builtin(
///   "sum(x: tensor, dim = nil, keepdim = false) -> tensor",
///   "Adds up all elements, or those along `dim`.",
///   example: "sum([1, 2; 3, 4], dim = 0)   #=> tensor([4, 6])"
/// ) { call in
///   .tensor(try call.tensor("x").sum(dim: call.axis("dim"), keepDim: call.bool("keepdim")))
/// }
/// ```
///
/// Names with a dot belong to a namespace: `"smap.encode(tok: tokenizer, ...)"`. Functions with
/// `methodOnly` have no global name: `append` exists only as `xs.append(value)`.
public final class Builtin: Sendable {
  /// What the machine does instead of a call; the result must be that of the body.
  package typealias Shortcut = MachineShortcut
  /// A function of one number.
  package typealias NumberFunction = @convention(c) (Double) -> Double
  /// The body of a built-in: arguments are bound and checked when it is called.
  public typealias Body = @Sendable (Call) throws -> Value

  // The machine accesses these two first properties by their offsets.
  /// What the machine does instead of a call, if the arguments are plain.
  let shortcut: Shortcut
  /// The function of numbers that it uses then.
  let function: NumberFunction?
  /// The header as written.
  public let signature: String
  /// The effects of a call, and what its result depends on.
  public let purity: Purity
  /// One sentence.
  public let summary: String
  /// Further paragraphs, or empty; composed when they are read.
  public var details: String {
    [composeDetails(), onPictures].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
  /// A line of SMAP with its expected result after `#=>`, or empty.
  public let example: String
  /// Whether it exists only as a method of its first parameter's type.
  public let isMethodOnly: Bool
  /// The equivalent for lists that are no tensors, or empty: `sorted(xs)`.
  public let forLists: String
  /// Whether the first argument, a tensor, stays what it is if it is a list of plain numbers, or a
  /// range: as a tensor, it would lose half the bits of each.
  let takesNumbers: Bool
  /// The words that some arguments must be one of, by the names of the parameters.
  public let choices: [String: [String]]
  /// The parameter for pictures that may also be a data set, if there is one. Its annotation is
  /// then compared with tensors only.
  public let pictures: String?
  private let declaration: BuiltinHeader
  private let composeDetails: @Sendable () -> String
  let body: Body

  /// Declares a built-in function.
  public convenience init(
    _ signature: String, purity: Purity = .impure, _ summary: String,
    details: @autoclosure @escaping @Sendable () -> String = "",
    example: String = "", methodOnly: Bool = false, forLists: String = "",
    takesNumbers: Bool = false, choices: [String: [String]] = [:], pictures: String? = nil,
    body: @escaping Body
  ) {
    self.init(
      signature, purity: purity, summary, details: details(), example: example,
      methodOnly: methodOnly,
      forLists: forLists, takesNumbers: takesNumbers, choices: choices, pictures: pictures,
      shortcut: .none, body: body)
  }

  /// Declares a built-in function that the machine may run without a call.
  package init(
    _ signature: String, purity: Purity = .impure, _ summary: String,
    details: @autoclosure @escaping @Sendable () -> String = "",
    example: String = "", methodOnly: Bool = false, forLists: String = "",
    takesNumbers: Bool = false, choices: [String: [String]] = [:], pictures: String? = nil,
    shortcut: Shortcut,
    function: NumberFunction? = nil,
    body: @escaping Body
  ) {
    self.shortcut = shortcut
    self.function = function
    self.signature = signature
    self.purity = purity
    self.summary = summary
    composeDetails = details
    self.example = example
    isMethodOnly = methodOnly
    self.forLists = forLists
    self.takesNumbers = takesNumbers
    self.choices = choices
    self.pictures = pictures
    declaration = BuiltinHeader(signature, pictures: pictures)
    self.body = body
  }

  /// The parsed header.
  package var header: Header { declaration.whole.header }

  /// Where each parameter is.
  var places: ParameterPlaces { declaration.whole.places }

  /// What holds wherever a data set may stand for pictures, or nothing.
  private var onPictures: String {
    guard let pictures else { return "" }
    let labels =
      !signature.contains("label = nil")
      ? "."
      : signature.contains("condition = nil")
        ? ": its labels are then `label`, and its vectors `condition`, unless they are given."
        : ": its labels are then `label`, unless it is given."
    return "`\(pictures)` may also be a data set, or one of its elements" + labels
  }

  /// The full name: `smap.encode`.
  public var qualifiedName: String { declaration.name }

  /// The name without its namespace: `encode`.
  public var name: String {
    let whole = declaration.name
    guard let dot = whole.utf8.lastIndex(of: UInt8(ascii: ".")) else { return whole }
    return String(whole[whole.utf8.index(after: dot)...])
  }

  /// The namespace, or an empty string.
  public var namespace: String {
    let whole = declaration.name
    guard let dot = whole.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(whole[..<dot])
  }

  /// What is wrong with the header, or nil; for the test that checks the table.
  public var signatureError: Diagnostic? { header.error }

  /// The type whose method this is: the annotation of the first parameter. A shape is a tensor.
  ///
  /// Functions in namespaces are no methods of strings and numbers, whose type does not suggest
  /// one: `"a.png".load()` would be ambiguous among three functions.
  public var receiverType: String? {
    switch declaration.firstAnnotation {
    case nil, "any"?: return nil
    case let text? where text.hasPrefix("["): return "tensor"
    case let name?:
      return namespace.isEmpty || (name != "string" && name != "number") ? name : nil
    }
  }

  /// The type of the result, if the header names one. A shape is a tensor.
  public var resultType: String? {
    switch header.result?.kind {
    case .type(let name): name
    case .shape: "tensor"
    case nil: nil
    }
  }

  /// The names of the parameters, for hints and completion.
  public var parameterNames: [String] { places.names }
}

/// A value with a name in the library, such as `pi`.
public struct Constant: Sendable {
  /// The name, with its namespace if it has one.
  public let name: String
  /// The value.
  public let value: DefaultValue
  /// One sentence.
  public let summary: String

  /// Declares a constant.
  public init(_ name: String, _ value: DefaultValue, _ summary: String) {
    self.name = name
    self.value = value
    self.summary = summary
  }
}

/// A value that can be in a table: literals and lists of them, and fields of other arguments.
public indirect enum DefaultValue: Sendable {
  case `nil`
  case bool(Bool)
  case number(Double)
  case string(String)
  case list([DefaultValue])
  /// A field of another argument, as `tokens.label`: the body reads it when the argument is
  /// missing, which `Call.isGiven` tells.
  case field(of: String, String)

  /// A fresh script value.
  public var value: Value {
    switch self {
    case .nil, .field: .nil
    case .bool(let bool): .bool(bool)
    case .number(let number): .number(number)
    case .string(let string): .string(string)
    case .list(let items): .list(items.map(\.value))
    }
  }

  /// The value of a literal expression or the field of a name, or nil if the expression is neither.
  init?(_ expression: Expression) {
    switch expression.kind {
    case .number(let number): self = .number(number)
    case .string(let string): self = .string(string)
    case .boolean(let bool): self = .bool(bool)
    case .nothing: self = .nil
    case .field(let base, let field):
      guard case .name(let name) = base.kind else { return nil }
      self = .field(of: name, field.text)
    case .unary(.negate, let operand):
      guard case .number(let number) = operand.kind else { return nil }
      self = .number(-number)
    case .list(let items):
      var values: [DefaultValue] = []
      for case .value(let item) in items {
        guard let value = DefaultValue(item) else { return nil }
        values.append(value)
      }
      guard values.count == items.count else { return nil }
      self = .list(values)
    default: return nil
    }
  }
}
