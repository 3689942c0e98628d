// SPDX-License-Identifier: Apache-2.0
//
// Information for editors at an offset: the name there, its meaning, what is known about it, and
// its other occurrences.

import Runtime
import Syntax

/// The meaning of a name at an offset.
public enum Meaning {
  /// A name that the program introduces.
  case binding(Binding)
  /// A function or method of the library.
  case builtin(Builtin)
  /// A named value of the library.
  case constant(Constant)
  /// A namespace of the library.
  case namespace(String)
  /// A field of a type of the library.
  case field(type: String, name: String, summary: String)
  /// A name that a module exports, and the source that introduces it.
  case export(name: String, source: Source, place: Span)
  /// A parameter that is named in a call: its text, and the header it belongs to.
  case parameter(String, header: String)
}

extension Report {
  /// The name at an offset: its span and meaning, or nil if there is none.
  public func meaning(at offset: Int32) -> (meaning: Meaning, span: Span)? {
    if let (binding, span) = index.binding(at: offset) { return (.binding(binding), span) }
    for node in nodes(at: offset) {
      switch node.kind {
      case .name(let name):
        if let meaning = global(name) { return (meaning, node.span) }
      case .field(let base, let name) where name.span.holds(offset):
        if let meaning = member(name.text, of: known[base.span] ?? .unknown) {
          return (meaning, name.span)
        }
      case .call(let callee, let arguments), .pipe(_, let callee, let arguments):
        for argument in arguments {
          guard case .named(let name) = argument.kind, name.span.holds(offset),
            let header = header(of: callee), let text = header.parameterText(name.text)
          else { continue }
          return (.parameter(text, header: header.text), name.span)
        }
      default: break
      }
    }
    return nil
  }

  /// The names that the program does not introduce, with their spans, where a meaning is known.
  public var libraryNames: [(span: Span, meaning: Meaning)] {
    var visitor = TreeVisitor()
    visitor.visit(program)
    return visitor.expressions.compactMap { node in
      switch node.kind {
      case .name(let name) where index.meanings[node.span.start] == nil:
        return global(name).map { (node.span, $0) }
      case .field(let base, let name):
        return member(name.text, of: known[base.span] ?? .unknown).map { (name.span, $0) }
      default: return nil
      }
    }
  }

  /// The expressions that contain an offset, inner ones first.
  func nodes(at offset: Int32) -> [Expression] {
    var visitor = TreeVisitor()
    visitor.visit(program)
    return visitor.expressions.filter { $0.span.holds(offset) }
      .sorted { ($0.span.end - $0.span.start) < ($1.span.end - $1.span.start) }
  }

  /// The meaning of a global name of the library.
  public func global(_ name: String) -> Meaning? {
    switch library.global(name) {
    case .builtin(let builtin): return .builtin(builtin)
    case .namespace(let name): return .namespace(name)
    default: return library.constant(name).map { .constant($0) }
    }
  }

  private func member(_ name: String, of base: Known) -> Meaning? {
    switch base {
    case .namespace(let space):
      switch library.member(name, of: space) {
      case .builtin(let builtin)?: return .builtin(builtin)
      case .namespace(let inner)?: return .namespace(inner)
      case nil: return nil
      default:
        return (library.constant("\(space).\(name)") ?? library.constant(name))
          .map { .constant($0) }
      }
    case .module(let module):
      guard let place = module.places[name] else { return nil }
      return .export(name: name, source: module.source, place: place)
    default:
      guard let type = base.typeName else { return nil }
      if let field = library.fields(of: type)?.first(where: { $0.name == name }) {
        return .field(type: type, name: name, summary: field.summary)
      }
      return library.method(name, of: type).map { .builtin($0) }
    }
  }

  /// The header of a callee, if it is known.
  func header(of callee: Expression) -> Header? {
    switch known[callee.span] {
    case .builtin(let builtin)?: builtin.header
    case .function(let function)?: function.header
    case .namespace(let name)?: library.namesake(of: name)?.header
    default: nil
    }
  }

  /// What is known about the value at a span, in words; nil if nothing is.
  public func knowledge(at span: Span) -> String? { known[span].flatMap { $0.words } }

  /// The header of a function that the program introduces, as `help` prints it.
  public func header(of binding: Binding) -> String? {
    if let function = binding.function {
      return Header(name: binding.name, signature: function.signature, source: source).text
    }
    guard case .function(let lambda)? = binding.value?.kind else { return nil }
    return Header(name: binding.name, signature: lambda.signature, source: source).text
  }

  /// The spans where calls pass a parameter by name.
  public func namedArguments(for binding: Binding) -> [Span] {
    guard binding.kind == .parameter, let place = binding.declarations.first else { return [] }
    var visitor = TreeVisitor()
    visitor.visit(program)
    return visitor.expressions.flatMap { node -> [Span] in
      guard case .call(let callee, let arguments) = node.kind,
        case .function(let function)? = known[callee.span], function.source === source,
        function.node.signature.parameters.contains(where: { $0.name?.span == place })
      else { return [] }
      return arguments.compactMap { argument in
        guard case .named(let name) = argument.kind, name.text == binding.name else { return nil }
        return name.span
      }
    }
  }

  /// The spans where a name is shorthand for a field of the same name: `{name}`.
  public var shorthands: Set<Span> {
    var visitor = TreeVisitor()
    visitor.visit(program)
    var places: Set<Span> = []
    for case .record(let entries) in visitor.expressions.map(\.kind) {
      for case .shorthand(let name) in entries { places.insert(name.span) }
    }
    return places
  }
}

extension Binding {
  /// Whether its name is also that of the field it is bound to: `let {name} = record`.
  public var isFieldPattern: Bool {
    if case .record? = pattern?.kind { return true }
    return false
  }
}

extension Span {
  /// Whether an offset is in the span or just after it.
  public func holds(_ offset: Int32) -> Bool { start <= offset && offset <= end }
}

extension Header {
  /// The parameter of a name, as written.
  func parameterText(_ name: String) -> String? {
    parameters.first { $0.name == name }?.text
  }
}

extension LibraryIndex {
  /// A named value of the library.
  func constant(_ name: String) -> Constant? {
    builtins.constants.first { $0.name == name }
  }
}

extension Known {
  /// What is known, in words.
  var words: String? {
    switch self {
    case .unknown: return nil
    case .exact(.nil): return "nil"
    case .exact(let value): return "\(typeName ?? "") \(Display.text(value))"
    case .shaped(let tensor): return "tensor of shape \(tensor.shape)"
    case .items(let items):
      return items.count == 1 ? "list of 1 element" : "list of \(items.count) elements"
    case .fields(let fields): return "record {\(fields.map(\.name).joined(separator: ", "))}"
    case .type(let name): return name
    case .function(let function): return "fn \(function.header.text)"
    case .builtin(let builtin): return "fn \(builtin.signature)"
    case .namespace(let name): return "namespace \(name)"
    case .module(let module): return "module \(Modules.name(of: module.path))"
    }
  }
}
