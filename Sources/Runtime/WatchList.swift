// SPDX-License-Identifier: Apache-2.0
//
// The containers of all sessions that are watched because a reference cycle may go through them
// (see `Cycles.swift`).
//
// The list holds no references: a container that is freed removes itself. It stores the number of
// its entry, not its session, so entries are allocated in chunks that are never moved or freed, and
// each chunk belongs to one session at a time. Only taking and returning chunks needs a lock.

import CMachine
import Glibc
import Synchronization

/// The entries of watched containers.
enum WatchList {
  /// The entries per chunk.
  static let chunkSize = 1 << 12
  private static let maximumChunks = 1 << 16

  /// The chunks by their numbers, which begin at 1: the number 0 means that a container is not
  /// watched.
  private nonisolated(unsafe) static let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Slot>?> =
    {
      // Most of it is never touched; zeros are null pointers.
      typealias Chunk = UnsafeMutablePointer<Slot>?
      guard let table = calloc(maximumChunks, MemoryLayout<Chunk>.stride) else {
        return .allocate(capacity: 0)
      }
      return table.bindMemory(to: Chunk.self, capacity: maximumChunks)
    }()

  /// The unused chunks, and the total number of chunks.
  private static let pool = Mutex<(unused: [Int], count: Int)>(([], 0))

  /// The number of an unused chunk, whose entries are all empty; nil if there are no more.
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

  /// Returns a chunk whose entries are all empty.
  static func returnChunk(_ number: Int) {
    pool.withLock { $0.unused.append(number) }
  }

  /// The entries of a chunk.
  static func places(ofChunk number: Int) -> UnsafeMutableBufferPointer<Slot> {
    UnsafeMutableBufferPointer(start: chunks[number], count: chunks[number] == nil ? 0 : chunkSize)
  }

  /// The number of an entry in a chunk.
  static func number(_ place: Int, inChunk chunk: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: chunk * chunkSize + place)
  }

  /// Stores a container in an empty entry.
  static func put(_ container: Slot, at number: UInt32) {
    chunks[Int(number) / chunkSize]?[Int(number) % chunkSize] = container
  }

  /// Empties the entry of a container.
  @inline(never) static func remove(_ number: UInt32) { put(.nil, at: number) }
}
