// SPDX-License-Identifier: Apache-2.0
//
// The backbone of CARD as layers on the tape, over all tokens at once: what training
// differentiates. `KeyValueCache` and `BackboneWorker` compute the same one token at a time, for
// sampling; `PhaseTests.backbonePhasesAreItsLayers` holds them equal.

import Networks
import Tensors

extension CARDGenerator {
  /// The context of each token: [B, K, width] from standardised tokens [B, K, T].
  func contexts(_ tokens: Tensor, condition: Condition) throws -> Tensor {
    let (batch, count, width) = (tokens.shape[0], tokens.shape[1], configuration.width)
    let first = try condition.look(up: classes.weight).reshape([batch, 1, width])
    var stream = first
    if count > 1 {
      let before = try tokens.narrow(dim: 1, start: 0, count: count - 1)
      stream = try Tensor.cat([first, input(before)], dim: 1)
    }
    let placed = try stream.add(positions.narrow(dim: 0, start: 0, count: count))
    let seen = try norm(blocks.reduce(placed) { try $1($0) })
    return try seen.add(targets.narrow(dim: 0, start: 0, count: count))
  }
}
