// SPDX-License-Identifier: Apache-2.0
//
// Functions of scripts as values, and the variables that they share.

import CMachine

/// A variable that closures share.
public final class Cell {
  @exclusivity(unchecked) var value: Value
  /// The entry of the cell in the watch list; 0 if it is not watched. A full word, so that it is
  /// not placed in the tail padding of the value.
  @exclusivity(unchecked) var watch: UInt = 0

  init(_ value: Value) { self.value = value }

  deinit {
    if watch != 0 { WatchList.remove(UInt32(truncatingIfNeeded: watch)) }
    Teardown.release(&value)
  }

  /// The value as a slot: it follows the object header.
  @inline(__always) var slot: UnsafeMutablePointer<Slot> {
    (Unmanaged.passUnretained(self).toOpaque() + Cell.headerSize)
      .assumingMemoryBound(to: Slot.self)
  }

  /// The size of the metadata pointer and the reference count.
  private static var headerSize: Int { 2 * MemoryLayout<UInt>.size }
}

/// A script function together with its captured variables.
public final class Closure {
  // The machine accesses the first four by their offsets.
  /// The part of the code that frames use, without touching the reference count of `code`.
  let layout: UnsafeMutablePointer<CodeLayout>
  let captured: UnsafeMutablePointer<Value>
  let capturedCount: Int
  /// A mark for the cycle collector; functions are never watched.
  @exclusivity(unchecked) var watch: UInt = 0
  let code: Prototype

  /// Makes a closure with space for its captures, which the caller initialises at once.
  init(code: Prototype, capturing count: Int) {
    self.code = code
    layout = code.layout
    capturedCount = count
    captured = .allocate(capacity: count)
  }

  deinit {
    Teardown.release(captured, count: capturedCount)
    captured.deallocate()
  }

  /// Releases what the function captured; it cannot be called afterwards.
  func removeCaptures() {
    for index in 0..<capturedCount { captured[index] = .nil }
  }

  /// Empties the closure, whose reference must be unique, and returns what it captured.
  func takeCaptures() -> [Value] {
    let values = Array(UnsafeBufferPointer(start: captured, count: capturedCount))
    for index in 0..<capturedCount { captured[index] = .nil }
    return values
  }

  /// The name of the function, or `fn` for a lambda.
  public var name: String { code.name }
  /// The header as `help` prints it: `normalize(x: tensor, eps = 1e-6)`.
  public var signature: String { code.signatureText }
  /// The `##` lines above the declaration.
  public var documentation: String { code.documentation }
}
