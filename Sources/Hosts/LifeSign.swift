// SPDX-License-Identifier: Apache-2.0
//
// A sign that a statement still runs. On a terminal a grey line appears after two seconds in which
// nothing was written, counts the seconds, and is removed before anything else is written. Without
// a terminal, a line is logged every thirty seconds in which nothing was written. A thread of its
// own draws it, since the thread of the session is busy; both hold one lock while they write.

import Console
import Glibc
import Synchronization

/// Tells when to draw the sign.
struct LifeSignClock {
  /// When the statement began.
  var start = 0.0
  /// When something was written last.
  var latest = 0.0
  /// Whether a line can be redrawn.
  let isTerminal: Bool

  /// Seconds of silence before the sign appears on a terminal, and between two lines of a log.
  static let (delay, interval) = (2.0, 30.0)

  /// The text to draw at a time, or nil. A line of a log counts as written.
  mutating func text(at now: Double) -> String? {
    guard now - latest >= (isTerminal ? LifeSignClock.delay : LifeSignClock.interval) else {
      return nil
    }
    let elapsed = ProgressBar.timeText(now - start)
    guard isTerminal else {
      latest = now
      return "running for \(elapsed)\n"
    }
    return "running for \(elapsed), Ctrl-C stops it"
  }
}

/// Shows on standard error that a statement still runs.
final class LifeSign: Sendable {
  private struct State {
    var clock: LifeSignClock
    /// Whether a statement runs, and nothing else shows that it does.
    var isWanted = false
    var isShown = false
    var hasThread = false
  }

  private let state: Mutex<State>
  private let terminal: Terminal

  /// A sign for statements whose output goes to a terminal, or elsewhere.
  init(terminal: Terminal) {
    self.terminal = terminal
    state = Mutex(State(clock: LifeSignClock(isTerminal: ProgressBar.isPossible)))
  }

  /// Microseconds between two looks at the clock.
  private static let pause: UInt32 = 200_000

  /// A statement begins or goes on.
  func start() {
    let needsThread = state.withLock { state in
      let now = LifeSign.seconds()
      if !state.isWanted { state.clock.start = now }
      state.clock.latest = now
      state.isWanted = true
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard needsThread else { return }
    PeriodicThread.start(every: LifeSign.pause) {
      self.turn()
      return true
    }
  }

  /// A statement has ended, or waits for input.
  func stop() {
    state.withLock { state in
      erase(&state)
      state.isWanted = false
    }
  }

  /// Writes something else: the sign is removed before. It does not come back while `isBusy`, as
  /// behind a line that has no end yet or under a bar.
  func around<Result>(isBusy: () -> Bool, _ body: () throws -> Result) rethrows -> Result {
    state.withLock { erase(&$0) }
    defer {
      state.withLock { $0.clock.latest = isBusy() ? .infinity : LifeSign.seconds() }
    }
    return try body()
  }

  private func erase(_ state: inout State) {
    // From here on the thread draws nothing until `around` has ended.
    state.clock.latest = .infinity
    guard state.isShown else { return }
    state.isShown = false
    try? terminal.writeError("\r\u{1B}[K")
  }

  private func turn() {
    state.withLock { state in
      guard state.isWanted, let text = state.clock.text(at: LifeSign.seconds()) else { return }
      state.isShown = state.clock.isTerminal
      let line = state.isShown ? "\r" + terminal.styled(text, "2") + "\u{1B}[K" : text
      try? terminal.writeError(line)
    }
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
