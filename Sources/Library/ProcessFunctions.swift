// SPDX-License-Identifier: Apache-2.0
//
// A script as a process: reading lines, sleeping, and exit codes.

import Glibc
import Runtime

enum ProcessFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "exit(code = 0)", "Ends the script, or leaves the prompt, with an exit code.",
      details: """
        0 means that all went well; the shell sees the other codes, up to 255, as failures. What \
        was printed is written first. No `catch` takes the end of a script. In `smap test` it ends \
        the file: with a code other than 0 it is an error of the kind Exit.
        """,
      example: "exit(3)   #! Exit: exit code 3"
    ) { call in throw ScriptError.exit(Int32(try call.integer("code", in: 0...255))) },
    Builtin(
      "input(prompt = \"\")",
      "Reads a line from standard input, or from the user at the prompt; nil at the end.",
      details: """
        The line comes without its end, as a string: number(input("how many? ")) makes it a \
        number. The prompt is written first, without a line end.
        """,
      example: "print(input(\"your name? \"))   #=> your name? nil"
    ) { call in
      guard let line = try call.session.readLine(prompt: call.string("prompt")) else { return .nil }
      try call.session.claim(stringBytes: line.utf8.count)
      return .string(line)
    },
    Builtin(
      "sleep(seconds)", "Waits for so many seconds; fractions count.",
      details: "Ctrl-C ends the wait, and so does the limit of `--max-seconds`.",
      example: "let before = sys.clock(); sleep(0.01); sys.clock() - before >= 0.01   #=> true"
    ) { call in
      let seconds = try call.number("seconds", in: 0...Double.greatestFiniteMagnitude)
      try call.session.flush()
      try wait(until: now() + seconds, call)
      return .nil
    },
  ]

  /// The longest sleep between two polls of the interrupt and the clock, in seconds. A signal ends
  /// a sleep at once, unless it arrives just before.
  private static let longestWait = 0.05

  private static func wait(until end: Double, _ call: Call) throws {
    while true {
      try call.checkInterrupt()
      let left = end - now()
      guard left > 0 else { return }
      var time = timespec(tv_sec: 0, tv_nsec: Int(min(left, longestWait) * 1e9))
      nanosleep(&time, nil)
    }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
