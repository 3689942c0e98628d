// SPDX-License-Identifier: Apache-2.0
//
// What can be learned of a training before it begins: a learning rate, and what it will need. Both
// leave the model as it is.

import Networks
import Tensors
import Training

extension SMAPTokenizer {
  /// Looks for a learning rate by a range test on a copy of this tokenizer.
  ///
  /// - Throws: as `LearningRateSearch.run`.
  public func findLearningRate(
    on data: TrainingData, _ recipe: TokenizerRecipe, from low: Float, to high: Float,
    onStep: (_ step: Int, _ loss: Float) throws -> Void = { _, _ in }
  ) throws -> LearningRateSearch {
    try check(data)
    let copy = try SMAPTokenizer(configuration, seed: 0)
    try copy.take(stateOf: self)
    try copy.prepare(data, seed: recipe.seed)
    return try LearningRateSearch.run(
      try TokenizerTask(copy, data, nil, recipe), recipe.plan, from: low, to: high,
      steps: recipe.plan.steps, onStep: onStep)
  }

  /// What training by a recipe will need.
  ///
  /// - Throws: as `TrainingEstimate`.
  public func estimate(_ recipe: TokenizerRecipe) throws -> TrainingEstimate {
    let side = configuration.imageSize
    let grey = try Tensor.zeros([picturesPerMicroBatch, 3, side, side]).add(0.5)
    let data = try TrainingData(
      images: grey, labels: Array(repeating: 0, count: picturesPerMicroBatch),
      classCount: max(configuration.numClasses, 1),
      vectors: configuration.conditionDim > 0
        ? try Tensor.zeros([picturesPerMicroBatch, configuration.conditionDim]) : nil)
    let pictures = recipe.batchSize * recipe.plan.accumulation
    return try TrainingEstimate(
      try TokenizerTask(self, data, nil, recipe), recipe.plan,
      microBatches: (pictures + picturesPerMicroBatch - 1) / picturesPerMicroBatch)
  }

  /// Takes on all weights of a tokenizer of the same architecture.
  private func take(stateOf other: SMAPTokenizer) throws {
    let (own, others) = (
      namedParameters + trainingState, other.namedParameters + other.trainingState
    )
    for (target, source) in zip(own, others) { target.tensor.assign(source.tensor) }
    ParameterChanges.note()
    try refreshAfterLoading()
  }
}

extension CARDGenerator {
  /// Looks for a learning rate by a range test on a copy of this generator.
  ///
  /// - Throws: as `LearningRateSearch.run`.
  public func findLearningRate(
    on data: TrainingData, tokenizer: SMAPTokenizer, _ recipe: GeneratorRecipe, from low: Float,
    to high: Float, onStep: (_ step: Int, _ loss: Float) throws -> Void = { _, _ in }
  ) throws -> LearningRateSearch {
    try check(tokenizer)
    let copy = try CARDGenerator(configuration, seed: 0)
    for (target, source) in zip(copy.stateTensors, stateTensors) {
      target.tensor.assign(source.tensor)
    }
    ParameterChanges.note()
    try copy.head.adopt(tokenizer)
    let tokens = try copy.encodeVariants(data, tokenizer, recipe) { _, _ in }
    return try LearningRateSearch.run(
      GeneratorTask(copy, tokens, data, nil, recipe), recipe.plan, from: low, to: high,
      steps: recipe.plan.steps, onStep: onStep)
  }

  /// What training by a recipe will need, beside the tokens of its data.
  ///
  /// - Throws: as `TrainingEstimate`.
  public func estimate(_ recipe: GeneratorRecipe) throws -> TrainingEstimate {
    let few = try TrainingData(
      images: Tensor.zeros([1, 3, 1, 1]), labels: [0],
      classCount: configuration.numClasses)
    let tokens = TrainingTokens(
      latents: try Tensor.zeros([1, configuration.numTokens, configuration.tokenDim]),
      ids: [Int](
        repeating: 0, count: configuration.codeDigits.isEmpty ? 0 : configuration.numTokens))
    let pictures = recipe.picturesPerStep(of: few)
    return try TrainingEstimate(
      GeneratorTask(self, tokens, few, nil, recipe), recipe.plan,
      microBatches: (pictures + picturesPerMicroBatch - 1) / picturesPerMicroBatch)
  }
}
