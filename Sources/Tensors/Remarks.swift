// SPDX-License-Identifier: Apache-2.0
//
// What the tensor library has to say to the person who uses the program, and that is no error.

import Synchronization

/// Remarks of the tensor library.
public enum Remarks {
  /// A function that is the value of a mutex itself is wrapped once more by each access.
  private struct Receiver: Sendable {
    var take: @Sendable (String) -> Void
  }
  private static let current = Mutex(Receiver { _ in })

  /// Where remarks go, one sentence each without a full stop; at first, nowhere. It may be called
  /// on any thread.
  public static var receive: @Sendable (String) -> Void {
    get { current.withLock { $0.take } }
    set { current.withLock { $0.take = newValue } }
  }
}
