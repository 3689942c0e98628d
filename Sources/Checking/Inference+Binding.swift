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
  func bind(
    _ header: Header, _ arguments: [GivenArgument], _ span: Span, receivers: Int = 0
  ) -> BoundArguments? {
    var bound = BoundArguments()
    var count = 0
    var isFine = true
    var hasName = false
    func refuse(_ error: ScriptError, _ span: Span) {
      report(error, span)
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
          refuse(header.tooManyArguments(countingReceiver: receivers > 0), argument.span)
        }
        count += 1
      case .named(let name):
        hasName = true
        guard let position = header.position(named: name.text) else {
          refuse(header.unknownArgument(name.text), name.span)
          continue
        }
        if bound.values.updateValue(argument, forKey: position) != nil {
          refuse(header.repeatedArgument(name.text), name.span)
        }
      }
    }
    guard isFine else { return nil }
    if !bound.isOpen, let missing = missing(header, bound) {
      refuse(header.missingArgument(at: missing), span)
      return nil
    }
    return bound
  }

  private func missing(_ header: Header, _ bound: BoundArguments) -> Int? {
    header.parameters.indices.first { position in
      let parameter = header.parameters[position]
      return parameter.kind != .rest && !parameter.hasDefault && bound.values[position] == nil
    }
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
      if let error = mismatch(position, argument.known, header, &matcher) {
        report(error, argument.span)
        return nil
      }
      if let name = parameter.name { matcher.note(argument.known, named: name) }
    }
    return matcher.sizes
  }

  private func mismatch(
    _ position: Int, _ known: Known, _ header: Header, _ matcher: inout ShapeMatcher
  ) -> ScriptError? {
    let name = header.phrase(for: position)
    switch header.parameters[position].annotation?.kind {
    case nil: return nil
    case .type(let type):
      guard accepts(type, known) == false else { return nil }
      var found = "this is \(phrase(known))"
      if case .items(let items) = known, type == "tensor" {
        let types = items.prefix(1000).map { $0.typeName ?? "number" }
        found = Hints.culprit(in: types) ?? found
      }
      return header.typeMismatch(Header.phrase(forType: type), name, found: found)
    case .shape(let dimensions):
      if position == header.picturesIndex, accepts("dataset", known) == true { return nil }
      if let type = known.typeName, accepts("tensor", known) == false, type != "record" {
        return header.typeMismatch(
          header.phrase(forShape: ShapeMatcher.text(dimensions), at: position), name,
          found: "this is \(phrase(known))", hint: "")
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
    if found == type || library.passes(found, as: type) { return true }
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
            function.header.typeMismatch(
              Header.phrase(forType: type), "the result", found: "this is \(phrase(value))"),
            span)
        }
      case .shape(let dimensions):
        var matcher = ShapeMatcher(header: function.header, isBuiltin: false, sizes: sizes)
        if accepts("tensor", value) == false {
          report(
            function.header.typeMismatch(
              Header.phrase(forShape: ShapeMatcher.text(dimensions)), "the result",
              found: "this is \(phrase(value))", hint: ""), span)
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
    let wrong = header.shapeMismatch(text, name, not: shape, hint: isBuiltin ? header.text : "")
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
    return header.sizeMismatch(
      name, symbol, known.size, origin: origin.map { ($0, known.text) }, shape)
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
