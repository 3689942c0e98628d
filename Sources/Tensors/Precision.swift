// SPDX-License-Identifier: Apache-2.0
//
// How the products of layers round their operands. In bfloat16 a processor with AVX512_BF16 does up to
// twice as many multiplications a second (an Intel one as many, and reads less); weights, activations and everything else stay in float32, and so do
// the sums of a product.

import CKernels

/// The numbers that the products of layers are computed in.
public enum Precision: String, Sendable, CaseIterable {
  case float32 = "f32"
  /// Operands are rounded to bfloat16, sums are float32.
  case bfloat16 = "bf16"

  /// Whether this processor has it.
  public var isAvailable: Bool { self == .float32 || smap_has_bfloat16() != 0 }

  /// What products on this thread use; work that is shared out to other threads takes it along.
  public static var current: Precision { smap_uses_bfloat16() != 0 ? .bfloat16 : .float32 }

  /// Runs `body` with products in this precision, or in float32 where the processor lacks it.
  public func use<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = smap_uses_bfloat16()
    smap_use_bfloat16(self == .bfloat16 && isAvailable ? 1 : 0)
    defer { smap_use_bfloat16(before) }
    return try body()
  }
}
