// SPDX-License-Identifier: Apache-2.0
//
// The character boundaries of a long string.
//
// A character as users see it may be several bytes, so finding the thousandth needs a linear scan.
// A string that is asked for its length or for one of its characters caches the result of the scan,
// so that a loop over its positions does not scan each time: only the number of characters if each
// is one byte, else the index of every 64th.

/// The character boundaries of one string.
final class CharacterMap {
  /// The number of characters.
  private(set) var count: Int
  /// The indices of every 64th character; nil if every character is one byte.
  private let marks: [String.Index]?

  private static let interval = 64
  /// The number of characters between two polls.
  private static let checkInterval = 1 << 16

  /// Scans a string; `check` is called periodically and may end the scan by throwing.
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

  /// The index of a character in the string that the map was made from; `count` gives the end.
  func index(of position: Int, in string: String) -> String.Index {
    guard position < count else { return string.endIndex }
    guard let marks else { return string.utf8.index(string.startIndex, offsetBy: position) }
    let mark = marks[position / CharacterMap.interval]
    return string.index(mark, offsetBy: position % CharacterMap.interval)
  }

  /// The number of characters before a character boundary; the inverse of `index(of:in:)`.
  func position(of index: String.Index, in string: String) -> Int {
    guard let marks else {
      return string.utf8.distance(from: string.startIndex, to: index)
    }
    // The last mark that is not after the index.
    var (low, high) = (0, marks.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if marks[middle] <= index { low = middle } else { high = middle }
    }
    guard low < marks.count else { return 0 }
    return low * CharacterMap.interval + string.distance(from: marks[low], to: index)
  }

  /// Extends the map for a string with `piece` appended; false if it has to be made again.
  func hasCountedOn(_ piece: String) -> Bool {
    guard marks == nil, CharacterMap.isPlain(piece) else { return false }
    count += piece.utf8.count
    return true
  }

  /// Whether every byte is a character: ASCII without CR, which combines with a following LF.
  static func isPlain(_ string: some StringProtocol) -> Bool {
    string.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.allSatisfy { $0 < 0x80 && $0 != 0x0D }
    } ?? false
  }
}
