// SPDX-License-Identifier: Apache-2.0
//
// Finding and counting in long strings, in blocks between which interrupts are polled.
//
// Characters are compared as users see them: "é" is one, however it is encoded. That needs Unicode
// tables. Where all scalars are below U+0300, the first combining mark, and none is a CR, which
// combines with a following LF, every scalar is a character and equal characters are equal bytes.

import CMachine
import Glibc

/// Finds the occurrences of one string in another.
struct TextSearch {
  private let text: String
  private let part: [Character]
  private let bytes: [UInt8]
  private let isPlain: Bool
  private let session: Session
  private var polling: Polling

  /// Prepares a search for `part`, which is not empty, in `text`.
  init(_ part: String, in text: Text, _ session: Session) throws {
    self.text = text.string
    self.session = session
    polling = Polling(session)
    isPlain = try TextWalk.isPlain(part, session) && text.isPlain(session)
    bytes = isPlain ? Array(part.utf8) : []
    self.part = isPlain ? [] : try Array(part.map(checking: session) { $0 })
  }

  /// The first occurrence at or after `start`, or nil.
  mutating func first(from start: String.Index) throws -> Range<String.Index>? {
    isPlain ? try firstAmongBytes(from: start) : try firstAmongCharacters(from: start)
  }

  /// The last occurrence, or nil. Searches larger and larger suffixes.
  mutating func last() throws -> String.Index? {
    let size = text.utf8.count
    var reach = max(64, 2 * bytes.count)
    while true {
      // In plain text, scalars begin only where characters do.
      let start =
        isPlain && reach < size
        ? text.utf8.index(text.endIndex, offsetBy: -reach) : text.startIndex
      var (next, last) = (start, nil as String.Index?)
      while let range = try first(from: next) {
        last = range.lowerBound
        next =
          isPlain ? text.utf8.index(after: range.lowerBound) : text.index(after: range.lowerBound)
        try polling.turn()
      }
      if last != nil || start == text.startIndex { return last }
      reach *= 4
    }
  }

  private func firstAmongBytes(from start: String.Index) throws -> Range<String.Index>? {
    let view = text.utf8
    var offset = view.distance(from: view.startIndex, to: start)
    let found = try view.withContiguousStorageIfAvailable { all -> Int? in
      while offset + bytes.count <= all.count, let base = all.baseAddress {
        let length = min(all.count - offset, TextWalk.block + bytes.count - 1)
        let place = machine_find_bytes(base + offset, length, bytes, bytes.count)
        if place >= 0 { return offset + place }
        offset += min(length, TextWalk.block)
        try session.poll()
      }
      return nil
    }
    guard let found = found ?? nil else { return nil }
    let lower = view.index(view.startIndex, offsetBy: found)
    return lower..<view.index(lower, offsetBy: bytes.count)
  }

  private mutating func firstAmongCharacters(
    from start: String.Index
  ) throws -> Range<String.Index>? {
    var lower = start
    while lower < text.endIndex {
      if let upper = try end(ofMatchAt: lower) { return lower..<upper }
      lower = text.index(after: lower)
    }
    return nil
  }

  private mutating func end(ofMatchAt start: String.Index) throws -> String.Index? {
    var index = start
    for character in part {
      try polling.turn()
      guard index < text.endIndex, text[index] == character else { return nil }
      index = text.index(after: index)
    }
    return index
  }
}

/// Scans the characters of long strings.
enum TextWalk {
  /// The bytes scanned between two polls.
  static let block = 1 << 20

  /// Whether every scalar is a character of its own and equal characters are equal bytes.
  static func isPlain(_ text: String, _ session: Session) throws -> Bool {
    try forEachBlock(of: text, session) { bytes in
      bytes.baseAddress.map { machine_is_plain_text($0, bytes.count) } ?? true
    }
  }

  /// The number of characters.
  static func count(_ text: String, _ session: Session) throws -> Int {
    try distance(in: text, to: text.endIndex, session)
  }

  /// The number of characters before `end`.
  static func distance(in text: String, to end: String.Index, _ session: Session) throws -> Int {
    let size = text.utf8.distance(from: text.utf8.startIndex, to: end)
    guard size >= 1 << 12 else { return text.distance(from: text.startIndex, to: end) }
    var count = 0
    if try isPlain(text, session) {
      var rest = size
      _ = try forEachBlock(of: text, session) { bytes in
        let length = min(rest, bytes.count)
        if let base = bytes.baseAddress { count += machine_count_scalars(base, length) }
        rest -= length
        return rest > 0
      }
      return count
    }
    var polling = Polling(session)
    var index = text.startIndex
    while index < end {
      try polling.turn()
      index = text.index(after: index)
      count += 1
    }
    return count
  }

  /// The length in bytes from which strings are compared in blocks.
  static let long = 1 << 16

  /// The order of two strings by their bytes: below 0, 0, above 0; nil where bytes do not decide.
  static func order(_ a: String, _ b: String, _ session: Session) throws -> Int? {
    guard try isPlain(a, session), try isPlain(b, session) else { return nil }
    var (a, b) = (a, b)
    return try a.withUTF8 { a in
      try b.withUTF8 { b -> Int in
        let shared = min(a.count, b.count)
        guard let left = a.baseAddress, let right = b.baseAddress else { return a.count - b.count }
        for start in stride(from: 0, to: shared, by: block) {
          try session.poll()
          let order = memcmp(left + start, right + start, min(block, shared - start))
          if order != 0 { return Int(order) }
        }
        return a.count - b.count
      }
    }
  }

  /// A string repeated so many times.
  static func repeated(_ text: String, _ times: Int, _ session: Session) throws -> String {
    guard !text.isEmpty, times > 0 else { return "" }
    let small = String(repeating: text, count: min(times, max(1, block / text.utf8.count)))
    guard small.utf8.count < text.utf8.count * times else { return small }
    var result = ""
    result.reserveCapacity(text.utf8.count * times)
    var missing = text.utf8.count * times
    while missing >= small.utf8.count {
      try session.poll()
      result += small
      missing -= small.utf8.count
    }
    return result + String(repeating: text, count: missing / text.utf8.count)
  }

  /// Calls `body` for blocks of the bytes until it returns false; returns the last result.
  private static func forEachBlock(
    of text: String, _ session: Session, _ body: (UnsafeBufferPointer<UInt8>) -> Bool
  ) throws -> Bool {
    var text = text
    return try text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + block)
        guard body(UnsafeBufferPointer(rebasing: bytes[start..<end])) else { return false }
        if end - start >= 1 << 12 { try session.poll() }
        start = end
      }
      return true
    }
  }
}
