// SPDX-License-Identifier: Apache-2.0
//
// Folders for tests: the small data that is shipped with them, and temporary space.

import Glibc

/// A folder that exists as long as the value.
final class TestFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/smap-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Failure.noFolder }
    path = String(cString: made)
  }

  deinit {
    // Two levels are as deep as these tests go.
    for name in names {
      let inner = path + "/" + name
      TestFolder.list(inner).forEach { unlink(inner + "/" + $0) }
      if unlink(inner) != 0 { rmdir(inner) }
    }
    rmdir(path)
  }

  enum Failure: Error { case noFolder }

  /// The names in the folder, hidden ones included.
  var names: [String] { TestFolder.list(path) }

  static func list(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A file of `Tests/Data`.
  static func data(_ name: String, file: String = #filePath) -> String {
    root(file: file) + "/Tests/Data/" + name
  }

  /// The root of the package.
  static func root(file: String = #filePath) -> String {
    "/" + file.split(separator: "/").dropLast(3).joined(separator: "/")
  }
}
