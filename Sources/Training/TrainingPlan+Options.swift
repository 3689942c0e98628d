// SPDX-License-Identifier: Apache-2.0
//
// The options that every training has.

import Tensors

extension TrainingPlan: TrainingOptionTable {
  /// The options of every training but the number of its steps.
  public static let options: [TrainingOption<TrainingPlan>] =
    stepOptions + scheduleOptions + loopOptions + fileOptions

  private static let longest = 10_000_000

  /// The options that decide a step, at a given learning rate.
  public static let stepOptions: [TrainingOption<TrainingPlan>] = [
    .word(
      "optimizer", \.optimizer.kind,
      "`optimizer` is \"adamw\", with `betas`, or \"sgd\", with `momentum`."),
    TrainingOption(
      "betas", .twoShares, "`betas` are the decays of AdamW's two moving averages.",
      source: { "[\($0.optimizer.beta1.inWords), \($0.optimizer.beta2.inWords)]" },
      stored: { "[\($0.optimizer.beta1), \($0.optimizer.beta2)]" },
      store: {
        guard case .numbers(let betas) = $1, betas.count == 2 else { return }
        ($0.optimizer.beta1, $0.optimizer.beta2) = (Float(betas[0]), Float(betas[1]))
      }),
    .number("momentum", \.optimizer.momentum, 0...1, "`momentum` is that of SGD."),
    .number(
      "weight_decay", \.optimizer.weightDecay, 0...1000, "`weight_decay` shrinks matrices."),
    .number(
      "clip", \.clip, 0...1e30,
      "Gradients longer than `clip` are scaled down to it (0: never)."),
    .integer(
      "accumulate", \.accumulation, 1...65_536, "`accumulate` batches make one step."),
    .word(
      "precision", \.precision, impliedByOlderFiles: "f32",
      "With `precision` \"bf16\", layers multiply numbers rounded to bfloat16, which is faster where "
        + "the processor can (on Intel for large models only); weights and sums stay in float32."),
  ]

  private static let scheduleOptions: [TrainingOption<TrainingPlan>] = [
    .number("lr", \.schedule.peak, 0...1000, "`lr` is the highest learning rate."),
    TrainingOption(
      "warmup", .integer(0...longest), "The rate rises to it over `warmup` steps.",
      source: { $0.schedule.warmup.inWords }, stored: { "\($0.schedule.warmup)" },
      store: { if case .integer(let steps) = $1 { $0.schedule.warmup = Float(steps) } }),
    .word(
      "schedule", \.schedule.shape,
      "Then `schedule` has it fall along a cosine (\"cosine\"), stay (\"constant\"), or fall by a "
        + "factor at intervals (\"step\")."),
    .number(
      "lr_floor", \.schedule.floorShare, 0...1, "The cosine ends at `lr_floor` times `lr`."),
    TrainingOption(
      "decay_every", .optionalInteger(1...longest),
      "The intervals are `decay_every` steps long, by default a third of them.",
      source: { $0.schedule.interval == 0 ? "nil" : $0.schedule.interval.inWords },
      stored: { "\($0.schedule.interval)" },
      store: { if case .integer(let steps) = $1 { $0.schedule.interval = Float(steps) } }),
    .number("decay_factor", \.schedule.factor, 0...1, "The factor is `decay_factor`."),
  ]

  private static let loopOptions: [TrainingOption<TrainingPlan>] = [
    .number(
      "average", \.averageDecay, 0...1,
      "`average` is the decay of the running average of the weights that is kept in the end; it "
        + "rises to it as (1 + n) / (10 + n)."),
    .integer(
      "validate_every", \.validationInterval, 1...longest, isSetting: false,
      "Every `validate_every` steps and at the end, the running average is measured on "
        + "`validation`. Its first figure is to fall."),
    .integer(
      "patience", \.patience, 0...longest, isSetting: false,
      "With `patience`, training ends when so many validations in a row have brought nothing "
        + "better (0: never)."),
    .word(
      "keep", \.kept, isSetting: false,
      "`keep` says which weights the model has in the end: the \"last\" ones or those of the "
        + "\"best\" validation."),
  ]

  private static let fileOptions: [TrainingOption<TrainingPlan>] = [
    .path(
      "checkpoint", get: { $0.checkpoint?.path },
      set: { $0.checkpoint = CheckpointPlan(path: $1, interval: $0.checkpoint?.interval ?? 0) },
      "`checkpoint`, such as \"run.safetensors\", is a file that receives the state of the training "
        + "when it ends or is interrupted; beside it are the state of the best validation, "
        + "\"run.best.safetensors\", and the history, \"run.csv\"."),
    TrainingOption(
      "checkpoint_every", .integer(0...longest),
      "`checkpoint_every` writes them every so many steps as well (0: never).", isSetting: false,
      source: { "\($0.checkpoint?.interval ?? 0)" },
      store: { if case .integer(let steps) = $1 { $0.checkpoint?.interval = steps } }),
    TrainingOption(
      "resume", .pathOrTrue,
      "`resume = path` goes on from such a file with the same bits as a training that was never "
        + "stopped, `resume = true` from that of `checkpoint` if it is there. Options, data "
        + "and `seed` must be those that it began with; only `steps` and what is reported or written "
        + "may differ.",
      isSetting: false,
      source: { $0.resumePath.map { "\"\($0)\"" } ?? "\($0.resumesCheckpoint ? "true" : "nil")" },
      store: {
        if case .word(let path) = $1 { $0.resumePath = path }
        if case .flag(let value) = $1 { $0.resumesCheckpoint = value }
      }),
  ]
}
