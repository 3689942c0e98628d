// SPDX-License-Identifier: Apache-2.0
//
// A program that `mpirun` runs in several processes: they join before the program starts, and leave
// with its exit code.

import Cluster
import Console
import Files
import Glibc
import Library
import Runtime
import Training

/// Runs programs as a part of a job.
public enum JobHost {
  /// Joins the job of this process, runs `body` and leaves with its exit code; without a job just
  /// runs it. All processes must run the same `program`.
  public static func run(program: String, arguments: [String], _ body: () -> Int32) -> Int32 {
    do {
      try Job.join(facts: [
        ("version of smap", smapVersion), ("program", program),
        ("arguments", arguments.joined(separator: " ")),
      ])
    } catch {
      Diagnostics.say("smap: \(error)")
      return 1
    }
    let code = body()
    Job.current?.leave(code)
    return code
  }

  /// Why the prompt does not run in a job, or nil outside one.
  public static var promptProblem: String? {
    Job.startedProcesses > 1
      ? "smap: the prompt cannot run in \(Job.startedProcesses) processes; give mpirun a script"
      : nil
  }
}
