// SPDX-License-Identifier: Apache-2.0
//
// Files of a job of several processes that run the same program. One of them writes; the others
// wait until it has, and fail where it fails. What a process keeps for itself, such as a cache, is
// written as ever.

import Synchronization

/// Decides which process of a job writes a file.
public enum SharedWriting {
  /// Calls `write` in one process of the job, and returns or throws in all of them as it did there.
  public typealias Once = @Sendable (_ path: String, _ write: () throws -> Bool) throws -> Bool

  private struct State {
    var once: Once?
    var ownWork = 0
  }
  private static let state = Mutex(State())

  /// Makes the files that follow those of a job, until it is set to nil.
  public static func share(_ once: Once?) { state.withLock { $0.once = once } }

  /// Runs `body`, whose files belong to this process alone.
  public static func apart<Result>(_ body: () throws -> Result) rethrows -> Result {
    state.withLock { $0.ownWork += 1 }
    defer { state.withLock { $0.ownWork -= 1 } }
    return try body()
  }

  /// Whether files belong to this process alone.
  public static var isApart: Bool { state.withLock { $0.once == nil || $0.ownWork > 0 } }

  /// Does `write` in the process whose turn it is. Files that are written meanwhile are part of it.
  static func once(_ path: String, _ write: () throws -> Void) throws {
    _ = try decided(path) {
      try write()
      return true
    }
  }

  /// As `once`, for what has an answer.
  static func decided(_ path: String, _ write: () throws -> Bool) throws -> Bool {
    guard let once = state.withLock({ $0.ownWork == 0 ? $0.once : nil }) else { return try write() }
    return try once(path) { try apart(write) }
  }
}
