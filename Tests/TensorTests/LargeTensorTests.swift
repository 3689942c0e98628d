// SPDX-License-Identifier: Apache-2.0
//
// Results larger than the caches are written by non-temporal stores, piece by piece; their bits are
// those of small ones.

import Tensors
import Testing

@Suite(.serialized) struct LargeTensorTests {
  /// No multiple of any block, piece or cache line.
  private let count = (1 << 23) + 65_536 + 2048 + 21

  @Test func largeResultsHaveTheBitsOfSmallOnes() throws {
    let x = try Tensor.rand([count], key: RandomKey(seed: 1))
    let y = try Tensor.rand([count], key: RandomKey(seed: 2))
    let functions: [(Tensor, Tensor) throws -> Tensor] = [
      { try $0 * $1 }, { a, _ in try a - 0.25 }, { try Tensor.combine(.divide, 2, $0) + $1 },
    ]
    for function in functions {
      let whole = try function(x, y)
      let (half, rest) = (count / 2, count - count / 2)
      let parts = try [(0, half), (half, rest)].map { start, length in
        try function(
          x.narrow(dim: 0, start: start, count: length),
          y.narrow(dim: 0, start: start, count: length))
      }
      #expect(
        try Tensor.combine(.equal, whole, Tensor.cat(parts, dim: 0)).sum().item() == Float(count))
    }
  }

  @Test func threadsSeeWhatOthersStored() throws {
    try withThreadCounts { _ in
      let x = try Tensor(repeating: 1, shape: [count])
      #expect(try (x + 1).mul(3).sub(2).sum().item() == Float(4 * count))
    }
  }
}
