// SPDX-License-Identifier: Apache-2.0
//
// Checks the programs in Tests/Checking, one behaviour each, and all others of the repository.
// `#! Kind: words` says that an error of this kind is found on this line, `#? words` a warning or
// a note, with the words in message, label or hint. Nothing else may be found.

import Checking
import Library
import Runtime
import Syntax
import Testing

@Suite struct CheckingTests {
  @Test(arguments: Corpus.files(in: "Checking")) func finds(_ file: String) throws {
    let report = try Corpus.check("Tests/Checking/" + file)
    var open = Corpus.expectations(in: report.source)
    #expect(!open.isEmpty || file.hasPrefix("clean_"), "\(file) expects nothing")
    for finding in report.findings {
      let line = finding.diagnostic.position?.line ?? 0
      let words = Corpus.words(finding)
      guard let position = open.firstIndex(where: { $0.matches(finding, line: line) }) else {
        Issue.record("\(file):\(line): \(finding.rule.name): \(words)")
        continue
      }
      open.remove(at: position)
    }
    for expectation in open {
      Issue.record("\(file):\(expectation.line): not found: \(expectation.words)")
    }
  }

  /// Examples are exemplary.
  @Test(arguments: Corpus.files(in: "../Examples")) func findsNothing(inExample file: String) throws
  {
    let report = try Corpus.check("Examples/" + file)
    #expect(report.findings.filter { $0.level != .note }.map(Corpus.words) == [])
  }

  /// Whatever is called an error does fail when it is run: the line expects it.
  @Test(
    arguments: ["language", "library", "errors"].flatMap { folder in
      Corpus.files(in: "Conformance/" + folder).map { "\(folder)/\($0)" }
    })
  func raisesNoFalseAlarm(_ file: String) throws {
    let report = try Corpus.check("Tests/Conformance/" + file)
    let failing = Corpus.expectations(in: report.source).filter { $0.kind != nil }
    for finding in report.findings
    where finding.level == .error && finding.rule.name != "syntax" {
      let line = finding.diagnostic.position?.line ?? 0
      let kind = finding.diagnostic.kind.rawValue
      // In a function, the place differs from the line whose call fails.
      #expect(
        failing.contains { $0.line == line || $0.kind == kind },
        "\(file):\(line): \(finding.rule.name): \(Corpus.words(finding))")
    }
  }

  /// The words of checker and run time are the same.
  @Test(arguments: [
    "arguments", "foreign_argument_names", "shape_annotations", "shapes", "fields", "unknown_name",
    "assigning_to_a_built_in", "conditions_are_booleans", "type_annotations", "duplicate_parameter",
    "unknown_type", "return_outside", "break_outside", "scoping",
  ])
  func findsWhatFails(_ file: String) throws {
    let report = try Corpus.check("Tests/Conformance/errors/\(file).smap")
    let failing = Corpus.expectations(in: report.source)
    let found = failing.filter { expectation in
      report.findings.contains { finding in
        finding.level == .error
          && expectation.matches(finding, line: finding.diagnostic.position?.line ?? 0)
      }
    }
    #expect(found.count * 3 >= failing.count * 2, "\(file): \(found.count) of \(failing.count)")
  }

  @Test func everyRuleIsExplainedAndTested() throws {
    var tested: Set<String> = []
    for file in Corpus.files(in: "Checking") {
      tested.formUnion(try Corpus.check("Tests/Checking/" + file).findings.map(\.rule.name))
    }
    #expect(Set(Rule.all.map(\.name)).count == Rule.all.count)
    for rule in Rule.all {
      #expect(rule.summary.hasSuffix("."), "\(rule.name)")
      #expect(tested.contains(rule.name), "no file in Tests/Checking breaks \(rule.name)")
    }
  }

  /// The checker links names as the language's own resolver does.
  @Test(arguments: Corpus.files(in: "Conformance/language")) func agreesOnScopes(
    _ file: String
  ) throws {
    let report = try Corpus.check("Tests/Conformance/language/" + file)
    for binding in report.index.bindings where !binding.isGlobal {
      for use in binding.uses {
        #expect(report.source.text(use.span) == binding.name, "\(file)")
      }
    }
  }
}
