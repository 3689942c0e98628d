// SPDX-License-Identifier: Apache-2.0
//
// The processes of a job, for scripts: which one this is, work that is divided among them, and
// values that they exchange. Without `mpirun` there is one process, and a script gives the same.

import Cluster
import Files
import Runtime
import Tensors

enum ClusterFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "mpi.rank() -> number", "The number of this process in its job, from 0.",
      details: """
        `mpirun -np 4 smap run FILE` runs a script in four processes: trainings are divided among \
        them, process 0 prints and writes files, and the others print into `mpi-logs`. See \
        docs/Cluster.md.
        """,
      example: "mpi.rank()   #=> 0"
    ) { _ in .integer(job?.rank ?? 0) },
    Builtin(
      "mpi.size() -> number", "The number of processes of this job; 1 without `mpirun`.",
      example: "mpi.size()   #=> 1"
    ) { _ in .integer(job?.size ?? 1) },
    Builtin(
      "mpi.gather(x: any) -> list", "The values of `x` in all processes, in their order.",
      details: "All processes must call it, and wait for each other. " + travelling,
      example: "mpi.gather(mpi.rank() + 10)   #=> [10]"
    ) { call in
      let all = try gathered([("value", call["x"])], call, "mpi.gather")
      return .list(all.map { $0["value"] ?? .nil })
    },
    Builtin(
      "mpi.map(items, f: function) -> list",
      "Lists what `f` gives for each item; the items are divided among the processes.",
      details: """
        Every process gets the whole list. Inside `f` a process works alone: it trains alone, and \
        writes files and sees the job as if there were no others. Random numbers that `f` draws without \
        a seed depend on the place of the item, so results do not depend on the number of \
        processes. What `f` should leave behind it must return: a variable that it changes is \
        changed in one process only. \(travelling)
        """,
      example: "mpi.map([1, 2, 3], fn(x) = x ** 2)   #=> [1, 4, 9]", body: map),
  ]

  private static let travelling =
    "Numbers, strings, lists, records, tensors, models and functions without variables of others "
    + "can be sent."

  // MARK: - Dividing

  private static func map(_ call: Call) throws -> Value {
    let (items, function) = (try EverydayLists.items(call), try call.function("f"))
    let job = job
    let (rank, size) = (job?.rank ?? 0, job?.size ?? 1)
    var base = try call.session.nextSeed()
    let place = call.session.randomPlace
    defer { call.session.seed(place.seed, draws: place.draws) }
    if let job { base = try self.base(base, of: items, call, job) }
    var made: [(String, Value)] = []
    func compute() throws {
      for (number, item) in items.enumerated() where number % size == rank {
        try call.checkInterrupt()
        call.session.seed(base &+ UInt64(number))
        made.append(("item\(number)", try call.invoke(function, [item])))
      }
    }
    guard let job else {
      try compute()
      return .list(made.map { $0.1 })
    }
    var failure: ScriptError?
    do {
      try job.alone(compute)
    } catch {
      let found = ScriptError(anything: error)
      // An interrupt or the end of the script is not sent round.
      guard found.isCatchable else { throw error }
      failure = found
      made = [("failed", .string("\(found.kind.rawValue)\u{0}\(found.message)\u{0}\(made.count)"))]
    }
    var results = [Value](repeating: .nil, count: items.count)
    for (rank, part) in try gathered(made, call, "mpi.map").enumerated() {
      if let words = part["failed"]?.asString {
        let parts = words.split(separator: "\u{0}", omittingEmptySubsequences: false).map(
          String.init)
        if rank == job.rank, let failure { throw failure }
        let item = rank + (Int(parts.last ?? "") ?? 0) * size
        throw call.failure(
          .init(rawValue: parts.first ?? ""), "item \(item) failed in process \(rank): \(parts[1])",
          argument: "f")
      }
      for (name, value) in part {
        if let number = Int(name.dropFirst(4)) { results[number] = value }
      }
    }
    return .list(results)
  }

  /// The job whose processes this one works with: none inside divided work.
  private static var job: Job? { SharedWriting.isApart ? nil : Job.current }

  /// What the random numbers of all items follow from, that of the first process, once all
  /// processes have found that they divide the same list.
  private static func base(_ own: UInt64, of items: [Value], _ call: Call, _ job: Job) throws
    -> UInt64
  {
    var words = counted(items.count, "item")
    // The bytes hold the place in the random stream as well, which may differ.
    call.session.seed(0)
    // Models, functions and the like are not compared.
    if let found = try? SessionFile.bytes(
      of: [("items", .list(items))], of: call.session, path: "mpi.map"), found.report.left.isEmpty
    {
      var hash = ContentHash()
      found.bytes.withUnsafeBytes { hash.add($0) }
      words += " with the hash \(hash.hexadecimal.prefix(8))"
    }
    let exchange = job.exchange(for: "mpi.map")
    try exchange.agree(on: [("items", words)])
    return try exchange.gather([own])[0]
  }

  // MARK: - Sending

  /// The named values of all processes, which are in the same `function`.
  private static func gathered(
    _ values: [(String, Value)], _ call: Call, _ function: String
  ) throws -> [[String: Value]] {
    guard let job else {
      return [Dictionary(values) { first, _ in first }]
    }
    let own = Result {
      try SessionFile.bytes(of: values, of: call.session, path: function)
    }
    // All processes must hear of what cannot be sent, or they would wait.
    let left = try? own.get().report.left
    let sent = left?.isEmpty == true ? try own.get().bytes : []
    let all = try job.exchange(for: function).gather(sent)
    _ = try own.get()
    return try all.enumerated().map { rank, bytes in
      guard !bytes.isEmpty else {
        let kind = rank == job.rank ? left?.first?.kind ?? "a value" : "a value"
        throw call.failure(
          .type, "\(kind) of process \(rank) cannot be sent to other processes",
          hint: travelling)
      }
      let found = try SessionFile.contents(of: bytes, path: function, for: call.session).variables
      return Dictionary(found.map { ($0.name, $0.value) }) { first, _ in first }
    }
  }
}
