// SPDX-License-Identifier: Apache-2.0
//
// Messages between the processes of a job. Every wait polls, so that Ctrl-C ends it, a processor
// that several processes share is given away, and the messages of others make progress meanwhile.

import CMPI
import Glibc
import Synchronization
import Tensors

/// The ends of the messages of one process.
final class MessageChannel: Sendable {
  /// What messages are about; those of different kinds never overtake each other's receivers.
  enum Tag: Int32 {
    /// Sums of gradients, on their way to the last process.
    case sums = 1
    /// Sums of all, on their way round.
    case totals
    /// Numbers and texts that are gathered.
    case gathered
    /// What became of a file.
    case file
    /// A process lives.
    case life
    /// A process has left.
    case left
  }

  /// This process, and how many there are.
  let rank: Int
  let size: Int
  /// What this process waits for.
  let waits = WaitRecord()
  /// Ends the job.
  let endJob = JobEnd()
  private let rounds = Atomic<Int32>(0)
  private let trainings = Atomic<Int>(0)

  init(rank: Int, size: Int) { (self.rank, self.size) = (rank, size) }

  /// A message under way, with the bytes that it is made of.
  struct Message {
    fileprivate var request: SmapMessage?
    /// What is sent, or has been received.
    let bytes: UnsafeMutableRawBufferPointer
  }

  /// A number for the messages of one exchange, the same in all processes that begin the same
  /// exchanges: those of another round are not received.
  func nextRound() -> Int32 {
    // Tags of all libraries of Open MPI have at least 23 bits; kinds of messages take three.
    rounds.wrappingAdd(1, ordering: .relaxed).newValue & 0xFFFF
  }

  /// The number of the next training in which this process takes part, from 1. One that catches a
  /// failure of its own is in another training than the others.
  func nextTraining() -> Int { trainings.wrappingAdd(1, ordering: .relaxed).newValue }

  private static func number(_ tag: Tag, _ round: Int32) -> Int32 { tag.rawValue + round << 3 }

  /// Starts to send a copy of bytes.
  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, _ tag: Tag) -> Message {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    copy.copyMemory(from: bytes)
    return start(copy, to: rank, tag)
  }

  /// Starts to send bytes that belong to the message from now on.
  func start(
    _ bytes: UnsafeMutableRawBufferPointer, to rank: Int, _ tag: Tag, round: Int32 = 0
  ) -> Message {
    let request = smap_mpi_send(
      Int32(SMAP_MPI_WORK), Int32(rank), MessageChannel.number(tag, round), bytes.baseAddress,
      bytes.count)
    return Message(request: request, bytes: bytes)
  }

  /// Starts to receive a message of a known size.
  func receive(_ count: Int, from rank: Int, _ tag: Tag, round: Int32 = 0) -> Message {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    let request = smap_mpi_receive(
      Int32(SMAP_MPI_WORK), Int32(rank), MessageChannel.number(tag, round), bytes.baseAddress,
      count)
    return Message(request: request, bytes: bytes)
  }

  /// Whether a message has been sent or received.
  func isDone(_ message: inout Message) -> Bool { smap_mpi_is_done(&message.request) == 1 }

  /// Whether a message has been sent; its bytes have been released then.
  func isReleased(_ message: Message) -> Bool {
    var message = message
    guard isDone(&message) else { return false }
    message.bytes.deallocate()
    return true
  }

  /// Waits for a message; `purpose` says what for.
  ///
  /// - Throws: what a stop throws; the message stays under way then.
  private func finish(_ message: inout Message, _ purpose: String) throws {
    var request = message.request
    defer { message.request = request }
    if smap_mpi_is_done(&request) == 1 { return }
    let bytes = message.bytes.count
    try Profile.measure(.exchange, operations: 0, bytes: bytes) {
      try wait(purpose, bytes: bytes) { smap_mpi_is_done(&request) == 1 ? () : nil }
    }
  }

  /// Waits for a message and releases its bytes.
  func complete(_ message: Message, _ purpose: String) throws {
    var message = message
    try finish(&message, purpose)
    message.bytes.deallocate()
  }

  /// Waits for a message whose size only the sender knows.
  func receiveAny(from rank: Int, _ tag: Tag, _ purpose: String) throws -> [UInt8] {
    let size = try wait(purpose, bytes: 0) { () -> Int64? in
      let size = smap_mpi_waiting(Int32(SMAP_MPI_WORK), Int32(rank), tag.rawValue)
      return size < 0 ? nil : size
    }
    var message = receive(Int(size), from: rank, tag)
    try finish(&message, purpose)
    defer { message.bytes.deallocate() }
    return Array(message.bytes)
  }

  private func wait<Result>(
    _ purpose: String, bytes: Int, _ poll: () throws -> Result?
  ) throws -> Result {
    var turn = 0
    defer { waits.end() }
    while true {
      if let found = try poll() { return found }
      turn += 1
      if turn == 1000 { waits.begin(purpose, bytes: bytes) }
      MessageChannel.pause(turn)
      if turn >= 1000, turn % 100 == 0 { try Stop.check() }
    }
  }

  /// Between two polls: often at first, as most answers come at once, and then every fifty
  /// microseconds.
  static func pause(_ turn: Int) { if turn < 1000 { sched_yield() } else { usleep(50) } }
}
