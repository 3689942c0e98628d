// SPDX-License-Identifier: Apache-2.0
//
// The results of running a file with expectations.

/// A mismatch between output and expectation.
public struct ExpectationFailure: Hashable, Sendable {
  /// The line it is about, counted from 1.
  public let line: Int
  /// What was expected, one entry per line, with its marker; empty if nothing was.
  public let expected: [String]
  /// What was found, one entry per line; empty if there was nothing.
  public let found: [String]

  /// The failure as text: the location, what was expected, what was found.
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
  /// How many markers were matched.
  public internal(set) var passed = 0
  /// The failures, in the order of the run.
  public internal(set) var failures: [ExpectationFailure] = []
  /// The file rewritten so that all expectations hold, if that differs and is possible.
  public internal(set) var updated: [UInt8]?
  /// Whether Ctrl-C ended the run.
  public internal(set) var isInterrupted = false

  init(path: String) { self.path = path }

  /// The failures as text.
  public var descriptions: [String] { failures.map { $0.description(path: path) } }
}
