// SPDX-License-Identifier: Apache-2.0
//
// The containers of all sessions that are watched because a circle of references may go through
// them (see `Cycles.swift`).
//
// The list holds no references: a container that dies takes itself out. It knows the number of its
// place, not its session, so places lie in chunks that are never moved or given back to the system, and
// each chunk belongs to one session at a time. Only taking and returning chunks needs a lock.

import CMachine
import Glibc
import Synchronization

/// Places for watched containers.
enum WatchList {
  /// The places in a chunk.
  static let chunkSize = 1 << 12
  private static let maximumChunks = 1 << 16

  /// The chunks by their numbers, which begin at 1: the number 0 means that something is not watched.
  private nonisolated(unsafe) static let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Slot>?> =
    {
      // Most of it is never touched; zeros are the pointer to nothing.
      typealias Chunk = UnsafeMutablePointer<Slot>?
      guard let table = calloc(maximumChunks, MemoryLayout<Chunk>.stride) else {
        return .allocate(capacity: 0)
      }
      return table.bindMemory(to: Chunk.self, capacity: maximumChunks)
    }()

  /// The chunks that no session has, and how many there are in all.
  private static let pool = Mutex<(unused: [Int], count: Int)>(([], 0))

  /// The chunk of an unused number, whose places are all empty; nil if there are no more.
  static func takeChunk() -> Int? {
    pool.withLock { pool in
      if let number = pool.unused.popLast() { return number }
      guard pool.count + 1 < maximumChunks else { return nil }
      pool.count += 1
      let chunk = UnsafeMutablePointer<Slot>.allocate(capacity: chunkSize)
      chunk.initialize(repeating: .nil, count: chunkSize)
      chunks[pool.count] = chunk
      return pool.count
    }
  }

  /// Gives back a chunk whose places are all empty.
  static func returnChunk(_ number: Int) {
    pool.withLock { $0.unused.append(number) }
  }

  /// The places of a chunk.
  static func places(ofChunk number: Int) -> UnsafeMutableBufferPointer<Slot> {
    UnsafeMutableBufferPointer(start: chunks[number], count: chunks[number] == nil ? 0 : chunkSize)
  }

  /// The number of a place in a chunk.
  static func number(_ place: Int, inChunk chunk: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: chunk * chunkSize + place)
  }

  /// Puts a container in an empty place.
  static func put(_ container: Slot, at number: UInt32) {
    chunks[Int(number) / chunkSize]?[Int(number) % chunkSize] = container
  }

  /// Empties the place of a container.
  @inline(never) static func remove(_ number: UInt32) { put(.nil, at: number) }
}
