// SPDX-License-Identifier: Apache-2.0
//
// Spares long texts the question, after each line, whether they are whole.
//
// Asking reads the text from its beginning, so asking after each of thousands of lines would take
// time by the square of their number. Within brackets the answer is known; the question is then
// asked only now and then, to find errors early.

/// Says when to ask whether the lines so far are a whole text.
package struct PasteProgress {
  private var lines = 0
  private var depth = 0
  private var nextQuestion = 64

  /// No lines yet.
  package init() {}

  /// Whether the text may be whole, now that a line has been added that opens so many brackets more
  /// than it closes.
  package mutating func mayEnd(opening brackets: Int) -> Bool {
    lines += 1
    depth += brackets
    guard lines >= nextQuestion else { return lines < 64 || depth <= 0 }
    nextQuestion = lines + lines / 4
    return true
  }
}
