// SPDX-License-Identifier: Apache-2.0
//
// The names of a program as checks and editors see them, compared with three independent sources:
// the variables of the language's resolver, the tokens before a name, and line and column numbers
// computed naively. Over every script of the repository.

import Runtime
import Syntax
import Testing

@testable import Checking

@Suite struct NameTests {
  private static let corpus =
    Corpus.expecting.map { "Tests/Conformance/" + $0 }
    + Corpus.files(in: "Checking").map { "Tests/Checking/" + $0 }
    + Corpus.files(in: "../Examples").map { "Examples/" + $0 }

  /// Two names mean the same binding if and only if the resolver gives them the same variable, and
  /// no name is left out.
  @Test(arguments: NameTests.corpus) func agreesOnVariables(_ file: String) throws {
    let report = try Corpus.check(file)
    let links = NameLinks(report.program)
    var bindings: [NameLinks.Variable: ObjectIdentifier] = [:]
    var variables: [ObjectIdentifier: NameLinks.Variable] = [:]
    for offset in links.offsets {
      let place = "\(file), offset \(offset)"
      guard let variable = links.variable(at: offset) else {
        #expect(report.index.meanings[offset]?.isGlobal != false, "\(place)")
        continue
      }
      guard let binding = report.index.meanings[offset] else {
        Issue.record("\(place) has no meaning")
        continue
      }
      #expect(!binding.isGlobal, "\(place)")
      let identity = ObjectIdentifier(binding)
      #expect(bindings.updateValue(identity, forKey: variable) ?? identity == identity, "\(place)")
      #expect(variables.updateValue(variable, forKey: identity) ?? variable == variable, "\(place)")
    }
    #expect(Set(report.index.meanings.keys).isSubset(of: links.offsets), "\(file)")
  }

  /// A name is captured where a function lies between its introduction and its use.
  @Test(arguments: NameTests.corpus) func agreesOnFunctions(_ file: String) throws {
    let report = try Corpus.check(file)
    let links = NameLinks(report.program)
    let functions = Functions(report.program)
    for binding in report.index.bindings where !binding.isGlobal {
      let home = functions.innermost(around: try #require(binding.declarations.first))
      for use in binding.uses {
        let place = "\(file): \(binding.name) at \(use.span.start)"
        let isElsewhere = functions.innermost(around: use.span) != home
        #expect(links.isCaptured(at: use.span.start) == isElsewhere, "\(place)")
      }
    }
  }

  /// Every span contains the name, on the line and in the column that a reader would count.
  @Test(arguments: NameTests.corpus) func agreesOnPlaces(_ file: String) throws {
    let report = try Corpus.check(file)
    let positions = NameTests.positions(in: report.source.bytes)
    for binding in report.index.bindings {
      for span in binding.declarations + binding.uses.map(\.span) {
        #expect(report.source.text(span) == binding.name, "\(file), offset \(span.start)")
        let counted = positions[Int(span.start)]
        let position = report.source.position(of: span.start)
        #expect(position == counted, "\(file): \(binding.name) at \(span.start)")
      }
    }
  }

  /// The token before a name determines its kind.
  @Test(arguments: NameTests.corpus) func agreesOnKinds(_ file: String) throws {
    let report = try Corpus.check(file)
    let tokens = Lexer.tokenize(report.source).tokens
    var before: [Int32: Token.Kind] = [:]
    for (token, next) in zip(tokens, tokens.dropFirst()) { before[next.span.start] = token.kind }
    let kinds: [(Token.Kind, Binding.Kind)] = [
      (.let, .variable), (.for, .loop), (.catch, .caught), (.fn, .function),
    ]
    for binding in report.index.bindings {
      let words = binding.declarations.compactMap { before[$0.start] }
      for (word, kind) in kinds where words.first == word {
        #expect(binding.kind == kind, "\(file): \(binding.name) after \(word)")
      }
      if binding.kind == .parameter || binding.kind == .size {
        #expect(!words.contains { word in kinds.contains { $0.0 == word } }, "\(file)")
      }
    }
  }

  /// Names after a dot, names of arguments or fields, and types are no variables; every other name
  /// of a program that parses is in the index.
  @Test(arguments: NameTests.corpus) func leavesNoNameOut(_ file: String) throws {
    let report = try Corpus.check(file)
    guard report.isReadable else { return }
    let seen = Set(NameLinks(report.program).offsets)
    let tokens = Lexer.tokenize(report.source.withoutSkippedCells).tokens
    for (index, token) in tokens.enumerated() where token.kind == .name {
      guard !seen.contains(token.span.start) else { continue }
      let before = index > 0 ? tokens[index - 1].kind : .newline
      let after = index + 1 < tokens.count ? tokens[index + 1].kind : .newline
      let isNoVariable =
        before == .dot || before == .colon || before == .arrow || after == .assign
        || after == .colon || report.source.text(token.span) == "_"
      #expect(isNoVariable, "\(file): \(report.source.text(token.span)) at \(token.span.start)")
    }
  }

  private static func positions(in bytes: [UInt8]) -> [Source.Position] {
    var position = Source.Position(line: 1, column: 1)
    return bytes.enumerated().map { offset, byte in
      defer {
        if byte == 10 {
          position = Source.Position(line: position.line + 1, column: 1)
        } else if offset + 1 < bytes.count, bytes[offset + 1] & 0xC0 != 0x80 {
          position.column += 1
        }
      }
      return position
    }
  }
}

/// The functions of a program by place.
private struct Functions {
  private var spans: [Span] = []
  /// The spans of the names of `fn` statements: outside the functions they name.
  private var names: [Int32: Span] = [:]

  init(_ program: Program) {
    var visitor = TreeVisitor()
    visitor.visit(program)
    for case .function(let function) in visitor.expressions.map(\.kind) {
      spans.append(function.span)
    }
    for case .function(let name, let function) in visitor.statements.map(\.kind) {
      spans.append(function.span)
      names[name.span.start] = function.span
    }
  }

  func innermost(around place: Span) -> Span? {
    spans.filter { $0.start <= place.start && place.end <= $0.end && names[place.start] != $0 }
      .min { $0.end - $0.start < $1.end - $1.start }
  }
}
