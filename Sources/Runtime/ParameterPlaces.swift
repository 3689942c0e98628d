// SPDX-License-Identifier: Apache-2.0
//
// Where a parameter is, by its name. Bodies of built-ins read every argument by name, in each call,
// so the names are compared as machine words: Swift stores a string of at most 15 bytes in the two
// words of the value itself, and nearly all parameters have such names.

/// The places of the parameters of one built-in.
final class ParameterPlaces: Sendable {
  private typealias Words = (low: UInt64, high: UInt64)

  /// The names in the order of the header; a pattern has an empty one.
  let names: [String]
  /// The two words of each name; allocated once, never changed.
  private nonisolated(unsafe) let words: UnsafeMutableBufferPointer<Words>

  init(_ parameters: [ParameterInfo]) {
    names = parameters.map { $0.name ?? "" }
    words = .allocate(capacity: names.count)
    for (place, name) in names.enumerated() {
      words.initializeElement(at: place, to: unsafeBitCast(name, to: Words.self))
    }
  }

  deinit { words.deallocate() }

  /// The place of the parameter with this name, or nil if there is none.
  ///
  /// Strings of equal words are equal, whatever they are; the converse holds for short ones only.
  @inline(__always)
  func find(_ name: String) -> Int? {
    let wanted = unsafeBitCast(name, to: Words.self)
    for place in 0..<words.count {
      let found = words[place]
      if found.low == wanted.low, found.high == wanted.high { return place }
    }
    return search(name)
  }

  @inline(never)
  private func search(_ name: String) -> Int? { names.firstIndex(of: name) }
}
