// SPDX-License-Identifier: Apache-2.0
//
// What counts as a match, what as a failure, and where errors are looked up.

import Expectations
import Library
import Testing

@Suite struct RunnerTests {
  private func run(_ text: String, path: String = "t.smap") -> ExpectationReport {
    ExpectationRunner(library: Catalog.all).run(path: path, text: text)
  }

  private func expectPass(_ text: String, _ count: Int, path: String = "t.smap") {
    let report = run(text, path: path)
    #expect(report.descriptions == [])
    #expect(report.passed == count)
  }

  private func failures(_ text: String) -> [String] { run(text).descriptions }

  @Test func outputOfOneLine() {
    expectPass("1 + 1   #=> 2\nprint(\"a\", 3) #=> a 3\nlet x = 1\nnil\n5;", 2)
  }

  @Test func outputOfSeveralLines() {
    expectPass("for i in range(2) { print(i) }\n#=> 0\n#=> 1\n", 2)
    expectPass("print(\"a\\n\\nb\")  #=> a\n  #=>\n  #=> b", 3)
    expectPass(
      "fn f() {\n  print(1)   #=> is no statement at the top\n}\n".replacing(
        "#=> is no statement at the top", with: "# an ordinary comment") + "f()  #=> 1", 1)
  }

  @Test func severalLinesFoldedIntoOne() {
    expectPass("[1, 2; 3, 4]   #=> tensor([[1, 2], [3, 4]])", 1)
    #expect(failures("[1, 2; 3, 4]   #=> tensor([[1, 2], [3, 5]])").count == 1)
  }

  @Test func blanksWithinALineCount() {
    #expect(failures("print(\"a  b\")   #=> a b").count == 1)
    expectPass("print(\"a  b \")   #=> a  b", 1)
  }

  @Test func patterns() {
    expectPass("print(\"took 12 ms\")   #~> took ... ms", 1)
    expectPass("print(\"a\\nb\\nc\")\n#~> ...\n#=> c", 2)
    #expect(failures("print(\"took 12 s\")   #~> took ... ms").count == 1)
    #expect(failures("print(\"ab\")   #~> ab...b").count == 1)
    #expect(failures("print(\"...\")   #=> ..") != [])
  }

  @Test func unexpectedAndMissingOutput() {
    #expect(failures("1   #=> 1\n2\n") == ["t.smap:2:\n  expected: nothing\n  found:    2"])
    #expect(
      failures("let x = 1   #=> 1") == ["t.smap:1:\n  expected: #=> 1\n  found:    nothing"])
    #expect(failures("#=> 1\n2   #=> 2").count == 1)
  }

  @Test func withoutMarkersOnlyErrorsFail() {
    #expect(failures("1\nprint(2)") == [])
    #expect(failures("1\nerror(\"no\")").count == 1)
  }

  @Test func errors() {
    expectPass("[1][5]   #! IndexError", 1)
    expectPass("[1][5]   #! IndexError: index 5", 1)
    #expect(failures("[1][5]   #! IndexError: something else").count == 1)
    #expect(failures("[1][5]   #! TypeError").count == 1)
    #expect(failures("[1][0];   #! IndexError").count == 1)
    #expect(failures("[1][5]").count == 1)
    expectPass("[1][5]\n#! IndexError: index 5", 1)
  }

  @Test func errorsWithinFunctions() {
    expectPass("fn f(x) {\n  let y = 1\n  x[y]   #! IndexError\n}\nf([1])\nf([1])", 1)
    expectPass("fn f(x) = x[1]\nf([1])   #! IndexError\nf([2])   #! IndexError", 2)
    expectPass("for i in range(2) {\n  print(i)\n  error(\"x\")   #! Error: x\n}\n#=> 0", 2)
  }

  @Test func syntaxErrors() {
    expectPass("let = 1   #! SyntaxError", 1)
    expectPass("# %%\nlet = 1   #! SyntaxError\n# %%\n1 + 1   #=> 2", 2)
    expectPass("fn f() {\n  let a = 1\n  let a = 2   #! SyntaxError: already defined\n}", 1)
    #expect(failures("let = 1   #! SyntaxError\n1   #=> 1").count == 1)
  }

  @Test func marksWithinStringsAreNone() {
    expectPass("print(\"#=> 7\")   #=> #=> 7", 1)
    expectPass("#!/usr/bin/env smap\n1   #=> 1", 1)
  }

  @Test func statementsOnOneLineAreTakenTogether() {
    expectPass("print(1); print(2)   #=> 1\n#=> 2", 2)
  }

  @Test func markdown() {
    expectPass(
      "# Title\n\n```smap\nlet x = 1   \n```\ntext\n```sh\nls\n```\n\n```smap\nx   #=> 1\n```\n",
      1, path: "t.md")
    let report = run("```smap\n1   #=> 2\n```", path: "t.md")
    #expect(report.failures.first?.line == 2)
  }

  @Test func documentationExamples() {
    let text = """
      ## Doubles a number.
      ##
      ##   double(4)   #=> 8
      ##   double(5)   #=> 10
      fn double(x) = 2 * x
      """
    expectPass(text, 2)
    let report = run(text.replacing("#=> 8", with: "#=> 9"))
    #expect(report.failures.map(\.line) == [3])
    #expect(report.updated.map { String(decoding: $0, as: UTF8.self) } == text)
  }

  @Test func optionsNeedTheCommandLine() {
    #expect(failures("#: --max-steps 10\n1   #=> 1").count == 1)
  }
}
