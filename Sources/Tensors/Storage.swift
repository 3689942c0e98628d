// SPDX-License-Identifier: Apache-2.0
//
// The memory of tensors: one aligned block of floats per storage, counted against a limit. Linux
// overcommits memory, so a refused allocation must be our own decision, before the block is
// touched.

import CKernels
import Glibc
import Synchronization

/// The number of bytes that all tensors together may hold, and that they hold now.
public enum MemoryBudget {
  private static let limitBytes = Atomic<Int>(firstLimit())
  private static let heldBytes = Atomic<Int>(0)
  private static let peakBytes = Atomic<Int>(0)

  /// Three quarters of what this process may take.
  private static func firstLimit() -> Int {
    let limit = available / 4 * 3
    keepBlocks(below: limit)
    return limit
  }

  /// The memory that this process may take: the machine's, or what its control groups allow, which
  /// is how containers are limited.
  public static var available: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    let machine = pages > 0 && pageSize > 0 ? pages * pageSize : 8 << 30
    return min(machine, quota() ?? machine)
  }

  /// The memory that the control groups of this process allow, in bytes, or nil without a limit.
  ///
  /// A process that exceeds it is killed without a message. `root` is put before `/proc` and
  /// `/sys`.
  public static func quota(root: String = "") -> Int? {
    let quota = smap_memory_quota(root)
    return quota > 0 ? quota : nil
  }

  /// Freed blocks that wait for reuse do not count as held, so they are few where memory is little.
  private static func keepBlocks(below limit: Int) {
    smap_keep_at_most(min(limit / 4, 512 << 20))
  }

  /// The largest number of bytes that tensors may hold at once; at the start three quarters of
  /// `available`.
  public static var limit: Int {
    get { limitBytes.load(ordering: .relaxed) }
    set {
      limitBytes.store(max(newValue, 0), ordering: .relaxed)
      keepBlocks(below: max(newValue, 0))
    }
  }

  /// The number of bytes that tensors hold now.
  public static var held: Int { heldBytes.load(ordering: .relaxed) }

  /// The largest number of bytes held at once so far.
  public static var peak: Int { peakBytes.load(ordering: .relaxed) }

  /// The most bytes that tensors hold while `body` runs, beyond those that they held before; what
  /// other threads allocate counts as well.
  package static func peak(during body: () throws -> Void) rethrows -> Int {
    let (before, highest) = (held, peak)
    peakBytes.store(before, ordering: .relaxed)
    defer { peakBytes.store(max(highest, peak), ordering: .relaxed) }
    try body()
    return peak - before
  }

  /// The number of bytes that tensors may still take.
  package static var room: Int { max(0, limit - held) }

  /// Returns cached memory to the system.
  public static func releaseUnused() { smap_release_memory() }

  /// Makes threads started from now on share the malloc arena of the first, which grows in larger
  /// steps than theirs would; for programs whose work runs on one thread other than the first.
  public static func useOneHeap() { smap_use_one_heap() }

  /// Throws a LimitError unless so many bytes of memory, and some more, could be allocated now: for
  /// Swift arrays, whose allocation cannot fail gracefully.
  package static func requireRoom(forArrays bytes: Int) throws {
    guard bytes >= 1 << 20 else { return }
    let (size, overflow) = bytes.addingReportingOverflow(1 << 23)
    guard !overflow, let block = malloc(size) else {
      throw TensorError.limit("the machine has no \(describeBytes(bytes)) of memory left")
    }
    free(block)
  }

  fileprivate static func claim(_ bytes: Int) throws {
    let now = heldBytes.add(bytes, ordering: .relaxed).newValue
    let allowed = limit
    guard now <= allowed else {
      heldBytes.subtract(bytes, ordering: .relaxed)
      throw TensorError.limit(
        "this session may hold \(describeBytes(allowed)) of tensors; "
          + "\(describeBytes(bytes)) more were asked for")
    }
    if now > peakBytes.load(ordering: .relaxed) { peakBytes.store(now, ordering: .relaxed) }
  }

  fileprivate static func release(_ bytes: Int) {
    heldBytes.subtract(bytes, ordering: .relaxed)
  }
}

/// Bytes of arrays that count against the limit during the lifetime of this object.
package final class MemoryCharge: Sendable {
  private let bytes: Int

  /// Throws a LimitError if so many bytes exceed the limit, or the system refuses them.
  package init(bytes: Int) throws {
    try MemoryBudget.claim(bytes)
    do {
      try MemoryBudget.requireRoom(forArrays: bytes)
    } catch {
      MemoryBudget.release(bytes)
      throw error
    }
    self.bytes = bytes
  }

  deinit { MemoryBudget.release(bytes) }

  /// Counts so many doubles of workspace while `body` runs.
  package static func during<Result>(
    doubles: Int, _ body: () throws -> Result
  ) throws -> Result {
    let charge = try MemoryCharge(bytes: max(doubles, 0) * MemoryLayout<Double>.stride)
    return try withExtendedLifetime(charge) { try body() }
  }
}

/// `3.2 GB`, `12 kB`: a byte count with a unit.
public func describeBytes(_ bytes: Int) -> String {
  let units = ["bytes", "kB", "MB", "GB", "TB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 1000, unit + 1 < units.count {
    value /= 1000
    unit += 1
  }
  if unit == 0 { return "\(bytes) bytes" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// A block of floats, aligned to 64 bytes, freed with its last owner.
///
/// A storage is written only while it is being created, or while one tensor alone references it;
/// after that it is read-only and may be shared between threads.
public final class Storage: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Float>
  package let count: Int

  /// Allocates `count` floats without initialising them.
  package init(uninitialized count: Int) throws {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    try MemoryBudget.claim(bytes)
    guard let raw = smap_take_block(bytes) else {
      MemoryBudget.release(bytes)
      throw TensorError.limit("the machine has no \(describeBytes(bytes)) of memory left")
    }
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  package convenience init(repeating value: Float, count: Int) throws {
    try self.init(uninitialized: count)
    try Storage.forEachPiece(of: count) {
      (pointer + $0).update(repeating: value, count: $1)
    }
  }

  package convenience init(copying other: Storage) throws {
    try self.init(uninitialized: other.count)
    try Storage.forEachPiece(of: count) {
      (pointer + $0).update(from: other.pointer + $0, count: $1)
    }
  }

  /// Calls `body` with the start and length of pieces, and polls for a stop between them.
  package static func forEachPiece(of count: Int, _ body: (Int, Int) -> Void) throws {
    let length = 1 << 20
    for start in stride(from: 0, to: count, by: length) {
      if start > 0 { try Stop.check() }
      body(start, min(length, count - start))
    }
  }

  deinit {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    MemoryBudget.release(bytes)
    smap_return_block(pointer)
  }
}
