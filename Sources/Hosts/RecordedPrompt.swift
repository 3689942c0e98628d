// SPDX-License-Identifier: Apache-2.0
//
// The prompt without a terminal, whose output goes to an unnamed temporary file, so that
// transcripts can be compared with it. Errors and notes are output, too.

import Console
import Expectations
import Files
import Glibc
import Runtime

/// A prompt that returns its output as text.
final class RecordedPrompt: TranscriptPrompt {
  private let descriptor: Int32
  private let receiver: TerminalReceiver
  private let repl: REPL
  private var offset = 0

  /// Opens a prompt with these options.
  ///
  /// - Throws: `FileError` when the temporary file cannot be created.
  init(_ options: HostOptions, stackSize: Int) throws {
    let folder = TemporaryFolder.path
    var template = Array("\(folder)/smap-answers-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw FileError(path: folder, operation: "make a file in", code: errno)
    }
    unlink(template)
    let terminal = Terminal(
      input: -1, output: descriptor, errors: descriptor, colors: .none, isUnicode: true)
    receiver = TerminalReceiver(
      options, terminal: terminal, out: StandardOutput(descriptor: descriptor))
    let host = Host(options, stackSize: stackSize, receiver: receiver)
    repl = PromptHost.makeREPL(host, receiver, historyPath: nil)
  }

  deinit { close(descriptor) }

  var prompt: String { repl.prompt }

  func enter(_ line: String) throws -> String? {
    guard !repl.isDone else { return nil }
    try repl.enter(line)
    try receiver.flush()
    return try takeAnswer()
  }

  /// The output since the last call.
  private func takeAnswer() throws -> String {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: "transcript", operation: "read", code: errno)
    }
    var bytes = [UInt8](repeating: 0, count: max(0, Int(status.st_size) - offset))
    let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
    guard count == bytes.count else {
      throw FileError(path: "transcript", operation: "read", code: count < 0 ? errno : EIO)
    }
    offset += count
    return String(decoding: bytes, as: UTF8.self)
  }
}
