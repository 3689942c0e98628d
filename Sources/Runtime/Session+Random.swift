// SPDX-License-Identifier: Apache-2.0
//
// The session's stream of seeds: random functions without a seed of their own take the next one.

extension Session {
  /// Where the session's stream of seeds is.
  public struct RandomPlace: Equatable, Sendable {
    /// The seed that it started from.
    public var seed: UInt64
    /// How many seeds were taken since.
    public var draws: UInt64
  }

  /// Restarts the session's stream of seeds, as if so many had been taken.
  public func seed(_ seed: UInt64, draws: UInt64 = 0) {
    randomPlace = RandomPlace(seed: seed, draws: draws)
  }

  /// The next seed of the session's stream, a whole number below 2**53.
  public func nextSeed() throws -> UInt64 {
    guard !isRandomStrict else {
      throw ScriptError.value(
        "random functions need a seed here", hint: "pass seed = ... (--strict-random is on)")
    }
    randomPlace.draws += 1
    var bits =
      randomPlace.seed &* 0x9E37_79B9_7F4A_7C15 &+ randomPlace.draws &* 0xD1B5_4A32_D192_ED03
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return (bits ^ bits >> 31) >> 11
  }
}
