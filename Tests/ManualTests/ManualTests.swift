// SPDX-License-Identifier: Apache-2.0
//
// The manual compared with the tables: everything is in it once, every example shows its result,
// and the words of the language are those of the lexer and the parser.

import Expectations
import Files
import Library
import Runtime
import Syntax
import Testing

@testable import Manual

@Suite struct ManualTests {
  static var builtins: BuiltinTable { Session(library: Catalog.all, output: { _ in }).builtins }
  static let functions = builtins.functions
  static let commandLine = """
    {"command": {"commandName": "tool", "abstract": "Does things.", "discussion": "tool   opens",
      "arguments": [{"kind": "flag", "abstract": "Show help.", "valueName": "help",
        "names": [{"kind": "short", "name": "h"}, {"kind": "long", "name": "help"}]}],
      "subcommands": [
        {"commandName": "one", "abstract": "First.", "arguments": [
          {"kind": "option", "abstract": "A limit.", "valueName": "n", "isOptional": true,
           "defaultValue": "7", "names": [{"kind": "long", "name": "max-seconds"}]},
          {"kind": "positional", "abstract": "A file.", "valueName": "file", "isOptional": false,
           "isRepeating": true}]},
        {"commandName": "two", "abstract": "Second.", "arguments": [
          {"kind": "option", "abstract": "A limit.", "valueName": "n", "isOptional": true,
           "defaultValue": "7", "names": [{"kind": "long", "name": "max-seconds"}]}]},
        {"commandName": "secret", "abstract": "Hidden.", "shouldDisplay": false}]}}
    """
  static let manual = Result {
    try Manual(
      builtins: builtins, commandLine: JSON.parse(commandLine.utf8),
      promptCommands: [Manual.Row(":help NAME", "explain a name")],
      checkRules: [Manual.Row("syntax", "The text follows the grammar.")])
  }

  @Test func everyFunctionIsThereOnce() throws {
    let entries = try Self.manual.get().chapters.filter { $0.page == .language }
      .flatMap(\.sections).flatMap(\.entries)
    for function in Self.functions {
      let count = entries.filter { $0.signature == function.signature }.count
      let same = Self.functions.filter { $0.signature == function.signature }.count
      #expect(count == same, "\(function.signature)")
    }
  }

  @Test func everyNameOfTheTablesIsThere() throws {
    let rows = try Self.manual.get().chapters.flatMap(\.sections).flatMap { section in
      section.rows + section.entries.flatMap(\.rows)
    }
    let terms = Set(rows.map(\.term))
    for (kind, _) in Diagnostic.Kind.all { #expect(terms.contains(kind.rawValue)) }
    for (code, _) in ExitCode.all { #expect(terms.contains("\(code)")) }
    for (name, _) in Self.builtins.languageTypes { #expect(terms.contains(name)) }
    for field in Self.builtins.types.flatMap(\.fields) { #expect(terms.contains("." + field.name)) }
    for constant in Self.builtins.constants {
      #expect(terms.contains { $0.hasPrefix(constant.name + " = ") })
    }
    #expect(rows.allSatisfy { !$0.text.isEmpty })
  }

  /// `smap test --builtins` runs them; a function without one is not documented.
  @Test(arguments: functions.map(\.signature))
  func everyFunctionHasAnExample(_ signature: String) throws {
    let function = try #require(Self.functions.first { $0.signature == signature })
    let marks = ["#=>", "#~>", "#!"]
    #expect(
      marks.contains { function.example.split(separator: " ").contains(Substring($0)) },
      "the example of \(signature) does not say what it gives")
  }

  /// The manual and `help` have the same topics on the language.
  @Test func theLanguageIsThatOfHelp() throws {
    let chapter = try #require(try Self.manual.get().chapters.first { $0.title == "The language" })
    let entries = chapter.sections.flatMap(\.entries)
    #expect(entries.map(\.title) == Topics.all.map(\.title))
    for (entry, topic) in zip(entries, Topics.all) { #expect(entry.example == topic.example) }
  }

  @Test func keywordsAndOperatorsAreThoseOfTheLanguage() {
    #expect(LanguageCard.keywords.map(\.term) == Token.Kind.keywords.keys.sorted())
    #expect(LanguageCard.keywords.allSatisfy { !$0.text.isEmpty })
    let words = Set(
      LanguageCard.operators.flatMap { $0.term.split(separator: " ").map(String.init) })
    let wanted =
      BinaryOperator.allCases.map(\.rawValue) + ComparisonOperator.allCases.map(\.rawValue)
      + LogicalOperator.allCases.map(\.rawValue) + UnaryOperator.allCases.map(\.rawValue)
      + [Token.Kind.pipe, .assign, .plusAssign, .minusAssign, .timesAssign, .divideAssign]
      .map(\.rawValue)
    #expect(Set(wanted).subtracting(words) == [])
  }

  /// Every exit code of the program is in the table, and so is every kind that the library raises.
  @Test func exitCodesAreInTheTable() {
    let codes = Set(ExitCode.all.map(\.code))
    for (kind, _) in Diagnostic.Kind.all {
      #expect(codes.contains(ExitCode.of(ScriptError(kind, "words"))))
    }
    for fault in FileFault.allCases { #expect(codes.contains(fault.exitCode)) }
    #expect(codes.contains(ExitCode.of(ScriptError.interrupt)))
  }

  @Test func theCommandLineIsAsItSaysOfItself() throws {
    let chapter = try #require(
      try Self.manual.get().chapters.first { $0.title == "The command line" })
    #expect(
      chapter.sections.map(\.title) == ["tool", "Commands", "Options of all that run scripts"])
    #expect(chapter.sections[0].rows.map(\.term) == ["-h, --help"])
    let commands = chapter.sections[1].entries
    #expect(commands.map(\.title) == ["tool one", "tool two"])
    #expect(commands[0].signature == "tool one [options] <file> ...")
    #expect(chapter.sections[2].rows.map(\.term) == ["--max-seconds <n>"])
    #expect(chapter.sections[2].rows.map(\.text) == ["A limit. Default: 7."])
    #expect(throws: ManualError.self) {
      try Manual(builtins: Self.builtins, commandLine: .null, promptCommands: [], checkRules: [])
    }
  }

  /// Every variable that the sources read has a row, except for the switches of the tests.
  @Test func variablesOfTheEnvironmentAreThoseOfTheSources() throws {
    let root = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let rows = Surroundings.environment.map(\.term).joined(separator: " ")
    var found: Set<String> = []
    for path in try Self.sources(in: root + "/Sources") {
      let text = String(decoding: try FileReader.read(path: path), as: UTF8.self)
      for call in text.split(separator: "getenv(\"", omittingEmptySubsequences: false).dropFirst()
        + text.split(separator: "environment(\"", omittingEmptySubsequences: false).dropFirst()
        + text.split(separator: "variable(\"", omittingEmptySubsequences: false).dropFirst()
      {
        found.insert(String(call.prefix { $0 != "\"" }))
      }
    }
    #expect(found.contains("SMAP_HOME"))
    #expect(found.filter { !rows.contains($0) && !$0.hasPrefix("SMAP_TEST_") } == [])
  }

  private static func sources(in folder: String) throws -> [String] {
    try FileReader.names(inFolder: folder).filter { !$0.hasPrefix(".") }.flatMap { name in
      let path = folder + "/" + name
      return FileReader.isFolder(path) ? try sources(in: path) : [path]
    }
  }
}
