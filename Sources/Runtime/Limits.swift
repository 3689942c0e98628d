// SPDX-License-Identifier: Apache-2.0
//
// What scripts may use up.

/// Bounds on what scripts may use up; nil means no bound.
public struct Limits: Sendable {
  /// How deep calls may nest.
  public var depth = 10_000
  /// How many loop turns and calls one evaluation may take.
  public var steps: Int?
  /// How many seconds one evaluation may take.
  public var seconds: Double?
  /// How many bytes of text one evaluation may write.
  public var outputBytes: Int?

  /// Limits of depth only.
  public init(
    depth: Int = 10_000, steps: Int? = nil, seconds: Double? = nil, outputBytes: Int? = nil
  ) {
    self.depth = max(1, depth)
    self.steps = steps
    self.seconds = seconds
    self.outputBytes = outputBytes
  }
}
