// SPDX-License-Identifier: Apache-2.0
//
// A thread whose stack is large enough for the deepest programs: the parser, the compiler and calls
// from built-ins back into scripts recurse on the native stack. Where a limit on the address space
// (ulimit -v) leaves no room for the largest size, smaller ones are tried.

import Glibc
import Runtime
import Tensors

/// Runs work on a thread with a large stack.
public enum LargeStack {
  /// The sizes that are tried for the stack of the interpreter's thread.
  private static let stackSizes = [512 << 20, 64 << 20, 8 << 20]

  /// Runs `body` on a thread whose stack is large enough for the deepest of programs, and returns
  /// its exit code; `body` is given the size of the stack.
  public static func run(_ body: @escaping (Int) -> Int32) -> Int32 {
    MemoryBudget.useOneHeap()
    let task = Task(body)
    for size in stackSizes where hasRoom(size + workingSpace) {
      if let code = task.run(stackSize: size) { return code }
    }
    guard hasRoom(workingSpace) else {
      Diagnostics.say(
        "smap: the address space is too small: under a limit (ulimit -v), smap needs about 150 MB")
      return 75
    }
    return task.body(StackSizes.ofThisThread)
  }

  /// The memory of a fresh session, registers and cells included: a stack must leave that much.
  private static let workingSpace = 64 << 20

  /// Whether that many bytes of address space are left.
  private static func hasRoom(_ bytes: Int) -> Bool {
    guard let probe = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      probe != MAP_FAILED
    else { return false }
    munmap(probe, bytes)
    return true
  }

  /// Work for another thread, and its result.
  private final class Task: @unchecked Sendable {
    let body: (Int) -> Int32
    private var stackSize = 0
    private var result: Int32 = 70

    init(_ body: @escaping (Int) -> Int32) { self.body = body }

    /// Runs the body on a thread with a stack of that size; nil if no such thread can be created.
    func run(stackSize: Int) -> Int32? {
      self.stackSize = stackSize
      var attributes = pthread_attr_t()
      guard pthread_attr_init(&attributes) == 0 else { return nil }
      defer { pthread_attr_destroy(&attributes) }
      guard pthread_attr_setstacksize(&attributes, stackSize) == 0 else { return nil }
      var thread = pthread_t()
      let context = Unmanaged.passRetained(self)
      let failed = pthread_create(
        &thread, &attributes,
        { @Sendable context in
          guard let context else { return nil }
          let task = Unmanaged<Task>.fromOpaque(context).takeRetainedValue()
          task.result = task.body(task.stackSize)
          return nil
        }, context.toOpaque())
      guard failed == 0 else {
        context.release()
        return nil
      }
      pthread_join(thread, nil)
      return result
    }
  }

  private enum StackSizes {
    static let ofThisThread = 8 << 20
  }
}
