// SPDX-License-Identifier: Apache-2.0
//
// Checks the programs in Tests/Checking, one behaviour each, and all others of the repository. `#!
// Kind: words` expects an error of this kind on this line, `#? words` a warning or a note, with the
// words in message, label or hint. There must be no other findings.

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

  /// Examples have no findings.
  @Test(arguments: Corpus.files(in: "../Examples")) func findsNothing(inExample file: String) throws
  {
    let report = try Corpus.check("Examples/" + file)
    #expect(report.findings.filter { $0.level != .note }.map(Corpus.words) == [])
  }

  /// Every error found is also raised at run time, with the same message: a line expects it.
  @Test(arguments: Corpus.expecting) func raisesNoFalseAlarm(_ file: String) throws {
    let cells = try CheckedCells("Tests/Conformance/" + file)
    let failing = cells.expectations
    for finding in cells.findings where finding.level == .error {
      let line = finding.diagnostic.position?.line ?? 0
      #expect(
        failing.contains { cells.meets(finding, $0) },
        "\(file):\(line): \(finding.rule.name): \(Corpus.words(finding))")
    }
  }

  /// Every error that a run of a script raises is found without running it, except for the listed
  /// exceptions, each with its reason.
  @Test(arguments: Corpus.files(in: "Conformance/errors")) func findsWhatFails(
    _ file: String
  ) throws {
    let cells = try CheckedCells("Tests/Conformance/errors/" + file)
    var exceptions = Unfindable.table.filter { $0.file + ".smap" == file }
    for expectation in cells.expectations {
      let isFound = cells.findings.contains {
        $0.level == .error && cells.meets($0, expectation)
      }
      let line = cells.source.text(ofLine: expectation.line)
      if let position = exceptions.firstIndex(where: { line.hasPrefix($0.line) }) {
        #expect(!isFound, "\(file):\(expectation.line) is found: it is no exception any more")
        exceptions.remove(at: position)
      } else {
        #expect(isFound, "\(file):\(expectation.line) is not found: \(line)")
      }
    }
    #expect(exceptions.map(\.line) == [], "\(file) has no such lines")
  }

  /// Long chains are checked in linear time, with a finding in each link or with none.
  @Test(arguments: ["p", "false", "n == 1"]) func timeIsLinear(_ condition: String) {
    func time(_ count: Int) -> Duration {
      let link = " else if \(condition) { 1 }"
      let text = "let n = 2\nif \(condition) { 1 }" + String(repeating: link, count: count)
      let source = Source(path: "chain", text: text)
      return ContinuousClock().measure { _ = Corpus.check(source) }
    }
    let (small, large) = (time(3_000), time(24_000))
    #expect(large < small * 24 + .milliseconds(300))
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
}
