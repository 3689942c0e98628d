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
  static let root: String = {
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

  /// The scripts that state the errors they fail with.
  static let expecting = ["language", "library", "errors"].flatMap { folder in
    files(in: "Conformance/" + folder).map { "\(folder)/\($0)" }
  }

  static func check(_ file: String) throws -> Report {
    check(try read(file))
  }

  static func check(_ source: Source) -> Report { Checker(library: Catalog.all).check(source) }

  static func read(_ file: String) throws -> Source { try Modules.readFile(root + file) }

  /// Lines as a source, with the line numbers of another.
  static func source(_ lines: [String], like other: Source) -> Source {
    Source(path: other.path, text: lines.joined(separator: "\n"))
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

/// The findings in a script whose cells are parsed by themselves, as runs with expectations do: a
/// syntax error affects only its own cell, and the names of the others are shared.
struct CheckedCells {
  let source: Source
  let findings: [Finding]
  private let program: Program
  /// The first lines of the cells.
  private let starts: [Int]

  /// The errors that lines of the script expect.
  var expectations: [Expectation] { Corpus.expectations(in: source).filter { $0.kind != nil } }

  init(_ file: String) throws {
    let whole = try Corpus.read(file)
    let lines = (1...whole.lineCount).map { whole.text(ofLine: $0) }
    starts = [1] + lines.indices.filter { lines[$0].hasPrefix("# %%") }.map { $0 + 1 }
    var kept = lines
    var found: [Finding] = []
    for (start, next) in zip(starts, starts.dropFirst() + [lines.count + 1]) {
      // Blank lines in front preserve the line numbers.
      let cell = Array(repeating: "", count: start - 1) + lines[start - 1..<next - 1]
      let wrong = Corpus.check(Corpus.source(cell, like: whole)).findings.filter {
        $0.rule.name == "syntax"
      }
      guard !wrong.isEmpty else { continue }
      found += wrong
      for line in start..<next { kept[line - 1] = "" }
    }
    let report = Corpus.check(Corpus.source(kept, like: whole))
    source = whole
    findings = found + report.findings
    program = report.program
  }

  /// Whether a line expects a finding. An error in a function is expected at its calls, and a
  /// marker would change the text next to some syntax errors, so it is elsewhere in the cell.
  func meets(_ finding: Finding, _ expectation: Expectation) -> Bool {
    guard finding.level == .error, finding.diagnostic.kind.rawValue == expectation.kind,
      Corpus.words(finding).contains(expectation.words)
    else { return false }
    let line = finding.diagnostic.position?.line ?? 0
    if line == expectation.line { return true }
    if finding.rule.name == "syntax" { return cell(line) == cell(expectation.line) }
    return functions(around: finding.diagnostic.span?.start ?? 0).contains { name in
      source.text(ofLine: expectation.line).contains(name + "(")
    }
  }

  private func cell(_ line: Int) -> Int { starts.lastIndex { $0 <= line } ?? 0 }

  /// The names of the top-level functions that contain an offset.
  private func functions(around offset: Int32) -> [String] {
    program.statements.compactMap { statement in
      guard case .function(let name, let function) = statement.kind,
        function.span.start <= offset, offset < function.span.end
      else { return nil }
      return name.text
    }
  }
}
