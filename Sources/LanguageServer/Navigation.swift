// SPDX-License-Identifier: Apache-2.0
//
// Go to definition, find references, renaming, and the outline of a document.

import Checking
import Files
import Runtime
import Syntax

extension Server {
  func definition(_ request: TextRequest) -> JSON {
    let report = report(request.document)
    switch report.meaning(at: request.place)?.meaning {
    case .binding(let binding)?:
      return .array(
        binding.declarations.map {
          ["uri": .string(request.document.uri), "range": request.document.range($0)]
        })
    case .export(_, let source, let place)?:
      let target = TextDocument(source, encoding: encoding)
      return [["uri": .string(target.uri), "range": target.range(place)]]
    default: return .null
    }
  }

  private func binding(_ request: TextRequest) -> (Binding, Report, Span)? {
    let report = report(request.document)
    guard case (.binding(let binding), let span)? = report.meaning(at: request.place) else {
      return nil
    }
    return (binding, report, span)
  }

  func references(_ request: TextRequest) -> JSON {
    guard let (binding, report, _) = binding(request) else { return .null }
    let includesDeclaration =
      request.parameters["context"]?["includeDeclaration"]?.flag ?? true
    let spans =
      (includesDeclaration ? binding.declarations : []) + binding.uses.map(\.span)
      + report.namedArguments(for: binding)
    return .array(
      spans.map { ["uri": .string(request.document.uri), "range": request.document.range($0)] })
  }

  func highlights(_ request: TextRequest) -> JSON {
    guard let (binding, report, _) = binding(request) else { return .null }
    let written = binding.declarations + binding.uses.filter(\.isWrite).map(\.span)
    let read =
      binding.uses.filter { !$0.isWrite }.map(\.span) + report.namedArguments(for: binding)
    return .array(
      written.map { ["range": request.document.range($0), "kind": .integer(3)] }
        + read.map { ["range": request.document.range($0), "kind": .integer(2)] })
  }

  // MARK: - Renaming

  func prepareRename(_ request: TextRequest) throws(RequestError) -> JSON {
    guard let (binding, report, span) = binding(request) else {
      throw RequestError(code: .requestFailed, message: "only names of the script can be renamed")
    }
    try Server.checkMovable(binding, report)
    return ["range": request.document.range(span), "placeholder": .string(binding.name)]
  }

  private static func checkMovable(_ binding: Binding, _ report: Report) throws(RequestError) {
    if binding.isFieldPattern {
      throw RequestError(
        code: .requestFailed, message: "`\(binding.name)` is the name of a field")
    }
    guard report.isReadable else {
      throw RequestError(
        code: .requestFailed, message: "mend the syntax errors first: names may be missing")
    }
  }

  func rename(_ request: TextRequest) throws(RequestError) -> JSON {
    guard let name = request.parameters["newName"]?.text else {
      throw .parameters("a new name is needed")
    }
    guard let (binding, report, _) = binding(request) else {
      throw RequestError(code: .requestFailed, message: "only names of the script can be renamed")
    }
    try Server.checkMovable(binding, report)
    guard let first = name.utf8.first, name.utf8.allSatisfy(Draft.isWordByte),
      !(48...57).contains(first), Token.Kind.keywords[name] == nil
    else { throw .parameters("`\(name)` is not a name") }
    let places = binding.declarations + binding.uses.map(\.span)
    let clash = places.contains { place in
      report.index.visible(at: place.start).contains { $0.name == name }
    }
    guard !clash || name == binding.name else {
      throw RequestError(code: .requestFailed, message: "there is another `\(name)` here")
    }
    let shorthands = report.shorthands
    let edits = (places + report.namedArguments(for: binding)).map { place -> JSON in
      let text = shorthands.contains(place) ? "\(binding.name): \(name)" : name
      return ["range": request.document.range(place), "newText": .string(text)]
    }
    return ["changes": .object([(request.document.uri, .array(edits))])]
  }

  // MARK: - Outline

  func symbols(_ request: TextRequest) -> JSON {
    let report = report(request.document)
    let tree = Server.symbols(report.program.statements, request.document, isNested: false)
    return .array(abilities.hasNestedOutline ? tree : Server.flattened(tree, request.document, nil))
  }

  /// The outline for clients without tree support: each entry names its container.
  private static func flattened(
    _ symbols: [JSON], _ document: TextDocument, _ container: JSON?
  ) -> [JSON] {
    symbols.flatMap { symbol -> [JSON] in
      let name = symbol["name"] ?? .null
      var entries: [(key: String, value: JSON)] = [
        ("name", name), ("kind", symbol["kind"] ?? .null),
        ("location", ["uri": .string(document.uri), "range": symbol["range"] ?? .null]),
      ]
      if let container { entries.append(("containerName", container)) }
      return [.object(entries)] + flattened(symbol["children"]?.elements ?? [], document, name)
    }
  }

  /// Functions and, at the top level, variables; nested functions below their functions.
  private static func symbols(
    _ statements: [Statement], _ document: TextDocument, isNested: Bool
  ) -> [JSON] {
    statements.flatMap { statement -> [JSON] in
      switch statement.kind {
      case .function(let name, let function):
        return [symbol(name, 12, statement, function, document)]
      case .let(let pattern, let value) where !isNested:
        if case .function(let function) = value.kind, case .name(let name) = pattern.kind {
          return [symbol(name, 12, statement, function, document)]
        }
        return pattern.names.map { symbol($0, 13, statement, nil, document) }
      default: return []
      }
    }
  }

  private static func symbol(
    _ name: Identifier, _ kind: Int, _ statement: Statement, _ function: Function?,
    _ document: TextDocument
  ) -> JSON {
    var entries: [(key: String, value: JSON)] = [
      ("name", .string(name.text)), ("kind", .integer(kind)),
      ("range", document.range(statement.span)), ("selectionRange", document.range(name.span)),
    ]
    if let function {
      let text = document.source.text(function.signature.span)
      let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      entries.append(("detail", .string(line)))
      if case .block(let body) = function.body {
        let inner = symbols(body.statements, document, isNested: true)
        entries.append(("children", .array(inner)))
      }
    }
    return .object(entries)
  }
}
