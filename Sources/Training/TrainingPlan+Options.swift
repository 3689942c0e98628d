// SPDX-License-Identifier: Apache-2.0
//
// The options that every training has.

import Tensors

extension TrainingPlan: OptionTable {
  /// The options of every training but the number of its steps.
  public static let options: [OptionRow<TrainingPlan>] =
    stepOptions + scheduleOptions + loopOptions + fileOptions

  private static let longest = 10_000_000

  /// The options that decide a step, at a given learning rate.
  public static let stepOptions: [OptionRow<TrainingPlan>] = [
    .word(
      "optimizer", \.optimizer.kind,
      "`optimizer` is \"adamw\", with `betas`, or \"sgd\", with `momentum`."),
    OptionRow(
      "betas", .twoShares, "`betas` are the decays of AdamW's two moving averages.",
      value: { .numbers([$0.optimizer.beta1.asWritten, $0.optimizer.beta2.asWritten]) },
      stored: { "[\($0.optimizer.beta1), \($0.optimizer.beta2)]" },
      store: {
        guard case .numbers(let betas) = $1, betas.count == 2 else { return }
        ($0.optimizer.beta1, $0.optimizer.beta2) = (Float(betas[0]), Float(betas[1]))
      }
    ).needs("optimizer = \"adamw\"") { $0.optimizer.kind == .adamw },
    OptionRow<TrainingPlan>.number(
      "momentum", \.optimizer.momentum, 0...1, "`momentum` is that of SGD."
    ).needs("optimizer = \"sgd\"", orIs: .number(0)) { $0.optimizer.kind == .sgd },
    .number(
      "weight_decay", \.optimizer.weightDecay, 0...1000, "`weight_decay` shrinks matrices."),
    .number(
      "clip", \.clip, 0...1e30,
      "Gradients whose norm is above `clip` are scaled down to that norm (0: never)."),
    .integer(
      "accumulate", \.accumulation, 1...65_536, "`accumulate` batches make one step."),
    .word(
      "precision", \.precision,
      "With `precision` \"bf16\", layers multiply numbers rounded to bfloat16, which is faster where "
        + "the processor can (on Intel for large models only); weights and sums stay in float32.",
      impliedByOlderFiles: "f32"),
  ]

  private static let scheduleOptions: [OptionRow<TrainingPlan>] = [
    .number("lr", \.schedule.peak, 0...1000, "`lr` is the highest learning rate."),
    OptionRow(
      "warmup", .integer(0...longest),
      "In the first `warmup` steps, the rate rises linearly from 0 to `lr` (warm-up).",
      value: { .integer(Int(exactly: $0.schedule.warmup) ?? 0) },
      stored: { "\($0.schedule.warmup)" },
      store: { if case .integer(let steps) = $1 { $0.schedule.warmup = Float(steps) } }),
    .word(
      "schedule", \.schedule.shape,
      "After warm-up, `schedule` says how the rate changes: along a cosine (\"cosine\"), not at all "
        + "(\"constant\"), or by a factor at intervals (\"step\")."),
    OptionRow<TrainingPlan>.number(
      "lr_floor", \.schedule.floorShare, 0...1, "The cosine ends at `lr_floor` times `lr`."
    ).needs("schedule = \"cosine\"") { $0.schedule.shape == .cosine },
    OptionRow(
      "decay_every", .optional(.integer(1...longest)),
      "The intervals are `decay_every` steps long, by default a third of them.",
      value: {
        $0.schedule.interval == 0 ? .none : .integer(Int(exactly: $0.schedule.interval) ?? 0)
      },
      stored: { "\($0.schedule.interval)" },
      store: { if case .integer(let steps) = $1 { $0.schedule.interval = Float(steps) } }
    ).needs("schedule = \"step\"") { $0.schedule.shape == .step },
    OptionRow<TrainingPlan>.number(
      "decay_factor", \.schedule.factor, 0...1, "The factor is `decay_factor`."
    ).needs("schedule = \"step\"") { $0.schedule.shape == .step },
  ]

  private static let loopOptions: [OptionRow<TrainingPlan>] = [
    .number(
      "average", \.averageDecay, 0...1,
      "`average` is the decay of the running average of the weights that is kept in the end; it "
        + "rises to it as (1 + n) / (10 + n)."),
    OptionRow<TrainingPlan>.integer(
      "validate_every", \.validationInterval, 1...longest,
      "Every `validate_every` steps and at the end, the running average is measured on "
        + "`validation`. The lower its first metric is, the better.", isSetting: false
    ).needs("validation = ..") { $0.hasValidation },
    OptionRow<TrainingPlan>.integer(
      "patience", \.patience, 0...longest,
      "With `patience`, training ends when so many validations in a row have brought nothing "
        + "better (0: never).", isSetting: false
    ).needs("validation = ..", orIs: .integer(0)) { $0.hasValidation },
    OptionRow<TrainingPlan>.word(
      "keep", \.kept,
      "`keep` says which weights the model has in the end: the \"last\" ones or those of the "
        + "\"best\" validation.", isSetting: false
    ).needs("validation = ..", orIs: .word(KeptWeights.last.rawValue)) { $0.hasValidation },
  ]

  private static let fileOptions: [OptionRow<TrainingPlan>] = [
    OptionRow(
      "checkpoint", .optional(.path),
      "`checkpoint`, such as \"run.safetensors\", is a file that receives the state of the training "
        + "when it ends or is interrupted; beside it are the state of the best validation, "
        + "\"run.best.safetensors\", and the history, \"run.csv\". Missing folders are created. The path may "
        + "have any suffix; one other than .safetensors stays part of the other two names, as in "
        + "\"run.state.csv\".", isSetting: false,
      value: { $0.checkpoint.map { .word($0.path) } ?? .none },
      store: {
        guard case .word(let path) = $1 else { return }
        $0.checkpoint = CheckpointPlan(path: path, interval: $0.checkpoint?.interval ?? 0)
      }),
    OptionRow(
      "checkpoint_every", .integer(0...longest),
      "`checkpoint_every` writes them every so many steps as well (0: never).", isSetting: false,
      value: { .integer($0.checkpoint?.interval ?? 0) },
      store: { if case .integer(let steps) = $1 { $0.checkpoint?.interval = steps } }
    ).needs("checkpoint = \"run.safetensors\"", orIs: .integer(0)) { $0.checkpoint != nil },
    OptionRow(
      "resume", .optional(.pathOrFlag),
      "`resume = path` goes on from such a file with the same bits as a training that was never "
        + "stopped, `resume = true` from that of `checkpoint` if it is there. Options, data "
        + "and `seed` must be those that it began with; only `steps` and what is reported or written "
        + "may differ.",
      isSetting: false,
      value: {
        $0.resumePath.map { .word($0) } ?? ($0.resumesCheckpoint ? .flag(true) : .none)
      },
      store: {
        if case .word(let path) = $1 { $0.resumePath = path }
        if case .flag(let value) = $1 { $0.resumesCheckpoint = value }
      }
    ).needs("checkpoint = \"run.safetensors\"") { !$0.resumesCheckpoint || $0.checkpoint != nil },
  ]
}
