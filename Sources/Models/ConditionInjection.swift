// SPDX-License-Identifier: Apache-2.0
//
// How a half of the tokenizer is told the condition: as tokens of its sequence, as shift and scale
// of its norms (AdaLN, after DiT), or added to tokens that are there anyway (docs/Method.md, 2.3).

import Networks
import Tensors

/// The table of conditions of encoder or decoder, and what it becomes there.
final class ConditionInjection: Module {
  private let form: InjectionForm
  private let tokens: Int
  private let width: Int
  /// [classes + 1, tokens * width]; the last row is the null condition.
  private let table: Embedding
  /// What turns the vector of a picture into such a row, where there are no classes.
  private let projection: Linear?
  private let modulation: Linear?
  /// [tokens * width, numbers of an augmentation], zero until a training changes it.
  let augmentation: Tensor

  init(
    _ configuration: TokenizerConfiguration, depth: Int, width: Int, _ initial: inout Initializer
  ) throws {
    (form, tokens, self.width) = (
      configuration.injectAs, configuration.conditionTokens, width
    )
    let size = tokens * width
    // A modulation is a product with the row, which must not start near zero.
    let deviation = form == .adaln ? 1 / Float(size).squareRoot() : 0.02
    table = try Embedding(configuration.numClasses + 1, size, deviation: deviation, &initial)
    // Added to positions, or multiplied by a modulation, a row must be as small as one of a table.
    projection =
      configuration.conditionDim > 0
      ? try Linear(
        configuration.conditionDim, size, gain: form == .tokens ? 1 : deviation, &initial) : nil
    augmentation = try initial.constant(0, [size, Augmentation.Change.count])
    modulation =
      form == .adaln ? try Linear(size, 4 * depth * width, gain: 0, &initial) : nil
  }

  /// Makes a class that is added change nothing until it is trained.
  func silence() throws { table.weight.assign(try Tensor.zeros(table.weight.shape)) }

  /// What the pictures of a batch are told.
  func callAsFunction(_ told: Condition) throws -> InjectedCondition {
    var rows = try rows(told)
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

  /// What the pictures are told as rows: [B, tokens * width].
  private func rows(_ told: Condition) throws -> Tensor {
    guard let projection, let (vectors, areNull) = told.vectors else {
      return try told.look(up: table.weight)
    }
    let projected = try projection(vectors)
    guard areNull.contains(true) else { return projected }
    let null = projected.shape[0]
    return try Tensor.cat([projected, table.weight], dim: 0)
      .rows(at: areNull.enumerated().map { $1 ? null : $0 })
  }

  var namedParameters: [NamedParameter] {
    table.namedParameters + (projection?.named(under: "projection") ?? [])
      + (modulation?.named(under: "modulation") ?? [])
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
