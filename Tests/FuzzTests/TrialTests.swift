// SPDX-License-Identifier: Apache-2.0
//
// Every input that the fuzzer found worth keeping, and every one that once made smap fail: each
// runs, and leaves no memory in use that it would not share with the next run of the same input. In
// processes of their own, because the trials confine the process permanently.

import Files
import Glibc
import Testing
import Trials

@Suite struct TrialTests {
  @Test func corpus() async {
    await #expect(processExitsWith: .success) { try Inputs.runAll(in: "Corpus") }
    Report(of: "Corpus").recordFailure()
  }

  @Test func crashers() async {
    await #expect(processExitsWith: .success) { try Inputs.runAll(in: "Crashers") }
    Report(of: "Crashers").recordFailure()
  }

  /// The search for leaks finds one.
  @Test(.enabled(if: Trial.countsMemory)) func memoryThatNobodyHolds() async {
    await #expect(processExitsWith: .success) {
      final class Lost {}
      // An object whose address nobody sees is never allocated in a release build.
      let lose = { _ = write(-1, Unmanaged.passRetained(Lost()).toOpaque(), 0) }
      guard Trial.bytesKept(by: lose) > 0 else { exit(1) }
      guard Trial.bytesKept(by: { _ = Lost() }) == 0 else { exit(2) }
    }
  }
}

/// What a process reports about its current input, in a file that both it and its parent can name.
private struct Report {
  private let path: String

  init(of folder: String, writtenBy parent: pid_t = getpid()) {
    path = "/tmp/smap-trials-\(folder)-\(parent)"
  }

  /// Opens the file for writing; call this before the file system is closed off.
  func open() -> CInt { creat(path, 0o600) }

  /// Records what a failed process has reported, and removes the file.
  func recordFailure() {
    defer { unlink(path) }
    guard let line = try? FileReader.read(path: path), !line.isEmpty else { return }
    Issue.record("\(String(decoding: line, as: UTF8.self))")
  }
}

private enum Inputs {
  private static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/Fuzzing/"
  }()

  /// Runs all inputs of a folder; an input that takes seconds, though its limits allow half a
  /// second, ends the process, and so does one that leaves memory in use.
  static func runAll(in folder: String) throws {
    let inputs = try read(root + folder)
    guard !inputs.isEmpty else { exit(66) }
    let report = Report(of: folder, writtenBy: getppid()).open()
    var template = Array("/tmp/smap-trial-XXXXXX".utf8CString)
    guard report >= 0, let empty = mkdtemp(&template) else { exit(73) }
    stopNotingErrors()
    try Trial.prepare(emptyFolder: String(cString: empty))
    rmdir(empty)
    for (name, bytes) in inputs {
      ftruncate(report, 0)
      lseek(report, 0, SEEK_SET)
      note("\(folder)/\(name) ends the process or takes too long", in: report)
      // Debug builds are many times slower than what the fuzzer runs.
      alarm(60)
      let kept = Trial.bytesKept { Trial.run(bytes) }
      guard kept == 0 else {
        note("; no: each run keeps \(kept) bytes more in use", in: report)
        exit(70)
      }
    }
    alarm(0)
    ftruncate(report, 0)
  }

  /// The test framework has the runtime report every error that is thrown, and records it, which
  /// would look like a leak.
  private static func stopNotingErrors() {
    for name in ["_swift_willThrow", "_swift_willThrowTypedImpl"] {
      dlsym(nil, name)?.storeBytes(of: nil, as: UnsafeRawPointer?.self)
    }
  }

  private static func note(_ text: String, in report: CInt) {
    _ = text.withCString { write(report, $0, strlen($0)) }
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

  /// The inputs packed by `Fuzzing/corpus.py`: one per line, each character a byte.
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
