// SPDX-License-Identifier: Apache-2.0
//
// Memory of the machine: a block of registers that never moves, and a measure of how much of the
// native stack is left. The system allocates pages of the block only when they are touched.

import Glibc

/// The block of registers.
enum RegisterFile {
  /// Reserves registers, each of which holds a valid value.
  static func reserve(_ count: Int) -> UnsafeMutablePointer<Value> {
    let size = count * MemoryLayout<Value>.stride
    if zeroIsNumber,
      let raw = mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      raw != MAP_FAILED
    {
      return raw.bindMemory(to: Value.self, capacity: count)
    }
    let registers = UnsafeMutablePointer<Value>.allocate(capacity: count)
    registers.initialize(repeating: .nil, count: count)
    return registers
  }

  /// Frees what `reserve` returned; only plain values may be left in it.
  static func release(_ registers: UnsafeMutablePointer<Value>, _ count: Int) {
    if zeroIsNumber {
      munmap(registers, count * MemoryLayout<Value>.stride)
    } else {
      registers.deinitialize(count: count)
      registers.deallocate()
    }
  }

  /// Whether memory full of zeros reads as the number 0, as it does while `number` is the first
  /// case of `Value`.
  static let zeroIsNumber: Bool = {
    let number = Value.number(0)
    return withUnsafeBytes(of: number) { bytes in
      bytes.prefix(MemoryLayout<Value>.size).allSatisfy { $0 == 0 }
    }
  }()
}

/// Detects that the native stack of the running thread is nearly used up.
///
/// Only the size of the stack is known, not where it begins, so the point from which a session is
/// used is assumed to be its beginning.
struct StackGuard {
  private let lowest: UInt

  /// The reserve for built-ins and for the host's frames below the session.
  private static let reserve = 256 << 10

  /// Starts measuring here, for a stack of `size` bytes.
  init(size: Int) {
    let usable = UInt(max(0, size - StackGuard.reserve))
    let here = StackGuard.address
    lowest = here > usable ? here - usable : 0
  }

  /// The system's default stack size for threads, typically 8 MB.
  static let defaultSize: Int = {
    var attributes = pthread_attr_t()
    var size = 0
    guard pthread_attr_init(&attributes) == 0 else { return 1 << 20 }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_getstacksize(&attributes, &size) == 0 else { return 1 << 20 }
    return size
  }()

  private static var address: UInt {
    var here: UInt8 = 0
    return withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
  }

  /// Whether less than the reserve is left.
  var isNearEnd: Bool { StackGuard.address < lowest }
}
