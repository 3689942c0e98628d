// SPDX-License-Identifier: Apache-2.0
//
// Bytes: the framing of messages, and positions in texts with wide characters.

import Files
import Testing

@testable import LanguageServer

@Suite struct FramingTests {
  private func pieces(_ parts: [[UInt8]]) -> [MessageReader.Piece] {
    var reader = MessageReader()
    var found: [MessageReader.Piece] = []
    for part in parts {
      reader.feed(part)
      while let piece = reader.next() { found.append(piece) }
    }
    return found
  }

  @Test func messagesMayComeInAnyPieces() {
    let bytes = MessageReader.framed("{\"a\":1}") + MessageReader.framed("\"é\"")
    let wanted: [MessageReader.Piece] = [
      .message(Array("{\"a\":1}".utf8)), .message(Array("\"é\"".utf8)),
    ]
    #expect(pieces([bytes]) == wanted)
    #expect(pieces(bytes.map { [$0] }) == wanted)
  }

  @Test func otherHeadersAndBareLineFeedsAreTaken() {
    let text = "Content-Type: x; charset=utf-8\ncontent-length:2\n\n[]"
    #expect(pieces([Array(text.utf8)]) == [.message(Array("[]".utf8))])
  }

  @Test(arguments: [
    "Content-Length: x\r\n\r\n", "Content-Length: -3\r\n\r\n", "Hello: 3\r\n\r\n",
    "nonsense\r\n\r\n",
    "Content-Length: 99999999999999999999999\r\n\r\n",
  ])
  func brokenHeadersAreReportedOnce(_ header: String) {
    let found = pieces([Array(header.utf8) + MessageReader.framed("[]")])
    #expect(found.count == 2)
    guard case .broken? = found.first else {
      Issue.record("taken: \(header)")
      return
    }
    #expect(found.last == .message(Array("[]".utf8)))
  }

  @Test func hugeMessagesAreSkipped() {
    let size = MessageReader.maximumSize + 1
    var reader = MessageReader()
    reader.feed(Array("Content-Length: \(size)\r\n\r\n".utf8))
    guard case .broken? = reader.next() else {
      Issue.record("a message above the limit is taken")
      return
    }
    var left = size
    while left > 0 {
      let step = min(left, 8 << 20)
      reader.feed([UInt8](repeating: 120, count: step))
      left -= step
      #expect(reader.next() == nil)
    }
    reader.feed(MessageReader.framed("[]"))
    #expect(reader.next() == .message(Array("[]".utf8)))
  }

  @Test func noiseIsPassedOver() {
    let noise = [UInt8](repeating: 7, count: 20_000)
    let found = pieces([noise, MessageReader.framed("[]")])
    #expect(found.last == .message(Array("[]".utf8)))
  }
}

@Suite struct PositionTests {
  private let text = "a😀é\r\nzweite\rdritte\n"

  private func document(_ encoding: PositionEncoding) -> TextDocument {
    TextDocument(uri: "file:///a", version: 1, text: text, encoding: encoding)
  }

  @Test func columnsCountWhatWasAgreed() {
    let offsetOfE = 5
    #expect(document(.utf16).position(of: offsetOfE) == Position(line: 0, column: 3))
    #expect(document(.utf8).position(of: offsetOfE) == Position(line: 0, column: 5))
    #expect(document(.utf32).position(of: offsetOfE) == Position(line: 0, column: 2))
    for encoding in PositionEncoding.allCases {
      let document = document(encoding)
      for offset in [0, 1, 5, 7, 9, 15, 16, 22, 23] {
        #expect(document.offset(of: document.position(of: offset)) == offset, "\(encoding)")
      }
    }
  }

  @Test func positionsOutsideAreMoved() {
    let document = document(.utf16)
    #expect(document.offset(of: Position(line: 0, column: 99)) == 7)
    #expect(document.offset(of: Position(line: 0, column: 2)) == 1)
    #expect(document.offset(of: Position(line: 99, column: 0)) == text.utf8.count)
    #expect(document.position(of: -5) == Position(line: 0, column: 0))
    #expect(document.position(of: 999) == Position(line: 3, column: 0))
  }

  @Test func changesAreApplied() throws {
    var document = document(.utf16)
    try document.apply([
      "range": [
        "start": Position(line: 0, column: 1).json, "end": Position(line: 0, column: 3).json,
      ],
      "text": "🐧🐧",
    ])
    #expect(String(decoding: document.bytes, as: UTF8.self) == "a🐧🐧é\r\nzweite\rdritte\n")
    try document.apply([
      "range": [
        "start": Position(line: 1, column: 0).json, "end": Position(line: 2, column: 0).json,
      ],
      "text": "",
    ])
    #expect(String(decoding: document.bytes, as: UTF8.self) == "a🐧🐧é\r\ndritte\n")
    try document.apply(["text": "neu"])
    #expect(String(decoding: document.bytes, as: UTF8.self) == "neu")
    #expect(throws: RequestError.self) { try document.apply(["text": .integer(3)]) }
  }

  @Test func urisAndPathsAreInverse() {
    for path in ["/a b/ü#%.smap", "/tmp/x.smap", "/😀"] {
      #expect(DocumentURI.path(DocumentURI.uri(path: path)) == path)
    }
    #expect(DocumentURI.path("file://localhost/a") == "/a")
    #expect(DocumentURI.path("untitled:1") == "untitled:1")
    #expect(DocumentURI.path("file:///bad%zz%4") == "/bad%zz%4")
  }

  @Test func halvesOfCharactersAreRepaired() throws {
    #expect(try JSON.parse("\"\\ud83d!\"".utf8, repairsText: true) == "\u{FFFD}!")
    #expect(try JSON.parse("\"\\ude00\"".utf8, repairsText: true) == "\u{FFFD}")
    #expect(try JSON.parse("\"\\ud83d\\ude00\"".utf8) == "😀")
    #expect(throws: JSON.ParseError.self) { try JSON.parse("\"\\ud83d\"".utf8) }
    #expect(throws: JSON.ParseError.self) { try JSON.parse("\"\\ud83d\\u0041\"".utf8) }
  }
}
