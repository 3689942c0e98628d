// SPDX-License-Identifier: Apache-2.0
//
// The precision of the operands of layers' products. With AVX512_BF16, bfloat16 has up to twice the
// throughput (on Intel processors the same, with less memory traffic); weights, activations and
// everything else stay in float32, and so do the sums of a product.

import CKernels

/// The precision of the products of layers.
public enum Precision: String, Sendable, CaseIterable {
  case float32 = "f32"
  /// Operands are rounded to bfloat16, sums are float32.
  case bfloat16 = "bf16"

  /// Whether this processor supports it.
  public var isAvailable: Bool { self == .float32 || smap_has_bfloat16() != 0 }

  /// The precision of products on this thread; distributed work inherits it.
  public static var current: Precision { smap_uses_bfloat16() != 0 ? .bfloat16 : .float32 }

  /// Runs `body` with products in this precision, or in float32 if the processor lacks it.
  public func use<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = smap_uses_bfloat16()
    smap_use_bfloat16(self == .bfloat16 && isAvailable ? 1 : 0)
    defer { smap_use_bfloat16(before) }
    return try body()
  }
}
