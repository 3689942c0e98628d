// SPDX-License-Identifier: Apache-2.0
//
// How a program says, to the shell that ran it, how it ended.

import Files
import Runtime
import Syntax

/// The exit code of a program.
public enum ExitCode {
  /// Every code and what it means, for the manual.
  public static let all: [(code: Int32, summary: String)] = [
    (0, "All went well."),
    (1, "The script failed with an error of its own, or a check or test did."),
    (2, "The script was not run: its text has errors."),
    (64, "The command line is invalid."),
    (65, "The content of a file is invalid."),
    (66, "A file or folder is missing."),
    (70, "A fault of smap itself, which should be reported."),
    (74, "Reading or writing failed, or the disk is full."),
    (75, "A limit of time, steps, memory, output or size was reached."),
    (77, "Access was refused, by the system or by `--sandbox`."),
    (129, "The terminal was closed (SIGHUP)."),
    (130, "Ctrl-C ended the program."),
    (131, "The program was told to quit (SIGQUIT)."),
    (143, "The program was told to end (SIGTERM)."),
  ]

  /// The code for a program that ends with this error: 1 for a fault of the script, 2 for one of
  /// its syntax, 65 to 77 for files and limits, 130 for an interrupt.
  public static func of(_ error: any Error) -> Int32 {
    if error is SyntaxErrors { return 2 }
    let error = ScriptError(anything: error)
    if error.isInterrupt { return 130 }
    if let code = error.exitCode { return code }
    switch error.kind {
    case .syntax: return 2
    case .limit: return 75
    case .internalError: return 70
    case .io: return error.fault?.exitCode ?? FileFault.device.exitCode
    default: return 1
    }
  }
}
