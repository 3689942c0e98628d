// SPDX-License-Identifier: Apache-2.0
//
// The coverage of the scripts under Tests/Conformance: every function of the library, every kind of
// error, and at least as much as before. A function without a script fails here, so a new one comes
// with its tests.

import Expectations
import Files
import Library
import Runtime
import Syntax
import Testing

@Suite struct CoverageTests {
  /// The scripts, read once.
  private static let sources: [Source] = ConformanceFiles.all.compactMap { name in
    let path = ConformanceFiles.folder + "/" + name
    return (try? FileReader.read(path: path)).map { Source(path: name, bytes: $0) }
  }

  /// All names in the code of the scripts, and all pairs of names with a dot between.
  private static let mentions: Set<String> = {
    var found: Set<String> = []
    for source in sources {
      let tokens = Lexer.tokenize(source).tokens
      for (index, token) in tokens.enumerated() where token.kind == .name {
        let name = source.text(token.span)
        found.insert(name)
        if index >= 2, tokens[index - 1].kind == .dot, tokens[index - 2].kind == .name {
          found.insert(source.text(tokens[index - 2].span) + "." + name)
        }
      }
    }
    return found
  }()

  private static let markers: [Marker] = sources.flatMap { Marker.find(in: $0) }

  private static let functions: [Builtin] =
    Session(library: Catalog.all) { _ in }.builtins.functions

  @Test(arguments: functions.map(\.qualifiedName))
  func everyFunctionHasAScript(_ name: String) {
    #expect(Self.mentions.contains(name), "no script under Tests/Conformance calls \(name)")
  }

  @Test(arguments: Diagnostic.Kind.all.map(\.kind))
  func everyKindOfErrorIsRaised(_ kind: Diagnostic.Kind) {
    let words = kind.rawValue + ":"
    #expect(Self.markers.contains { $0.kind == .error && $0.text.hasPrefix(words) })
  }

  /// A script that expects only some error would pass with any.
  @Test func mostErrorsAreExpectedByTheirWords() {
    let errors = Self.markers.filter { $0.kind == .error }
    let bare = errors.filter { $0.text.hasSuffix(":") || !$0.text.contains(":") }
    #expect(bare.count * 50 < errors.count, "\(bare.count) of \(errors.count) name a kind only")
  }

  @Test func theSuiteDoesNotShrink() {
    #expect(ConformanceFiles.all.count >= 400)
    #expect(Self.markers.count >= 2_500)
    for folder in ["language", "library", "errors", "limits"] {
      #expect(ConformanceFiles.all.contains { $0.hasPrefix(folder + "/") })
    }
  }
}
