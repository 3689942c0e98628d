// SPDX-License-Identifier: Apache-2.0
//
// How large a model of some options is, before it is made. A file that promises more numbers than
// it holds is refused, and so is a model that the memory of this session has no room for: at once
// and by the options that ask for most of it, not after minutes of allocating.

import Tensors
import Training

/// Numbers that a model holds because of some of its options.
struct SizePart {
  /// The options, the one that a user would change first.
  let options: [String]
  /// The number of numbers.
  let count: Int
  /// The option among them, if any, of which a larger value means fewer numbers.
  var inverse: String?

  /// So many numbers, because of the named options.
  init(_ count: Int, _ options: String...) { (self.count, self.options) = (count, options) }

  /// What a user would do about it.
  var remedy: String {
    let others = options.filter { $0 != inverse }.joined(separator: " or ")
    return (inverse.map { "raise \($0), " } ?? "") + "reduce \(others), or raise --max-memory"
  }

  /// So many numbers in words, as bytes.
  static func bytes(_ count: Int) -> String { describeBytes(count * MemoryLayout<Float>.stride) }

  /// The weights and the bias of a linear layer.
  static func linear(_ from: Int, _ to: Int) -> Int { from * to + to }
}

extension OptionTable {
  /// Throws a LimitError that names the options behind the largest part, if a model of these parts,
  /// which holds `work` besides while it reads or makes one picture, is larger than what the
  /// session may still hold.
  func requireRoom(for parts: [SizePart], of what: String, work: SizePart? = nil) throws {
    let room = MemoryBudget.room
    let held = parts.reduce(0) { $0 + $1.count }
    let total = held + (work?.count ?? 0)
    guard total > room / MemoryLayout<Float>.stride,
      let largest = (parts + [work].compactMap { $0 }).max(by: { $0.count < $1.count })
    else { return }
    let culprits = largest.options.compactMap { name in
      Self.options.first { $0.name == name }.map { "\(name) = \($0.value(self).source)" }
    }.joined(separator: " and ")
    let subject =
      held > room / MemoryLayout<Float>.stride || work == nil
      ? "a \(what) of these sizes takes \(SizePart.bytes(held))"
      : "a \(what) of these sizes takes \(SizePart.bytes(total)) with the attention over one picture"
    throw TensorError.limit(
      "\(subject), mainly because of \(culprits); this session has room for \(describeBytes(room))",
      hint: largest.remedy)
  }
}
