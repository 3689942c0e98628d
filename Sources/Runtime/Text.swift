// SPDX-License-Identifier: Apache-2.0
//
// The string behind a string value.
//
// Scripts build strings piece by piece, `line = "{line}#"`, so the machine appends to a string in
// place while its reference is unique. For a Swift string that takes a dozen calls however short
// the piece is; short strings that have been appended to are therefore bytes in a block, which the
// loop in C extends by itself, and are converted to a Swift string when one is needed.

/// The string behind a string value.
///
/// Only a string with a unique reference is appended to; then no other thread holds it either.
/// Those that several threads share, the names of fields, are retained by a table as long as they
/// are in use.
public final class Text: @unchecked Sendable {
  // The machine accesses the first four by their offsets.
  /// The characters in UTF-8, if the string is short and may be appended to, or to others.
  @exclusivity(unchecked) private var bytes: UnsafeMutablePointer<UInt8>?
  @exclusivity(unchecked) private var count = 0
  @exclusivity(unchecked) private var capacity = 0
  /// Whether bytes have been appended since `content` was set.
  @exclusivity(unchecked) private var isStale = false
  @exclusivity(unchecked) private var content: String
  /// The character map of `content`, once it has been needed. For strings that several threads
  /// share it is never needed.
  @exclusivity(unchecked) private var map: CharacterMap?
  /// Whether equal characters of `content` are equal bytes (see `TextSearch`), once computed.
  @exclusivity(unchecked) private var plainness: Bool?

  /// The longest string that is extended as bytes.
  static let maximumBytes = 256

  /// Boxes a string.
  public init(_ string: String) { content = string }

  /// A string constant of code, which may be appended to others as bytes.
  init(constant: String) {
    content = constant
    if constant.utf8.count <= Text.maximumBytes { makeBytes(room: constant.utf8.count) }
  }

  deinit { bytes?.deallocate() }

  /// The characters.
  public var string: String {
    if isStale, let bytes {
      content = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
      isStale = false
      map = nil
      plainness = nil
    }
    return content
  }

  /// The length in bytes.
  var utf8Count: Int { isStale ? count : content.utf8.count }

  /// Adds characters at the end.
  func append(_ piece: String) {
    let total = utf8Count + piece.utf8.count
    if total > capacity {
      guard total <= Text.maximumBytes else { return appendToContent(piece) }
      makeBytes(room: Text.maximumBytes)
    }
    guard let bytes else { return }
    for byte in piece.utf8 {
      bytes[count] = byte
      count += 1
    }
    isStale = true
  }

  private func appendToContent(_ piece: String) {
    content = string
    bytes?.deallocate()
    bytes = nil
    capacity = 0
    content += piece
    if let map, !map.hasCountedOn(piece) { self.map = nil }
    plainness = nil
  }

  // MARK: - Characters

  /// Strings of at most so many bytes are scanned each time.
  private static let shortestMapped = 64

  /// The number of characters as users count them.
  public func characterCount(_ session: Session) throws -> Int {
    let string = string
    return string.utf8.count < Text.shortestMapped ? string.count : try mapped(session).count
  }

  /// The index in `string` of the character at `position`, which must be within
  /// `0...characterCount`.
  func index(of position: Int, _ session: Session) throws -> String.Index {
    let string = string
    if string.utf8.count < Text.shortestMapped {
      return string.index(string.startIndex, offsetBy: position)
    }
    return try mapped(session).index(of: position, in: string)
  }

  /// The number of characters of `string` before a character boundary.
  func position(of index: String.Index, _ session: Session) throws -> Int {
    let string = string
    if string.utf8.count < Text.shortestMapped {
      return string.distance(from: string.startIndex, to: index)
    }
    return try mapped(session).position(of: index, in: string)
  }

  /// Whether equal characters are equal bytes.
  func isPlain(_ session: Session) throws -> Bool {
    var string = string
    if let plainness { return plainness }
    string.makeContiguousUTF8()
    let isPlain = try TextWalk.isPlain(string, session)
    if string.utf8.count >= Text.shortestMapped { plainness = isPlain }
    return isPlain
  }

  private func mapped(_ session: Session) throws -> CharacterMap {
    let string = string
    if let map { return map }
    let map = try CharacterMap(string) { try session.poll() }
    self.map = map
    return map
  }

  private func makeBytes(room: Int) {
    var string = string
    bytes?.deallocate()
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, room))
    count = string.withUTF8 { characters in
      if let start = characters.baseAddress {
        bytes.update(from: start, count: characters.count)
      }
      return characters.count
    }
    self.bytes = bytes
    capacity = room
  }
}
