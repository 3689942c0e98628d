// SPDX-License-Identifier: Apache-2.0
//
// Splits a stream of bytes into messages: `Content-Length: N`, an empty line, N bytes. Anything
// else is reported once and skipped up to the next header.

/// Splits a stream of bytes into messages.
struct MessageReader {
  /// A piece of the stream.
  enum Piece: Equatable {
    /// The bytes of one message.
    case message([UInt8])
    /// Bytes that are no message, with a description of the fault.
    case broken(String)
  }

  /// The largest message that is accepted, in bytes.
  static let maximumSize = 64 << 20
  /// The most bytes that the header of a message may have.
  static let maximumHeader = 8 << 10

  private var bytes: [UInt8] = []
  private var start = 0
  /// The remaining bytes of a rejected message.
  private var skipping = 0

  /// Adds bytes as they arrive.
  mutating func feed(_ more: some Sequence<UInt8>) {
    if start > 1 << 20 || start == bytes.count {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next piece, or nil until more bytes arrive.
  mutating func next() -> Piece? {
    if skipping > 0 {
      let step = min(skipping, bytes.count - start)
      skipping -= step
      start += step
      if skipping > 0 { return nil }
    }
    guard let end = endOfHeader() else {
      guard bytes.count - start > MessageReader.maximumHeader else { return nil }
      return resynchronize("a header without end")
    }
    switch length(bytes[start..<end.header]) {
    case .failure(let problem): return resynchronize(problem.words, past: end.body)
    case .success(let length) where length > MessageReader.maximumSize:
      start = end.body
      skipping = length
      return .broken("a message of \(length) bytes is too large; the limit is 64 MB")
    case .success(let length):
      guard bytes.count - end.body >= length else { return nil }
      let message = Array(bytes[end.body..<end.body + length])
      start = end.body + length
      return .message(message)
    }
  }

  private struct Problem: Error {
    let words: String
  }

  /// Where the header ends and the body starts. Bare line feeds are accepted, too.
  private func endOfHeader() -> (header: Int, body: Int)? {
    var index = start
    let limit = min(bytes.count, start + MessageReader.maximumHeader)
    while index < limit {
      if bytes[index] == 10 {
        let next = index + 1
        if next < bytes.count, bytes[next] == 10 { return (index, next + 1) }
        if next + 1 < bytes.count, bytes[next] == 13, bytes[next + 1] == 10 {
          return (index, next + 2)
        }
      }
      index += 1
    }
    return nil
  }

  private func length(_ header: ArraySlice<UInt8>) -> Result<Int, Problem> {
    var length: Int?
    for line in header.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
      let text = String(decoding: line, as: UTF8.self)
      guard let colon = text.firstIndex(of: ":") else {
        return .failure(Problem(words: "a header line without a colon"))
      }
      guard text[..<colon].lowercased() == "content-length" else { continue }
      let digits = text[text.index(after: colon)...].filter { $0 != " " }
      guard let number = Int(digits), number >= 0 else {
        return .failure(Problem(words: "the Content-Length is not a number"))
      }
      length = number
    }
    guard let length else { return .failure(Problem(words: "a header without Content-Length")) }
    return .success(length)
  }

  /// Skips bytes up to the next header.
  private mutating func resynchronize(_ words: String, past: Int? = nil) -> Piece {
    let mark = Array("Content-Length:".utf8)
    var index = max(start + 1, past ?? 0)
    while index < bytes.count, !bytes[index...].starts(with: mark) { index += 1 }
    if index == bytes.count {
      // The end may contain the beginning of a header; only that is kept, since anything else would
      // corrupt the header that follows.
      index = max(min(start + 1, bytes.count), past ?? 0, bytes.count - mark.count)
      while index < bytes.count, !mark.starts(with: bytes[index...]) { index += 1 }
    }
    start = min(index, bytes.count)
    return .broken(words)
  }

  /// The bytes of a message with its header.
  static func framed(_ text: String) -> [UInt8] {
    let body = Array(text.utf8)
    return Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
  }
}
