// SPDX-License-Identifier: Apache-2.0
//
// What running a file with expectations found.

/// What did not come out as expected.
public struct ExpectationFailure: Hashable, Sendable {
  /// The line it is about, counted from 1.
  public let line: Int
  /// What was expected, a line each, with its mark; empty if nothing was.
  public let expected: [String]
  /// What came instead, a line each; empty if nothing came.
  public let found: [String]

  /// The failure as text: the place, what was expected, what was found.
  public func description(path: String) -> String {
    func listed(_ lines: [String]) -> String {
      lines.isEmpty ? "nothing" : lines.joined(separator: "\n            ")
    }
    return "\(path):\(line):\n  expected: \(listed(expected))\n  found:    \(listed(found))"
  }
}

/// The outcome of a whole file.
public struct ExpectationReport: Sendable {
  /// The name of the file.
  public let path: String
  /// How many markers were met.
  public internal(set) var passed = 0
  /// What was not met, in the order of the run.
  public internal(set) var failures: [ExpectationFailure] = []
  /// The file as it would have to be for all expectations to hold, if that differs and can be said.
  public internal(set) var updated: [UInt8]?
  /// Whether Ctrl-C ended the run.
  public internal(set) var isInterrupted = false

  init(path: String) { self.path = path }

  /// The failures as text.
  public var descriptions: [String] { failures.map { $0.description(path: path) } }
}
