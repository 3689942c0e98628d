// SPDX-License-Identifier: Apache-2.0
//
// Progress of long work, reported to a front end. A session has an optional listener, nil by
// default, so that a library call never writes to a terminal on its own.

import Models
import Runtime
import Tensors

/// The progress of a task.
public struct ProgressReport: Sendable {
  /// What is going on: `training`, `drawing`.
  public let title: String
  /// Steps done.
  public let done: Int
  /// Steps in all.
  public let total: Int
  /// A short text shown at the end, such as `loss 0.0123`, or empty.
  public let note: String
  /// Whether the task is over, completed or not: what was shown can be removed.
  public let isFinished: Bool
}

extension Session {
  /// Receives reports during long work, on the thread of the session; nil for none.
  public var progress: ((ProgressReport) -> Void)? {
    get { (attachments[ProgressListener.slot] as? ProgressListener)?.receive }
    set { attachments[ProgressListener.slot] = newValue.map { ProgressListener($0) } }
  }
}

/// A listener, boxed for the session's attachments.
private final class ProgressListener {
  static let slot = "progress"
  let receive: (ProgressReport) -> Void
  init(_ receive: @escaping (ProgressReport) -> Void) { self.receive = receive }
}

/// A task that reports progress, polls for interrupts and calls back.
struct LongTask {
  private let call: Call
  private let title: String

  init(_ title: String, _ call: Call) {
    self.title = title
    self.call = call
  }

  /// Runs the task, and reports its end, however it ends.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    defer { send(0, 0, "", isFinished: true) }
    try call.checkInterrupt()
    return try body()
  }

  /// Reports the progress of the task, and throws if a stop was requested.
  func report(_ done: Int, of total: Int, note: String = "") throws {
    send(done, total, note, isFinished: false)
    try call.checkInterrupt()
  }

  /// Reports a training step and calls the script's `on_step`.
  func step(_ progress: TrainingProgress, callback: Value?) throws {
    let loss = Formatting.fixed(Double(progress.loss), decimals: 4)
    try report(progress.step, of: progress.total, note: "loss \(loss)")
    guard let callback else { return }
    let record = Record()
    record["step"] = .integer(progress.step)
    record["total"] = .integer(progress.total)
    record["loss"] = .number(Double(progress.loss))
    for figure in progress.figures { record[figure.name] = .number(Double(figure.value)) }
    try call.invoke(callback, [.record(record)])
  }

  private func send(_ done: Int, _ total: Int, _ note: String, isFinished: Bool) {
    call.session.progress?(
      ProgressReport(title: title, done: done, total: total, note: note, isFinished: isFinished))
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
