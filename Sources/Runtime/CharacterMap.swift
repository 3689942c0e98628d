// SPDX-License-Identifier: Apache-2.0
//
// Where the characters of a long string begin.
//
// What a reader calls a character may be several bytes, so the place of the thousandth is found by walking.
// A string that is asked for its length or for one of its characters keeps what the walk has found, so
// that a loop over its positions is no walk each time: nothing but the number of characters where each
// is one byte, else the place of every 64th.

/// Where the characters of one string begin.
final class CharacterMap {
  /// How many characters there are.
  private(set) var count: Int
  /// The places of every 64th character; nil if every character is one byte.
  private let marks: [String.Index]?

  private static let interval = 64
  /// How many characters are walked between two looks at the clock.
  private static let checkInterval = 1 << 16

  /// Walks through a string; `check` is called now and then and may end the walk.
  init(_ string: String, check: () throws -> Void) rethrows {
    if CharacterMap.isPlain(string) {
      count = string.utf8.count
      marks = nil
      return
    }
    var marks: [String.Index] = []
    var index = string.startIndex
    var count = 0
    while index < string.endIndex {
      if count % CharacterMap.interval == 0 { marks.append(index) }
      if count % CharacterMap.checkInterval == 0 { try check() }
      index = string.index(after: index)
      count += 1
    }
    self.count = count
    self.marks = marks
  }

  /// The place of a character of the string that the map was made of; `count` gives the end.
  func index(of position: Int, in string: String) -> String.Index {
    guard position < count else { return string.endIndex }
    guard let marks else { return string.utf8.index(string.startIndex, offsetBy: position) }
    let mark = marks[position / CharacterMap.interval]
    return string.index(mark, offsetBy: position % CharacterMap.interval)
  }

  /// How many characters stand before a place where one begins; the inverse of `index(of:in:)`.
  func position(of index: String.Index, in string: String) -> Int {
    guard let marks else {
      return string.utf8.distance(from: string.startIndex, to: index)
    }
    // The last mark that is not behind the place.
    var (low, high) = (0, marks.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if marks[middle] <= index { low = middle } else { high = middle }
    }
    guard low < marks.count else { return 0 }
    return low * CharacterMap.interval + string.distance(from: marks[low], to: index)
  }

  /// Whether the map also holds, once counted on, for a string with `piece` added at its end.
  func hasCountedOn(_ piece: String) -> Bool {
    guard marks == nil, CharacterMap.isPlain(piece) else { return false }
    count += piece.utf8.count
    return true
  }

  /// Whether every byte is a character: ASCII without CR, which joins with a LF behind it.
  static func isPlain(_ string: some StringProtocol) -> Bool {
    string.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.allSatisfy { $0 < 0x80 && $0 != 0x0D }
    } ?? false
  }
}
