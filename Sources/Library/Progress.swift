// SPDX-License-Identifier: Apache-2.0
//
// Progress of long work, reported to a front end as events of its session, so that a library call
// never writes to a terminal on its own.

import Glibc
import Models
import Runtime
import Tensors
import Training

/// A task that reports progress, polls for interrupts and calls back.
final class LongTask {
  private let call: Call
  private let title: String
  private let unit: ProgressUnit?
  /// What there is to know before the first step.
  var about = ""

  /// A task whose steps work on so many of a unit.
  init(_ title: String, _ call: Call, unit: ProgressUnit? = nil) {
    (self.title, self.call, self.unit) = (title, call, unit)
  }

  /// Runs the task, and reports its end, however it ends.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    try send(.began)
    // The task is over, whether or not anybody can be told.
    defer { try? send(.ended) }
    try call.checkInterrupt()
    return try body()
  }

  /// Reports the progress of the task, and throws if a stop was requested.
  func report(_ done: Int, of total: Int, note: String = "") throws {
    try send(.advanced(done: done, total: total, note: note))
    try call.checkInterrupt()
  }

  /// Reports a training step and calls the script's `on_step`.
  func step(_ progress: TrainingProgress, callback: Value?) throws {
    try report(progress.step, of: progress.total, note: LongTask.note(on: progress))
    guard let callback else { return }
    let record = Record()
    record["step"] = .integer(progress.step)
    record["total"] = .integer(progress.total)
    record["loss"] = .number(Double(progress.loss))
    for figure in progress.figures { record[figure.name] = .number(Double(figure.value)) }
    if !progress.validation.isEmpty {
      let validation = Record()
      for figure in progress.validation {
        validation[figure.name] = .number(Double(figure.value))
      }
      record["validation"] = .record(validation)
    }
    try call.invoke(callback, [.record(record)])
  }

  /// The PSNR where the loss is that of pixels, else the loss.
  static func note(on progress: TrainingProgress) -> String {
    func figure(_ name: String) -> Double? {
      progress.figures.first { $0.name == name }.map { Double($0.value) }
    }
    // The mean over pictures of the logarithm, as the mean PSNR is.
    if let logarithm = figure("log_mse") ?? figure("mse").map({ log($0) }) {
      return "PSNR \(Formatting.fixed(-10 * logarithm / log(10), decimals: 1)) dB"
    }
    return "loss \(Formatting.fixed(Double(progress.loss), decimals: 4))"
  }

  private func send(_ phase: ProgressReport.Phase) throws {
    try call.session.receiver.receive(
      .progress(ProgressReport(title: title, phase: phase, unit: unit, about: about)))
  }
}

extension Call {
  /// Runs `body` for groups of pictures in order and polls for a stop between two groups.
  ///
  /// A group is a multiple of the block that one thread works on, so its size does not change the
  /// result.
  func inGroups<Part>(
    _ count: Int, size: Int = 32 * ThreadPool.threadCount, _ body: (Range<Int>) throws -> Part
  ) throws -> [Part] {
    var parts: [Part] = []
    for start in stride(from: 0, to: count, by: max(size, 1)) {
      try checkInterrupt()
      parts.append(try body(start..<min(start + size, count)))
    }
    return parts
  }
}
