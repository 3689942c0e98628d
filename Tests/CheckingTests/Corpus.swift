// SPDX-License-Identifier: Apache-2.0
//
// The programs that are checked, and what they expect.

import Checking
import Glibc
import Library
import Runtime
import Syntax

/// Something that a line of a program expects.
struct Expectation {
  let line: Int
  /// The kind of the error; nil for a warning or a note.
  let kind: String?
  let words: String

  func matches(_ finding: Finding, line: Int) -> Bool {
    guard line == self.line, Corpus.words(finding).contains(words) else { return false }
    return kind.map { finding.level == .error && finding.diagnostic.kind.rawValue == $0 }
      ?? (finding.level != .error)
  }
}

enum Corpus {
  private static let root: String = {
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/"
  }()

  /// The scripts in a folder of Tests.
  static func files(in folder: String) -> [String] {
    guard let directory = opendir(root + "Tests/" + folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".smap") { names.append(name) }
    }
    return names.sorted()
  }

  static func check(_ file: String) throws -> Report {
    let source = try Modules.readFile(root + file)
    return Checker(library: Catalog.all).check(source)
  }

  static func words(_ finding: Finding) -> String {
    let diagnostic = finding.diagnostic
    return "\(diagnostic.message) | \(diagnostic.label) | \(diagnostic.hint ?? "")"
  }

  /// `#! Kind: words` and `#? words`; a line may expect several things.
  static func expectations(in source: Source) -> [Expectation] {
    (1...source.lineCount).flatMap { line -> [Expectation] in
      var parts = source.text(ofLine: line).split(separator: "#", omittingEmptySubsequences: false)
      parts.removeFirst()
      return parts.compactMap { part in
        if part.hasPrefix("? ") {
          return Expectation(line: line, kind: nil, words: trimmed(part.dropFirst(2)))
        }
        guard part.hasPrefix("! ") else { return nil }
        let halves = part.dropFirst(2).split(separator: ": ", maxSplits: 1)
        return Expectation(
          line: line, kind: trimmed(halves.first ?? ""),
          words: halves.count > 1 ? trimmed(halves[1]) : "")
      }
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
