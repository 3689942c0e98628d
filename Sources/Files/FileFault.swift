// SPDX-License-Identifier: Apache-2.0
//
// Why a file could not be used, as data: the exit code of a program depends on it, and errors print
// it in words beside the place.

/// Why a file could not be used.
public enum FileFault: String, Sendable, CaseIterable {
  /// Nothing is there.
  case missing = "no such file"
  /// A folder is where a file should be.
  case folder = "a folder, not a file"
  /// The file is not what it should be.
  case damaged = "unusable content"
  /// The system refuses access.
  case refused = "access refused"
  /// The file is larger than smap reads.
  case tooLarge = "too large"
  /// The disk or the device failed, or is full.
  case device = "reading or writing failed"

  /// The exit code of a program that ends with this fault: 66 for a missing input, 65 for a damaged
  /// one, 77 for refused access, 75 for a limit, 74 for the rest.
  public var exitCode: Int32 {
    switch self {
    case .missing, .folder: 66
    case .damaged: 65
    case .refused: 77
    case .tooLarge: 75
    case .device: 74
    }
  }

  /// The fault behind a failed operation on a file.
  public init(_ kind: FileError.Kind) {
    switch kind {
    case .notFound: self = .missing
    case .isDirectory: self = .folder
    case .permission: self = .refused
    case .tooLarge: self = .tooLarge
    case .full, .other: self = .device
    }
  }
}
