// SPDX-License-Identifier: Apache-2.0
//
// The machine and the session, as far as scripts may access them.

import Files
import Glibc
import Models
import Runtime
import Tensors

enum SystemFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "number(x: any) -> number", purity: .pure,
      "Reads a number from a string, or takes it from a tensor.",
      details: "A string holds a number as scripts write it, with a sign or blanks around it, or "
        + "without digits before or after the point; `inf` and `nan` are numbers too.",
      example: "number(\"2.5\") + 1   #=> 3.5"
    ) { call in
      guard let text = try call["x"].asString else { return .number(try call.number("x")) }
      guard let number = NumberText.value(of: text) else {
        throw call.failure(.value, "\"\(text)\" is not a number", argument: "x")
      }
      return .number(number)
    },
    Builtin(
      "sys.args() -> list",
      "The arguments of the script: what follows its name on the command line.",
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
      if try !call["n"].isNil { ThreadPool.threadCount = try call.integer("n", in: 1...256) }
      return .integer(ThreadPool.threadCount)
    },
    Builtin(
      "sys.processor() -> record",
      "What the processor offers: the `level` of x86-64 whose kernels are used, `kernels` and `bfloat16`.",
      details: """
        `kernels` says what they are made for: `"AVX-512"`, which is level 4, `"AVX2"`, level 3, `"NEON"` on \
        ARM, or `"portable"`; the level of the last two is 1. `bfloat16` tells whether training with \
        `precision = "bf16"` multiplies numbers of 16 bits; where it is false, such training is in float32.
        """,
      example: "sys.processor().level >= 1   #=> true"
    ) { _ in
      let record = Record()
      record["level"] = .integer(BLAS.kernelLevel)
      record["kernels"] = .string(BLAS.kernelName)
      record["bfloat16"] = .bool(Precision.bfloat16.isAvailable)
      return .record(record)
    },
    Builtin(
      "sys.lock(path: string, body: function) -> bool",
      "Calls `body` while no other process holds the lock of a file, or gives false at once.",
      details: """
        The lock is released when `body` ends, or the process does in whatever way. The file at `path` \
        is created if it is missing, and stays. With one file for each part of a work, several runs of \
        a script share the parts among them. A lock that this session holds already gives false, too.
        """,
      example: "sys.lock(\"out/part-1.lock\", fn() = 1 + 1)   #=> true"
    ) { call in
      let path = try call.string("path")
      let body = try call.function("body")
      return .bool(try FileLock.hold(path: path) { _ = try call.invoke(body, []) })
    },
    Builtin(
      "sys.limits(*, depth = nil, steps = nil, seconds = nil, memory = nil, output = nil) -> record",
      "The limits of this session; nil means none.",
      details: """
        Depth of calls; loop iterations, calls and kilobytes of lists and text made at a time; \
        seconds at a time; bytes of memory; bytes written at a time. A limit that is given becomes \
        the new one if it is lower: a script can tighten its limits, but never loosen them.
        """,
      example: "sys.limits(depth = 500).depth   #=> 500"
    ) { call in
      try tighten(call)
      let limits = call.session.limits
      let record = Record()
      record["depth"] = .integer(limits.depth)
      record["steps"] = limits.steps.map { .integer($0) } ?? .nil
      record["seconds"] = limits.seconds.map { .number($0) } ?? .nil
      record["memory"] = .number(Double(MemoryBudget.limit))
      record["memory_held"] = .number(Double(MemoryBudget.held))
      record["output"] = limits.outputBytes.map { .integer($0) } ?? .nil
      return .record(record)
    },
  ]

  /// Lowers the limits that are passed.
  private static func tighten(_ call: Call) throws {
    func lower(_ name: String, below old: Int?) throws -> Int? {
      guard try !call[name].isNil else { return old }
      let new = try call.integer(name, in: 1...Int.max)
      guard new <= old ?? new else { throw loosening(name, call) }
      return new
    }
    let session = call.session
    var limits = session.limits
    limits.depth = try lower("depth", below: limits.depth) ?? limits.depth
    limits.steps = try lower("steps", below: limits.steps)
    limits.outputBytes = try lower("output", below: limits.outputBytes)
    if try !call["seconds"].isNil {
      let new = try call.number("seconds", in: 0...Double.greatestFiniteMagnitude)
      guard new <= limits.seconds ?? new else { throw loosening("seconds", call) }
      limits.seconds = new
    }
    let memory = try lower("memory", below: MemoryBudget.limit)
    session.limits = limits
    if let memory, memory < MemoryBudget.limit { MemoryBudget.limit = memory }
  }

  private static func loosening(_ name: String, _ call: Call) -> ScriptError {
    call.failure(
      .value, "\(name) can only be lowered", hint: "limits are set when smap is started",
      argument: name)
  }
}

/// The version of this package.
public let smapVersion = packageVersion
