// SPDX-License-Identifier: Apache-2.0
//
// One line on standard error that shows the progress of long work. It appears only on a terminal,
// only after a second, is redrawn at most ten times per second, and is removed when the work is
// done. The rate is a moving average, so that the estimate adapts when steps become slower.

import Glibc

/// Shows how far a task is.
public protocol ProgressDisplay: AnyObject {
  /// The number of steps, or nil when it is not known.
  var total: Int? { get }
  /// Reports that `done` steps are finished; `note` is shown at the end, such as `loss 0.12`.
  func update(_ done: Int, note: String)
  /// Removes what can be removed; a later update may show it again.
  func finish()
}

/// What a step works on, by its plural, and how many of them.
public typealias WorkUnit = (name: String, perStep: Int)

/// A line that shows how far a task is.
public final class ProgressBar: ProgressDisplay {
  /// The number of steps, or nil when it is not known.
  public let total: Int?
  private let title: String
  private let unit: WorkUnit?
  private var about: String
  private let descriptor: Int32
  private let isShown: Bool
  private let isUnicode: Bool
  private let width: () -> Int
  private let clock: () -> Double
  private let start: Double
  private var lastDrawn: Double?
  private var samples: [(time: Double, done: Int)] = []

  /// Seconds before the bar appears.
  private static let delay = 1.0
  /// Seconds between two redraws.
  private static let interval = 0.1
  /// The number of redraws over which the rate is averaged.
  private static let window = 60

  /// Whether standard error is a terminal that can redraw a line.
  public static var isPossible: Bool {
    Terminal(output: STDERR_FILENO).isTerminal
      && !["", "dumb"].contains(Terminal.variable("TERM") ?? "")
  }

  /// Starts a bar on standard error; it stays silent unless that is a capable terminal. Above it
  /// stands what there is to know about the task, which remains.
  public convenience init(
    total: Int?, title: String = "", unit: WorkUnit? = nil, about: String = ""
  ) {
    let terminal = Terminal(output: STDERR_FILENO)
    self.init(
      total: total, title: title, unit: unit, about: about, descriptor: STDERR_FILENO,
      isShown: ProgressBar.isPossible, isUnicode: terminal.isUnicode,
      width: { terminal.size.columns }, clock: ProgressBar.seconds)
  }

  /// Starts a bar on any descriptor, with its own clock in seconds.
  package init(
    total: Int?, title: String, unit: WorkUnit? = nil, about: String = "", descriptor: Int32,
    isShown: Bool, isUnicode: Bool, width: @escaping () -> Int, clock: @escaping () -> Double
  ) {
    self.total = total
    self.title = title
    (self.unit, self.about) = (unit, about)
    self.descriptor = descriptor
    self.isShown = isShown
    self.isUnicode = isUnicode
    self.width = width
    self.clock = clock
    start = clock()
    samples = [(start, 0)]
  }

  deinit { finish() }

  /// Reports that `done` steps are finished; `note` is shown at the end, such as `loss 0.12`.
  public func update(_ done: Int, note: String = "") {
    guard isShown else { return }
    let now = clock()
    guard now - start >= ProgressBar.delay else { return }
    if let lastDrawn, now - lastDrawn < ProgressBar.interval, done != total { return }
    lastDrawn = now
    samples.append((now, done))
    if samples.count > ProgressBar.window { samples.removeFirst() }
    let line = ProgressBar.line(
      done: done, total: total, rate: rate, unit: unit, title: title, note: note,
      width: width() - 1, isUnicode: isUnicode)
    let head = about.isEmpty ? "" : title + ": " + about + "\u{1B}[K\n"
    about = ""
    write("\r" + head + line + "\u{1B}[K")
  }

  /// Removes the line; a later update may redraw it.
  public func finish() {
    guard lastDrawn != nil else { return }
    lastDrawn = nil
    write("\r\u{1B}[K")
  }

  /// Steps per second, averaged over the window.
  private var rate: Double {
    guard let first = samples.first, let last = samples.last, last.time > first.time else {
      return 0
    }
    return Double(last.done - first.done) / (last.time - first.time)
  }

  /// A bar that cannot be drawn must not stop the work.
  private func write(_ text: String) {
    try? Terminal.write(text, to: descriptor, name: "standard error")
  }

  static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension ProgressBar {
  /// The text of the line, at most `width` characters: title, bar, percentage, counts, rate, time
  /// left.
  package static func line(
    done: Int, total: Int?, rate: Double, unit: WorkUnit? = nil, title: String, note: String,
    width: Int, isUnicode: Bool
  ) -> String {
    var tail: [String] = []
    if let total, total > 0 {
      let share = min(max(Double(done) / Double(total), 0), 1)
      tail += ["\(Int(share * 100))%", "\(done)/\(total)"]
    } else {
      tail.append("\(done)")
    }
    if rate > 0 {
      tail.append(rateText(rate, unit))
      if let total, total > done { tail.append("ETA \(timeText(Double(total - done) / rate))") }
    }
    if !note.isEmpty { tail.append(note) }
    let words = tail.joined(separator: "  ")
    let head = title.isEmpty ? "" : title + "  "
    let room = min(30, width - head.count - words.count - 2)
    guard let total, total > 0, room >= 5 else {
      return String((head + words).prefix(max(0, width)))
    }
    return head + bar(done: done, total: total, width: room, isUnicode: isUnicode) + "  " + words
  }

  private static func bar(done: Int, total: Int, width: Int, isUnicode: Bool) -> String {
    let share = min(max(Double(done) / Double(total), 0), 1)
    let filled = Int(share * Double(width))
    let (full, empty) = isUnicode ? ("━", "╌") : ("#", ".")
    return String(repeating: full, count: filled)
      + String(repeating: empty, count: width - filled)
  }

  static func rateText(_ rate: Double, _ unit: WorkUnit?) -> String {
    if let unit { return "\(decimal(rate * Double(unit.perStep))) \(unit.name)/s" }
    return rate >= 1 ? "\(decimal(rate))/s" : "\(decimal(1 / rate)) s/step"
  }

  /// A number, with one decimal below 100.
  private static func decimal(_ value: Double) -> String {
    let tenths = Int(min(value, 1e12) * 10 + 0.5)
    return tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  /// Seconds as `m:ss` or `h:mm:ss`.
  package static func timeText(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9) + 0.5)
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }
}
