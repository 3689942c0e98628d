// SPDX-License-Identifier: Apache-2.0
//
// Text on its way to standard output, through write(2). The first write that fails is an error,
// which ends the script: it would go on for nobody, and a script whose results are lost has not
// succeeded. What fails at the very end becomes the exit code. Where nobody reads (a full pipe, a terminal
// that is paused), Ctrl-C and limits of time end the waiting, and what was to be written is given up.

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
  /// Clears what stands on the terminal's line before text is written there.
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

  /// Writes a whole text to standard output and says how it went, as `finish` does.
  public static func write(_ text: String) -> Int32 {
    let out = StandardOutput()
    do { try out.write(text) } catch { return out.finish() }
    return out.finish()
  }

  /// Adds text; on a terminal, or when enough has gathered, it is written at once.
  ///
  /// - Throws: `FileError` as soon as, and whenever after, something could not be written.
  public func write(_ text: String) throws {
    if let failure { throw failure }
    // A script that prints the name of a file gives its bytes.
    buffer.append(contentsOf: PathText.bytes(of: text))
    if isTerminal || buffer.count >= 1 << 16 { try flush() }
  }

  /// Writes what has gathered.
  ///
  /// - Throws: `FileError` when it cannot be written, `CancellationError` or `DeadlineError` when
  ///   nobody reads it.
  public func flush() throws { try flush { try Waiting.check() } }

  /// Writes what has gathered when a program has come to its end, whose limits hold no more.
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

  /// Writes the rest and says how it went: 0, or 74 with a message if something is lost, or 130 if
  /// Ctrl-C has ended the wait for somebody who reads it.
  public func finish() -> Int32 {
    do {
      // What failed before is thrown again.
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
  /// Writes a line; there is nowhere to report a failure of this.
  public static func say(_ text: String) {
    try? Terminal.write(
      text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO, name: "standard error")
  }
}
