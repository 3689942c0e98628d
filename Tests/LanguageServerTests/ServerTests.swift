// SPDX-License-Identifier: Apache-2.0
//
// The server as a state machine: messages in, messages out.

import Files
import Library
import Testing

@testable import LanguageServer

/// A client that talks to a server in the same process.
final class Client {
  let server = Server(library: Catalog.all)
  private var lastID = 0

  /// Sends a request and returns the response.
  func request(_ method: String, _ parameters: JSON = .null) -> JSON {
    lastID += 1
    return server.receive([
      "jsonrpc": "2.0", "id": .integer(lastID), "method": .string(method), "params": parameters,
    ]).first ?? .null
  }

  func notify(_ method: String, _ parameters: JSON = .null) {
    #expect(
      server.receive(["jsonrpc": "2.0", "method": .string(method), "params": parameters]) == [])
  }

  /// An initialised client with a document open.
  static func started(
    _ text: String? = nil, encodings: [JSON] = [], abilities: JSON = Client.everyAbility
  ) -> Client {
    let client = Client()
    let answer = client.request(
      "initialize",
      [
        "capabilities": [
          "general": ["positionEncodings": .array(encodings)], "textDocument": abilities,
        ]
      ])
    #expect(answer["result"]?["capabilities"] != nil)
    client.notify("initialized", [:])
    if let text { client.open(text) }
    return client
  }

  /// The capabilities of a current editor.
  static let everyAbility: JSON = [
    "hover": ["contentFormat": ["markdown", "plaintext"]],
    "completion": ["completionItem": ["documentationFormat": ["markdown", "plaintext"]]],
    "signatureHelp": [
      "signatureInformation": ["documentationFormat": ["markdown", "plaintext"]]
    ],
    "documentSymbol": ["hierarchicalDocumentSymbolSupport": true],
  ]

  static let uri: JSON = "file:///tmp/notes.smap"

  func open(_ text: String) {
    notify(
      "textDocument/didOpen",
      [
        "textDocument": [
          "uri": Client.uri, "languageId": "smap", "version": .integer(1), "text": .string(text),
        ]
      ])
  }

  func change(_ changes: JSON...) {
    notify(
      "textDocument/didChange",
      [
        "textDocument": ["uri": Client.uri, "version": .integer(2)],
        "contentChanges": .array(changes),
      ])
  }

  /// A request about a position in the document.
  func ask(_ method: String, _ line: Int, _ column: Int, _ more: (String, JSON)...) -> JSON {
    let parameters: [(key: String, value: JSON)] = [
      ("textDocument", ["uri": Client.uri]),
      ("position", Position(line: line, column: column).json),
    ]
    return request("textDocument/" + method, .object(parameters + more.map { ($0.0, $0.1) }))
  }

  /// The findings that the server sends.
  func findings() -> [JSON] {
    server.idle().last?["params"]?["diagnostics"]?.elements ?? []
  }
}

@Suite struct ServerTests {
  private func code(_ answer: JSON) -> Int? { answer["error"]?["code"]?.integer }

  @Test func nothingIsAnsweredBeforeHello() {
    let client = Client()
    #expect(code(client.request("textDocument/hover")) == -32002)
    #expect(code(client.request("shutdown")) == -32002)
    client.open("let x = ")
    #expect(client.server.idle() == [])
    #expect(client.request("initialize")["result"] != nil)
    #expect(code(client.request("initialize")) == -32600)
  }

  @Test func endsWithTheRightCode() {
    let polite = Client.started()
    #expect(polite.server.exitCodeAtEnd == 1)
    #expect(polite.request("shutdown")["result"] == .null)
    #expect(polite.server.exitCodeAtEnd == 0)
    #expect(code(polite.ask("hover", 0, 0)) == -32600)
    polite.notify("exit")
    #expect(polite.server.exitCode == 0)
    let rude = Client.started()
    rude.notify("exit")
    #expect(rude.server.exitCode == 1)
  }

  @Test func refusesWhatIsNoMessage() {
    let server = Client.started().server
    func code(_ text: String) -> Int? {
      server.receive(Array(text.utf8)).first?["error"]?["code"]?.integer
    }
    #expect(code("{") == -32700)
    #expect(code("") == -32700)
    #expect(code("\u{FF}") == -32700)
    #expect(code("[]") == -32600)
    #expect(code("3") == -32600)
    #expect(code("{\"id\": 1}") == -32600)
    #expect(code("{\"id\": {}, \"method\": \"shutdown\"}") == -32600)
    #expect(code("{\"id\": 1, \"method\": 3}") == -32600)
    #expect(code("{\"id\": 1, \"method\": \"no/such\"}") == -32601)
    #expect(code("{\"id\": 1, \"method\": \"textDocument/hover\"}") == -32602)
    #expect(code("{\"id\": 1, \"result\": null}") == nil)
    #expect(code("{\"method\": \"no/such\"}") == nil)
  }

  @Test func refusesRequestsThatCannotBe() {
    let client = Client.started("let x = 1\n")
    #expect(
      code(client.request("textDocument/hover", ["textDocument": ["uri": "file:///other"]]))
        == -32602)
    let place: JSON = ["line": .number(-1), "character": .number(0.5)]
    #expect(
      code(
        client.request(
          "textDocument/hover", ["textDocument": ["uri": Client.uri], "position": place]))
        == -32602)
    #expect(client.ask("hover", 1 << 40, 1 << 40)["result"] == .null)
  }

  @Test func cancelledRequestsAreAnsweredSo() {
    let client = Client.started("let x = 1\n")
    client.server.cancel([
      "jsonrpc": "2.0", "method": "$/cancelRequest", "params": ["id": .integer(2)],
    ])
    #expect(code(client.ask("hover", 0, 4)) == -32800)
    #expect(code(client.ask("hover", 0, 4)) == nil)
  }

  @Test func sendsFindingsAndTakesThemBack() {
    let client = Client.started("print(naem)\nlet y = 1\n")
    let found = client.findings()
    #expect(found.count == 1)
    #expect(found.first?["code"] == "unknown-name")
    #expect(found.first?["severity"] == .integer(1))
    #expect(found.first?["range"]?["start"] == Position(line: 0, column: 6).json)
    #expect(client.server.idle() == [])
    client.change([
      "range": [
        "start": Position(line: 0, column: 6).json, "end": Position(line: 0, column: 10).json,
      ],
      "text": "\"name\"",
    ])
    #expect(client.findings() == [])
    client.notify("textDocument/didClose", ["textDocument": ["uri": Client.uri]])
    #expect(client.findings() == [])
  }

  @Test func hoverExplains() {
    let client = Client.started(
      "## Adds one.\nfn next(n) = n + 1\nlet w = zeros(2, 3)\nsmap.train\nnext(2) + w.sum()\n")
    func text(_ line: Int, _ column: Int) -> String {
      client.ask("hover", line, column)["result"]?["contents"]?["value"]?.text ?? ""
    }
    #expect(text(1, 4).contains("fn next(n)"))
    #expect(text(4, 1).contains("Adds one."))
    #expect(text(2, 4).contains("w: tensor of shape [2, 3]"))
    #expect(text(2, 9).contains("zeros(...shape)"))
    #expect(text(3, 7).contains("smap.train(tok: tokenizer"))
    #expect(text(3, 1).contains("namespace smap"))
    #expect(text(4, 13).contains("sum(x: tensor"))
    #expect(text(1, 14).contains("parameter"))
  }

  @Test func completesUnfinishedText() {
    let client = Client.started(
      "let tok = smap.load(\"emoji-kl\")\nfn f(width, x: [A, B]) {\n  let inner = 1\n  \n}\ntok.\n")
    func labels(_ line: Int, _ column: Int) -> Set<String> {
      Set(
        client.ask("completion", line, column)["result"]?.elements?
          .compactMap { $0["label"]?.text } ?? [])
    }
    #expect(labels(5, 4).isSuperset(of: ["num_tokens", "encode"]))
    #expect(!labels(5, 4).contains("sin"))
    let inside = labels(3, 2)
    #expect(inside.isSuperset(of: ["width", "inner", "A", "tok", "f", "sin", "smap", "while"]))
    client.change(["text": "smap.tr"])
    #expect(labels(0, 7) == ["train"])
    client.change(["text": "softmax([1, 2], "])
    #expect(labels(0, 16).contains("dim ="))
    client.change(["text": "# a comment"])
    #expect(labels(0, 5) == [])
    client.change(["text": "\"text {le} more\""])
    #expect(labels(0, 3) == [])
    #expect(labels(0, 9).contains("len"))
  }

  @Test func showsSignatures() {
    let client = Client.started("fn attend(q: [B, T], k: [B, S]) = q\nattend(1, \nzeros(2).sum(")
    func active(_ line: Int, _ column: Int) -> (String?, Int?) {
      let help = client.ask("signatureHelp", line, column)["result"]
      return (
        help?["signatures"]?.elements?.first?["label"]?.text, help?["activeParameter"]?.integer
      )
    }
    #expect(active(1, 10).0 == "attend(q: [B, T], k: [B, S])")
    #expect(active(1, 10).1 == 1)
    #expect(active(1, 8).1 == 0)
    client.change(["text": "zeros(2).sum("])
    #expect(active(0, 13).1 == 1)
    client.change(["text": "sum([1], keepdim = tr"])
    #expect(active(0, 21).1 == 2)
  }

  @Test func findsDefinitionsAndUses() {
    let client = Client.started("let x = 1\nfn f(x) = x + 1\nprint(x, f(x = x))\n")
    let target = client.ask("definition", 2, 6)["result"]?.elements?.first
    #expect(target?["range"]?["start"] == Position(line: 0, column: 4).json)
    let uses = client.ask("references", 1, 5)["result"]?.elements
    #expect(uses?.count == 3)
    #expect(client.ask("documentHighlight", 0, 4)["result"]?.elements?.count == 3)
  }

  @Test func renames() {
    let client = Client.started("let x = 1\nlet r = {x}\nlet {y} = {y: 2}\nprint(x, r, y)\n")
    let changes = client.ask("rename", 0, 4, ("newName", "z"))["result"]?["changes"]
    let edits = changes?[Client.uri.text ?? ""]?.elements ?? []
    #expect(edits.compactMap { $0["newText"]?.text } == ["z", "x: z", "z"])
    #expect(code(client.ask("rename", 0, 4, ("newName", "let"))) == -32602)
    #expect(code(client.ask("rename", 0, 4, ("newName", "r"))) == -32803)
    #expect(code(client.ask("rename", 2, 5, ("newName", "q"))) == -32803)
    #expect(code(client.ask("rename", 3, 1, ("newName", "q"))) == -32803)
  }

  private func format(_ client: Client) -> JSON {
    client.request(
      "textDocument/formatting",
      [
        "textDocument": ["uri": Client.uri],
        "options": ["tabSize": .integer(4), "insertSpaces": false],
      ])
  }

  @Test func laysOutTheLinesThatNeedIt() {
    let client = Client.started("let a = 1\nfn f( x )=x+a   # sum\n\n\n\nf(2)\n")
    let edits = format(client)["result"]?.elements ?? []
    #expect(edits.count == 1)
    let place = edits.first?["range"]
    #expect(place?["start"] == Position(line: 1, column: 0).json)
    #expect(place?["end"] == Position(line: 4, column: 0).json)
    #expect(edits.first?["newText"] == "fn f(x) = x + a  # sum\n")
    client.change(["text": "let a = 1\n"])
    #expect(format(client)["result"] == [])
    // The last line has no end yet; a document may be empty.
    client.change(["text": "let a = 1\r\nlet  b = 2"])
    #expect(format(client)["result"]?.elements?.first?["newText"] == "let b = 2\r\n")
    client.change(["text": ""])
    #expect(format(client)["result"] == [])
  }

  @Test func textWithErrorsIsNotLaidOut() {
    let client = Client.started("let a = (1\nlet  b = 2\n")
    let message = format(client)["error"]?["message"]?.text ?? ""
    #expect(message.contains("`(` is not closed"))
  }

  @Test func outlines() {
    let client = Client.started("let a = 1\nfn f(x) {\n  fn g() = 2\n  g()\n}\n")
    let symbols = client.request(
      "textDocument/documentSymbol", ["textDocument": ["uri": Client.uri]])["result"]?.elements
    #expect(symbols?.compactMap { $0["name"]?.text } == ["a", "f"])
    #expect(symbols?.last?["children"]?.elements?.first?["name"] == "g")
  }
}
