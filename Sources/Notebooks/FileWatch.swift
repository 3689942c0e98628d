// SPDX-License-Identifier: Apache-2.0
//
// Notices that a script is saved, also while its cells run: `--watch` then ends the run, whose
// finished cells come from the cache in the next one.

import Glibc
import Hosts
import Runtime
import Synchronization

/// Waits for a file to be saved.
public struct FileWatch: Sendable {
  private let path: String
  private var seen: [Int]

  /// Watches a file as it is now.
  public init(_ path: String) {
    self.path = path
    seen = FileWatch.version(of: path)
  }

  /// Whether the file has been saved since the last time that this was true. Editors replace a file
  /// or write into it; a moment without the file is neither.
  public mutating func hasChanged() -> Bool {
    let now = FileWatch.version(of: path)
    guard !now.isEmpty, now != seen else { return false }
    seen = now
    return true
  }

  private static func version(of path: String) -> [Int] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return [
      Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
    ]
  }
}

/// Ends the running cells when their script is saved. A thread of its own looks at the file.
public final class SaveInterrupt: Sendable {
  private struct State: Sendable {
    var watch: FileWatch
    var isSaved = false
    var isOver = false
  }

  private let state: Mutex<State>

  /// Microseconds between two looks at the file.
  private static let pause: UInt32 = 200_000

  /// Watches a file as `watch` has seen it last.
  public init(_ watch: FileWatch) {
    state = Mutex(State(watch: watch))
    // Without a thread, a save is noticed when the run has ended.
    PeriodicThread.start(every: SaveInterrupt.pause) { self.turn() }
  }

  /// Looks at the file; false when nothing is left to do.
  private func turn() -> Bool {
    state.withLock { state in
      guard !state.isOver, !state.isSaved else { return false }
      state.isSaved = state.watch.hasChanged()
      if state.isSaved { Interrupt.shared.request() }
      return !state.isSaved
    }
  }

  /// Stops watching. Returns what the file was seen as last, and whether it was saved meanwhile, in
  /// which case the run was interrupted.
  public func end() -> (watch: FileWatch, isSaved: Bool) {
    state.withLock { state in
      state.isOver = true
      return (state.watch, state.isSaved)
    }
  }
}
