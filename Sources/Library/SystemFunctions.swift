// SPDX-License-Identifier: Apache-2.0
//
// The machine and the session as a script may see them.

import Glibc
import Runtime
import Tensors

enum SystemFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "number(x: any) -> number", "Reads a number from a string, or takes it from a tensor.",
      example: "number(\"2.5\") + 1   #=> 3.5"
    ) { call in
      guard let text = call[0].asString else { return .number(try call.number(0)) }
      let trimmed = text.drop { $0 == " " }
      guard let number = Double(trimmed) else {
        throw call.failure(.value, "\"\(text)\" is not a number", argument: 0)
      }
      return .number(number)
    },
    Builtin(
      "sys.args() -> list", "The arguments of the script: what follows `--` on the command line.",
      example: "len(sys.args())   #=> 0"
    ) { call in .list(call.session.arguments.map { .string($0) }) },
    Builtin(
      "sys.clock() -> number", "Seconds on a clock that only goes forward, for measuring time.",
      example: "sys.clock() > 0   #=> true"
    ) { _ in
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return .number(Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
    },
    Builtin(
      "sys.version() -> string", "The version of smap.",
      example: "sys.version()   #=> \"0.1.0\""
    ) { _ in .string(smapVersion) },
    Builtin(
      "sys.threads(n = nil) -> number",
      "The number of threads that share the work; results do not depend on it.",
      details: "With `n`, sets it first, from 1 to 256.",
      example: "sys.threads() >= 1   #=> true"
    ) { call in
      if !call[0].isNil { ThreadPool.threadCount = try call.integer(0, in: 1...256) }
      return .integer(ThreadPool.threadCount)
    },
    Builtin(
      "sys.limits() -> record", "The limits of this session; nil means none.",
      example: "sys.limits().depth   #=> 10000"
    ) { call in
      let limits = call.session.limits
      let record = Record()
      record["depth"] = .integer(limits.depth)
      record["steps"] = limits.steps.map { .integer($0) } ?? .nil
      record["seconds"] = limits.seconds.map { .number($0) } ?? .nil
      record["memory"] = .number(Double(MemoryBudget.limit))
      record["memory_held"] = .number(Double(MemoryBudget.held))
      return .record(record)
    },
  ]
}

/// The version of this package.
public let smapVersion = "0.1.0"
