// SPDX-License-Identifier: Apache-2.0
//
// How expectations are rewritten: in place, with code and other comments as they were.

import Expectations
import Library
import Testing

@Suite struct UpdateTests {
  private func updated(_ text: String, path: String = "t.smap") -> String? {
    let runner = ExpectationRunner(library: Catalog.all)
    let report = runner.run(path: path, text: text)
    guard let bytes = report.updated else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    // The rewritten expectations hold, and rewriting again changes nothing.
    let again = runner.run(path: path, text: text)
    #expect(again.descriptions == [])
    #expect(again.updated == nil)
    return text
  }

  @Test func nothingToDo() { #expect(updated("1   #=> 1\n") == nil) }

  @Test(arguments: [
    // A wrong value, in its column.
    ("1 + 1      #=> 3\n", "1 + 1      #=> 2\n"),
    // New lines are added below, in the same column.
    ("print(\"a\\nb\")   #=> a\n", "print(\"a\\nb\")   #=> a\n                #=> b\n"),
    ("print(\"a\\nb\")\n  #=> a\n3 #=> 3", "print(\"a\\nb\")\n  #=> a\n  #=> b\n3 #=> 3"),
    // Surplus lines are removed.
    ("print(1)\n#=> 1\n#=> 2\n", "print(1)\n#=> 1\n"),
    ("let x = 1   #=> 1\n", "let x = 1\n"),
    // A statement without a marker gets one, in the column of the others.
    ("12345    #=> 12345\n2\n", "12345    #=> 12345\n2        #=> 2\n"),
    ("1   #=> 1\n2  # two\n", "1   #=> 1\n2  # two\n#=> 2\n"),
    ("1   #=> 1\nprint(\"a\\nb\")\n", "1   #=> 1\nprint(\"a\\nb\")\n#=> a\n#=> b\n"),
    // Errors appear and disappear.
    (
      "[1][5]   #! TypeError: no\n",
      "[1][5]   #! IndexError: there is no index 5 in a list of 1 element\n"
    ),
    ("[1][0]   #! IndexError\n", "[1][0]   #=> 1\n"),
    ("error(\"x\")   #=> 1\n", "error(\"x\")   #! Error: x\n"),
    // Newlines are preserved.
    ("1   #=> 2\r\n2   #=> 2\r\n", "1   #=> 1\r\n2   #=> 2\r\n"),
  ])
  func rewritten(_ before: String, _ after: String) {
    #expect(updated(before) == after)
  }

  @Test func documents() {
    #expect(
      updated("text\n\n```smap\n1   #=> 2\n```\n", path: "t.md")
        == "text\n\n```smap\n1   #=> 1\n```\n")
  }

  @Test func patternsThatFitStay() {
    #expect(updated("print(\"ab\\nc\")   #~> a...\n#=> d") == "print(\"ab\\nc\")   #~> a...\n#=> c")
  }

  @Test(arguments: [
    ("sqrt(6)   #~> 1...\n", "sqrt(6)   #~> 2...\n"),
    (
      "[2.5, 1] |> sqrt   #~> tensor([1.4..., 1])\n", "[2.5, 1] |> sqrt   #~> tensor([1.5..., 1])\n"
    ),
    ("print(\"a 1 b 2 c\")   #~> a... x ...b ... d\n", "print(\"a 1 b 2 c\")   #~> a...b ... c\n"),
    // Nothing is left out of a line that is as short as the text written.
    ("12   #~> 345...\n", "12   #~> 12\n"),
    // A marker that matches any number of lines still does.
    (
      "print(\"a\\nb\\nc\\nd\")\n#=> a\n#~> ...\n#=> e\n",
      "print(\"a\\nb\\nc\\nd\")\n#=> a\n#~> ...\n#=> d\n"
    ),
  ])
  func patternsStayPatterns(_ before: String, _ after: String) {
    #expect(updated(before) == after)
  }

  @Test func whatCannotRunIsNotRewritten() {
    #expect(updated("let = 1\n1   #=> 2\n") == nil)
  }
}
