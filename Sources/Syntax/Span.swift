// SPDX-License-Identifier: Apache-2.0
//
// A range of a source, as two byte offsets. 32 bits each keep tokens and trees small; a `Source`
// rejects texts that would not fit.

/// A half-open range of bytes of a `Source`.
public struct Span: Hashable, Sendable {
  /// The offset of the first byte.
  public var start: Int32
  /// The offset just past the last byte.
  public var end: Int32

  /// Makes the span from `start` up to, but not including, `end`.
  public init(start: Int32, end: Int32) {
    self.start = start
    self.end = end
  }

  /// Makes a span from offsets as `Int`, clamped to the range a span can hold.
  public init(_ start: Int, _ end: Int) {
    self.init(start: Int32(clamping: start), end: Int32(clamping: end))
  }

  /// Whether the span covers no byte.
  public var isEmpty: Bool { start >= end }

  /// The smallest span that covers this one and `other`.
  public func joined(with other: Span) -> Span {
    Span(start: min(start, other.start), end: max(end, other.end))
  }
}
