// SPDX-License-Identifier: Apache-2.0
//
// Arguments against parameters: names, counts, types and shapes. The rules are those of calls at
// run time, as far as values are known.

import Runtime
import Syntax
import Tensors

extension Inference {
  // MARK: - Names and counts

  /// Sorts the arguments of a call; nil if they do not fit, which is reported.
  func bind(_ header: Header, _ arguments: [GivenArgument], _ span: Span) -> BoundArguments? {
    var bound = BoundArguments()
    var count = 0
    var isFine = true
    var hasName = false
    func refuse(_ message: String, _ hint: String, _ span: Span) {
      report(.argument(message, hint: hint), span)
      isFine = false
    }
    for argument in arguments {
      switch argument.kind {
      case .spread: bound.isOpen = true
      case .positional where bound.isOpen: break
      // This is an error of the syntax.
      case .positional where hasName: isFine = false
      case .positional:
        if count < header.positionalCount {
          bound.values[count] = argument
        } else if header.restIndex != nil {
          bound.rest.append(argument)
        } else if count == header.positionalCount {
          let (message, hint) = tooMany(header)
          refuse(message, hint, argument.span)
        }
        count += 1
      case .named(let name):
        hasName = true
        guard
          let position = header.parameters.firstIndex(where: {
            $0.name == name.text && $0.kind != .rest
          })
        else {
          let (message, hint) = unknownParameter(name.text, header)
          refuse(message, hint, name.span)
          continue
        }
        if bound.values.updateValue(argument, forKey: position) != nil {
          refuse("\(header.name) is given `\(name.text)` twice", header.text, name.span)
        }
      }
    }
    guard isFine else { return nil }
    if !bound.isOpen, let missing = missing(header, bound) {
      refuse("\(header.name) needs \(missing)", header.text, span)
      return nil
    }
    return bound
  }

  private func missing(_ header: Header, _ bound: BoundArguments) -> String? {
    for (position, parameter) in header.parameters.enumerated()
    where parameter.kind != .rest && !parameter.hasDefault && bound.values[position] == nil {
      return parameter.name.map { "`\($0)`" } ?? "argument \(position + 1)"
    }
    return nil
  }

  private func tooMany(_ header: Header) -> (String, String) {
    let allowed = header.positionalCount
    let noun = allowed == 1 ? "1 argument" : "\(allowed) arguments"
    if let later = header.parameters.dropFirst(allowed).compactMap(\.name).first {
      return (
        "\(header.name) takes only \(noun) by position", "write \(later) = ...: \(header.text)"
      )
    }
    return ("\(header.name) takes \(allowed == 0 ? "no arguments" : noun)", header.text)
  }

  private func unknownParameter(_ name: String, _ header: Header) -> (String, String) {
    let names = header.parameters.compactMap(\.name)
    var hint = header.text
    if let (_, known, noun) = ForeignNames.parameters.first(where: {
      $0.0 == name && names.contains($0.1)
    }) {
      hint = "the \(noun) is called `\(known)`: \(header.text)"
    } else if let nearest = Spelling.nearest(to: name, in: names) {
      hint = "did you mean `\(nearest)`? \(header.text)"
    } else if let foreign = Hints.forParameter(name) {
      hint = "\(foreign): \(header.text)"
    }
    return ("\(header.name) has no parameter `\(name)`", hint)
  }

  // MARK: - Types and shapes

  /// Compares arguments with annotations. Gives the sizes that names in shapes stand for, or nil
  /// if something does not fit, which is reported.
  func fits(_ header: Header, _ bound: BoundArguments, isBuiltin: Bool)
    -> [String: ShapeMatcher.Size]?
  {
    var matcher = ShapeMatcher(header: header, isBuiltin: isBuiltin)
    for (position, parameter) in header.parameters.enumerated() {
      guard let argument = bound.values[position] else {
        // A default may be a number that names a size.
        if let name = parameter.name { matcher.unknown.insert(name) }
        continue
      }
      if case .exact(.nil) = argument.known, parameter.acceptsNil { continue }
      if let error = mismatch(parameter, argument.known, header, &matcher) {
        report(error, argument.span)
        return nil
      }
      if let name = parameter.name { matcher.note(argument.known, named: name) }
    }
    return matcher.sizes
  }

  private func mismatch(
    _ parameter: ParameterInfo, _ known: Known, _ header: Header, _ matcher: inout ShapeMatcher
  ) -> ScriptError? {
    let name = parameter.name ?? "the argument"
    switch parameter.annotation?.kind {
    case nil: return nil
    case .type(let type):
      guard accepts(type, known) == false else { return nil }
      var found = "this is \(phrase(known))"
      if case .items(let items) = known, type == "tensor" {
        let types = items.prefix(1000).map { $0.typeName ?? "number" }
        found = Hints.culprit(in: types) ?? found
      }
      return .type(
        "\(header.name): \(name) must be \(wanted(type)), but \(found)",
        hint: header.text)
    case .shape(let dimensions):
      if let type = known.typeName, accepts("tensor", known) == false, type != "record" {
        return .type(
          "\(header.name): \(name) must be a tensor of shape "
            + "\(ShapeMatcher.text(dimensions)), but this is \(phrase(known))")
      }
      // The names that an unknown shape would bind stay open for what later arguments say.
      return shape(of: known).flatMap { matcher.match(dimensions, $0, name) }
    }
  }

  /// The shape that a value has when it is read as a tensor, if known.
  private func shape(of known: Known) -> [Int]? {
    switch known {
    case .shaped(let tensor): return tensor.shape
    case .exact(.number): return []
    case .items:
      guard let value = known.value,
        case .value(.tensor(let tensor)) = laboratory.run("fn(x) = tensor(x)", [value], work: 0)
      else { return nil }
      return tensor.shape
    default: return nil
    }
  }

  /// Whether a value passes as one of a type; nil if that cannot be told.
  func accepts(_ type: String, _ known: Known) -> Bool? {
    guard type != "any" else { return true }
    guard let found = known.typeName else { return nil }
    if found == type { return true }
    switch (type, found) {
    case ("number", "tensor"):
      if case .shaped(let tensor) = known { return tensor.count == 1 }
      return nil
    case ("list", "range"), ("list", "tensor"), ("tensor", "number"), ("tensor", "range"),
      ("tensor", "bool"):
      return true
    case ("tensor", "list"): return nil
    case ("function", "record"): return nil
    case ("function", _): return library.isCallable(found)
    default: return false
    }
  }

  /// How messages call what is wanted.
  private func wanted(_ type: String) -> String {
    type == "bool" ? "true or false" : type.withArticle
  }

  // MARK: - Results

  /// Compares what a function returns with the annotation of its result.
  func checkResults(
    _ results: [(value: Known, span: Span)], _ function: ScriptFunction,
    _ sizes: [String: ShapeMatcher.Size] = [:]
  ) {
    guard let annotation = function.header.result else { return }
    for (value, span) in results {
      switch annotation.kind {
      case .type(let type):
        if accepts(type, value) == false {
          report(
            .type(
              "\(function.name): the result must be \(wanted(type)), "
                + "but this is \(phrase(value))", hint: function.header.text), span)
        }
      case .shape(let dimensions):
        var matcher = ShapeMatcher(header: function.header, isBuiltin: false, sizes: sizes)
        if accepts("tensor", value) == false {
          report(
            .type(
              "\(function.name): the result must be a tensor of shape "
                + "\(ShapeMatcher.text(dimensions)), but this is \(phrase(value))"), span)
        } else if let shape = shape(of: value),
          let error = matcher.match(dimensions, shape, "the result")
        {
          report(error, span)
        }
      }
    }
  }
}

/// Matches shapes with annotations and remembers what names in them stand for.
struct ShapeMatcher {
  let header: Header
  let isBuiltin: Bool
  /// What names in shapes stand for.
  private(set) var sizes: [String: Size]
  /// Names that stand for something that is not known.
  var unknown: Set<String> = []

  /// A size, and the parameter whose annotation named it first.
  typealias Size = (size: Int, origin: String?, text: String)

  init(header: Header, isBuiltin: Bool, sizes: [String: Size] = [:]) {
    self.header = header
    self.isBuiltin = isBuiltin
    self.sizes = sizes
  }

  /// A number given for a parameter can be the size that a later shape names.
  mutating func note(_ known: Known, named name: String) {
    if let number = known.number, let size = Int(exactly: number) {
      sizes[name] = (size, nil, "")
    } else {
      unknown.insert(name)
    }
  }

  /// Why a shape does not match, or nil.
  mutating func match(
    _ dimensions: [Dimension], _ shape: [Int], _ name: String
  ) -> ScriptError? {
    let text = ShapeMatcher.text(dimensions)
    let wrong = ScriptError.shape(
      "\(header.name): \(name) must have shape \(text), not \(shape)",
      hint: isBuiltin ? header.text : "")
    let ellipsis = dimensions.firstIndex { if case .ellipsis = $0.kind { true } else { false } }
    let fixed = dimensions.count - (ellipsis == nil ? 0 : 1)
    guard ellipsis == nil ? shape.count == fixed : shape.count >= fixed else { return wrong }
    for (position, dimension) in dimensions.enumerated() where position != ellipsis {
      let isAfter = ellipsis.map { position > $0 } ?? false
      let found = shape[isAfter ? shape.count - (dimensions.count - position) : position]
      switch dimension.kind {
      case .ellipsis, .name("_"): continue
      case .size(let size): if Double(found) != size { return wrong }
      case .name(let symbol):
        if unknown.contains(symbol) { continue }
        guard let known = sizes[symbol] else {
          sizes[symbol] = (found, name, text)
          continue
        }
        if known.size != found { return isBuiltin ? wrong : unfit(symbol, known, shape, name) }
      }
    }
    return nil
  }

  private func unfit(
    _ symbol: String, _ known: Size, _ shape: [Int],
    _ name: String
  ) -> ScriptError {
    let origin = known.origin == name ? nil : known.origin
    let from = origin.map { " from \($0): \(known.text)" } ?? ""
    return ScriptError(
      .shape,
      "\(header.name): \(name) does not fit \(origin ?? "\(symbol) = \(known.size)")",
      label: "\(symbol) is \(known.size)\(from), but this is \(shape)")
  }

  /// A shape as an annotation spells it.
  static func text(_ dimensions: [Dimension]) -> String {
    let parts = dimensions.map { dimension in
      switch dimension.kind {
      case .name(let name): name
      case .size(let size): Display.number(size)
      case .ellipsis: "..."
      }
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
