// SPDX-License-Identifier: Apache-2.0
//
// The progress of long work where standard error is no terminal: a line every thirty seconds, so
// that the log of a night shows life. Work that is shorter leaves no line.

import Glibc

/// Writes a line from time to time that says how far a task is.
public final class ProgressLog: ProgressDisplay {
  /// The number of steps, or nil when it is not known.
  public let total: Int?
  private let title: String
  private let unit: WorkUnit?
  private var about: String
  private let descriptor: Int32
  private let clock: () -> Double
  private var last: (time: Double, done: Int?)

  /// Seconds between two lines.
  private static let interval = 30.0

  /// Starts a log on standard error. Before its first line stands what there is to know about the
  /// task.
  public convenience init(total: Int?, title: String, unit: WorkUnit? = nil, about: String = "") {
    self.init(
      total: total, title: title, unit: unit, about: about, descriptor: STDERR_FILENO,
      clock: ProgressBar.seconds)
  }

  /// Starts a log on any descriptor, with its own clock in seconds.
  package init(
    total: Int?, title: String, unit: WorkUnit?, about: String, descriptor: Int32,
    clock: @escaping () -> Double
  ) {
    (self.total, self.title, self.unit, self.about) = (total, title, unit, about)
    (self.descriptor, self.clock) = (descriptor, clock)
    last = (clock(), nil)
  }

  /// Reports that `done` steps are finished.
  public func update(_ done: Int, note: String) {
    // The first report may be of a step after many, where a training is resumed.
    let before = last.done ?? done - 1
    if last.done == nil { last.done = before }
    let now = clock()
    guard now - last.time >= ProgressLog.interval else { return }
    let rate = Double(done - before) / (now - last.time)
    last = (now, done)
    let head = about.isEmpty ? "" : "\(title): \(about)\n"
    about = ""
    let line = ProgressLog.line(
      done: done, total: total, rate: rate, unit: unit, title: title, note: note)
    // A log that cannot be written must not stop the work.
    try? Terminal.write(head + line + "\n", to: descriptor, name: "standard error")
  }

  /// Nothing can be removed from a log.
  public func finish() {}

  /// `training: step 300 of 1200 (25%), loss 0.12, 310 pictures/s, 0:45 left`.
  package static func line(
    done: Int, total: Int?, rate: Double, unit: WorkUnit?, title: String, note: String
  ) -> String {
    var parts = ["step \(done)"]
    if let total, total > 0 {
      parts[0] += " of \(total) (\(Int(100 * min(max(Double(done) / Double(total), 0), 1)))%)"
    }
    if !note.isEmpty { parts.append(note) }
    if rate > 0 {
      parts.append(ProgressBar.rateText(rate, unit))
      if let total, total > done {
        parts.append("\(ProgressBar.timeText(Double(total - done) / rate)) left")
      }
    }
    return "\(title): " + parts.joined(separator: ", ")
  }
}
