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
import Tensors
import Training

/// Runs programs as a part of a job.
public enum JobHost {
  /// Joins the job of this process, runs `body` and leaves with its exit code; without a job just
  /// runs it. All processes must run the same `program`.
  public static func run(program: String, arguments: [String], _ body: () -> Int32) -> Int32 {
    do {
      try Job.join {
        [
          ("version of smap", smapVersion), ("program", summary(of: program)),
          ("arguments", arguments.joined(separator: " ")), ("kernels", kernels),
        ]
      }
    } catch {
      Diagnostics.say("smap: \(error)")
      return 1
    }
    let code = body()
    Job.current?.leave(code)
    return code
  }

  /// A program in a few words, which differ where programs do.
  private static func summary(of program: String) -> String {
    let hash = ContentHash.digest(of: program).prefix(4).map { String($0, radix: 16) }
    let lines = program.utf8.count { $0 == UInt8(ascii: "\n") }
    return "\(lines) line ends and the hash \(hash.joined(separator: "-"))"
  }

  /// What decides how floating-point numbers are rounded. A job whose processes round differently
  /// would have results that depend on who computes what.
  private static var kernels: String {
    // Where a limit on memory keeps OpenBLAS from being used, it is not opened here either.
    BLAS.prepare()
    return "\(BLAS.kernelName), with those of OpenBLAS for \(BLAS.core ?? "no processor")"
  }

  /// Why something other than a script does not run in a job, or nil outside one.
  public static func problem(with name: String) -> String? {
    Job.startedProcesses > 1
      ? "smap: \(name) cannot run in \(Job.startedProcesses) processes; give mpirun a script" : nil
  }
}
