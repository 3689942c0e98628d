// SPDX-License-Identifier: Apache-2.0
//
// The options that all training functions have: what they are called, their defaults, and how a
// call becomes a plan of the training loop.

import Models
import Networks
import Runtime
import Tensors
import Training

/// The options that `smap.train`, `card.train` and `nn.train` have in common.
enum TrainingOptions {
  /// The part of a signature that declares them; defaults are those of the plan of a recipe.
  static func signature(_ plan: TrainingPlan) -> String {
    let (optimizer, schedule) = (plan.optimizer, plan.schedule)
    return "optimizer = \"\(optimizer.kind.rawValue)\", lr = \(schedule.peak.inWords), "
      + "schedule = \"\(schedule.shape.rawValue)\", warmup = \(schedule.warmup.inWords), "
      + "lr_floor = \(schedule.floorShare.inWords), decay_every = nil, "
      + "decay_factor = \(schedule.factor.inWords), betas = [\(optimizer.beta1.inWords), "
      + "\(optimizer.beta2.inWords)], momentum = \(optimizer.momentum.inWords), "
      + "weight_decay = \(optimizer.weightDecay.inWords), clip = \(plan.clip.inWords), "
      + "average = \(plan.averageDecay.inWords), accumulate = \(plan.accumulation), "
      + "validation = nil, validate_every = 100, checkpoint = nil, checkpoint_every = 0, "
      + "resume = nil, precision = \"f32\""
  }

  /// The part of a signature that declares how a call reports and ends.
  static let observers = "on_step = nil, on_interrupt = \"raise\""

  /// What help says about them.
  static let details = """
    `optimizer` is "adamw", with `betas`, or "sgd", with `momentum`; `weight_decay` shrinks \
    matrices. The learning rate rises over `warmup` steps to `lr`; then `schedule` has it fall \
    along a cosine to `lr_floor` times `lr` ("cosine"), stay ("constant"), or be multiplied by \
    `decay_factor` every `decay_every` steps, by default a third of them ("step"). Gradients \
    longer than `clip` are scaled down to it (0: never). `average` is the decay of the running \
    average of the weights that is kept in the end, and rises to it as (1 + n) / (10 + n). \
    `accumulate` batches make one step. Every `validate_every` steps and at the end, the running \
    average is measured on `validation`. `checkpoint` is a file that receives the state of the \
    training every `checkpoint_every` steps, when it ends and when it is interrupted; \
    `resume = path` goes on from such a file with the same bits as a training that was never \
    stopped. Options and data must be those that it began with; only `steps` may be others.
    """

  /// The plan that a call asks for.
  static func plan(_ call: Call, defaults: TrainingPlan) throws -> TrainingPlan {
    var plan = defaults
    plan.steps = try call.integer("steps", in: 1...10_000_000)
    plan.optimizer = try optimizer(call, defaults.optimizer)
    plan.schedule = try schedule(call, defaults.schedule)
    plan.clip = try call.float("clip", in: 0...1e30)
    plan.averageDecay = try call.float("average", in: 0...1)
    plan.accumulation = try call.integer("accumulate", in: 1...65_536)
    let interval = try call.integer("validate_every", in: 1...10_000_000)
    plan.validationInterval = try call["validation"].isNil ? 0 : interval
    let every = try call.integer("checkpoint_every", in: 0...10_000_000)
    if try !call["checkpoint"].isNil {
      plan.checkpoint = CheckpointPlan(
        path: try call.string("checkpoint"), interval: every)
    } else if every > 0 {
      throw call.failure(
        .argument, "checkpoint_every needs a file to write",
        hint: "checkpoint = \"run.safetensors\"")
    }
    if try !call["resume"].isNil { plan.resumePath = try call.string("resume") }
    return plan
  }

  private static func optimizer(_ call: Call, _ defaults: OptimizerPlan) throws -> OptimizerPlan {
    var plan = defaults
    plan.kind = try call.choice("optimizer", as: OptimizerKind.self)
    let betas = try call.numbers("betas")
    guard betas.count == 2, betas.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
      throw call.failure(
        .value, "betas must be two numbers from 0 to below 1", argument: "betas")
    }
    (plan.beta1, plan.beta2) = (Float(betas[0]), Float(betas[1]))
    plan.momentum = try call.float("momentum", in: 0...1)
    plan.weightDecay = try call.float("weight_decay", in: 0...1000)
    return plan
  }

  private static func schedule(
    _ call: Call, _ defaults: LearningRateSchedule<Float>
  ) throws -> LearningRateSchedule<Float> {
    var schedule = defaults
    schedule.shape = try call.choice("schedule", as: ScheduleShape.self)
    schedule.peak = try call.float("lr", in: 0...1000)
    schedule.warmup = Float(try call.integer("warmup", in: 0...10_000_000))
    schedule.floorShare = try call.float("lr_floor", in: 0...1)
    schedule.factor = try call.float("decay_factor", in: 0...1)
    if try !call["decay_every"].isNil {
      schedule.interval = Float(try call.integer("decay_every", in: 1...10_000_000))
    }
    return schedule
  }
}
