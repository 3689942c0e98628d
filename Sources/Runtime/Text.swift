// SPDX-License-Identifier: Apache-2.0
//
// The string behind a string value.
//
// Scripts build strings piece by piece, `line = "{line}#"`, so the machine adds to a string in place
// while nobody else holds it. For a Swift string that takes a dozen calls however short the piece is;
// short strings that have been added to are therefore bytes in a block, which the loop in C extends by
// itself, and become a Swift string when somebody looks at them.

/// The string behind a string value.
///
/// Only a string that nobody else holds is added to; then no other thread holds it either. Those that
/// several threads share, the names of fields, are held by a table as long as anybody holds them.
public final class Text: @unchecked Sendable {
  // The machine knows the first four by their places.
  /// The characters in UTF-8, if there are few and somebody may want to add to them or add them.
  @exclusivity(unchecked) private var bytes: UnsafeMutablePointer<UInt8>?
  @exclusivity(unchecked) private var count = 0
  @exclusivity(unchecked) private var capacity = 0
  /// Whether bytes have been added since `content` was made.
  @exclusivity(unchecked) private var isStale = false
  @exclusivity(unchecked) private var content: String
  /// Where the characters of `content` are, once somebody has asked. Strings that several threads share are
  /// never asked.
  @exclusivity(unchecked) private var map: CharacterMap?
  /// Whether equal characters of `content` are equal bytes (see `TextSearch`), once somebody has asked.
  @exclusivity(unchecked) private var plainness: Bool?

  /// The longest string that is extended as bytes.
  static let maximumBytes = 256

  /// Boxes a string.
  public init(_ string: String) { content = string }

  /// A string of code, which may be added to others as bytes.
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

  /// A string of no more bytes is walked through each time.
  private static let shortestMapped = 64

  /// The number of characters as a reader counts them.
  public func characterCount(_ session: Session) throws -> Int {
    let string = string
    return string.utf8.count < Text.shortestMapped ? string.count : try mapped(session).count
  }

  /// The place in `string` of the character at `position`, which must be within `0...characterCount`.
  func index(of position: Int, _ session: Session) throws -> String.Index {
    let string = string
    if string.utf8.count < Text.shortestMapped {
      return string.index(string.startIndex, offsetBy: position)
    }
    return try mapped(session).index(of: position, in: string)
  }

  /// How many characters of `string` stand before a place where one begins.
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
