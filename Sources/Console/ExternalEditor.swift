// SPDX-License-Identifier: Apache-2.0
//
// Editing a statement in the user's own editor. The text goes through a temporary file that only
// this user can read; `VISUAL` or `EDITOR` names the program, and `vi` is the default.

import Files
import Glibc

/// Opens a text in an external editor.
enum ExternalEditor {
  /// Returns the text as it was saved.
  ///
  /// - Throws: `FileError` when the file or the program fails.
  static func edit(_ text: String) throws -> String {
    // The editor is another program and would not be confined by the sandbox.
    guard Sandbox.current == nil else {
      throw FileError(path: "$EDITOR", operation: "start", code: EPERM)
    }
    var template = Array("\(TemporaryFolder.path)/smap-XXXXXX.smap".utf8CString)
    let descriptor = mkstemps(&template, 5)
    let path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    guard descriptor >= 0 else { throw FileError(path: path, operation: "create", code: errno) }
    close(descriptor)
    defer { unlink(path) }
    try AtomicFile.write(path: path, bytes: Array((text + "\n").utf8))
    let program = ["VISUAL", "EDITOR"].compactMap(Terminal.variable).first { !$0.isEmpty } ?? "vi"
    try run(program, on: path)
    let bytes = try FileReader.read(path: path, limit: 1 << 26)
    var edited = String(decoding: bytes, as: UTF8.self)
    while edited.hasSuffix("\n") { edited.removeLast() }
    return edited
  }

  /// Runs a command line, which may contain options, with the path as its last argument.
  private static func run(_ program: String, on path: String) throws {
    var process: pid_t = 0
    let words: [String?] = ["/bin/sh", "-c", "\(program) \"$1\"", "smap", path, nil]
    let arguments = words.map { $0.flatMap { strdup($0) } }
    defer { arguments.forEach { free($0) } }
    let code = posix_spawn(&process, "/bin/sh", nil, nil, arguments, environ)
    guard code == 0 else { throw FileError(path: program, operation: "start", code: code) }
    var status: Int32 = 0
    guard retrying({ waitpid(process, &status, 0) }) == process, status == 0 else {
      throw FileError(path: program, operation: "edit with", code: ECANCELED)
    }
  }
}
