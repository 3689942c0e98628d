// SPDX-License-Identifier: Apache-2.0
//
// Checks of the whole table: what every entry must have, and every example run.

import Library
import Runtime
import Testing

@Suite struct CatalogTests {
  @Test func headersParse() {
    for function in Catalog.all.functions {
      #expect(function.signatureError == nil, "\(function.signature)")
      #expect(!function.name.isEmpty)
    }
  }

  /// Names and types of first parameters are read without parsing the header; both must agree.
  @Test func headersStartAsTheyAreParsed() {
    for function in BuiltinTable(Catalog.all).functions {
      #expect(function.qualifiedName == function.header.name)
      let first = function.header.parameters.first { $0.kind == .positional }
      let isFirst = function.header.parameters.first?.kind == .positional
      let type: String? =
        switch isFirst ? first?.annotation?.kind : nil {
        case .type("any"), nil: nil
        case .type(let name): name
        case .shape: "tensor"
        }
      let isMethod =
        function.namespace.isEmpty || (type != "string" && type != "number")
      #expect(function.receiverType == (isMethod ? type : nil), "\(function.signature)")
    }
  }

  @Test func namesAreUnique() {
    var seen: Set<String> = []
    for function in Catalog.all.functions where !function.isMethodOnly {
      #expect(seen.insert(function.qualifiedName).inserted, "\(function.qualifiedName)")
    }
  }

  @Test func documentationIsInSentences() {
    for function in Catalog.all.functions {
      #expect(function.summary.last == ".", "\(function.qualifiedName)")
      #expect(!function.summary.contains("\n"))
      if !function.details.isEmpty {
        #expect(function.details.last == ".", "\(function.qualifiedName)")
      }
    }
    for type in Catalog.all.types {
      #expect(type.summary.last == ".", "\(type.name)")
      for field in type.fields { #expect(field.summary.last == ".", "\(type.name).\(field.name)") }
    }
    for (name, summary) in Catalog.all.namespaces { #expect(summary.last == ".", "\(name)") }
  }

  /// An annotated result has that type, whatever the arguments: checks rely on it.
  @Test func whatMayGiveNilHasNoResultType() {
    let words = ["gives `nil`", "or `nil` if", "`nil` if there"]
    for builtin in BuiltinTable(Catalog.all).functions {
      let text = (builtin.summary + " " + builtin.details).lowercased()
      guard words.contains(where: text.contains) else { continue }
      #expect(builtin.header.result == nil, "\(builtin.signature)")
    }
  }

  /// Texts by default that are no choice among words.
  private static let freeTexts: Set<String> = [
    "print.sep", "print.end", "input.prompt", "error.kind", "assert.message", "ljust.fill",
    "rjust.fill",
  ]

  /// Completion and `smap check` know the words of an argument from `choices` alone, and so does
  /// the body: `Call.choice` reads no other words. A word by default without choices was forgotten.
  @Test func wordsOfArgumentsAreDeclared() throws {
    for function in Catalog.all.functions {
      for parameter in function.header.parameters {
        let parts = parameter.text.components(around: " = \"")
        guard let name = parameter.name, let rest = parts.1 else { continue }
        let word = String(rest.dropLast())
        guard !Self.freeTexts.contains("\(function.name).\(name)") else { continue }
        let words = try #require(function.choices[name], "\(function.qualifiedName): \(name)")
        #expect(words.contains(word), "\(function.qualifiedName): \(name)")
      }
    }
  }

  @Test func everyNamespaceHasASentence() {
    let used = Set(Catalog.all.functions.map(\.namespace)).subtracting([""])
    #expect(used.subtracting(Catalog.all.namespaces.keys) == [])
  }

  /// Examples that write files are left to `smap test --builtins`, which has a scratch folder for
  /// them.
  @Test(
    arguments: Catalog.all.functions.filter {
      !$0.example.isEmpty && !$0.example.contains(".save(")
    }
    .map(\.qualifiedName))
  func exampleRuns(_ name: String) throws {
    let function = try #require(Catalog.all.functions.first { $0.qualifiedName == name })
    let session = ModelSession()
    guard !function.example.contains("#!") else {
      #expect(throws: ScriptError.self) { try session.session.evaluate(text: function.example) }
      return
    }
    let parts = function.example.components(around: "#=>")
    let outcome = try session.session.evaluate(text: parts.0)
    guard let expected = parts.1 else { return }
    let shown = Display.text(outcome.value, session.session)
    let found = session.printed.isEmpty ? shown : session.printed
    #expect(found.trimmed == expected.trimmed, "\(function.example)")
  }

  @Test func helpKnowsEveryFunction() throws {
    let session = ModelSession()
    let help = Help(session.session.builtins)
    for function in Catalog.all.functions {
      let page = try #require(help.page(function.qualifiedName), "\(function.qualifiedName)")
      #expect(page.contains(function.summary.prefix(12)))
      let text = page.split(separator: "\n").filter { !$0.hasPrefix("    ") }
      #expect(text.allSatisfy { $0.count <= 80 }, "\(function.name)")
    }
    for type in Catalog.all.types { #expect(help.page(type.name) != nil) }
  }

  /// Paragraphs wrap by themselves: no line ends early because of the line before the gap.
  @Test func paragraphsOfHelpAreFilled() throws {
    let session = ModelSession()
    let help = Help(session.session.builtins)
    let page = try #require(help.page("nn.train"))
    let details = page.components(around: "\nExample").0.components(around: "\n\n").1 ?? ""
    let lines = details.split(separator: "\n", omittingEmptySubsequences: false)
    var count = 0
    for (line, next) in zip(lines, lines.dropFirst())
    where !line.isEmpty && !next.isEmpty && !line.hasPrefix(" ") && !next.hasPrefix(" ") {
      count += 1
      #expect(line.count + 1 + next.prefix { $0 != " " }.count > 80, "\(line)")
    }
    #expect(count > 20)
  }

  @Test func helpInScripts() throws {
    let session = ModelSession()
    _ = try session.value("help(); help(smap); help(\"smap.train\"); help(smap.encode)")
    #expect(session.printed.contains("smap.best_length"))
    #expect(session.printed.contains("Also a method: x.encode(..) for a tokenizer x."))
    let error = try session.error("help(\"smap.encoed\")")
    #expect(error.kind == .name)
    #expect(error.hint == "did you mean `smap.encode`?")
  }
}

extension String {
  fileprivate func components(around mark: String) -> (String, String?) {
    let (letters, wanted) = (Array(self), Array(mark))
    guard letters.count >= wanted.count else { return (self, nil) }
    for start in 0...letters.count - wanted.count
    where Array(letters[start..<start + wanted.count]) == wanted {
      return (String(letters[..<start]), String(letters[(start + wanted.count)...]))
    }
    return (self, nil)
  }

  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace ?? false { text.removeFirst() }
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }
}
