// SPDX-License-Identifier: Apache-2.0
//
// Responses match the client's capabilities: the format of texts, the unit of columns, lists
// instead of trees. Also requests about the whole text: folding and the kinds of names.

import Files
import Testing

@testable import LanguageServer

@Suite struct AbilityTests {
  private static let text = """
    ## Adds two.
    fn add(a, b) = a + b
    add(1, 2)
    softmax
    """

  @Test func wordsArePlainUnlessMarkdownIsUnderstood() {
    let plain = Client.started(AbilityTests.text, abilities: [:])
    let hover = plain.ask("hover", 3, 2)["result"]?["contents"]
    #expect(hover?["kind"] == "plaintext")
    let words = hover?["value"]?.text ?? ""
    #expect(words.hasPrefix("softmax(x: tensor"))
    #expect(!words.contains("`"))
    let signature = plain.ask("signatureHelp", 2, 4)["result"]?["signatures"]?.elements?.first
    #expect(signature?["documentation"] == "Adds two.")
    let item = plain.ask("completion", 3, 7)["result"]?.elements?.first
    #expect(item?["documentation"]?.text?.contains("`") == false)

    let rich = Client.started(AbilityTests.text)
    #expect(rich.ask("hover", 3, 2)["result"]?["contents"]?["kind"] == "markdown")
    let page = rich.ask("hover", 3, 2)["result"]?["contents"]?["value"]?.text ?? ""
    #expect(page.hasPrefix("```smap\nsoftmax("))
  }

  /// The client lists what it supports in order of preference.
  @Test(arguments: [
    (["plaintext", "markdown"], "plaintext"), (["markdown"], "markdown"), ([], "plaintext"),
    (["html", "markdown"], "markdown"),
  ]) func theFirstKnownFormCounts(_ formats: [String], _ chosen: String) {
    let client = Client.started(
      AbilityTests.text,
      abilities: ["hover": ["contentFormat": .array(formats.map { .string($0) })]])
    #expect(client.ask("hover", 3, 2)["result"]?["contents"]?["kind"]?.text == chosen)
  }

  /// Columns of a name after characters of 1, 2, 3 and 4 bytes.
  @Test(arguments: [
    (["utf-8"], 18), (["utf-16"], 13), (["utf-32"], 12), (["utf-32", "utf-8"], 12), ([], 13),
    (["utf-7"], 13),
  ]) func columnsCountWhatWasAgreed(_ encodings: [String], _ column: Int) {
    let text = "\"a\u{E9}\u{65E5}\u{1F600}    \"; naem"
    let client = Client.started(text, encodings: encodings.map { .string($0) })
    let range = client.findings().first?["range"]
    #expect(range?["start"]?["character"] == .integer(column))
    #expect(range?["end"]?["character"] == .integer(column + 4))
  }

  @Test func outlinesAreListsUnlessTreesAreUnderstood() {
    let text = "fn outer() {\n  fn inner() = 1\n  inner()\n}\n"
    let flat = Client.started(text, abilities: [:]).ask("documentSymbol", 0, 0)["result"]
    #expect(flat?.elements?.map { $0["name"] } == ["outer", "inner"])
    #expect(flat?.elements?.last?["containerName"] == "outer")
    #expect(flat?.elements?.first?["location"]?["uri"] == Client.uri)
    let tree = Client.started(text).ask("documentSymbol", 0, 0)["result"]
    #expect(tree?.elements?.count == 1)
    #expect(tree?.elements?.first?["children"]?.elements?.first?["name"] == "inner")
  }

  @Test func folds() {
    let text = """
      # %% One
      # A remark
      # in two lines.
      fn f(x) {
        if x {
          1
        } else {
          2
        }
      }

      # %% Two
      let r = f({
        a: 1,
        b: (2
      """
    let client = Client.started(text)
    let folds = client.request("textDocument/foldingRange", ["textDocument": ["uri": Client.uri]])
    let lines = folds["result"]?.elements?.map { fold -> String in
      let ends = ["startLine", "endLine"].map { fold[$0]?.integer.map { "\($0)" } ?? "?" }
      return ends.joined(separator: "-") + " " + (fold["kind"]?.text ?? "code")
    }
    #expect(
      lines == ["0-9 region", "1-2 comment", "3-8 code", "4-5 code", "6-7 code", "11-14 region"])
  }

  @Test func kindsOfNames() {
    let text = "fn f(p) = p + pi\nlet \u{E9} = 1\nlet v = f(1)\nv = nn.relu(v)\nxs.append(v)"
    let client = Client.started(text.replacing("\u{E9}", with: "w"))
    let answer = client.request(
      "textDocument/semanticTokens/full", ["textDocument": ["uri": Client.uri]])
    let data = answer["result"]?["data"]?.elements?.compactMap(\.integer) ?? []
    let kinds = SemanticTokens.Kind.allCases
    var line = 0
    var column = 0
    var words: [String] = []
    let lines = text.replacing("\u{E9}", with: "w").split(separator: "\n").map(Array.init)
    for start in stride(from: 0, to: data.count, by: 5) {
      if data[start] > 0 { column = 0 }
      line += data[start]
      column += data[start + 1]
      let word = String(lines[line][column..<column + data[start + 2]])
      words.append("\(word) \(kinds[data[start + 3]]) \(data[start + 4])")
    }
    #expect(
      words == [
        "f function 1", "p parameter 1", "p parameter 0", "pi variable 4", "w variable 1",
        "v variable 1", "f function 0", "v variable 2", "nn namespace 4", "v variable 0",
        "v variable 0",
      ])
  }
}
