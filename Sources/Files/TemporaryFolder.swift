// SPDX-License-Identifier: Apache-2.0
//
// Where files are put that are needed for a moment.

import Glibc

/// The folder for files that are needed for a moment.
public enum TemporaryFolder {
  /// `TMPDIR`, or `/tmp` if that is not set, or empty: an empty path would mean the root.
  public static var path: String {
    guard let value = getenv("TMPDIR"), value.pointee != 0 else { return "/tmp" }
    return String(cString: value)
  }
}
