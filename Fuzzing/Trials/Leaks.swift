// SPDX-License-Identifier: Apache-2.0
//
// The law that a program whose session is gone leaves nothing behind, looked at without a sanitizer: memory
// in use is counted before and after. A first run may keep something for all that follow, such as
// a name that was new or a block of a cache, so a program only leaks if run after run keeps more.

import CAllocator
import Tensors

extension Trial {
  /// How often something is done again before it is said to leak. The allocator's own caches grow too,
  /// but not every time.
  private static let attempts = 12

  /// Whether memory can be counted: not under AddressSanitizer, which has an allocator of its own and its
  /// own search for leaks.
  public static var countsMemory: Bool {
    let before = bytesInUse
    let block = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
    defer { block.deallocate() }
    return bytesInUse > before
  }

  /// The least memory that was kept when something was done again and again; 0 as soon as one time kept
  /// none, which for most programs is the first.
  public static func bytesKept(by work: () -> Void) -> Int {
    var least = Int.max
    for attempt in 0..<attempts where least > 0 {
      // Blocks that wait for the next tensor count as in use, and which ones are taken from there depends
      // on what was done before.
      if attempt > 0 { MemoryBudget.releaseUnused() }
      let before = bytesInUse
      work()
      if attempt > 0 { MemoryBudget.releaseUnused() }
      least = min(least, bytesInUse - before)
    }
    return max(least, 0)
  }

  /// What the allocator has given out, and storages of tensors, which come from a cache over it.
  private static var bytesInUse: Int { allocator_bytes_in_use() + MemoryBudget.held }
}
