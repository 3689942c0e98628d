// SPDX-License-Identifier: Apache-2.0
//
// bfloat16 products: exact products of rounded operands, summed in float32; and the choice between
// kernels.

import CKernels
import Tensors
import Testing

/// The nearest bfloat16, ties to even.
private func rounded(_ x: Double) -> Double {
  let bits = Float(x).bitPattern
  return Double(Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000))
}

@Suite(.enabled(if: Precision.bfloat16.isAvailable)) struct BFloat16Tests {
  static let sizes: [[Int]] =
    (0...15).map { [$0, 33, 40] } + [
      [29, 1, 1], [14, 2, 31], [70, 64, 65], [3, 0, 5], [17, 1100, 33],
    ]

  @Test(arguments: sizes, [false, true])
  func productsOfRoundedOperands(_ size: [Int], _ isTransposed: Bool) throws {
    for expands: Int32 in [0, 1] { try product(size, isTransposed, expands) }
  }

  /// Operands rounded and read as pairs, for both kernels.
  private func product(_ size: [Int], _ isTransposed: Bool, _ expands: Int32) throws {
    let (m, k, n) = (size[0], size[1], size[2])
    let (a, b) = (try Floats(m * k, seed: 50), try Floats(k * n, seed: 51))
    let (bias, c) = (try Floats(n, seed: 52), Floats(zeros: m * n))
    let panels = (n + 31) / 32
    let packed = Floats(zeros: smap_packed_pairs_size(k, n))
    let scratch = Floats(zeros: smap_product_bfloat16_scratch(k))
    var epilogue = SMAPEpilogue()
    epilogue.bias = UnsafePointer(bias.pointer)
    let (pa, pb, pc, pp) = (a.pointer, b.pointer, c.pointer, packed.pointer)
    let room = scratch.pointer
    withExtendedLifetime(bias) {
      smap_pack_pairs(pb, isTransposed ? 1 : n, isTransposed ? k : 1, k, n, 0, panels, pp)
      smap_product_bfloat16(
        expands, m, n, k, pa, isTransposed ? 1 : k, isTransposed ? m : 1, pp, 0, panels, pc, n,
        &epilogue,
        room)
    }
    #expect(packed.isIntact && scratch.isIntact)
    expect(
      c,
      (0..<m * n).map { entry in
        let (i, j) = (entry / n, entry % n)
        return (0..<k).reduce(bias[j]) { sum, d in
          let x = isTransposed ? a[d * m + i] : a[i * k + d]
          let y = isTransposed ? b[j * k + d] : b[d * n + j]
          return sum + rounded(x) * rounded(y)
        }
      })
  }

  @Test func theChoiceEndsWithItsBodyAndReachesOtherThreads() {
    #expect(Precision.current == .float32)
    Precision.bfloat16.use {
      #expect(Precision.current == .bfloat16)
      let found = [Precision](unsafeUninitializedCapacity: 64) { slots, count in
        let base = slots.baseAddress
        ThreadPool.forEach(chunks: 64) { base?.advanced(by: $0).initialize(to: .current) }
        count = 64
      }
      #expect(found.allSatisfy { $0 == .bfloat16 })
      Precision.float32.use { #expect(Precision.current == .float32) }
    }
    #expect(Precision.current == .float32)
  }
}
