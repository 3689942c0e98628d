// SPDX-License-Identifier: Apache-2.0
//
// Breaks paragraphs into lines, so that generated files read and diff well.

extension String {
  /// The text in lines of at most `width` characters, as far as its words allow.
  ///
  /// No line begins with a word for which `mayBegin` returns false: in some formats the first
  /// character of a line has a meaning.
  func wrapped(to width: Int, mayBegin: (Substring) -> Bool) -> [String] {
    var lines: [String] = []
    var line = ""
    var length = 0
    for word in split(separator: " ") {
      let count = word.count
      if length > 0, length + 1 + count > width, mayBegin(word) {
        lines.append(line)
        (line, length) = ("", 0)
      }
      if length > 0 {
        line += " "
        length += 1
      }
      line += word
      length += count
    }
    return lines + [line]
  }
}
