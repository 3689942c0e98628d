// SPDX-License-Identifier: Apache-2.0
//
// The text of a program that is named on the command line.

import Files
import Syntax

enum ProgramText {
  /// What stands for standard input where a file is named.
  static let standardInput = "-"

  /// Reads a file, or standard input for `-`.
  ///
  /// - Throws: `FileError`.
  static func read(_ file: String) throws -> Source {
    guard file == standardInput else {
      return Source(path: file, bytes: try FileReader.read(path: file))
    }
    return Source(path: "stdin", bytes: try FileReader.readStandardInput())
  }
}
