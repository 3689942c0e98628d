// SPDX-License-Identifier: Apache-2.0
//
// The structure of each editor's grammar is written by hand, in that editor's own notation; only
// the word lists inside it are generated here. A list is marked by `generated: NAME`:
//
// - in a regular expression (TextMate, Sublime), the words replace the inside of the
//   first `(?:..)` on the next line;
// - in quotes (Python, tree-sitter queries), the words replace the lines down to
//   `generated: end`.

import Runtime

/// A file under `Grammar` that contains word lists.
public struct GrammarFile: Sendable {
  /// How words are written.
  enum Notation: Sendable {
    /// Alternatives of a regular expression, in a JSON string.
    case jsonPattern
    /// Alternatives of a regular expression, in a verbatim string.
    case pattern
    /// Words in quotes, with a comma after each.
    case commaSeparated
    /// Words in quotes, separated by spaces.
    case blankSeparated
  }

  /// The path below `Grammar`.
  public let path: String
  let notation: Notation

  /// All files with lists.
  public static let all: [GrammarFile] = [
    GrammarFile(path: "smap.tmLanguage.json", notation: .jsonPattern),
    GrammarFile(path: "smap.sublime-syntax", notation: .pattern),
    GrammarFile(path: "pygments/smap_lexer.py", notation: .commaSeparated),
    GrammarFile(path: "tree-sitter-smap/queries/highlights.scm", notation: .blankSeparated),
  ]

  /// The text with its lists updated.
  ///
  /// Throws `GrammarFileError` for a list of unknown name, a list without an end and a text without
  /// any list.
  public func updated(_ text: String, from builtins: BuiltinTable) throws -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var index = 0
    var count = 0
    while index < lines.count {
      defer { index += 1 }
      guard let name = GrammarFile.announcedName(lines[index]) else { continue }
      guard let list = WordList(rawValue: name) else {
        throw GrammarFileError("there is no list `\(name)`", path, line: index + 1)
      }
      let words = list.words(of: builtins)
      count += 1
      switch notation {
      case .jsonPattern, .pattern:
        index += 1
        guard index < lines.count, let line = replaceGroup(in: lines[index], by: words) else {
          throw GrammarFileError("no `(?:..)` below `\(name)`", path, line: index)
        }
        lines[index] = line
      case .commaSeparated, .blankSeparated:
        guard let end = lines[index...].firstIndex(where: { $0.hasSuffix("generated: end") }) else {
          throw GrammarFileError("`\(name)` has no end", path, line: index + 1)
        }
        lines.replaceSubrange(index + 1..<end, with: quoted(words))
        index += 1
      }
    }
    if count == 0 { throw GrammarFileError("no list in the file", path, line: 1) }
    return lines.joined(separator: "\n")
  }

  /// The name in a line that marks a list.
  private static func announcedName(_ line: String) -> String? {
    let mark = "generated: "
    guard let start = line.range(ofFirst: mark) else { return nil }
    let name = line[start...].prefix { $0.isLetter || $0 == "-" }
    return name == "end" ? nil : String(name)
  }

  // MARK: - Regular expressions

  private func replaceGroup(in line: String, by words: [String]) -> String? {
    guard let start = line.range(ofFirst: "(?:") else { return nil }
    var depth = 1
    var end = start
    while end < line.endIndex {
      if line[end] == "(" { depth += 1 }
      if line[end] == ")" { depth -= 1 }
      if depth == 0 { break }
      end = line.index(after: end)
    }
    guard depth == 0 else { return nil }
    return line[..<start] + alternatives(words) + line[end...]
  }

  private func alternatives(_ words: [String]) -> String {
    let escape = notation == .jsonPattern ? "\\\\" : "\\"
    return words.map { word in
      word.map {
        $0.isLetter || $0.isNumber || "_-=<>!%@/".contains($0) ? "\($0)" : "\(escape)\($0)"
      }
      .joined()
    }.joined(separator: "|")
  }

  // MARK: - Quoted words

  /// Lines of at most 100 characters.
  private func quoted(_ words: [String]) -> [String] {
    let ending = notation == .commaSeparated ? "," : ""
    var lines: [String] = []
    var line = "   "
    for word in words {
      let item = " \"\(word)\"\(ending)"
      if line.count + item.count > 100 {
        lines.append(line)
        line = "   "
      }
      line += item
    }
    return lines + [line]
  }
}

/// A grammar file that cannot be updated.
public struct GrammarFileError: Error, CustomStringConvertible {
  /// What is wrong, with the file and the list.
  public let description: String

  init(_ message: String, _ path: String, line: Int) {
    description = "\(path):\(line): \(message)"
  }
}

extension String {
  /// The index just after the first occurrence of `text`.
  fileprivate func range(ofFirst text: String) -> Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
