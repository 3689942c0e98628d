// SPDX-License-Identifier: Apache-2.0
//
// The one table of state that is not a session's: what it is, whom it reaches, and how to keep it
// and put it back. The values themselves live where they are read, since kernels and files know no
// runtime; nothing else may be set from outside and outlive a session.
//
// State of the process reaches all threads at once. State of a thread is inherited by the workers
// to which it distributes work: the pool copies `SmapThreadSettings` as a whole, so whatever is a
// field of it is inherited, and nothing else. A call that may be abandoned (`LongCall`) inherits it
// without deadline and stop flag: its caller is stopped instead.

import CKernels
import Files
import Tensors

/// A piece of state that is not a session's.
public struct ProcessState: Sendable {
  /// Who sees a change.
  public enum Reach: Sendable {
    /// All threads.
    case process
    /// The thread that makes it, and the workers of that thread.
    case thread
  }

  /// Its name.
  public let name: String
  /// One sentence.
  public let summary: String
  /// Who sees a change.
  public let reach: Reach
  /// The value as the calling thread sees it, in words.
  public let value: @Sendable () -> String
  /// Keeps the value, for `Kept.restore`; nil for what has no way back or ends by itself.
  let keep: (@Sendable () -> @Sendable () -> Void)?

  private init(
    _ name: String, _ reach: Reach, _ summary: String, value: @escaping @Sendable () -> String,
    keep: (@Sendable () -> @Sendable () -> Void)? = nil
  ) {
    self.name = name
    self.reach = reach
    self.summary = summary
    self.value = value
    self.keep = keep
  }

  /// All there is.
  public static let table: [ProcessState] = [
    ProcessState(
      "memory limit", .process,
      "Bytes that tensors may hold at once, and freed blocks a quarter of it: `--max-memory`.",
      value: { "\(MemoryBudget.limit)" },
      keep: {
        let limit = MemoryBudget.limit
        return { MemoryBudget.limit = limit }
      }),
    ProcessState(
      "largest file", .process, "Bytes of the largest file that is read; `--max-memory` lowers it.",
      value: { "\(FileReader.largestFile)" },
      keep: {
        let size = FileReader.largestFile
        return { FileReader.largestFile = size }
      }),
    ProcessState(
      "threads", .process, "Threads that share large operations: `--threads`, `sys.threads`.",
      value: { "\(ThreadPool.threadCount)" },
      keep: {
        let count = ThreadPool.threadCount
        return { ThreadPool.threadCount = count }
      }),
    ProcessState(
      "sandbox", .process,
      "The folder outside of which no file is opened: `--sandbox`. No way back.",
      value: { Sandbox.current?.folder ?? "none" }),
    ProcessState(
      "check while waiting", .process,
      "What is asked while a pipe keeps a reader or writer waiting.",
      value: { "a function" },
      keep: {
        let check = Waiting.check
        return { Waiting.check = check }
      }),
    ProcessState(
      "remarks", .process, "Where remarks of the tensor library go.",
      value: { "a function" },
      keep: {
        let receive = Remarks.receive
        return { Remarks.receive = receive }
      }),
    ProcessState(
      "profile", .process, "Whether kernels and built-ins are timed: `--profile`, `:profile`.",
      value: { "\(Profile.isOn)" }),
    ProcessState(
      "file trace", .process, "Whether the files that are opened are noted, for caches.",
      value: { "\(FileTrace.isOn)" }),
    ProcessState(
      "stop", .process,
      "The request of Ctrl-C to end long work; whoever takes the interrupt clears it.",
      value: { "\(StopFlag.process.isRequested)" }),
    ProcessState(
      "stop of a session", .thread,
      "The request of the session's own interrupt, for the length of an evaluation.",
      value: { "\(smap_thread_settings().stop.map { smap_flag_is_set($0) != 0 } ?? false)" }),
    ProcessState(
      "deadline", .thread, "When long work has to end: `--max-seconds`, for an evaluation.",
      value: { "\(smap_thread_settings().deadline)" }),
    ProcessState(
      "precision", .thread, "Whether products of layers round to bfloat16, within `Precision.use`.",
      value: { Precision.current.rawValue }),
    ProcessState(
      "gradients", .thread, "Whether operations are recorded; not within `withoutGradients`.",
      value: { "\(smap_gradients_enabled() != 0)" }),
  ]

  /// The values of all that can be put back.
  public struct Kept: Sendable {
    fileprivate let restorers: [@Sendable () -> Void]

    /// Puts the values back.
    public func restore() { for restorer in restorers { restorer() } }
  }

  /// Keeps the values that there are now.
  public static func kept() -> Kept { Kept(restorers: table.compactMap { $0.keep?() }) }
}
