// SPDX-License-Identifier: Apache-2.0
//
// What the workers of a training must have in common, or their sums would mean nothing.

import Networks
import Tensors

extension Trainer {
  /// Everything that decides the bits of the training: options, model, data, and the weights it
  /// begins with.
  func facts() throws -> [(key: String, value: String)] {
    let model = task.modelSettings
    return [("steps", "\(plan.steps)"), ("step", "\(step)")] + plan.settings
      + (try task.settings) + (model.map { [("model", $0.kind)] + $0.entries } ?? [])
      + (task.namedParameters + task.otherState).map { ($0.name, Trainer.hash($0.tensor)) }
  }

  /// FNV-1a over the bits of the numbers.
  private static func hash(_ tensor: Tensor) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for number in UnsafeBufferPointer(start: tensor.pointer, count: tensor.count) {
      hash = (hash ^ UInt64(number.bitPattern)) &* 0x0000_0100_0000_01B3
    }
    return "\(tensor.shape) \(String(hash, radix: 16))"
  }
}
