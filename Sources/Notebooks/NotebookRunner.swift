// SPDX-License-Identifier: Apache-2.0
//
// Runs the cells of a notebook in order, in one session, and reports after each, so that what is
// written grows while it runs. The first error ends it, as it ends a script: later cells would work
// on names that do not exist.

import Files
import Glibc
import Hosts
import Library
import Runtime
import Syntax

/// Runs notebooks.
public final class NotebookRunner {
  private let host: Host
  private let recorder: CellRecorder
  private let cache: CellCache?
  private let session: Session

  /// Runs in the session of a host, whose receiver shows progress and errors.
  public init(_ host: Host, cache: CellCache? = nil) {
    self.host = host
    self.cache = cache
    session = host.session
    recorder = CellRecorder(terminal: host.session.receiver)
  }

  /// Runs the cells of a script and returns its exit code; `update` gets the notebook after each.
  ///
  /// - Throws: what `update` throws.
  public func run(
    _ notebook: inout Notebook, source: Source, update: (Notebook) throws -> Void
  ) throws -> Int32 {
    let terminal = session.receiver
    session.receiver = recorder
    session.path = source.path
    defer {
      session.receiver = terminal
      ModelUse.end(in: session)
    }
    let (tree, diagnostics) = Parser.parse(source.withoutSkippedCells)
    let cells = tree.cells
    // What the syntax errors prevent is the cell in which the first one is.
    let stop = diagnostics.compactMap { $0.span?.start }.min()
    let parts = tree.numberedParts(of: cells, hasHead: !startsWithMark(cells))
    var number = 0
    for (index, cell) in notebook.cells.enumerated() {
      let span = notebook.span(of: index, in: cells, source: source)
      if let stop, span.start <= stop, stop < span.end || index == notebook.cells.count - 1 {
        return try fail(&notebook, index, diagnostics, number + 1, update)
      }
      guard let program = parts[index] else { continue }
      number += 1
      let ending = run(cell, index, program, number, &notebook)
      try update(notebook)
      guard case .succeeded = ending else { return ending.exitCode }
    }
    return 0
  }

  private func startsWithMark(_ cells: Cells) -> Bool {
    cells.all.first.map { $0.span.start == 0 } ?? false
  }

  /// Runs one cell, or takes its outputs from the cache.
  private func run(
    _ cell: NotebookCell, _ index: Int, _ program: Program, _ number: Int,
    _ notebook: inout Notebook
  ) -> SessionStatus.Ending {
    if let found = cache?.find(program, session) {
      notebook.cells[index].outputs = found.outputs
      notebook.cells[index].run = found.run
      notebook.cells[index].run?.number = number
      notebook.cells[index].run?.isCached = true
      return .succeeded
    }
    recorder.begin()
    let use = ModelUse.begin(in: session)
    let before = session.randomPlace
    let clock = ContinuousClock()
    let (start, time) = (clock.now, UTCTime.now())
    let files = FileTrace.begin()
    let ending = host.perform {
      let outcome = try session.evaluate(program)
      // What was shown in place comes before the value of the cell.
      try session.settleFrame()
      if outcome.isShown { try recorder.addResult(Display.bundle(outcome.value, session)) }
    }
    FileTrace.end()
    let after = session.randomPlace
    // A cell that sets the seed, be it to the same one, draws from the beginning.
    let goesOn = after.seed == before.seed && after.draws >= before.draws
    var run = CellRun(
      number: number, seed: after.seed, drawsBefore: goesOn ? before.draws : 0,
      draws: goesOn ? after.draws - before.draws : after.draws,
      seconds: (clock.now - start) / .seconds(1), time: time)
    run.models = use.used.map { CellRun.UsedModel(kind: $0.kind, hash: $0.hash()) }
    run.budgets = use.budgets
    run.ending = CellRun.Ending(ending)
    notebook.cells[index].outputs = recorder.outputs
    notebook.cells[index].run = run
    if run.ending == .succeeded, let cache {
      let reason = cache.store(notebook.cells[index], program, session, files: files)
      notebook.cells[index].run?.uncachedBecause = reason ?? ""
    }
    return ending
  }

  /// Ends at a cell that cannot be parsed.
  private func fail(
    _ notebook: inout Notebook, _ index: Int, _ diagnostics: [Diagnostic], _ number: Int,
    _ update: (Notebook) throws -> Void
  ) throws -> Int32 {
    recorder.begin()
    let ending = host.perform { throw SyntaxErrors(diagnostics: diagnostics) }
    notebook.cells[index].outputs = recorder.outputs
    var run = CellRun(
      number: number, seed: session.randomPlace.seed, drawsBefore: session.randomPlace.draws,
      draws: 0, seconds: 0, time: UTCTime.now())
    run.ending = .failed
    notebook.cells[index].run = run
    try update(notebook)
    return ending.exitCode
  }
}

extension CellRun.Ending {
  /// The ending of a cell from that of its evaluation; `exit(0)` is a success.
  init(_ ending: SessionStatus.Ending) {
    switch ending {
    case .succeeded, .exited(0): self = .succeeded
    case .interrupted: self = .interrupted
    case .failed, .exited: self = .failed
    }
  }
}

extension Notebook {
  /// Where a cell is in the script that the notebook was read from.
  func span(of index: Int, in cells: Cells, source: Source) -> Span {
    let offset = self.cells.count - cells.all.count
    guard index >= offset else {
      return Span(start: 0, end: cells.all.first?.span.start ?? source.span.end)
    }
    return cells.all[index - offset].span
  }
}

extension Program {
  /// The statements of each cell by its place in the notebook; cells without any are left out.
  func numberedParts(of cells: Cells, hasHead: Bool) -> [Int: Program] {
    var parts: [Int: Program] = [:]
    let ends = cells.all.map(\.span.start)
    for statement in statements {
      let marks = ends.prefix { $0 <= statement.span.start }.count
      let place = hasHead ? marks : marks - 1
      let before = parts[place]?.statements ?? []
      parts[place] = Program(source: source, statements: before + [statement])
    }
    return parts
  }
}

/// The time of day, for records.
enum UTCTime {
  /// Now, as `2026-03-01T12:00:00Z`.
  static func now() -> String {
    var (seconds, parts) = (time(nil), tm())
    guard gmtime_r(&seconds, &parts) != nil else { return "" }
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix(count).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }
}
