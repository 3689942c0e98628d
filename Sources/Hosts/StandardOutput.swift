// SPDX-License-Identifier: Apache-2.0
//
// Buffered text on standard output, through write(2). The first failed write is an error, which
// ends the script: its further output would be lost as well, and a script whose results are lost
// has not succeeded. A failure at the very end becomes the exit code. Where nobody reads (a full
// pipe, a paused terminal), Ctrl-C and time limits end the wait, and the pending output is
// discarded.

import Console
import Files
import Glibc
import Runtime

/// Buffered output to a descriptor, the standard one by default.
public final class StandardOutput {
  private var buffer: [UInt8] = []
  private var failure: FileError?
  private let descriptor: Int32
  private let isTerminal: Bool
  /// Clears the terminal's line before text is written there.
  var clearLine: () -> Void = {}

  /// Prepares output to a descriptor.
  public init(descriptor: Int32 = STDOUT_FILENO) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
  }

  /// The exit code of a program whose output cannot be written.
  public static let failureCode: Int32 = 74

  /// Whether something could not be written.
  public var hasFailed: Bool { failure != nil }

  /// Writes a whole text to standard output and returns the exit code, as `finish` does.
  public static func write(_ text: String) -> Int32 {
    let out = StandardOutput()
    do { try out.write(text) } catch { return out.finish() }
    return out.finish()
  }

  /// Appends text; on a terminal, or when the buffer is full, it is written at once.
  ///
  /// - Throws: `FileError` once a write has failed, and on every later call.
  public func write(_ text: String) throws {
    if let failure { throw failure }
    // A script that prints the name of a file outputs its bytes.
    buffer.append(contentsOf: PathText.bytes(of: text))
    if isTerminal || buffer.count >= 1 << 16 { try flush() }
  }

  /// Writes the buffer.
  ///
  /// - Throws: `FileError` when it cannot be written, `CancellationError` or `DeadlineError` when
  ///   nobody reads it.
  public func flush() throws { try flush { try Waiting.check() } }

  /// Writes the buffer after a program has ended, when its limits no longer apply.
  ///
  /// - Throws: `FileError` when it cannot be written, `CancellationError` when nobody reads it.
  public func flushAtEnd() throws {
    try flush { if Interrupt.shared.isRequested { throw CancellationError() } }
  }

  private func flush(whileWaiting check: () throws -> Void) throws {
    if let failure { throw failure }
    guard !buffer.isEmpty else { return }
    if isTerminal { clearLine() }
    defer { buffer.removeAll(keepingCapacity: true) }
    do {
      try Terminal.write(
        buffer[...], to: descriptor, name: "standard output", whileWaiting: check)
    } catch let error as FileError {
      failure = error
      throw error
    }
  }

  /// Writes the rest and returns the exit code: 0, or 74 with a message if output was lost, or 130
  /// if Ctrl-C has ended the wait for a reader.
  public func finish() -> Int32 {
    do {
      // An earlier failure is thrown again.
      try flushAtEnd()
      return 0
    } catch is CancellationError {
      Diagnostics.say("interrupted")
      return 130
    } catch {
      Diagnostics.say("smap: \(error)")
      return StandardOutput.failureCode
    }
  }
}

/// What goes to standard error.
public enum Diagnostics {
  /// Writes a line; a failure of this cannot be reported anywhere.
  public static func say(_ text: String) {
    try? Terminal.write(
      text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO, name: "standard error")
  }
}
