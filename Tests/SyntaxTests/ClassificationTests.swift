// SPDX-License-Identifier: Apache-2.0
//
// Complete, incomplete, invalid: the classification that a prompt needs after every line.

import Syntax
import Testing

@Suite struct ClassificationTests {
  @Test(arguments: Probes.complete) func complete(_ text: String) {
    #expect(Parser.classify(text) == .complete)
    #expect(Parser.parse(Source(path: "test", text: text)).diagnostics.isEmpty)
  }

  @Test(arguments: Probes.incomplete) func incomplete(_ text: String) {
    #expect(Parser.classify(text) == .incomplete)
  }

  @Test(arguments: Probes.invalid) func invalid(_ text: String) {
    #expect(Parser.classify(text) == .invalid)
  }

  @Test(arguments: Fixtures.corpus.map(\.name)) func programsAreComplete(_ name: String) throws {
    let text = try #require(Fixtures.corpus.first { $0.name == name }).text
    let (program, diagnostics) = Parser.parse(Source(path: name, text: text))
    #expect(diagnostics.isEmpty, "\(DiagnosticRenderer().render(diagnostics))")
    #expect(program.statements.count > 5)
  }

  @Test func examplesAreComplete() {
    let names = Fixtures.names(in: Fixtures.root + "/Examples", suffix: ".smap")
    #expect(names.count >= 5)
    for name in names {
      let text = Fixtures.read(Fixtures.root + "/Examples/" + name)
      #expect(Parser.classify(text) == .complete, "\(name)")
    }
  }

  @Test(arguments: Fixtures.corpus.map(\.name)) func prefixes(_ name: String) throws {
    let text = try #require(Fixtures.corpus.first { $0.name == name }).text
    var prefix = ""
    for character in text {
      prefix.append(character)
      let result = Parser.classify(prefix)
      if character == "\n" { #expect(result != .invalid, "\(prefix)") }
    }
  }
}
