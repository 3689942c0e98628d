// SPDX-License-Identifier: Apache-2.0
//
// Runs the programs in Tests/Conformance, one behaviour each. `#=> text` says what the statement
// that ends on this line prints and displays, `#! Kind: fragment` that an error of this kind is
// found on this line, with the fragment in its message, label or hint.
// Runs of blanks count as one,
// and none after a bracket, where columns are aligned.

import Glibc
import Runtime
import Syntax
import Testing

@Suite struct ConformanceTests {
  @Test(arguments: Corpus.files(in: "language")) func language(_ file: String) throws {
    try Corpus.run(file)
  }

  @Test(arguments: Corpus.files(in: "errors")) func errors(_ file: String) throws {
    try Corpus.run(file)
  }
}

/// The programs with expectations.
enum Corpus {
  private static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Conformance/"
  }()

  static func files(in folder: String) -> [String] {
    guard let directory = opendir(root + folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".smap") { names.append(folder + "/" + name) }
    }
    return names.sorted()
  }

  /// What a line expects.
  private enum Expectation {
    case output(String)
    case error(kind: String, fragment: String)
  }

  static func run(_ file: String) throws {
    let source = try Modules.readFile(root + file)
    var expectations: [Int: Expectation] = [:]
    for line in 1...source.lineCount {
      expectations[line] = expectation(in: source.text(ofLine: line))
    }
    #expect(!expectations.isEmpty, "\(file) expects nothing")
    let (program, diagnostics) = Parser.parse(source)
    if !diagnostics.isEmpty {
      for diagnostic in diagnostics { check(ScriptError(diagnostic), &expectations, file) }
    }
    let test = TestSession(path: root + file)
    for statement in program.statements where diagnostics.isEmpty {
      run(statement, source, test, &expectations, file)
    }
    for (line, _) in expectations {
      Issue.record("\(file):\(line): nothing happened that was expected here")
    }
  }

  private static func run(
    _ statement: Statement, _ source: Source, _ test: TestSession,
    _ expectations: inout [Int: Expectation], _ file: String
  ) {
    do {
      let outcome = try test.session.evaluate(Program(source: source, statements: [statement]))
      var found = test.takeOutput()
      if outcome.isShown { found += Display.text(outcome.value, test.session) }
      let line = source.position(of: statement.span.end).line
      var expected = ""
      if case .output(let text)? = expectations[line] {
        expected = text
        expectations[line] = nil
      }
      #expect(folded(found) == folded(expected), "\(file):\(line)")
    } catch let error as SyntaxErrors {
      for diagnostic in error.diagnostics { check(ScriptError(diagnostic), &expectations, file) }
    } catch {
      check(ScriptError(error), &expectations, file)
    }
  }

  private static func check(
    _ error: ScriptError, _ expectations: inout [Int: Expectation], _ file: String
  ) {
    let line = error.diagnostic.position?.line ?? 0
    let found = "\(error.message) | \(error.label) | \(error.hint)"
    guard case .error(let kind, let fragment)? = expectations[line] else {
      Issue.record("\(file):\(line): \(error.kind.rawValue): \(found)")
      return
    }
    #expect(error.kind.rawValue == kind, "\(file):\(line): \(found)")
    #expect(found.contains(fragment), "\(file):\(line): wanted \(fragment)")
    expectations[line] = nil
  }

  private static func expectation(in line: String) -> Expectation? {
    if let range = line.firstRange(of: "#=> ") {
      return .output(String(line[range.upperBound...]))
    }
    guard let range = line.firstRange(of: "#! ") else { return nil }
    let parts = line[range.upperBound...].split(separator: ": ", maxSplits: 1)
    return .error(kind: String(parts[0]), fragment: parts.count > 1 ? String(parts[1]) : "")
  }

  private static func folded(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.split(separator: "[ ", omittingEmptySubsequences: false).joined(separator: "[")
  }
}
