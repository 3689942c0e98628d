// SPDX-License-Identifier: Apache-2.0
//
// Characters of strings. What a reader calls a character may be several scalars, so their places
// are found by walking. A walk starts at the nearer end as far as that is known, takes room for the
// result only, and is not needed at all where every character is one byte.

extension Indexing {
  /// `string[entry]`.
  static func character(
    of string: String, _ entry: SubscriptValue, _ session: Session
  ) throws -> Value {
    switch entry {
    case .ellipsis: return .string(string)
    case .value(let value): return .string(try character(of: string, at: value))
    case .slice(let start, let stop, let step):
      if step == 1 { return .string(String(part(of: string, from: start ?? 0, to: stop))) }
      let count = isPlain(string) ? string.utf8.count : string.count
      let found = positions(start: start, stop: stop, step: step, count: count)
      try session.claim(bytes: found.count * MemoryLayout<Character>.stride)
      return .string(String(characters(of: string, found)))
    }
  }

  private static func character(of string: String, at value: Value) throws -> String {
    if let number = Conversion.number(value), let index = Int(exactly: number),
      let place = place(index, in: string), place < string.endIndex
    {
      return String(string[place])
    }
    // The error says how many characters there are.
    let position = try position(value, count: string.count, "a string")
    return String(string[string.index(string.startIndex, offsetBy: position)])
  }

  /// Where a character stands, counted from the start or, if negative, from the end; nil if there
  /// are not so many.
  static func place(_ index: Int, in string: String) -> String.Index? {
    if isFar(index), isPlain(string) {
      let base = index < 0 ? string.utf8.endIndex : string.utf8.startIndex
      let limit = index < 0 ? string.utf8.startIndex : string.utf8.endIndex
      return string.utf8.index(base, offsetBy: index, limitedBy: limit)
    }
    return index < 0
      ? string.index(string.endIndex, offsetBy: index, limitedBy: string.startIndex)
      : string.index(string.startIndex, offsetBy: index, limitedBy: string.endIndex)
  }

  /// The characters from `start` to before `stop`; bounds behind an end are moved to it.
  private static func part(of string: String, from start: Int, to stop: Int?) -> Substring {
    func clipped(_ index: Int) -> String.Index {
      place(index, in: string) ?? (index < 0 ? string.startIndex : string.endIndex)
    }
    let from = clipped(start)
    guard let stop else { return string[from...] }
    if start >= 0, stop >= start, !isFar(stop - start) {
      // The end is nearer to the beginning of the part than to that of the string.
      let rest = string[from...]
      return rest.prefix(stop - start)
    }
    let to = clipped(stop)
    return from < to ? string[from..<to] : ""
  }

  private static func characters(of string: String, _ places: Positions) -> [Character] {
    guard places.count > 0 else { return [] }
    var index = string.index(string.startIndex, offsetBy: places.first)
    var found = [string[index]]
    found.reserveCapacity(places.count)
    for _ in 1..<places.count {
      index = string.index(index, offsetBy: places.step)
      found.append(string[index])
    }
    return found
  }

  /// Whether looking at every byte is worth it.
  private static func isFar(_ index: Int) -> Bool { index > 64 || index < -64 }

  /// Whether every byte is a character: ASCII without CR, which joins with a LF behind it.
  private static func isPlain(_ string: String) -> Bool {
    string.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.allSatisfy { $0 < 0x80 && $0 != 0x0D }
    } ?? false
  }
}
