// SPDX-License-Identifier: Apache-2.0
//
// Scripts that say what they expect. `#=> text` behind a statement is what it prints or shows, one
// marker a line; markers on lines of their own continue the statement above. `#! Kind: fragment` is
// an error with that kind, and the fragment in its message, label or hint.

import Glibc
import Library
import Runtime
import Syntax

/// Runs a script statement by statement and compares.
struct ScriptExpectations {
  /// What did not come out as expected, one entry a statement.
  private(set) var failures: [String] = []
  /// How many markers were compared.
  private(set) var checkedCount = 0
  private let source: Source
  private let session: Session
  private let printed = Printed()

  private final class Printed { var text = "" }

  init(name: String, text: String, library: LibraryTable) {
    source = Source(path: name, text: text)
    session = Session(library: library) { [printed] in printed.text += $0 }
    let (program, diagnostics) = Parser.parse(source)
    guard diagnostics.isEmpty else {
      failures = diagnostics.map { "\(name): \($0.message)" }
      return
    }
    for (index, statement) in program.statements.enumerated() {
      let next = index + 1 < program.statements.count ? program.statements[index + 1] : nil
      check(statement, before: next)
    }
  }

  private mutating func check(_ statement: Statement, before next: Statement?) {
    let first = source.line(of: statement.span.start)
    let last = next.map { source.line(of: $0.span.start) - 1 } ?? source.lineCount
    guard first <= last else { return run(statement, expecting: [], line: first) }
    let markers = (first...last).compactMap { Marker(source.text(ofLine: $0)) }
    checkedCount += markers.count
    run(statement, expecting: markers, line: first)
  }

  private mutating func run(_ statement: Statement, expecting markers: [Marker], line: Int) {
    printed.text = ""
    let actual: String
    do {
      let outcome = try session.evaluate(Program(source: source, statements: [statement]))
      if outcome.isShown { try session.show(outcome.value) }
      actual = printed.text
    } catch {
      let words = ScriptExpectations.words(of: error)
      if let marker = markers.last, marker.isError, marker.matches(words) { return }
      failures.append("\(source.path):\(line): \(words)")
      return
    }
    let shown = actual.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let lines = shown.last == "" ? Array(shown.dropLast()) : shown
    let wanted = markers.map(\.text)
    if lines.isEmpty && wanted.isEmpty { return }
    if lines != wanted || markers.contains(where: \.isError) {
      failures.append("\(source.path):\(line): expected \(wanted), found \(lines)")
    }
  }

  private static func words(of error: any Error) -> String {
    let error = (error as? SyntaxErrors)?.diagnostics.first ?? ScriptError(error).diagnostic
    return "\(error.kind.rawValue): \(error.message) | \(error.label) | \(error.hint ?? "")"
  }
}

/// An expectation at the end of a line.
private enum Marker {
  case shown(String)
  case error(String)

  init?(_ line: String) {
    if let text = Marker.tail(of: line, after: "#=>") {
      self = .shown(text)
    } else if let text = Marker.tail(of: line, after: "#!") {
      self = .error(text)
    } else {
      return nil
    }
  }

  var text: String {
    switch self {
    case .shown(let text), .error(let text): text
    }
  }

  var isError: Bool {
    if case .error = self { true } else { false }
  }

  /// Whether an error has the kind and the fragment.
  func matches(_ words: String) -> Bool {
    let parts = text.split(separator: ": ", maxSplits: 1)
    guard let kind = parts.first, words.hasPrefix(kind + ":") else { return false }
    return parts.count == 1 || words.contains(parts[1])
  }

  /// What follows a mark, without the blank behind it and those at the end of the line.
  private static func tail(of line: String, after mark: String) -> String? {
    guard let place = line.firstRange(of: mark) else { return nil }
    var text = line[place.upperBound...]
    if text.first == " " { text.removeFirst() }
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }
}

/// The files beside the tests.
enum ScriptFiles {
  /// The folder `Tests`.
  static let tests = parent(parent(#filePath))

  private static func parent(_ path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  /// The names of the scripts in a folder, sorted.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".smap") { names.append(name) }
    }
    return names.sorted()
  }

  /// The text of a file; empty if it cannot be read.
  static func read(_ path: String) -> String {
    guard let file = fopen(path, "rb") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
