// SPDX-License-Identifier: Apache-2.0
//
// Errors of file operations. An error keeps the path, the operation and the system's error number
// as data; the message and the exit code derive from them, so that all readers and writers of files
// in the package report the same fault in the same way.

import Glibc

/// A file operation that failed.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The families of faults that a caller may want to tell apart.
  public enum Kind: Sendable, Equatable {
    /// Nothing is there, or a link leads nowhere.
    case notFound
    /// The system refuses access, or the file system is read-only.
    case permission
    /// The path names a folder where a file is needed.
    case isDirectory
    /// The disk, the quota or the permitted file size is used up.
    case full
    /// The file is longer than the reader accepts, or than the memory that the system gives.
    case tooLarge
    /// Anything else, described by the system's number.
    case other
  }

  /// The path as the caller wrote it.
  public let path: String
  /// The step that failed, as an infinitive: `open`, `write`, `rename`.
  public let operation: String
  /// The system's error number, as in `errno`.
  public let code: Int32
  /// The family of the fault.
  public let kind: Kind
  /// The folder of the sandbox that the path leads out of, or nil for other faults.
  public let sandbox: String?

  /// A message that says more than the system's.
  private let words: String?

  /// Makes an error from the system's number; `reason` replaces the system's message.
  public init(path: String, operation: String, code: Int32, reason: String? = nil) {
    words = reason
    self.path = path
    self.operation = operation
    self.code = code
    self.kind = Kind(code: code, operation: operation)
    sandbox = nil
  }

  /// Makes the error of a path that leads out of a sandbox.
  init(path: String, operation: String, sandbox: String) {
    self.path = path
    self.operation = operation
    self.code = EACCES
    self.kind = .permission
    self.sandbox = sandbox
    words = nil
  }

  /// What is wrong, mostly as the system's message, such as "No such file or directory".
  public var reason: String {
    if path.isEmpty { return "the path is empty" }
    if let words { return words }
    if let sandbox { return "it is outside the sandbox '\(sandbox)'" }
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// One line for a person: what was tried, on which path, and why it failed.
  public var description: String {
    "cannot \(operation) '\(PathText.printable(path))': \(reason)"
  }

  /// What the user may try, where something useful can be said.
  public var hint: String? {
    if path.isEmpty { return "name a file or a folder" }
    if sandbox != nil { return "scripts may use files in that folder only; see --sandbox" }
    return switch kind {
    case .notFound where ["write", "replace"].contains(operation):
      "choose a folder where files can be made"
    case .notFound: "check the spelling; relative paths start at the current folder"
    case .permission: "check who owns the file and its folder"
    case .isDirectory: "name a file inside this folder"
    case .full: "free some space, or write elsewhere"
    case .tooLarge, .other: nil
    }
  }

  /// The exit code of a program that ends with this error.
  public var exitCode: Int32 { FileFault(kind).exitCode }
}

extension FileError.Kind {
  /// Classifies the system's error numbers.
  init(code: Int32, operation: String) {
    switch code {
    case ENOENT, ENOTDIR, ELOOP: self = .notFound
    case EACCES, EPERM, EROFS: self = .permission
    case EISDIR: self = .isDirectory
    case ENOSPC, EDQUOT: self = .full
    // EFBIG is our own limit when reading, and the process's limit on file sizes when writing.
    case EFBIG: self = operation == "read" ? .tooLarge : .full
    case ENOMEM: self = .tooLarge
    default: self = .other
    }
  }
}
