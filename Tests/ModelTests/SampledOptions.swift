// SPDX-License-Identifier: Apache-2.0
//
// Random valid choices of every option of tokenizers, schedules, trainings and samplings, from the
// tables: an option that is added there is tried without a change here.

import Tensors
import Training

@testable import Models

/// A small value of an option's type; nil for lists, which depend on other options.
///
/// Numbers lie at most `span` above the lower bound.
func sampled(
  _ type: OptionType, span: Double = 2, _ draws: inout RandomStream
) -> OptionValue? {
  switch type {
  case .integer(let bounds):
    return .integer(bounds.lowerBound + draws.index(below: min(bounds.count, 5)))
  case .number(let bounds):
    let most = min(bounds.upperBound, bounds.lowerBound + span)
    return .number(bounds.lowerBound + Double(draws.uniform()) * (most - bounds.lowerBound))
  case .flag: return .flag(draws.uniform() < 0.5)
  case .word(let words): return .word(words[draws.index(below: words.count)])
  case .optional(.word(let words)):
    let place = draws.index(below: words.count + 1)
    return place < words.count ? .word(words[place]) : OptionValue.none
  case .optional(let inner): return sampled(inner, span: span, &draws)
  case .integerOrIntegers(let bounds, _):
    let numbers = (0..<3).map { _ in bounds.lowerBound + draws.index(below: 5) }
    return draws.uniform() < 0.5 ? .integer(numbers[0]) : .integers(numbers)
  case .interval(let bounds):
    let width = bounds.upperBound - bounds.lowerBound
    return .numbers(
      (0..<2).map { _ in bounds.lowerBound + width * Double(draws.uniform()) }.sorted())
  case .integers, .twoShares, .amounts, .path, .pathOrFlag: return nil
  }
}

/// A tokenizer whose options are sampled from small valid values.
func sampledConfiguration(_ draws: inout RandomStream) throws -> TokenizerConfiguration {
  var made = TokenizerConfiguration()
  for option in TokenizerConfiguration.options {
    if let value = sampled(option.type, &draws) { option.store(&made, value) }
  }
  // A vector stands in place of a class.
  made.numClasses = made.conditionDim > 0 ? 0 : max(made.numClasses, 1)
  (made.imageSize, made.width) = (made.patchSize * 4, made.heads * 4)
  if made.decoderWidth > 0 { made.decoderHeads = max(made.decoderHeads, 1) }
  made.decoderWidth = made.decoderHeads * 4
  if made.head != .patches { (made.pixelChannels, made.linearPath) = (0, false) }
  if made.head == .codes {
    (made.patchSize, made.imageSize, made.pixelLevels) = (2, 8, [64, 32])
    (made.pixelCodes, made.pixelCodeDim) = (made.pixelCodes + 1, made.pixelCodeDim + 1)
  }
  made.tokenDim += 1
  made.codebookSize += 64
  if made.quantizer.rawValue == "fsq" {
    made.levels = (0..<made.tokenDim).map { _ in 2 + draws.index(below: 5) }
  }
  if made.codeUpdate == .simvq { made.deadCodes = .keep }
  made.tailDrop = try sampledSchedule(of: made.numTokens, &draws)
  try made.validate()
  return made
}

/// A schedule for so many tokens whose options are sampled from small valid values.
private func sampledSchedule(of tokens: Int, _ draws: inout RandomStream) throws -> TailDrop {
  var drop = TailDrop.standard
  for option in TailDrop.options {
    switch option.name {
    // Above 0, and in order.
    case "start": option.store(&drop, .number(0.4 * Double(draws.uniform())))
    case "end": option.store(&drop, .number(0.5 + 0.5 * Double(draws.uniform())))
    case "min_keep": option.store(&drop, .integer(1 + draws.index(below: tokens)))
    case "sizes":
      // At least one of them is not below min_keep.
      option.store(&drop, .integers([1 + draws.index(below: tokens), tokens]))
    case "ratio", "alpha", "beta", "exponent":
      option.store(&drop, .number(0.1 + 0.9 * Double(draws.uniform())))
    default: if let value = sampled(option.type, &draws) { option.store(&drop, value) }
    }
  }
  try drop.checkFit(tokens)
  return drop
}

/// A training of one step whose options are sampled from small valid values.
func sampledRecipe(
  for configuration: TokenizerConfiguration, _ draws: inout RandomStream
) -> TokenizerRecipe {
  var recipe = TokenizerRecipe(steps: 1)
  for option in TokenizerRecipe.options {
    if let value = sampled(option.type, span: 1, &draws) { option.store(&recipe, value) }
  }
  for option in TrainingPlan.stepOptions {
    if let value = sampled(option.type, span: 1, &draws) { option.store(&recipe.plan, value) }
  }
  recipe.batchSize += 3
  let parts = [recipe.continuousUntil, recipe.quantizedFrom].sorted()
  let hasCodes = ["vq", "fsq"].contains(configuration.quantizer.rawValue)
  (recipe.continuousUntil, recipe.quantizedFrom) = hasCodes ? (parts[0], parts[1]) : (0, 0)
  recipe.plan.schedule.warmup = 0
  recipe.plan.schedule.peak = 1e-3
  recipe.adversarial.start = 0
  recipe.adversarial.learningRate *= 1e-3
  if draws.uniform() < 0.3 { recipe.adversarial.weight = 0.1 }
  recipe.loss = ReconstructionLoss()
  for term in ReconstructionLoss.terms where draws.uniform() < 0.4 {
    // SSIM has windows of 11 pixels, and features need a network.
    guard term.name != "features", term.name != "ssim" || configuration.imageSize >= 11 else {
      continue
    }
    recipe.loss[keyPath: term.weight] = 0.1 + Float(draws.uniform())
  }
  return recipe
}

/// Valid options of sampling for a model of so many tokens.
func sampledSampling(numTokens: Int, _ draws: inout RandomStream) -> SamplingOptions {
  var options = SamplingOptions()
  for row in SamplingOptions.options {
    if let value = sampled(row.type, &draws) { row.store(&options, value) }
  }
  options.keep = options.keep.map { min($0, numTokens) }
  // Scales of any size are allowed, but tell nothing about rounding.
  options.guidanceScale = 1 + abs(options.guidanceScale).truncatingRemainder(dividingBy: 3)
  options.timeShift = max(options.timeShift, 0.5)
  if options.stepSchedule != .constant { options.stepsOfTokens = [] }
  options.lastSteps = min(options.lastSteps, options.steps)
  return options
}
