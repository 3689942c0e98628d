// SPDX-License-Identifier: Apache-2.0
//
// Runs a file with expectations, statement by statement, and compares.
//
// Output belongs to the top-level statement that produces it: the markers from its first line up to
// the next statement are compared with everything it prints and shows. Statements that share a line
// are grouped. An error belongs to the line its message names, or to a line of a call in its trace,
// or to the statement; a marker directly below a line counts as being on it. A marker that nothing
// matches is a failure, and so is output or an error that no marker expects. In a unit without any
// markers only errors are failures.

import Runtime
import Syntax

/// Runs scripts and documents with expectations.
public struct ExpectationRunner {
  /// The library of the sessions.
  public let library: LibraryTable
  /// The interrupt that stops a run.
  public var interrupt = Interrupt()
  /// Prepares a session, given the options that the file sets; by default options are rejected.
  public var prepare: (Session, [String]) throws -> Void = { _, flags in
    if let flag = flags.first { throw ScriptError.argument("\(flag) cannot be set here") }
  }

  /// Makes a runner whose sessions have this library.
  public init(library: LibraryTable) { self.library = library }

  /// Runs a file in a session of its own.
  public func run(_ document: ExpectationDocument) -> ExpectationReport {
    let run = ExpectationRun(document, library: library, interrupt: interrupt)
    do {
      try prepare(run.session, document.flags)
    } catch {
      run.report.failures.append(
        ExpectationFailure(line: 1, expected: [], found: [ScriptError(error).message]))
      return run.report
    }
    run.runAll()
    return run.report
  }

  /// Runs a text in a session of its own; the path is its name, and imports are relative to it.
  public func run(path: String, text: String) -> ExpectationReport {
    run(ExpectationDocument(Source(path: path, text: text)))
  }
}

/// One run of one file.
final class ExpectationRun {
  let session: Session
  var report: ExpectationReport
  var edits = LineEdits()
  /// Whether the file can be rewritten: not when a part of it could not be run.
  var isRewritable = true
  private let document: ExpectationDocument
  private let output = Output()
  /// The error markers of all units run so far by line, and those that were matched.
  private var errorMarkers: [Int: Marker] = [:]
  private var met: Set<Marker> = []
  /// Whether the script has exited; expectations after that are not met.
  private var hasEnded = false

  private final class Output { var text = "" }

  /// Statements that share lines, and the lines up to the next ones.
  struct Group {
    var statements: [Statement]
    /// The first line of the first statement.
    var start: Int
    /// The last line of the last statement.
    var end: Int
    /// The last line before the next statement.
    var last: Int
  }

  init(_ document: ExpectationDocument, library: LibraryTable, interrupt: Interrupt) {
    self.document = document
    report = ExpectationReport(path: document.path)
    session = Session(library: library, path: document.path, interrupt: interrupt) {
      [output] in output.text += $0
    }
  }

  func runAll() {
    for unit in document.units where !report.isInterrupted { run(unit) }
    guard isRewritable, !report.isInterrupted, !edits.isEmpty else { return }
    report.updated = edits.apply(to: document.source)
  }

  private func run(_ unit: ExpectationDocument.Unit) {
    let markers = Marker.find(in: unit.source)
    guard !hasEnded else { return finish(markers) }
    for marker in markers where marker.kind == .error { errorMarkers[marker.line] = marker }
    let layout = UnitLayout(unit, markers)
    let (program, diagnostics) = Parser.parse(unit.source)
    guard diagnostics.isEmpty else {
      for diagnostic in diagnostics { check(diagnostic, calls: [], layout, layout.lines) }
      isRewritable = isRewritable && !markers.contains { $0.kind != .error }
      return finish(markers)
    }
    for group in ExpectationRun.groups(of: program)
    where !report.isInterrupted && !hasEnded {
      run(group, program.source, layout)
    }
    finish(markers)
  }

  /// Reports markers that nothing has matched.
  private func finish(_ markers: [Marker]) {
    guard !report.isInterrupted else { return }
    for marker in markers where met.insert(marker).inserted {
      fail(marker.line, [marker.words], [])
      edits.replace(marker, with: nil)
    }
  }

  static func groups(of program: Program) -> [Group] {
    let source = program.source
    var groups: [Group] = []
    for statement in program.statements {
      let start = source.line(of: statement.span.start)
      let end = source.line(of: max(statement.span.start, statement.span.end - 1))
      if let last = groups.last, start <= last.end {
        groups[groups.count - 1].statements.append(statement)
        groups[groups.count - 1].end = max(last.end, end)
      } else {
        groups.append(Group(statements: [statement], start: start, end: end, last: end))
      }
    }
    for index in groups.indices {
      let next = index + 1 < groups.count ? groups[index + 1].start - 1 : source.lineCount
      groups[index].last = next
    }
    return groups
  }

  // MARK: - Output

  private func run(_ group: Group, _ source: Source, _ layout: UnitLayout) {
    output.text = ""
    var errors: [any Error] = []
    for statement in group.statements {
      do {
        let outcome = try session.evaluate(Program(source: source, statements: [statement]))
        if outcome.isShown { try show(outcome.value) }
      } catch {
        errors.append(error)
        hasEnded = (error as? ScriptError)?.exitCode != nil
        if hasEnded { break }
      }
    }
    if errors.contains(where: { ($0 as? ScriptError)?.isInterrupt ?? false }) {
      report.isInterrupted = true
      return
    }
    if layout.isStrict { compare(Comparison.lines(of: output.text), group, layout) }
    for error in errors { check(error, layout, group) }
  }

  /// Shows a value as the prompt does; figures and images are written in their short form.
  private func show(_ value: Value) throws {
    let bundle = try Display.bundle(value, session)
    let isDrawn = bundle.svg != nil || bundle.picture != nil && bundle.caption == nil
    try session.write((isDrawn ? Display.text(value, session) : bundle.text) + "\n")
  }

  private func compare(_ lines: [String], _ group: Group, _ layout: UnitLayout) {
    let markers = layout.markers.filter {
      $0.kind != .error && $0.line >= group.start && $0.line <= group.last
    }
    met.formUnion(markers)
    guard !Comparison.holds(markers, lines) else {
      report.passed += markers.count
      return
    }
    fail(markers.first?.line ?? group.end, markers.map(\.words), lines)
    layout.rewrite(markers, as: lines, below: group, &edits)
  }

  private func fail(_ line: Int, _ expected: [String], _ found: [String]) {
    report.failures.append(ExpectationFailure(line: line, expected: expected, found: found))
  }

  // MARK: - Errors

  private func check(_ error: any Error, _ layout: UnitLayout, _ group: Group) {
    let lines = group.start...group.last
    if let errors = error as? SyntaxErrors {
      for diagnostic in errors.diagnostics { check(diagnostic, calls: [], layout, lines) }
      return
    }
    let error = ScriptError(error)
    if error.exitCode == 0, !layout.markers.contains(where: { $0.matches(error.diagnostic) }) {
      return
    }
    let calls = error.trace.filter { $0.source.path == document.path }.map {
      $0.source.line(of: $0.span.start)
    }
    check(error.diagnostic, calls: calls, layout, lines)
  }

  /// Compares an error with the markers where it may be expected, best locations first.
  private func check(
    _ error: Diagnostic, calls: [Int], _ layout: UnitLayout, _ lines: ClosedRange<Int>
  ) {
    let own = error.source?.path == document.path ? error.position.map { [$0.line] } ?? [] : []
    let candidates =
      (own + calls).flatMap(markers(at:))
      + layout.markers.filter { $0.kind == .error && lines.contains($0.line) }
    let fitting = candidates.filter { $0.matches(error) }
    if let marker = fitting.first(where: { !met.contains($0) }) {
      met.insert(marker)
      report.passed += 1
      return
    }
    guard fitting.isEmpty else { return }
    let words = "#! \(error.kind.rawValue): \(error.message.split(separator: "\n").first ?? "")"
    let wrong = candidates.first { !met.contains($0) }
    let line = own.first ?? layout.lastCodeLine(in: lines)
    fail(wrong?.line ?? line, wrong.map { [$0.words] } ?? [], found(error, words))
    if let wrong {
      met.insert(wrong)
      edits.replace(wrong, with: words)
    } else {
      layout.add(words, at: layout.lines.contains(line) ? line : lines.lowerBound, &edits)
    }
  }

  /// The error marker on a line and those on lines of their own directly below.
  private func markers(at line: Int) -> [Marker] {
    var found = errorMarkers[line].map { [$0] } ?? []
    var next = line + 1
    while let marker = errorMarkers[next], marker.isAlone {
      found.append(marker)
      next += 1
    }
    return found
  }

  private func found(_ error: Diagnostic, _ words: String) -> [String] {
    let further = [error.label, error.hint ?? ""].filter { !$0.isEmpty }
    return [([words] + further).joined(separator: " | ")]
  }
}
