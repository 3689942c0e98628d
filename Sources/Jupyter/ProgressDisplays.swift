// SPDX-License-Identifier: Apache-2.0
//
// Progress of long work as a display that is updated in place: a bar and a line of text. Short work
// shows none. When the work is over, the line says what was done and how long it took.

import Files
import Runtime

/// Shows the progress of a task.
struct ProgressDisplays {
  private let publisher: Publisher
  private var task: Task?

  private struct Task {
    let start = ContinuousClock.now
    var display: String?
    var latest: ContinuousClock.Instant
    var report: ProgressReport
  }

  /// Work that is over before this time shows nothing.
  private static let patience = Duration.milliseconds(500)
  /// The time between two updates.
  private static let interval = Duration.milliseconds(250)

  init(_ publisher: Publisher) { self.publisher = publisher }

  /// Takes a report.
  mutating func show(_ report: ProgressReport, parent: JSON) {
    let now = ContinuousClock.now
    switch report.phase {
    case .began: task = nil
    case .advanced:
      var task = self.task ?? Task(latest: now, report: report)
      task.report = report
      let isDue =
        task.display == nil
        ? now - task.start >= ProgressDisplays.patience
        : now - task.latest >= ProgressDisplays.interval
      if isDue {
        send(&task, now, isOver: false, parent)
        task.latest = now
      }
      self.task = task
    case .ended:
      guard var task else { return }
      if task.display != nil { send(&task, now, isOver: true, parent) }
      self.task = nil
    }
  }

  private func send(
    _ task: inout Task, _ now: ContinuousClock.Instant, isOver: Bool, _ parent: JSON
  ) {
    guard case .advanced(let done, let total, let note) = task.report.phase else { return }
    let text = ProgressDisplays.line(
      task.report, done, total, note, seconds: (now - task.start) / .seconds(1), isOver: isOver)
    let bar =
      isOver ? "" : "<progress value=\"\(done)\" max=\"\(max(total, 1))\"></progress> "
    let display = task.display ?? Sender.identifier()
    publisher.publish(
      task.display == nil ? "display_data" : "update_display_data",
      [
        "data": [
          "text/plain": .string(text),
          "text/html": .string("<div>\(bar)\(HTML.escaped(text))</div>"),
        ],
        "metadata": [:], "transient": ["display_id": .string(display)],
      ], parent: parent)
    task.display = display
  }

  /// `training 12 of 200, loss 0.0123, 34 pictures/s, 5.1 s left`.
  static func line(
    _ report: ProgressReport, _ done: Int, _ total: Int, _ note: String, seconds: Double,
    isOver: Bool
  ) -> String {
    var parts = ["\(report.title) \(done) of \(total)"]
    if !note.isEmpty { parts.append(note) }
    if let unit = report.unit, seconds > 0 {
      let rate = Double(done) * Double(unit.perStep) / seconds
      parts.append("\(tenths(rate)) \(unit.name)/s")
    }
    if isOver {
      parts.append("\(tenths(seconds)) s")
    } else if done > 0 {
      parts.append("\(tenths(seconds / Double(done) * Double(max(total - done, 0)))) s left")
    }
    return parts.joined(separator: ", ")
  }

  private static func tenths(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "?" }
    if number >= 100 { return "\(Int(number.rounded()))" }
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
