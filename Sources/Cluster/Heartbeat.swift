// SPDX-License-Identifier: Apache-2.0
//
// Notices what nothing else would end: a process that has stopped answering, as one that the system
// has paused or a machine that has lost its network, and processes that wait for each other in
// vain, since a script has taken other ways in them. A thread of each process tells the first
// process every second that it lives and what it waits for, if it has for long; the first one
// tells all that it lives.

import CMPI
import Glibc
import Synchronization

/// The beats that the processes of a job send each other.
final class Heartbeat: Sendable {
  private let channel: MessageChannel
  private let isOver = Atomic<Bool>(false)
  /// The processes that have left the job, and when.
  private let departed = Mutex<[Int: Double]>([:])

  /// Seconds between two beats, and after how many a process counts as lost.
  private static let interval = 1.0
  private static let patience = 8.0

  /// Starts to send beats.
  init(_ channel: MessageChannel) {
    self.channel = channel
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Heartbeat>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    pthread_detach(thread)
  }

  /// Ends the beats of this process; the others no longer wait for them.
  func end() {
    isOver.store(true, ordering: .sequentiallyConsistent)
    for peer in peers { channel.tell(peer, .left) }
  }

  /// Waits, after the end, until all that this one hears have left as well; false if they have not
  /// within so many seconds.
  func othersLeave(within seconds: Double) -> Bool {
    let limit = monotonicSeconds() + seconds
    while monotonicSeconds() < limit {
      for peer in peers where channel.hears(peer, .left) != nil { note(departed: peer) }
      if departed.withLock({ $0.count }) == peers.count { return true }
      usleep(10_000)
    }
    return false
  }

  private func note(departed peer: Int) { departed.withLock { $0[peer] = monotonicSeconds() } }

  /// The processes that this one hears.
  private var peers: [Int] { channel.rank == 0 ? Array(1..<channel.size) : [0] }

  /// What has been heard of a process: when it last said that it lives, and what it waits for.
  private struct Peer {
    var last: Double
    var stuck: String?
  }

  private func run() {
    var heard = Dictionary(
      uniqueKeysWithValues: peers.map { ($0, Peer(last: monotonicSeconds())) })
    var told = 0.0
    var turnsInVain = 0
    while !isOver.load(ordering: .sequentiallyConsistent) {
      let now = monotonicSeconds()
      if now - told >= Heartbeat.interval {
        for peer in heard.keys { channel.tell(peer, .life, channel.waits.stuck ?? "") }
        // After a pause of this process the others are not to blame.
        if told > 0, now - told > 3 * Heartbeat.interval {
          for peer in heard.keys { heard[peer]?.last = now }
        }
        told = now
      }
      for (peer, state) in heard {
        if channel.hears(peer, .left) != nil {
          heard[peer] = nil
          note(departed: peer)
        } else if let stuck = channel.hears(peer, .life) {
          heard[peer] = Peer(last: now, stuck: stuck.isEmpty ? nil : stuck)
        } else if now - state.last > Heartbeat.patience {
          let reason = "process \(peer) of \(channel.size) has not answered for 8 seconds"
          return channel.endJob("\(reason); the job ends", code: JobEnd.lostProcess)
        }
      }
      // After a pause of the whole job, what was heard before it counts no longer.
      let reason = waitInVain(heard)
      turnsInVain = reason == nil ? 0 : turnsInVain + 1
      if let reason, turnsInVain > 8 {
        return channel.endJob("\(reason); the job ends", code: JobEnd.fault)
      }
      usleep(200_000)
    }
  }

  /// Why this process and all others wait for ever, if they do.
  private func waitInVain(_ heard: [Int: Peer]) -> String? {
    // A process that fails says so itself; and its last messages may still be under way.
    let limit = monotonicSeconds() - WaitRecord.farewell
    let gone = departed.withLock { $0.filter { $0.value < limit }.keys.min() }
    if let gone, let purpose = channel.waits.forsaken {
      return "process \(gone) of \(channel.size) has ended, but process \(channel.rank) waits "
        + "for it in \(purpose)"
    }
    guard channel.rank == 0, heard.count == channel.size - 1, let own = channel.waits.stuck else {
      return nil
    }
    var waits = ["process 0 in \(own)"]
    for (rank, peer) in heard.sorted(by: { $0.key < $1.key }) {
      guard let stuck = peer.stuck else { return nil }
      waits.append("process \(rank) in \(stuck)")
    }
    return "the processes wait for each other, \(waits.joined(separator: ", ")): all must make the "
      + "same calls in the same order"
  }
}

extension MessageChannel {
  /// Sends a short text, for which nobody waits.
  fileprivate func tell(_ rank: Int, _ tag: Tag, _ text: String = "") {
    var text = text
    text.withUTF8 { text in
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
      bytes.copyMemory(from: UnsafeRawBufferPointer(text))
      var message = smap_mpi_send(
        Int32(SMAP_MPI_LIFE), Int32(rank), tag.rawValue, bytes.baseAddress, bytes.count)
      // Messages that are this short are handed over at once. Those that are not, since the other
      // process is lost, keep their bytes.
      if smap_mpi_is_done(&message) == 1 { bytes.deallocate() }
    }
  }

  /// The latest of the texts that have arrived, nil if none has; they are received.
  fileprivate func hears(_ rank: Int, _ tag: Tag) -> String? {
    var found: String?
    while true {
      let size = smap_mpi_waiting(Int32(SMAP_MPI_LIFE), Int32(rank), tag.rawValue)
      guard size >= 0 else { return found }
      found = String(unsafeUninitializedCapacity: Int(size)) { room in
        var message = smap_mpi_receive(
          Int32(SMAP_MPI_LIFE), Int32(rank), tag.rawValue, room.baseAddress, Int(size))
        while smap_mpi_is_done(&message) == 0 { sched_yield() }
        return Int(size)
      }
    }
  }
}
