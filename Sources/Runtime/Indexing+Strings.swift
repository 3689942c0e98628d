// SPDX-License-Identifier: Apache-2.0
//
// Characters of strings. A character as users see it may be several scalars, so its index is found
// by a scan; a long string caches the result of the scan (see `CharacterMap`).

extension Indexing {
  /// `string[entry]`.
  static func character(
    of text: Text, _ entry: SubscriptValue, _ session: Session
  ) throws -> Value {
    let string = text.string
    switch entry {
    case .ellipsis: return .text(text)
    case .value(let value):
      let count = try text.characterCount(session)
      let place = try position(value, count: count, "a string")
      return .string(String(string[try text.index(of: place, session)]))
    case .slice(let start, let stop, let step):
      let count = try text.characterCount(session)
      let found = positions(start: start, stop: stop, step: step, count: count)
      guard found.count > 0 else { return .string("") }
      let first = try text.index(of: found.first, session)
      if step == 1 {
        let end = try text.index(of: found.first + found.count, session)
        return .string(String(string[first..<end]))
      }
      try session.claim(bytes: found.count * MemoryLayout<Character>.stride)
      return .string(String(characters(of: string, from: first, found)))
    }
  }

  private static func characters(
    of string: String, from first: String.Index, _ places: Positions
  ) -> [Character] {
    var index = first
    var found = [string[index]]
    found.reserveCapacity(places.count)
    for _ in 1..<places.count {
      index = string.index(index, offsetBy: places.step)
      found.append(string[index])
    }
    return found
  }
}
