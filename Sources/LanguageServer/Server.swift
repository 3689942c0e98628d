// SPDX-License-Identifier: Apache-2.0
//
// The server as a state machine: messages go in, messages come out. It does no input or output
// itself, so tests can call it directly. Documents are checked when the client waits for an answer
// or is idle, not for every keystroke.

import Checking
import Files
import Runtime
import Syntax

/// Answers an editor's requests about smap scripts, in the language server protocol.
public final class Server {
  private enum State {
    case fresh, running, shutDown
  }

  private var state = State.fresh
  private(set) var abilities = ClientAbilities()
  var encoding: PositionEncoding { abilities.encoding }
  private var documents: [String: TextDocument] = [:]
  private var reports: [String: Report] = [:]
  /// Documents whose findings have not been sent since they changed.
  private var unsent: [String] = []
  private var cancelled: Set<String> = []
  let checker: Checker

  /// The exit code, once the client has requested an exit.
  public private(set) var exitCode: Int32?

  /// Makes a server for scripts that use a library.
  public init(library: LibraryTable) {
    checker = Checker(library: library)
    let fromDisk = checker.readModule
    checker.readModule = { [weak self] path in
      if let document = self?.documents[DocumentURI.uri(path: path)] { return document.source }
      return try fromDisk(path)
    }
  }

  /// The exit code when the input ends.
  public var exitCodeAtEnd: Int32 { state == .shutDown ? 0 : 1 }

  // MARK: - Messages

  /// Handles the bytes of one message and returns the responses.
  func receive(_ bytes: [UInt8]) -> [JSON] {
    let json: JSON
    do {
      json = try JSON.parse(bytes, repairsText: true)
    } catch {
      let reason = (error as? JSON.ParseError)?.message ?? "not JSON"
      return [Message.failure(.null, RequestError(code: .parseError, message: reason))]
    }
    return receive(json)
  }

  /// Handles one message and returns the responses.
  func receive(_ json: JSON) -> [JSON] {
    do {
      guard let message = try Message(json) else { return [] }
      return handle(message)
    } catch {
      return [Message.failure(json["id"] ?? .null, error)]
    }
  }

  /// Marks a request as cancelled.
  func cancel(_ json: JSON) {
    guard json["method"]?.text == "$/cancelRequest", let id = json["params"]?["id"] else { return }
    cancelled.insert(id.rendered)
  }

  private func handle(_ message: Message) -> [JSON] {
    guard let id = message.id else {
      notify(message)
      return []
    }
    if cancelled.remove(id.rendered) != nil {
      return [
        Message.failure(
          id, RequestError(code: .requestCancelled, message: "the request was cancelled"))
      ]
    }
    do {
      return [Message.result(id, try answer(message))]
    } catch let error as RequestError {
      return [Message.failure(id, error)]
    } catch {
      return [
        Message.failure(id, RequestError(code: .requestFailed, message: "\(error)"))
      ]
    }
  }

  private func answer(_ message: Message) throws -> JSON {
    switch (state, message.method) {
    case (.fresh, "initialize"): return initialize(message.parameters)
    case (.fresh, _):
      throw RequestError(
        code: .serverNotInitialized, message: "the first request is `initialize`")
    case (.running, "initialize"):
      throw RequestError(code: .invalidRequest, message: "the server is initialized already")
    case (.shutDown, _):
      throw RequestError(code: .invalidRequest, message: "the server is shut down")
    case (.running, "shutdown"):
      state = .shutDown
      return .null
    case (.running, let method):
      guard let request = Server.requests[method] else {
        throw RequestError(code: .methodNotFound, message: "there is no method \(method)")
      }
      return try request(self, try TextRequest(message.parameters, self))
    }
  }

  private func notify(_ message: Message) {
    if message.method == "exit" {
      exitCode = state == .shutDown ? 0 : 1
      return
    }
    guard state == .running else { return }
    switch message.method {
    case "textDocument/didOpen": open(message.parameters)
    case "textDocument/didChange": change(message.parameters)
    case "textDocument/didClose": close(message.parameters)
    default: break
    }
  }

  // MARK: - Capabilities

  /// The handler of each request about a document.
  private static let requests: [String: @Sendable (Server, TextRequest) throws -> JSON] = [
    "textDocument/hover": { $0.hover($1) },
    "textDocument/completion": { $0.completion($1) },
    "textDocument/signatureHelp": { $0.signatureHelp($1) },
    "textDocument/definition": { $0.definition($1) },
    "textDocument/references": { $0.references($1) },
    "textDocument/documentHighlight": { $0.highlights($1) },
    "textDocument/prepareRename": { try $0.prepareRename($1) },
    "textDocument/rename": { try $0.rename($1) },
    "textDocument/documentSymbol": { $0.symbols($1) },
    "textDocument/formatting": { try $0.formatting($1) },
    "textDocument/foldingRange": { $0.foldingRanges($1) },
    "textDocument/semanticTokens/full": { $0.semanticTokens($1) },
  ]

  private func initialize(_ parameters: JSON) -> JSON {
    abilities = ClientAbilities(parameters)
    state = .running
    return [
      "serverInfo": ["name": "smap"],
      "capabilities": [
        "positionEncoding": .string(encoding.rawValue),
        "textDocumentSync": ["openClose": true, "change": .integer(2)],
        "hoverProvider": true,
        "completionProvider": ["triggerCharacters": ["."]],
        "signatureHelpProvider": ["triggerCharacters": ["(", ","]],
        "definitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "renameProvider": ["prepareProvider": true],
        "documentSymbolProvider": true,
        "documentFormattingProvider": true,
        "foldingRangeProvider": true,
        "semanticTokensProvider": [
          "legend": SemanticTokens.legend, "full": true,
        ],
      ],
    ]
  }

  // MARK: - Documents

  private func open(_ parameters: JSON) {
    guard let item = parameters["textDocument"], let uri = item["uri"]?.text,
      let text = item["text"]?.text
    else { return }
    documents[uri] = TextDocument(
      uri: uri, version: item["version"]?.integer, text: text, encoding: encoding)
    invalidate(uri)
  }

  private func change(_ parameters: JSON) {
    guard let uri = parameters["textDocument"]?["uri"]?.text, var document = documents[uri] else {
      return
    }
    documents[uri] = nil
    for change in parameters["contentChanges"]?.elements ?? [] { try? document.apply(change) }
    document.setVersion(parameters["textDocument"]?["version"]?.integer)
    documents[uri] = document
    invalidate(uri)
  }

  private func close(_ parameters: JSON) {
    guard let uri = parameters["textDocument"]?["uri"]?.text, documents[uri] != nil else { return }
    documents[uri] = nil
    reports[uri] = nil
    if !unsent.contains(uri) { unsent.append(uri) }
  }

  /// Discards the report of a document, and those of documents that may import it.
  private func invalidate(_ uri: String) {
    reports = [:]
    for uri in [uri] + documents.keys.sorted() where !unsent.contains(uri) { unsent.append(uri) }
  }

  func document(_ uri: String) -> TextDocument? { documents[uri] }

  /// The report of a document in its current state.
  func report(_ document: TextDocument) -> Report {
    if let report = reports[document.uri] { return report }
    let report = checker.check(document.source)
    reports[document.uri] = report
    return report
  }

  /// The messages to send when idle: findings that have changed.
  func idle() -> [JSON] {
    let uris = unsent
    unsent = []
    return uris.map { uri in
      guard let document = documents[uri] else {
        return Message.notification(
          "textDocument/publishDiagnostics", ["uri": .string(uri), "diagnostics": []])
      }
      return diagnostics(document, report(document))
    }
  }
}

/// A request about a document, perhaps at a position in it.
struct TextRequest {
  let document: TextDocument
  let parameters: JSON
  /// The position as an offset; the start of the document if the request has none.
  let offset: Int

  init(_ parameters: JSON, _ server: Server) throws(RequestError) {
    guard let uri = parameters["textDocument"]?["uri"]?.text else {
      throw .parameters("the request names no document")
    }
    guard let document = server.document(uri) else {
      throw .parameters("the document \(uri) is not open")
    }
    self.document = document
    self.parameters = parameters
    guard let place = parameters["position"] else {
      offset = 0
      return
    }
    guard let position = Position(place) else {
      throw .parameters("a position has a line and a character, both from 0")
    }
    offset = document.offset(of: position)
  }

  /// The position in the units of spans.
  var place: Int32 { Int32(clamping: offset) }
}
