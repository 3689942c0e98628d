// SPDX-License-Identifier: Apache-2.0
//
// The text of a program that is named on the command line.

import Files
import Library
import Runtime
import Syntax

/// Reads the text of programs.
public enum ProgramText {
  /// The name for standard input in place of a file.
  public static let standardInput = "-"

  /// Reads a file, or standard input for `-`.
  ///
  /// - Throws: as `file`.
  public static func read(_ file: String) throws -> Source {
    guard file == standardInput else { return try self.file(file) }
    return try checked(Source(path: "stdin", bytes: try FileReader.readStandardInput()))
  }

  /// Reads a file that should be a script, or a text with scripts inside.
  ///
  /// - Throws: `FileError`; for a binary file an IOError with exit code 65, in place of a syntax
  ///   error at each of its bytes.
  public static func file(_ path: String) throws -> Source {
    try checked(Source(path: path, bytes: try FileReader.read(path: path)))
  }

  /// Reads what `read` reads, as a text that is to be written again in another form.
  ///
  /// - Throws: as `file`, also for a text that is not UTF-8, of which some would be lost.
  public static func readToConvert(_ file: String) throws -> Source {
    let source = try read(file)
    guard let offset = source.firstInvalidByte else { return source }
    let place = source.position(of: offset)
    throw ScriptError.data(
      "\(PathText.printable(source.path)):\(place.line):\(place.column): this is no UTF-8",
      hint: "save the file as UTF-8; the byte is \(source.bytes[Int(offset)])")
  }

  private static func checked(_ source: Source) throws -> Source {
    guard !source.isBinary else {
      throw ScriptError.data(
        "'\(PathText.printable(source.path))' is a binary file, not a script")
    }
    return source
  }
}
