// SPDX-License-Identifier: Apache-2.0
//
// The temporary file that is being written, in a form that a signal handler can use: a process that
// receives a second termination signal removes the file instead of leaving it to the next save.

import Glibc
import Synchronization

/// The temporary file that is being written now, if there is one.
public enum UnfinishedFile {
  /// The folder, as a descriptor; -1 while nothing is written.
  private static let folder = Atomic<Int32>(-1)
  private static let longestName = 255
  /// The name in the folder, ended by a NUL.
  private nonisolated(unsafe) static let name = UnsafeMutablePointer<CChar>.allocate(
    capacity: longestName + 1)

  /// Records a file that has just been created; a second one at the same time is not recorded.
  static func begin(_ entry: String, in descriptor: borrowing Descriptor) {
    let bytes = entry.utf8.prefix(longestName)
    guard folder.load(ordering: .relaxed) < 0 else { return }
    for (index, byte) in bytes.enumerated() { name[index] = CChar(truncatingIfNeeded: byte) }
    name[bytes.count] = 0
    folder.store(descriptor.number, ordering: .releasing)
  }

  /// Records that the file has its final name or has been removed.
  static func end() { folder.store(-1, ordering: .releasing) }

  /// Whether a file is being written; safe in signal handlers.
  public static var exists: Bool { folder.load(ordering: .acquiring) >= 0 }

  /// Removes the file, before the process ends; safe in signal handlers.
  public static func remove() {
    let descriptor = folder.load(ordering: .acquiring)
    if descriptor >= 0 { unlinkat(descriptor, name, 0) }
  }
}
