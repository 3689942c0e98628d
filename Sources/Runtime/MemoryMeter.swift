// SPDX-License-Identifier: Apache-2.0
//
// How much memory scripts hold, as the system reports it. Tensors are counted one by one against
// the limit; lists, strings and records are too many and too small for that. So the size of the
// whole process is measured instead, periodically: a session claims what it is about to allocate,
// and after every few megabytes claimed the meter is read. What the process held before the session
// does not count.
//
// A machine that runs out of memory kills the process without a message, so the check comes before
// the allocation, and cached memory is returned to the system before a script fails. A system that
// refuses memory at some size (`ulimit -v`) ends the process too, since allocation of a Swift
// object cannot fail; so the check considers that limit as well.

import Glibc
import Tensors

/// Reads the size of this process.
public enum MemoryMeter {
  /// The system's statistics of this process; opened once, since a sandbox may hide it later.
  private static let account = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
  private static let pageSize = max(1, sysconf(Int32(_SC_PAGESIZE)))

  /// The memory of this process in bytes, as the system reports it.
  struct Usage {
    var addressSpace = 0
    var resident = 0
  }

  /// The limit on the address space in bytes, if there is one.
  static let addressLimit: Int? = {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return nil }
    return Int(exactly: limit.rlim_cur)
  }()

  /// The resident bytes of this process; 0 where the system does not report them.
  public static var resident: Int { usage.resident }

  /// The size of this process now; zeros where the system does not report it.
  static var usage: Usage {
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
      let count = pread(account, buffer.baseAddress, buffer.count, 0)
      guard count > 0 else { return Usage() }
      // Two numbers in pages: the address space, and the resident part.
      let fields = buffer[..<count].split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard fields.count > 1, let space = bytes(fields[0]), let resident = bytes(fields[1]) else {
        return Usage()
      }
      return Usage(addressSpace: space, resident: resident)
    }
  }

  /// The bytes of a number of pages in digits.
  private static func bytes(_ digits: Slice<UnsafeMutableRawBufferPointer>) -> Int? {
    var pages = 0
    for digit in digits {
      guard (48...57).contains(digit), pages < 1 << 40 else { return nil }
      pages = pages * 10 + Int(digit) - 48
    }
    return pages * pageSize
  }
}

/// What one session has claimed since the meter was last read.
struct MemoryClaims {
  private var unchecked = 0
  private var baseline: Int
  /// The memory held at the last reading, beyond the initial amount.
  private(set) var resident = 0

  /// Bytes claimed between two readings of the meter.
  private static let interval = 4 << 20
  /// Address space reserved for unclaimed allocations, such as spare capacity of lists.
  private static let reserve = 32 << 20
  /// Bytes that a loop iteration or a call may allocate in small pieces without a claim.
  static let bytesPerStep = 256

  init() { baseline = MemoryMeter.resident }

  /// Claims `bytes` to be allocated; throws a LimitError when they would exceed a limit.
  mutating func add(_ bytes: Int) throws {
    unchecked = unchecked.addingReportingOverflow(bytes).partialValue
    guard unchecked < 0 || unchecked >= MemoryClaims.interval else { return }
    unchecked = 0
    if refusal(of: bytes) == nil { return }
    MemoryBudget.releaseUnused()
    if let error = refusal(of: bytes) { throw error }
  }

  /// Why so many bytes exceed a limit; nil if they do not.
  private mutating func refusal(of bytes: Int) -> ScriptError? {
    let usage = MemoryMeter.usage
    resident = usage.resident - baseline
    let wanted = resident.addingReportingOverflow(bytes).partialValue
    if bytes > MemoryBudget.limit || wanted > MemoryBudget.limit {
      return ScriptError.limit(
        "this session may hold \(describeBytes(MemoryBudget.limit)) of memory, which is used up",
        hint: "see sys.limits(); --max-memory sets it", isCatchable: true)
    }
    if let limit = MemoryMeter.addressLimit,
      usage.addressSpace + MemoryClaims.reserve > limit - bytes
    {
      return ScriptError.limit(
        "the system gives this process \(describeBytes(limit)) of memory, which are used up",
        hint: "`ulimit -v` sets it", isCatchable: true)
    }
    return nil
  }
}

extension Session {
  /// The size of one element of a list.
  static let elementBytes = MemoryLayout<Value>.stride
  /// The size of a field of a large record: name, value, and its index entry.
  static let fieldBytes = 64
  /// Bytes whose creation counts as one step.
  private static let bytesPerWork = 1 << 10

  /// Claims work on `bytes` of lists or strings: it counts as steps and against the memory.
  ///
  /// Built-ins call it before they create something whose size a script decides.
  public func claim(bytes: Int) throws {
    guard bytes >= 0 else { throw ScriptError.limit("this is too large", isCatchable: true) }
    if bytes >= Session.bytesPerWork { try countWork(bytes / Session.bytesPerWork) }
    try claims.add(bytes)
  }

  /// Claims the growth of something that grows piece by piece, from one size to another.
  ///
  /// Strings and records double their capacity at times. While they do, old and new block are
  /// allocated; that much is claimed each time they have grown by an eighth.
  func claimGrowth(from before: Int, to after: Int) throws {
    guard after >= 1 << 20 else { return }
    let eighth = Int.bitWidth - after.leadingZeroBitCount - 4
    if before >> eighth != after >> eighth { try claims.add(after / 4 * 9) }
  }

  /// Claims a list of `count` elements, each with `bytesEach` besides its slot.
  public func claim(elements count: Int, bytesEach: Int = 0) throws {
    guard count <= Session.maximumListCount else {
      throw ScriptError.limit(
        "a list of \(count) elements is too long", hint: "keep it as a range", isCatchable: true)
    }
    try claim(bytes: count * (Session.elementBytes + bytesEach))
  }

  /// Claims a string of so many bytes.
  public func claim(stringBytes count: Int) throws {
    guard count <= Session.maximumStringBytes else {
      throw ScriptError.limit("this string is longer than 256 MB", isCatchable: true)
    }
    try claim(bytes: count)
  }
}
