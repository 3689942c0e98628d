// SPDX-License-Identifier: Apache-2.0
//
// What the tensor library has to say to the person who uses the program, and that is no error.

import Synchronization

/// Remarks of the tensor library.
public enum Remarks {
  private static let current = Mutex<@Sendable (String) -> Void>({ _ in })

  /// Where remarks go, one sentence each without a full stop; at first, nowhere. It may be called
  /// on any thread.
  public static var receive: @Sendable (String) -> Void {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }
}
