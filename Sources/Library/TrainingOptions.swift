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

  /// What help says about them.
  static let details = TrainingPlan.summary

  /// The plan that a call asks for.
  static func plan(_ call: Call, defaults: TrainingPlan) throws -> TrainingPlan {
    var plan = defaults
    plan.steps = try call.integer("steps", in: 1...10_000_000)
    try call.read(&plan)
    if plan.checkpoint == nil {
      let every = try call.integer("checkpoint_every", in: 0...10_000_000)
      for (name, isGiven) in [("checkpoint_every", every > 0), ("resume", plan.resumesCheckpoint)]
      where isGiven {
        throw call.failure(
          .argument, "\(name) needs a file to write", hint: "checkpoint = \"run.safetensors\"",
          argument: name)
      }
    }
    if try call["validation"].isNil {
      for (name, isGiven) in [("patience", plan.patience > 0), ("keep", plan.kept == .best)]
      where isGiven {
        throw call.failure(
          .argument, "\(name) needs something to measure",
          hint: "validation = data.emoji32(\"val\")",
          argument: name)
      }
      plan.validationInterval = 0
    }
    return plan
  }
}

extension Call {
  /// Takes the options of a recipe, or some of them, from the arguments of their names.
  func read<Recipe: TrainingOptionTable>(
    _ recipe: inout Recipe, _ options: [TrainingOption<Recipe>] = Recipe.options
  ) throws {
    for option in options { option.store(&recipe, try value(option.name, option.type)) }
  }

  private func value(_ name: String, _ type: TrainingValueType) throws -> TrainingValue {
    switch type {
    case .integer(let bounds): return .integer(try integer(name, in: bounds))
    case .optionalInteger(let bounds):
      return try self[name].isNil ? .none : .integer(try integer(name, in: bounds))
    case .number(let bounds): return .number(try number(name, in: bounds))
    case .twoShares:
      let values = try numbers(name)
      guard values.count == 2, values.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
        throw failure(
          .value, "\(name) must be two numbers from 0 to below 1", argument: name)
      }
      return .numbers(values)
    case .flag: return .flag(try bool(name))
    case .word(let words): return .word(try choice(name, among: words))
    case .path: return try self[name].isNil ? .none : .word(try string(name))
    case .pathOrTrue:
      if case .bool(let value) = try self[name] { return .flag(value) }
      return try self[name].isNil ? .none : .word(try string(name))
    }
  }
}
