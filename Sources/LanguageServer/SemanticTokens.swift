// SPDX-License-Identifier: Apache-2.0
//
// The kind of each name, for highlighting: an editor's grammar sees words, the server distinguishes
// parameters, functions, namespaces and built-ins.

import Checking
import Files
import Runtime
import Syntax

/// The kinds of names, as the protocol numbers them.
enum SemanticTokens {
  /// The kinds, in the order of their numbers.
  enum Kind: Int, CaseIterable {
    case namespace, function, method, parameter, variable, property

    var name: String { "\(self)" }
  }

  /// The modifiers of names, by their bits.
  enum Mark: Int, CaseIterable {
    case declaration, modification, defaultLibrary

    var name: String { "\(self)" }
  }

  static let legend: JSON = [
    "tokenTypes": .array(Kind.allCases.map { .string($0.name) }),
    "tokenModifiers": .array(Mark.allCases.map { .string($0.name) }),
  ]

  /// One name of a document.
  struct Entry {
    let span: Span
    let kind: Kind
    var marks: [Mark] = []
  }
}

extension Server {
  func semanticTokens(_ request: TextRequest) -> JSON {
    let report = report(request.document)
    var line = 0
    var column = 0
    var data: [JSON] = []
    for entry in report.semanticTokens {
      let start = request.document.position(of: Int(entry.span.start))
      let end = request.document.position(of: Int(entry.span.end))
      if start.line != line { column = 0 }
      let marks = entry.marks.reduce(0) { $0 | 1 << $1.rawValue }
      data += [
        start.line - line, start.column - column, end.column - start.column, entry.kind.rawValue,
        marks,
      ].map { .integer($0) }
      (line, column) = (start.line, start.column)
    }
    return ["data": .array(data)]
  }
}

extension Report {
  /// The names of the program with their kinds, in the order of the text.
  fileprivate var semanticTokens: [SemanticTokens.Entry] {
    var entries: [Int32: SemanticTokens.Entry] = [:]
    for binding in index.bindings {
      let kind = kind(of: binding)
      for span in binding.declarations {
        entries[span.start] = .init(span: span, kind: kind, marks: [.declaration])
      }
      for use in binding.uses {
        entries[use.span.start] = .init(
          span: use.span, kind: kind, marks: use.isWrite ? [.modification] : [])
      }
    }
    for (span, meaning) in libraryNames where entries[span.start] == nil {
      switch meaning {
      case .builtin(let builtin):
        let isMethod = builtin.isMethodOnly
        entries[span.start] = .init(
          span: span, kind: isMethod ? .method : .function, marks: [.defaultLibrary])
      case .constant:
        entries[span.start] = .init(span: span, kind: .variable, marks: [.defaultLibrary])
      case .namespace:
        entries[span.start] = .init(span: span, kind: .namespace, marks: [.defaultLibrary])
      case .field, .export: entries[span.start] = .init(span: span, kind: .property)
      case .parameter, .binding: break
      }
    }
    return entries.values.sorted { $0.span.start < $1.span.start }
  }

  private func kind(of binding: Binding) -> SemanticTokens.Kind {
    switch binding.kind {
    case .function: return .function
    case .parameter, .size: return .parameter
    case .variable, .loop, .caught:
      switch binding.value?.kind {
      case .function?: return .function
      case .load?: return .namespace
      default: return .variable
      }
    }
  }
}
