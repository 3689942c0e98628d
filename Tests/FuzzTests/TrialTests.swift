// SPDX-License-Identifier: Apache-2.0
//
// Every input that the fuzzer found worth keeping, and every one that once made smap fail. In
// processes of their own, because the trials close off the file system for good.

import Files
import Glibc
import Testing
import Trials

@Suite struct TrialTests {
  @Test func corpus() async {
    await #expect(processExitsWith: .success) { try Inputs.runAll(in: "Corpus") }
  }

  @Test func crashers() async {
    await #expect(processExitsWith: .success) { try Inputs.runAll(in: "Crashers") }
  }
}

private enum Inputs {
  private static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/Fuzzing/"
  }()

  /// Runs all inputs of a folder; an input that takes seconds, though its limits allow half a
  /// second, ends the process.
  static func runAll(in folder: String) throws {
    let inputs = try read(root + folder)
    guard !inputs.isEmpty else { exit(66) }
    var template = Array("/tmp/smap-trial-XXXXXX".utf8CString)
    guard let empty = mkdtemp(&template) else { exit(73) }
    try Trial.prepare(emptyFolder: String(cString: empty))
    rmdir(empty)
    for (name, bytes) in inputs {
      // The last name that the log shows is that of the input that failed.
      let line = "\(folder)/\(name)\n"
      _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      // Debug builds are many times slower than what the fuzzer runs.
      alarm(60)
      Trial.run(bytes)
    }
    alarm(0)
  }

  private static func read(_ folder: String) throws -> [(name: String, bytes: [UInt8])] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var inputs: [(String, [UInt8])] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      let bytes = try FileReader.read(path: "\(folder)/\(name)")
      if name.hasSuffix(".jsonl") {
        try inputs.append(contentsOf: unpacked(bytes, from: name))
      } else {
        inputs.append((name, bytes))
      }
    }
    return inputs
  }

  /// The inputs that `Fuzzing/corpus.py` has packed: one a line, each character a byte.
  private static func unpacked(
    _ bytes: [UInt8], from name: String
  ) throws -> [(name: String, bytes: [UInt8])] {
    try bytes.split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
      let text = try JSON.parse(line).text ?? ""
      return (
        "\(name):\(index + 1)", text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      )
    }
  }
}
