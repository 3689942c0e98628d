// SPDX-License-Identifier: Apache-2.0
//
// A code as digits in a mixed radix, least significant first, so that a head need not have an
// output for each of 2^24 codes: those of fsq are digits of a few channels each, those of vq one
// digit.

/// The digits of codes.
struct CodeDigits: Sendable {
  /// The most codes: a script sees an index as a 32-bit float.
  static let mostCodes = 1 << 24

  /// The number of values of each digit.
  let sizes: [Int]
  /// What one step of each digit adds to the index of a code.
  let places: [Int]

  /// Digits of these sizes, whose product is at most `mostCodes`.
  init(_ sizes: [Int]) {
    var (places, place) = ([Int](), 1)
    for size in sizes {
      places.append(place)
      place *= size
    }
    (self.sizes, self.places) = (sizes, places)
  }

  /// The number of digits.
  var count: Int { sizes.count }

  /// One digit of each of some codes.
  func digit(_ index: Int, of ids: [Int]) -> [Int] {
    ids.map { $0 / places[index] % sizes[index] }
  }

  /// Levels of successive channels taken together to digits of at most `most` values each, or of
  /// one channel.
  static func grouping(_ levels: [Int], most: Int) -> [Int] {
    var sizes: [Int] = []
    for level in levels {
      if let last = sizes.last, last * level <= most {
        sizes[sizes.count - 1] = last * level
      } else {
        sizes.append(level)
      }
    }
    return sizes
  }
}
