// SPDX-License-Identifier: Apache-2.0
//
// Notices a process that has stopped answering, as one that the system has paused or a machine that
// has lost its network: nothing else would end the wait of the others. A thread of each process
// tells the first process every second that it lives, and the first one tells all.

import CMPI
import Glibc
import Synchronization

/// The beats that the processes of a job send each other.
final class Heartbeat: Sendable {
  private let channel: MessageChannel
  private let isOver = Atomic<Bool>(false)
  /// The processes that have left the job.
  private let departed = Mutex<Set<Int>>([])
  private let onSilence: @Sendable (_ rank: Int) -> Void

  /// Seconds between two beats, and after how many a process counts as lost.
  private static let interval = 1.0
  private static let patience = 8.0

  /// Starts to send beats; `onSilence` is called, on another thread, for a process that has sent
  /// none for too long.
  init(_ channel: MessageChannel, onSilence: @escaping @Sendable (_ rank: Int) -> Void) {
    (self.channel, self.onSilence) = (channel, onSilence)
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
    let limit = Heartbeat.now() + seconds
    while Heartbeat.now() < limit {
      for peer in peers where channel.hears(peer, .left) { note(departed: peer) }
      if departed.withLock({ $0.count }) == peers.count { return true }
      usleep(10_000)
    }
    return false
  }

  private func note(departed peer: Int) { departed.withLock { _ = $0.insert(peer) } }

  /// The processes that this one hears.
  private var peers: [Int] { channel.rank == 0 ? Array(1..<channel.size) : [0] }

  private func run() {
    var heard = Dictionary(uniqueKeysWithValues: peers.map { ($0, Heartbeat.now()) })
    var told = 0.0
    while !isOver.load(ordering: .sequentiallyConsistent) {
      let now = Heartbeat.now()
      if now - told >= Heartbeat.interval {
        for peer in heard.keys { channel.tell(peer, .life) }
        // After a pause of this process the others are not to blame.
        if told > 0, now - told > 3 * Heartbeat.interval {
          for peer in heard.keys { heard[peer] = now }
        }
        told = now
      }
      for (peer, last) in heard {
        if channel.hears(peer, .left) {
          heard[peer] = nil
          note(departed: peer)
        } else if channel.hears(peer, .life) {
          heard[peer] = now
        } else if now - last > Heartbeat.patience {
          onSilence(peer)
          return
        }
      }
      usleep(200_000)
    }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension MessageChannel {
  /// Sends an empty message, for which nobody waits.
  fileprivate func tell(_ rank: Int, _ tag: Tag) {
    var message = smap_mpi_send(Int32(SMAP_MPI_LIFE), Int32(rank), tag.rawValue, nil, 0)
    // Messages without content are handed over at once.
    _ = smap_mpi_is_done(&message)
  }

  /// Whether empty messages have arrived; they are received.
  fileprivate func hears(_ rank: Int, _ tag: Tag) -> Bool {
    var isFound = false
    while smap_mpi_waiting(Int32(SMAP_MPI_LIFE), Int32(rank), tag.rawValue) >= 0 {
      var message = smap_mpi_receive(Int32(SMAP_MPI_LIFE), Int32(rank), tag.rawValue, nil, 0)
      while smap_mpi_is_done(&message) == 0 { sched_yield() }
      isFound = true
    }
    return isFound
  }
}
