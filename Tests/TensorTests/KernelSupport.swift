// SPDX-License-Identifier: Apache-2.0
//
// Support for kernel tests. Operands begin at unaligned addresses and end in sentinels that must
// not change, so a kernel that assumes alignment or writes out of bounds is detected.

import Glibc
import Tensors
import Testing

/// Floats at an unaligned address, followed by sentinels.
final class Floats {
  private let base: UnsafeMutablePointer<Float>
  let count: Int
  private static let lead = 3
  private static let trail = 40
  private static let mark: Float = 123.456

  init(_ values: [Float]) {
    count = values.count
    let lead = [Float](repeating: Self.mark, count: Self.lead)
    let all = lead + values + [Float](repeating: Self.mark, count: Self.trail)
    base = .allocate(capacity: all.count)
    base.initialize(from: all, count: all.count)
  }

  convenience init(zeros count: Int) { self.init([Float](repeating: 0, count: count)) }

  /// Normal samples.
  convenience init(_ count: Int, seed: UInt64) throws {
    self.init(try normal([count], seed: seed).toArray())
  }

  deinit { base.deallocate() }

  /// The first float; the caller must keep this object alive.
  var pointer: UnsafeMutablePointer<Float> { base + Self.lead }
  var doubles: [Double] { (0..<count).map { self[$0] } }
  subscript(_ i: Int) -> Double { Double(pointer[i]) }

  /// Whether nothing was written out of bounds.
  var isIntact: Bool {
    let after = pointer + count
    return (0..<Self.lead).allSatisfy { base[$0] == Self.mark }
      && (0..<Self.trail).allSatisfy { after[$0] == Self.mark }
  }
}

func expect(
  _ found: Floats, _ wanted: [Double], tolerance: Double = 3e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.isIntact, "wrote outside", sourceLocation: sourceLocation)
  #expect(found.count == wanted.count, sourceLocation: sourceLocation)
  for (i, (a, b)) in zip(found.doubles, wanted).enumerated()
  where !(abs(a - b) <= tolerance * (1 + abs(b)) || (a.isNaN && b.isNaN)) {
    Issue.record("entry \(i) is \(a) instead of \(b)", sourceLocation: sourceLocation)
    return
  }
}

func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }
