// SPDX-License-Identifier: Apache-2.0
//
// The state of a training as a safetensors file: everything that the next step depends on. A
// training that goes on from it takes the same steps, bit for bit, as one that was never stopped.
// Whatever decides those bits (options, data, the names and shapes of parameters) must be the same;
// only the number of steps may differ.

import Networks
import Tensors

/// The format of checkpoints of trainings.
private enum CheckpointFormat {
  static let version = 1
  static let kind = "training"
  static let history = "history."
  static let validations = "validation."
  static let setting = "setting."
  /// The kind of the model, which files of the first version may lack, and its options.
  static let model = "model"
  static let modelSetting = "model."
  static let extra = "extra."
  static let best = "best."
  static let adversary = "adversary."
  static let adversarySteps = "adversary_steps"
  /// Step numbers are 32-bit floats in the file, so they are kept in two digits to this base.
  static let base = 1 << 16
}

extension Trainer {
  /// The state of this training between two steps.
  func checkpoint() throws -> Checkpoint {
    var metadata: [(key: String, value: String)] = [
      ("smap_kind", CheckpointFormat.kind), ("format_version", "\(CheckpointFormat.version)"),
      ("step", "\(step)"), ("steps", "\(plan.steps)"),
      ("optimizer_steps", "\(training.optimizer.stepsTaken)"),
      ("average_updates", "\(weights.average.updates)"), ("is_ahead", "\(weights.isAhead)"),
    ]
    if let adversary = training.adversary {
      metadata.append((CheckpointFormat.adversarySteps, "\(adversary.optimizer.stepsTaken)"))
    }
    metadata += try settings().map { (CheckpointFormat.setting + $0.key, $0.value) }
    if let model = task.modelSettings {
      metadata.append((CheckpointFormat.model, model.kind))
      metadata += model.entries.map { (CheckpointFormat.modelSetting + $0.key, $0.value) }
    }
    metadata += extraState.map { (CheckpointFormat.extra + $0.key, $0.value) }
    let tables =
      try tensors(of: history.steps, prefix: CheckpointFormat.history)
      + tensors(of: history.validations, prefix: CheckpointFormat.validations)
      + [
        NamedParameter(
          CheckpointFormat.validations + "at",
          try Tensor(
            shape: [history.validationSteps.count, 2],
            values: history.validationSteps.flatMap {
              [Float($0 / CheckpointFormat.base), Float($0 % CheckpointFormat.base)]
            }))
      ]
    let best = self.best?.tensors.map {
      NamedParameter(CheckpointFormat.best + $0.name, $0.tensor)
    }
    return Checkpoint(metadata: metadata, tensors: stateTensors + tables + (best ?? []))
  }

  /// The options of the loop and of the task that a checkpoint must agree with.
  private func settings() throws -> [(key: String, value: String)] {
    try plan.settings + task.settings
  }

  /// All tensors that the next step depends on.
  private var stateTensors: [NamedParameter] {
    func named(
      _ prefix: String, _ parameters: [NamedParameter], _ tensors: [Tensor]
    ) -> [NamedParameter] {
      zip(parameters, tensors).map { NamedParameter("\(prefix).\($0.name)", $1) }
    }
    let own = weights.parameters
    let moments = training.optimizer.state.flatMap {
      named("optimizer.\($0.name)", own, $0.tensors)
    }
    let opposing = training.adversary.map { adversary in
      adversary.optimizer.state.flatMap {
        named(CheckpointFormat.adversary + $0.name, adversary.parameters, $0.tensors)
      }
    }
    return named("weights", own, own.map(\.tensor))
      + named("average", own, weights.average.averages) + moments + (opposing ?? [])
      + task.otherState.map { NamedParameter("state.\($0.name)", $0.tensor) }
  }

  private func tensors(of table: FigureTable, prefix: String) throws -> [NamedParameter] {
    try zip(table.names, table.columns).map {
      NamedParameter("\(prefix)column.\($0)", try Tensor(shape: [$1.count], values: $1))
    }
  }

  /// Brings this training to the state of a checkpoint; changes nothing if it does not fit.
  func restore(from path: String) throws {
    let file = try Checkpoint.read(path: path)
    let reader = CheckpointReader(file: file, path: path)
    try reader.expectTraining()
    if let model = task.modelSettings { try reader.expectAgreement(with: model) }
    try reader.expectAgreement(
      with: settings(),
      implied: TrainingPlan.impliedSettings.merging(task.impliedSettings) { own, _ in own })
    let taken = try reader.integer("step")
    guard taken <= plan.steps else {
      throw CheckpointError(
        path: path, message: "\(taken) steps have been taken, more than steps = \(plan.steps)")
    }
    let steps = try reader.table(CheckpointFormat.history)
    let validations = try reader.table(CheckpointFormat.validations)
    guard steps.names.isEmpty || steps.count == taken else {
      throw reader.fail("step", "does not match its history of \(steps.count) steps")
    }
    let validationSteps = try reader.validationSteps(count: validations.count)
    let (optimizerSteps, updates) =
      (try reader.integer("optimizer_steps"), try reader.integer("average_updates"))
    let adversarySteps =
      training.adversary == nil ? nil : try reader.integer(CheckpointFormat.adversarySteps)
    let isAhead = try reader.text("is_ahead") == "true"
    var state = file
    var copies = Checkpoint(metadata: [], tensors: [])
    state.tensors.removeAll {
      $0.name.hasPrefix(CheckpointFormat.history) || $0.name.hasPrefix(CheckpointFormat.validations)
    }
    state.tensors.removeAll {
      guard $0.name.hasPrefix(CheckpointFormat.best) else { return false }
      copies.tensors.append(
        NamedParameter(String($0.name.dropFirst(CheckpointFormat.best.count)), $0.tensor))
      return true
    }
    let best = try keptCopies(validations.count > 0 ? copies : nil, path: path)
    try state.load(into: stateTensors, path: path)
    self.best = best
    (history.steps, history.validations) = (steps, validations)
    history.validationSteps = validationSteps
    isBestUnwritten = history.best?.step == taken
    (step, training.optimizer.stepsTaken) = (taken, optimizerSteps)
    weights.average.updates = updates
    if let adversarySteps { training.adversary?.optimizer.stepsTaken = adversarySteps }
    weights.isAhead = isAhead
    task.extraState = file.metadata.compactMap {
      $0.key.hasPrefix(CheckpointFormat.extra)
        ? (String($0.key.dropFirst(CheckpointFormat.extra.count)), $0.value) : nil
    }
    try task.stateChanged()
    try task.resume(at: taken)
  }

  /// The weights of the best validation, if the plan keeps those and there has been one.
  private func keptCopies(_ copies: Checkpoint?, path: String) throws -> BestWeights? {
    guard plan.kept == .best, let copies else { return nil }
    guard !copies.tensors.isEmpty else {
      throw CheckpointError(
        path: path, message: "it does not hold the weights of its best validation",
        hint: "it was written by a training with keep = \"last\"")
    }
    let best = try BestWeights(weights, task)
    try copies.load(into: best.tensors, path: path)
    return best
  }
}

/// Reads what a checkpoint of a training holds beside the state tensors.
private struct CheckpointReader {
  let file: Checkpoint
  let path: String

  func fail(_ key: String, _ problem: String) -> CheckpointError {
    CheckpointError(
      path: path, message: "its metadata entry `\(key)` \(problem)", hint: "was it written by smap?"
    )
  }

  func text(_ key: String) throws -> String {
    guard let text = file.text(key) else { throw fail(key, "is missing") }
    return text
  }

  func integer(_ key: String) throws -> Int {
    guard let value = Int(try text(key)), value >= 0 else {
      throw fail(key, "is not a whole number from 0")
    }
    return value
  }

  func expectTraining() throws {
    guard file.text("smap_kind") == CheckpointFormat.kind else {
      throw CheckpointError(
        path: path, message: "it is not the checkpoint of a training",
        hint: "training writes one if it is called with checkpoint = \"..\"")
    }
    let version = try integer("format_version")
    guard version <= CheckpointFormat.version else {
      throw CheckpointError(
        path: path, message: "a newer smap wrote it, in format \(version)",
        hint: "open it with that version")
    }
  }

  /// Names the first setting in which this training differs from that of the file.
  func expectAgreement(
    with settings: [(key: String, value: String)], implied: [String: String]
  ) throws {
    for (key, value) in settings {
      let name = CheckpointFormat.setting + key
      let stored = try file.text(name) ?? implied[key] ?? text(name)
      guard stored != value else { continue }
      // Of data there is only a checksum.
      let isChecksum = key.hasPrefix("dataset")
      throw CheckpointError(
        path: path,
        message: isChecksum
          ? "it was written with another \(key), whose checksum is \(stored), not \(value)"
          : "it was written with \(key) = \(stored), not \(value)",
        hint: CheckpointReader.advice(on: key, stored))
    }
  }

  /// Names the first option in which the model differs from that of the file.
  func expectAgreement(with model: ModelSettings) throws {
    // Older checkpoints say nothing of the model; its tensors are compared all the same.
    guard let kind = file.text(CheckpointFormat.model) else { return }
    guard kind == model.kind else {
      throw CheckpointError(
        path: path, message: "it is of a training of a \(kind), not a \(model.kind)")
    }
    for (key, value) in model.entries {
      let name = CheckpointFormat.modelSetting + key
      let stored = try file.text(name) ?? model.initial[key] ?? text(name)
      guard stored != value else { continue }
      throw CheckpointError(
        path: path,
        message: "it was written with a \(kind) of \(key) = \(CheckpointReader.shown(stored)), not "
          + CheckpointReader.shown(value),
        hint: "make the \(kind) with the options of the one whose training was stopped")
    }
  }

  /// A stored value in a message, where nothing stands for nil or an empty list.
  private static func shown(_ stored: String) -> String { stored.isEmpty ? "nil" : stored }

  /// What to do about a setting that differs. A seed that the script did not give came from the
  /// session, so another session has another one.
  private static func advice(on key: String, _ stored: String) -> String {
    key == "seed"
      ? "pass seed = \(stored), the seed of the training that was stopped"
      : "a training goes on with the options and data that it began with"
  }

  func table(_ prefix: String) throws -> FigureTable {
    var result = FigureTable()
    let columnPrefix = prefix + "column."
    for entry in file.tensors where entry.name.hasPrefix(columnPrefix) {
      result.names.append(String(entry.name.dropFirst(columnPrefix.count)))
      result.columns.append(entry.tensor.toArray())
    }
    guard result.columns.allSatisfy({ $0.count == result.count }) else {
      throw CheckpointError(path: path, message: "the columns of its history differ in length")
    }
    return result
  }

  func validationSteps(count: Int) throws -> [Int] {
    let name = CheckpointFormat.validations + "at"
    guard let places = file.tensors.first(where: { $0.name == name })?.tensor,
      places.shape == [count, 2]
    else {
      throw CheckpointError(path: path, message: "the steps of its validations are invalid")
    }
    let digits = places.toArray()
    return try (0..<count).map { row in
      guard let high = Int(exactly: digits[2 * row]), let low = Int(exactly: digits[2 * row + 1]),
        (0..<CheckpointFormat.base).contains(high), (0..<CheckpointFormat.base).contains(low)
      else {
        throw CheckpointError(path: path, message: "the steps of its validations are invalid")
      }
      return high * CheckpointFormat.base + low
    }
  }
}
