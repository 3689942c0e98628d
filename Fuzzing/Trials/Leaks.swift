// SPDX-License-Identifier: Apache-2.0
//
// Leak detection without a sanitizer: a program whose session has been freed must leave nothing
// behind. Memory in use is measured before and after. A first run may keep something for all that
// follow, such as a new name or a cached block, so a program only leaks if every further run keeps
// more.

import CAllocator
import Tensors

extension Trial {
  /// The number of repetitions before a leak is reported. The allocator's own caches grow too, but
  /// not every time.
  private static let attempts = 12

  /// Whether memory can be measured: not under AddressSanitizer, which has its own allocator and
  /// leak detection.
  public static var countsMemory: Bool {
    let before = bytesInUse
    let block = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
    defer { block.deallocate() }
    return bytesInUse > before
  }

  /// The least memory kept by any of the repetitions; 0 as soon as one kept none, which for most
  /// programs is the first.
  public static func bytesKept(by work: () -> Void) -> Int {
    var least = Int.max
    for attempt in 0..<attempts where least > 0 {
      // Cached tensor blocks count as in use, and which ones are reused depends on earlier runs.
      if attempt > 0 { MemoryBudget.releaseUnused() }
      let before = bytesInUse
      work()
      if attempt > 0 { MemoryBudget.releaseUnused() }
      least = min(least, bytesInUse - before)
    }
    return max(least, 0)
  }

  /// The allocator's memory in use, and tensor storages, which are cached above it.
  private static var bytesInUse: Int { allocator_bytes_in_use() + MemoryBudget.held }
}
