// SPDX-License-Identifier: Apache-2.0
//
// Completions for editors at an offset: names in scope, members after a dot, names of arguments in
// a call, and the signature of the current call.

import Runtime
import Syntax

/// A completion.
public struct Suggestion {
  /// The kind of a completion.
  public enum Kind: Sendable {
    case keyword, variable, parameter, function, method, namespace, module, constant, field
    /// The name of an argument.
    case argument
  }

  /// The text to insert.
  public let text: String
  /// Its kind.
  public let kind: Kind
  /// A signature, type or other short description.
  public let detail: String
  /// A sentence or more, or empty.
  public let documentation: String
}

/// The call around an offset.
public struct CallSite {
  /// The signature.
  public let label: String
  /// The parameters as they are written in the signature, in order.
  public let parameters: [String]
  /// The index of the parameter whose argument is at the offset.
  public let active: Int?
  /// A sentence on the function, or empty.
  public let documentation: String
}

extension Report {
  // MARK: - Names

  /// The names that can be used at an offset, innermost first, then those of the library and the
  /// keywords.
  public func names(at offset: Int32) -> [Suggestion] {
    var seen: Set<String> = []
    var found: [Suggestion] = []
    for binding in index.visible(at: offset) where seen.insert(binding.name).inserted {
      found.append(suggestion(binding))
    }
    for name in library.builtins.globalNames where seen.insert(name).inserted {
      found.append(Report.suggestion(name, library.global(name), library))
    }
    for word in Token.Kind.keywords.keys.sorted() {
      found.append(Suggestion(text: word, kind: .keyword, detail: "keyword", documentation: ""))
    }
    return found
  }

  private func suggestion(_ binding: Binding) -> Suggestion {
    let header = header(of: binding)
    let place = binding.declarations.first ?? Span(0, 0)
    let kind: Suggestion.Kind =
      header != nil ? .function : binding.kind == .parameter ? .parameter : .variable
    return Suggestion(
      text: binding.name, kind: kind, detail: header ?? knowledge(at: place) ?? "",
      documentation: binding.documentation ?? "")
  }

  private static func suggestion(
    _ name: String, _ known: Known, _ library: LibraryIndex, kind: Suggestion.Kind? = nil
  ) -> Suggestion {
    switch known {
    case .builtin(let builtin):
      return Suggestion(
        text: name, kind: kind ?? .function, detail: builtin.signature,
        documentation: builtin.summary)
    case .namespace(let space):
      return Suggestion(
        text: name, kind: .namespace, detail: "namespace",
        documentation: library.builtins.namespaceSummaries[space] ?? "")
    case .function(let function):
      return Suggestion(
        text: name, kind: .function, detail: function.header.text, documentation: "")
    default:
      return Suggestion(
        text: name, kind: kind ?? .constant, detail: known.words ?? "",
        documentation: library.constant(name)?.summary ?? "")
    }
  }

  // MARK: - Members

  /// The completions after the dot of the field expression whose name is at an offset; nil if there
  /// is no such expression.
  public func members(at offset: Int32) -> [Suggestion]? {
    for node in nodes(at: offset) {
      guard case .field(let base, let name) = node.kind, name.span.holds(offset) else { continue }
      return members(of: known[base.span] ?? .unknown)
    }
    return nil
  }

  private func members(of base: Known) -> [Suggestion] {
    switch base {
    case .namespace(let space):
      return library.memberNames(of: space).compactMap { name in
        library.member(name, of: space).map { Report.suggestion(name, $0, library) }
      }
    case .module(let module):
      return module.exports.sorted { $0.key < $1.key }.map { name, known in
        Report.suggestion(name, known, library, kind: .variable)
      }
    default:
      guard let type = base.typeName else { return [] }
      var found: [Suggestion] = []
      if case .fields(let fields) = base {
        found = fields.map { Report.suggestion($0.name, $0.value, library, kind: .field) }
      }
      for field in library.fields(of: type) ?? [] {
        found.append(
          Suggestion(
            text: field.name, kind: .field, detail: "field of \(type.withArticle)",
            documentation: field.summary))
      }
      let names = Set(found.map(\.text))
      for method in library.methods(of: type) where !names.contains(method.name) {
        found.append(Report.suggestion(method.name, .builtin(method), library, kind: .method))
      }
      return found
    }
  }

  // MARK: - Calls

  /// The call whose arguments contain an offset, if the callee is known.
  public func call(at offset: Int32) -> CallSite? {
    guard let (callee, arguments, receivers, _) = innermostCall(at: offset),
      let header = header(of: callee)
    else { return nil }
    var documentation = ""
    if case .builtin(let builtin)? = known[callee.span] {
      documentation = builtin.summary
    } else if case .name(let name) = callee.kind {
      documentation =
        (index.meanings[callee.span.start] ?? index.globals[name])?.documentation ?? ""
    }
    return CallSite(
      label: header.text, parameters: header.parameters.map(\.text),
      active: active(header, arguments, receivers, offset), documentation: documentation)
  }

  /// The argument names that may be used at an offset.
  public func argumentNames(at offset: Int32) -> [Suggestion] {
    guard let (callee, arguments, receivers, _) = innermostCall(at: offset),
      let header = header(of: callee)
    else { return [] }
    var taken: Set<String> = []
    for argument in arguments where !argument.span.holds(offset) {
      if case .named(let name) = argument.kind { taken.insert(name.text) }
    }
    let positional = arguments.filter { argument in
      if case .positional = argument.kind { argument.span.end < offset } else { false }
    }.count
    return header.parameters.enumerated().compactMap { position, parameter in
      guard let name = parameter.name, parameter.kind != .rest, !taken.contains(name),
        position >= receivers + positional || parameter.kind == .namedOnly
      else { return nil }
      return Suggestion(
        text: name, kind: .argument, detail: parameter.text, documentation: header.text)
    }
  }

  /// Callee, arguments and the number of arguments passed by a receiver or a pipe.
  private func innermostCall(
    at offset: Int32
  ) -> (Expression, [Argument], receivers: Int, Span)? {
    for node in nodes(at: offset) {
      switch node.kind {
      case .call(let callee, let arguments) where isInside(offset, callee, node):
        return (callee, arguments, receivers(callee), node.span)
      case .pipe(_, let callee, let arguments) where isInside(offset, callee, node):
        return (callee, arguments, 1, node.span)
      default: continue
      }
    }
    return nil
  }

  private func isInside(_ offset: Int32, _ callee: Expression, _ node: Expression) -> Bool {
    offset > callee.span.end && offset < node.span.end
  }

  private func receivers(_ callee: Expression) -> Int {
    guard case .field(let base, _) = callee.kind else { return 0 }
    switch known[base.span] {
    case .namespace?, .module?, .fields?: return 0
    default: return 1
    }
  }

  private func active(
    _ header: Header, _ arguments: [Argument], _ receivers: Int, _ offset: Int32
  ) -> Int? {
    var position = receivers
    for argument in arguments {
      if argument.span.holds(offset), case .named(let name) = argument.kind {
        return header.parameters.firstIndex { $0.name == name.text }
      }
      if argument.span.end < offset { position += 1 }
    }
    if let rest = header.restIndex, position >= rest { return rest }
    return position < header.parameters.count ? position : nil
  }
}
