// SPDX-License-Identifier: Apache-2.0
//
// The time of a flow as a vector: sines and cosines of 1000 t through an MLP, as in DiT and MAR.

import Glibc
import Networks
import Tensors

/// The embedding of times in 0...1.
final class TimeEmbedding: Module {
  private let time1: Linear
  private let time2: Linear
  private let frequencies = 64

  init(width: Int, _ initial: inout Initializer) throws {
    time1 = try Linear(2 * frequencies, width, &initial)
    time2 = try Linear(width, width, &initial)
  }

  /// [times, width].
  func callAsFunction(_ times: [Float]) throws -> Tensor {
    let table = try Tensor(uninitialized: [times.count, 2 * frequencies])
    for (i, t) in times.enumerated() {
      for f in 0..<frequencies {
        let angle = 1000 * t * expf(-logf(10_000) * Float(f) / Float(frequencies))
        table.pointer[i * 2 * frequencies + f] = cosf(angle)
        table.pointer[i * 2 * frequencies + frequencies + f] = sinf(angle)
      }
    }
    return try time2(time1(table, activation: .silu))
  }

  var namedParameters: [NamedParameter] {
    time1.named(under: "time1") + time2.named(under: "time2")
  }
}
