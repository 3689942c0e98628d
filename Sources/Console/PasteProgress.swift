// SPDX-License-Identifier: Apache-2.0
//
// Limits how often long input is parsed to see whether it is complete.
//
// The check parses the text from its beginning, so a check after each of thousands of lines would
// take quadratic time. Within brackets the text is known to be incomplete; it is then checked only
// occasionally, to find errors early.

/// Decides when to check whether the lines so far are complete.
package struct PasteProgress {
  private var lines = 0
  private var depth = 0
  private var nextQuestion = 64

  /// No lines yet.
  package init() {}

  /// Whether to check for completeness now, after a line that opens so many brackets more than it
  /// closes.
  package mutating func mayEnd(opening brackets: Int) -> Bool {
    lines += 1
    depth += brackets
    guard lines >= nextQuestion else { return lines < 64 || depth <= 0 }
    nextQuestion = lines + lines / 4
    return true
  }
}
