// SPDX-License-Identifier: Apache-2.0
//
// A job: processes that `mpirun` has started and that all run the same program. The first one
// prints and writes files; what the others print goes to a file each. A process that fails alone,
// stops answering, or was given another program or version ends the job with a message that names
// it.

import CMPI
import Files
import Glibc
import Synchronization
import Training

/// The job that this process belongs to.
public final class Job: Sendable {
  /// The job of this process; nil unless it has joined one of several processes.
  public static var current: Job? { state.withLock { $0 } }
  private static let state = Mutex<Job?>(nil)

  private let channel: MessageChannel
  /// This process, from 0.
  public var rank: Int { channel.rank }
  /// The number of processes.
  public var size: Int { channel.size }
  private let log: String
  private let life = Mutex<Heartbeat?>(nil)

  /// How many processes `mpirun` says that it has started; 1 without it.
  public static var startedProcesses: Int {
    getenv("OMPI_COMM_WORLD_SIZE").flatMap { Int(String(cString: $0)) } ?? 1
  }

  /// The name and version of the library that carries messages; nil where there is none.
  public static var libraryVersion: String? {
    smap_mpi_open() == 1 ? String(cString: smap_mpi_version()) : nil
  }

  /// Why a process could not join its job.
  public struct Failure: Error, CustomStringConvertible {
    /// A sentence for people.
    public let description: String
  }

  /// Joins the job where `mpirun` has started several processes.
  ///
  /// - Parameter facts: What all processes must have in common, such as version and program; asked
  ///   for only where there are several.
  /// - Throws: `Failure` without the library, `WorkerDisagreement`, `FileError` for the log.
  public static func join(facts: () -> [(key: String, value: String)]) throws {
    guard startedProcesses > 1 else { return }
    guard smap_mpi_open() == 1 else {
      throw Failure(
        description: "mpirun has started \(startedProcesses) processes, but Open MPI cannot be "
          + "loaded: \(String(cString: smap_mpi_problem())) (apt-get install libopenmpi3)")
    }
    var (rank, size) = (Int32(0), Int32(0))
    guard smap_mpi_start(&rank, &size) == 0 else {
      throw Failure(
        description:
          "Open MPI (\(String(cString: smap_mpi_version()))) cannot be used from several "
          + "threads")
    }
    guard size > 1 else { return }
    let job = try Job(MessageChannel(rank: Int(rank), size: Int(size)))
    try RankExchange(job.channel, purpose: "the start of the job").agree(on: facts())
    job.begin()
    state.withLock { $0 = job }
  }

  private init(_ channel: MessageChannel) throws {
    self.channel = channel
    let named = getenv("SMAP_MPI_LOGS").map { String(cString: $0) } ?? ""
    let folder = named.isEmpty ? "mpi-logs" : named
    log = "\(folder)/rank-\(channel.rank).log"
    guard channel.rank > 0 else { return }
    try AtomicFile.write(path: log, bytes: [])
    let file = open(log, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw FileError(path: log, operation: "write", code: errno) }
    dup2(file, STDOUT_FILENO)
    dup2(file, STDERR_FILENO)
    close(file)
  }

  private func begin() {
    let channel = channel
    let beat = Heartbeat(channel)
    life.withLock { $0 = beat }
    SharedWriting.share { [unowned self] path, write in try once(path, write) }
    Workers.exchange = {
      if SharedWriting.isApart { return ThisProcess() }
      return RankExchange(channel, purpose: "training \(channel.nextTraining())")
    }
  }

  /// Leaves the job with an exit code: once all others do, or, if that is a failure of this process
  /// alone, by ending all of them.
  public func leave(_ code: Int32) {
    let beat = life.withLock { $0 }
    beat?.end()
    // A failure of the program is that of all processes, and the first one has told of it.
    if code == 0 || beat?.othersLeave(within: Job.patience) ?? true { return smap_mpi_finish() }
    channel.endJob(
      "process \(rank) of \(size) has ended alone, with exit code \(code)"
        + (rank > 0 ? "; its log is \(log)" : ""), code: code)
  }

  /// Seconds in which a failure that all processes share has reached them.
  private static let patience = 2.0

  // MARK: - Work that is divided

  /// What processes send each other for a call of a script, such as `mpi.gather`: all of them must
  /// be in the same.
  public func exchange(for call: String) -> RankExchange {
    RankExchange(channel, purpose: call)
  }

  /// Runs work of this process alone: it trains alone, and writes its own files.
  public func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    try SharedWriting.apart(body)
  }

  // MARK: - Files

  /// What became of a file in the first process.
  private enum Outcome {
    static let yes = UInt8(1)
    static let no = UInt8(0)
    static let failed = UInt8(2)
  }

  /// Lets the first process write, and waits in the others until it has.
  private func once(_ path: String, _ write: () throws -> Bool) throws -> Bool {
    guard rank > 0 else {
      let result = Result { try write() }
      var words: [UInt8]
      switch result {
      case .success(let answer): words = [answer ? Outcome.yes : Outcome.no]
      case .failure(let error): words = [Outcome.failed] + Array(Job.encoded(error).utf8)
      }
      words = Array(path.utf8) + [0] + words
      let sent = words.withUnsafeBytes { raw in
        (1..<size).map { channel.send(raw, to: $0, .file) }
      }
      for message in sent { try channel.complete(message, Job.writing(path)) }
      return try result.get()
    }
    // Files that the first process alone has written are skipped.
    while true {
      let words = try channel.receiveAny(from: 0, .file, Job.writing(path))
      guard let end = words.firstIndex(of: 0), words.count > end + 1,
        words[..<end].elementsEqual(path.utf8)
      else { continue }
      switch words[end + 1] {
      case Outcome.yes: return true
      case Outcome.no: return false
      default: throw Job.decoded(String(decoding: words[(end + 2)...], as: UTF8.self), path)
      }
    }
  }

  private static func writing(_ path: String) -> String { "writing '\(PathText.printable(path))'" }

  private static func encoded(_ error: any Error) -> String {
    guard let error = error as? FileError else { return "0\u{1}\u{1}\(error)" }
    return "\(error.code)\u{1}\(error.operation)\u{1}\(error.reason)"
  }

  private static func decoded(_ text: String, _ path: String) -> any Error {
    let parts = text.split(separator: "\u{1}", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let code = Int32(parts[0]), code != 0 else {
      return Failure(description: "process 0 could not write '\(path)': \(parts.last ?? "")")
    }
    return FileError(
      path: path, operation: parts[1], code: code, reason: parts[2].isEmpty ? nil : parts[2])
  }
}
