// SPDX-License-Identifier: Apache-2.0
//
// The tensors of a TiTok checkpoint by name. Every one must be there with the shape that the
// architecture asks for, and no other; all differences are collected before any is reported.

import Networks
import Tensors

/// The tensors of a file, and what was wrong with them so far.
final class TitokKeys {
  let path: String
  private var left: [String: Tensor] = [:]
  private let names: [String]
  private var missing: [String] = []
  private var misshapen: [String] = []
  /// The most names that a message lists of each kind.
  private static let mostNames = 12

  init(_ checkpoint: Checkpoint, path: String) {
    self.path = path
    names = checkpoint.tensors.map(\.name)
    for entry in checkpoint.tensors { left[entry.name] = entry.tensor }
  }

  /// Whether the file has a tensor of this name.
  func has(_ name: String) -> Bool { left[name] != nil }

  /// The shape of a tensor that tells sizes of the architecture; all zero, and reported, if it is
  /// missing or of another rank.
  func shape(_ name: String, rank: Int) -> [Int] {
    let none = [Int](repeating: 0, count: rank)
    guard let tensor = left[name] else {
      missing.append(name)
      return none
    }
    guard tensor.rank == rank else {
      misshapen.append("`\(name)` has shape \(tensor.shape), not \(rank) dimensions")
      return none
    }
    return tensor.shape
  }

  /// How many different numbers follow `prefix` in names, as in `encoder.transformer.11.ln_1.bias`.
  func count(under prefix: String) -> Int {
    Set(
      names.compactMap { name in
        name.hasPrefix(prefix)
          ? name.dropFirst(prefix.count).split(separator: ".").first.flatMap { Int($0) } : nil
      }
    ).count
  }

  /// How many blocks a transformer has; none is reported.
  func blocks(under prefix: String) -> Int {
    let count = count(under: prefix)
    if count == 0 { missing.append(prefix + "0") }
    return count
  }

  /// Takes a tensor out; nil, and reported, if it is missing or has another shape.
  func take(_ name: String, _ shape: [Int]) -> Tensor? {
    guard let tensor = left.removeValue(forKey: name) else {
      missing.append(name)
      return nil
    }
    guard tensor.shape == shape else {
      misshapen.append("`\(name)` has shape \(tensor.shape), not \(shape)")
      return nil
    }
    return tensor
  }

  /// Throws a CheckpointError that lists the differences so far; `isWhole` if nothing may be left.
  func requireAll(isWhole: Bool) throws {
    let unexpected = isWhole ? names.filter { left[$0] != nil } : []
    let parts = [
      TitokKeys.listed("missing", missing.map { "`\($0)`" }),
      TitokKeys.listed("unexpected", unexpected.map { "`\($0)`" }),
      TitokKeys.listed("of another shape", misshapen),
    ].compactMap { $0 }
    guard !parts.isEmpty else { return }
    throw CheckpointError(
      path: path, message: "its tensors are not those of TiTok: " + parts.joined(separator: "; "),
      hint: "help(\"smap.load_titok\") says which checkpoints can be read")
  }

  private static func listed(_ what: String, _ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let more = names.count > mostNames ? " and \(names.count - mostNames) more" : ""
    return "\(names.count) \(what): \(names.prefix(mostNames).joined(separator: ", "))\(more)"
  }
}
