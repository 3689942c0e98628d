// SPDX-License-Identifier: Apache-2.0
//
// The options of trainings as arguments of scripts, derived from their tables.

import Models
import Networks
import Runtime
import Tensors
import Training

/// What the signatures of `smap.train`, `card.train` and `nn.train` have in common.
enum TrainingOptions {
  /// The part of a signature that declares the options of every training; defaults are those of the
  /// plan of a recipe.
  static func signature(_ plan: TrainingPlan) -> String {
    plan.signature + ", validation = nil"
  }

  /// The part of a signature that declares how a call reports and ends.
  static let observers = "on_step = nil, on_interrupt = \"raise\""

  /// The words that the arguments of every training may be.
  static let choices = TrainingPlan.choices.merging(precisions) { $1 }
    .merging(["on_interrupt": ["raise", "return"], "classes": ["match", "replace"]]) { $1 }

  /// The words that the arguments of a training with options of its own may be.
  static func choices<Recipe: OptionTable>(_ recipe: Recipe.Type) -> [String: [String]] {
    choices.merging(recipe.choices) { $1 }
  }

  /// The words for `precision` where models are used.
  static let precisions = ["precision": Precision.words]

  /// What help says about them.
  static let details = TrainingPlan.summary

  /// The plan that a call asks for.
  static func plan(_ call: Call, defaults: TrainingPlan) throws -> TrainingPlan {
    var plan = defaults
    plan.steps = try call.integer("steps", in: 1...10_000_000)
    plan.hasValidation = try !call["validation"].isNil
    try call.read(&plan)
    if !plan.hasValidation { plan.validationInterval = 0 }
    return plan
  }
}
