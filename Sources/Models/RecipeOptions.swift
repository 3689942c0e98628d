// SPDX-License-Identifier: Apache-2.0
//
// The options of the recipes, beside those of every training (`TrainingPlan.options`).

import Training

extension TokenizerRecipe: OptionTable {
  /// The options of trainings of tokenizers.
  public static let options: [OptionRow<TokenizerRecipe>] = [
    .integer("batch_size", \.batchSize, 1...65_536, "`batch_size` pictures make a batch."),
    OptionRow<TokenizerRecipe>.number(
      "label_drop", \.labelDrop, 0...1,
      "`label_drop` is how often a picture is trained without its class."
    ).needs(
      "inject = \"encoder\", \"decoder\" or \"both\"", of: "tokenizer", orIs: .number(0)
    ) { $0.tokenizer.map { $0.inject != .none } ?? true },
    OptionRow<TokenizerRecipe>.number(
      "latent_noise", \.latentNoise, 0...1000,
      "`latent_noise` is the most noise that the decoder is trained with: it is added to "
        + "tokens, in units of their standard deviation."
    ).needs(quantizers(areDiscrete: false), of: "tokenizer", orIs: .number(0)) {
      !($0.tokenizer?.quantizer.type.isDiscrete ?? false)
    },
    .number(
      "mask_patches", \.maskedShare, 0...0.99,
      "`mask_patches` is the fraction of patches that the encoder's transformer does not see.",
      impliedByOlderFiles: "0.0"),
    OptionRow(
      "tell_augmentation", .flag,
      "With `tell_augmentation`, encoder and decoder are told how each picture was changed, so that "
        + "they need not put it into the tokens; at evaluation nothing was.",
      impliedByOlderFiles: "false", value: { .flag($0.tellsAugmentation) },
      store: { if case .flag(let value) = $1 { $0.tellsAugmentation = value } }
    ).needs("augment = true", orIs: .flag(false)) { $0.augments }
      .needs("an amount of augmentation above 0", orIs: .flag(false)) {
        $0.augmentation.changesPictures
      },
    .number(
      "dropout", \.dropout, 0...0.9,
      "`dropout` is the fraction of what a block adds to its stream that is dropped.",
      impliedByOlderFiles: "0.0"),
    .number(
      "stochastic_depth", \.stochasticDepth, 0...0.9,
      "`stochastic_depth` is how often the last block of each transformer is left out, those before "
        + "it less often.", impliedByOlderFiles: "0.0"),
    OptionRow<TokenizerRecipe>.word(
      "penalty_on", \.penaltyScope,
      "`penalty_on` says which tokens the penalty of the bottleneck counts: \"all\" of them, or the "
        + "\"kept\" ones, so that dropped tokens are free.",
      impliedByOlderFiles: "all"
    ).needs(
      penalizedQuantizers, of: "tokenizer", orIs: .word(PenaltyScope.all.rawValue)
    ) { $0.tokenizer?.quantizer.type.hasPenalty ?? true }
    .isReplaced(
      by: "loss = {bottleneck: 0}", orIs: .word(PenaltyScope.all.rawValue)
    ) { $0.bottleneckWeight == 0 && !$0.codesFollowTokens },
    OptionRow<TokenizerRecipe>.number(
      "continuous_until", \.continuousUntil, 0...1,
      "Up to the part `continuous_until` of the training, the decoder gets tokens as they are before "
        + "codes take their place (vq, fsq),", impliedByOlderFiles: "0.0"
    ).needs(quantizers(areDiscrete: true), of: "tokenizer", orIs: .number(0)) {
      $0.tokenizer?.quantizer.type.isDiscrete ?? true
    },
    OptionRow<TokenizerRecipe>.number(
      "quantized_from", \.quantizedFrom, 0...1,
      "from the part `quantized_from` on it gets codes alone, and in between a growing share of "
        + "them.", impliedByOlderFiles: "0.0"
    ).needs(quantizers(areDiscrete: true), of: "tokenizer", orIs: .number(0)) {
      $0.tokenizer?.quantizer.type.isDiscrete ?? true
    },
    OptionRow<TokenizerRecipe>.integer(
      "restart_every", \.restartEvery, 0...10_000_000,
      "Every `restart_every` steps, codes that nothing uses are moved onto tokens of the batch (0: "
        + "never)."
    ).needs(
      "quantizer = \"vq\" and dead_codes = \"restart\"", of: "tokenizer", orIs: .integer(0)
    ) { $0.restartsCodes },
    OptionRow(
      "discriminator_start", .optional(.integer(0...10_000_000)),
      "With a weight of the loss term `adversarial`, a discriminator is trained from step "
        + "`discriminator_start` on (by default after three tenths of the steps), and counts from "
        + "there.", impliedByOlderFiles: "nil",
      value: { $0.adversarial.start.map { .integer($0) } ?? .none },
      stored: { $0.adversarial.start.map { "\($0)" } ?? "nil" },
      store: { if case .integer(let step) = $1 { $0.adversarial.start = step } }
    ).needs("loss = {adversarial: ..}") { $0.adversarial.weight > 0 },
    OptionRow<TokenizerRecipe>.number(
      "discriminator_lr", \.adversarial.learningRate, 0...1000,
      "Its learning rate is `discriminator_lr`, along the same schedule.",
      impliedByOlderFiles: "\(AdversarialPlan().learningRate)"
    ).needs("loss = {adversarial: ..}") { $0.adversarial.weight > 0 },
    OptionRow<TokenizerRecipe>.integer(
      "discriminator_width", \.adversarial.width, 1...1024,
      "It has `discriminator_width` channels at full resolution.",
      impliedByOlderFiles: "\(AdversarialPlan().width)"
    ).needs("loss = {adversarial: ..}") { $0.adversarial.weight > 0 },
    OptionRow<TokenizerRecipe>.number(
      "lecam", \.adversarial.leCam, 0...1000,
      "`lecam` is the weight of the LeCam term, which holds its scores together.",
      impliedByOlderFiles: "\(AdversarialPlan().leCam)"
    ).needs("loss = {adversarial: ..}") { $0.adversarial.weight > 0 },
    OptionRow(
      "adaptive_weight", .flag,
      "With `adaptive_weight`, the weight of `adversarial` is multiplied by the ratio of the "
        + "gradients of the other terms and of this one at the last layer of the decoder.",
      impliedByOlderFiles: "true", value: { .flag($0.adversarial.isAdaptive) },
      store: { if case .flag(let value) = $1 { $0.adversarial.isAdaptive = value } }
    ).needs("loss = {adversarial: ..}") { $0.adversarial.weight > 0 },
    lossRow, augmentationRow,
    // It comes after the amounts, which it takes back.
    OptionRow(
      "augment", .flag, "Pictures are changed a little each time, unless `augment` is false.",
      value: { .flag($0.augmentation != .none) },
      store: { if $1 == .flag(false) { ($0.augments, $0.augmentation) = (false, .none) } }),
  ]

  /// The weights of the terms of the loss. Checkpoints hold each under its own name.
  private static let lossRow = OptionRow<TokenizerRecipe>(
    "loss",
    .optional(
      .amounts(kind: "weight", of: "term", lossTerms.map { AmountType($0.name, most: 1e6) })),
    "The loss is the weighted sum of its terms, and `loss` is a record of their weights, such as "
      + "{mse: 1, ssim: 0.1}; terms that it does not name are 0, and without it the loss is "
      + "{log_mse: 0.02}. Terms are "
      + ReconstructionLoss.terms.map { "`\($0.name)` (\($0.summary))" }.joined(separator: ", ")
      + ", and `bottleneck`, the KL term (1e-6 unless named) or the commitment to codes (0.003), and "
      + "`adversarial`, the hinge loss against a discriminator.", isSetting: false,
    value: { recipe in
      let loss = recipe.loss
      let usual = ReconstructionLoss()
      let terms = ReconstructionLoss.terms.map(\.weight)
      guard
        recipe.bottleneckWeight != nil || recipe.adversarial.weight > 0
          || terms.contains(where: { loss[keyPath: $0] != usual[keyPath: $0] })
      else { return .none }
      return .amounts(
        lossTerms.compactMap { term in
          term.get(recipe).map { NamedAmount(term.name, $0.asWritten) }
        })
    },
    store: { recipe, value in
      guard case .amounts(let weights) = value else { return }
      recipe.loss = ReconstructionLoss(logarithmic: 0)
      for weight in weights {
        lossTerms.first { $0.name == weight.name }?.set(&recipe, Float(weight.value))
      }
    })

  /// The amounts of augmentation. Checkpoints hold them under the same name in words of their own.
  private static let augmentationRow = OptionRow<TokenizerRecipe>(
    "augmentation",
    .optional(
      .amounts(
        kind: "amount", of: "amount",
        Augmentation.amounts.map { AmountType($0.name, most: $0.most) })),
    "`augmentation` is a record of amounts in place of the usual ones: "
      + Augmentation.amounts.map { "`\($0.name)` (\($0.summary))" }.joined(separator: ", ") + ".",
    isSetting: false,
    value: { recipe in
      guard recipe.augments, recipe.augmentation != Augmentation() else { return .none }
      return .amounts(
        Augmentation.amounts.map {
          NamedAmount($0.name, recipe.augmentation[keyPath: $0.path].asWritten)
        })
    },
    store: { recipe, value in
      guard case .amounts(let amounts) = value else { return }
      recipe.augmentation = Augmentation()
      for amount in amounts {
        guard let known = Augmentation.amounts.first(where: { $0.name == amount.name }) else {
          continue
        }
        recipe.augmentation[keyPath: known.path] = Float(amount.value)
      }
    }
  ).needs("augment = true") { $0.augments }

  /// A weight of the record `loss`: nil where a recipe has none of its own.
  private struct LossTerm: Sendable {
    let name: String
    let get: @Sendable (TokenizerRecipe) -> Float?
    let set: @Sendable (inout TokenizerRecipe, Float) -> Void
  }

  /// The terms on pixels, that of the bottleneck and that of the discriminator.
  private static let lossTerms: [LossTerm] =
    ReconstructionLoss.terms.map { term in
      LossTerm(
        name: term.name, get: { $0.loss[keyPath: term.weight] },
        set: { $0.loss[keyPath: term.weight] = $1 })
    } + [
      LossTerm(
        name: "bottleneck", get: { $0.bottleneckWeight }, set: { $0.bottleneckWeight = $1 }),
      LossTerm(
        name: "adversarial", get: { $0.adversarial.weight }, set: { $0.adversarial.weight = $1 }),
    ]

  /// How a script chooses a quantizer that has a penalty.
  private static let penalizedQuantizers = QuantizerRegistry.choice(
    of: QuantizerRegistry.all.filter { $0.hasPenalty }.map { $0.name })

  /// Why a weight of the term `bottleneck` has no effect on the tokenizer; nil if it has one.
  public var bottleneckRefusal: OptionRefusal? {
    guard let tokenizer, !tokenizer.quantizer.type.hasPenalty, (bottleneckWeight ?? 0) > 0 else {
      return nil
    }
    return OptionRefusal(
      "bottleneck", .without(TokenizerRecipe.penalizedQuantizers, model: "tokenizer"))
  }

  /// How a script chooses a quantizer of codes, or one of vectors.
  private static func quantizers(areDiscrete: Bool) -> String {
    QuantizerRegistry.choice(
      of: QuantizerRegistry.all.filter { $0.isDiscrete == areDiscrete }.map { $0.name })
  }
}

extension TokenizerRecipe {
  /// Whether codes follow the tokens of a step whatever the weight of the penalty is, as far as is
  /// known.
  fileprivate var codesFollowTokens: Bool {
    guard let tokenizer else { return true }
    return tokenizer.quantizer.type.options.contains("code_update")
      && (tokenizer.codeUpdate == .ema || restartsCodes)
  }

  /// Whether codes that nothing uses are moved, as far as is known.
  fileprivate var restartsCodes: Bool {
    guard let tokenizer else { return true }
    return tokenizer.quantizer.type.options.contains("dead_codes")
      && tokenizer.deadCodes == .restart && tokenizer.codeUpdate != .simvq
  }
}

extension GeneratorRecipe: OptionTable {
  /// The options of trainings of generators.
  public static let options: [OptionRow<GeneratorRecipe>] = [
    .integer("batch_size", \.batchSize, 1...65_536, "`batch_size` pictures make a batch."),
    .number(
      "label_drop", \.labelDrop, 0...1,
      "`label_drop` is how often a picture is trained without its class."),
    OptionRow<GeneratorRecipe>.integer(
      "draws", \.drawsPerToken, 1...256,
      "Each step samples `draws` times of the flow for each token."
    ).onlyForHeads(),
    OptionRow<GeneratorRecipe>.number(
      "input_noise", \.inputNoise, 0...1,
      "`input_noise` is the largest share of noise in the tokens that the backbone reads, or of "
        + "codes that are others, so that it tolerates errors of its own samples."
    ).onlyForHeads(),
    .number(
      "balance", \.balance, 0...1,
      "`balance` goes from 0 (pictures as they come) to 1 (all classes alike)."),
    OptionRow<GeneratorRecipe>.integer(
      "variants", \.variants, 1...1000,
      "`variants` is how often every picture is encoded, each time changed a little."
    ).needs("augment = true", orIs: .integer(1)) { $0.augmentation != .none },
    // The checksum of the latents stands for it in checkpoints.
    OptionRow(
      "augment", .flag, "Without `augment`, it is encoded once and unchanged.", isSetting: false,
      value: { .flag($0.augmentation != .none) },
      store: { recipe, value in
        guard value == .flag(false) else { return }
        (recipe.augmentation, recipe.variants) = (.none, 1)
      }),
  ]
}

extension OptionRow<GeneratorRecipe> {
  /// The option, which only those heads read that name it.
  fileprivate func onlyForHeads() -> OptionRow {
    let name = name
    let readers = HeadRegistry.all.filter { $0.trainingOptions.contains(name) }
    let words = readers.map { "\"\($0.name)\"" }.joined(separator: " or ")
    return needs("head = \(words)", of: "generator") {
      $0.generator?.head.type.trainingOptions.contains(name) ?? true
    }
  }
}
