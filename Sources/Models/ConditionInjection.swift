// SPDX-License-Identifier: Apache-2.0
//
// How a half of the tokenizer is told the condition: as tokens of its sequence, as shift and scale
// of its norms (AdaLN, after DiT), or added to tokens that are there anyway (docs/Method.md, 2.3).

import Networks
import Tensors

/// The table of conditions of one half, and what it becomes there.
final class ConditionInjection: Module {
  private let form: InjectionForm
  private let tokens: Int
  private let width: Int
  /// [classes + 1, tokens * width]; the last row is the null condition.
  private let table: Embedding
  private let modulation: Linear?
  /// [tokens * width, numbers of an augmentation], zero until a training changes it.
  let augmentation: Tensor

  init(_ configuration: TokenizerConfiguration, depth: Int, _ initial: inout Initializer) throws {
    (form, tokens, width) = (
      configuration.injectAs, configuration.conditionTokens, configuration.width
    )
    let size = tokens * width
    // A modulation is a product with the row, which must not start near zero.
    let deviation = form == .adaln ? 1 / Float(size).squareRoot() : 0.02
    table = try Embedding(configuration.numClasses + 1, size, deviation: deviation, &initial)
    augmentation = try initial.constant(0, [size, Augmentation.Change.count])
    modulation =
      form == .adaln ? try Linear(size, 4 * depth * width, gain: 0, &initial) : nil
  }

  /// What the pictures of a batch are told.
  func callAsFunction(_ told: Condition) throws -> InjectedCondition {
    var rows = try told.look(up: table.weight)
    // Nothing at evaluation, so samples are of pictures that nobody changed.
    if let change = told.hints?.augmentation {
      rows = try rows.add(change.linear(augmentation, nil))
    }
    switch form {
    case .tokens:
      return InjectedCondition(tokens: [try rows.reshape([told.count, tokens, width])])
    case .adaln:
      return InjectedCondition(modulation: try modulation?(rows))
    case .add:
      let each = try rows.reshape([told.count, tokens, width])
      return InjectedCondition(
        addition: try each.mean(dim: 1).reshape([told.count, 1, width]))
    }
  }

  var namedParameters: [NamedParameter] {
    table.namedParameters + (modulation?.named(under: "modulation") ?? [])
  }
}

/// The condition of a batch in the form in which a half takes it.
struct InjectedCondition {
  /// [B, M, width], or nothing.
  var tokens: [Tensor] = []
  /// [B, blocks * 4 * width].
  var modulation: Tensor?
  /// [B, 1, width].
  var addition: Tensor?

  /// Tokens [n, width] or [B, n, width] with the addition, if there is one.
  func added(to tokens: Tensor, batch: Int) throws -> Tensor {
    guard let addition else { return tokens }
    return try addition.add(tokens)
  }
}
