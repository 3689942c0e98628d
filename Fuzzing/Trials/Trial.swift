// SPDX-License-Identifier: Apache-2.0
//
// One adversarial program: any bytes, parsed and run with the whole library under small limits. The
// fuzzer calls this some thousand times per second, and the tests call it for every input that the
// fuzzer has found worth keeping, so both mean the same by "it must not fail".

import CAllocator
import Files
import Library
import Runtime
import Syntax
import Tensors

/// Runs untrusted inputs.
public enum Trial {
  /// Created once: headers are parsed and tables built here, not for every input.
  /// Nothing changes the table afterwards, and trials run one after another.
  nonisolated(unsafe) private static let builtins = BuiltinTable(Catalog.all)

  /// Every function that a program may call.
  public static var functions: [Builtin] { builtins.functions }

  private static let limits = Limits(depth: 100, steps: 2_000, seconds: 0.5, outputBytes: 1 << 12)

  /// Prepares the process: little memory, one thread, no files. Models of the default size exceed
  /// the limit: creating them would take most of the time, and small ones run the same code.
  ///
  /// - Parameter emptyFolder: A folder that was made for this; it is where scripts may read and
  ///   write, and the caller may remove it at once.
  public static func prepare(emptyFolder: String) throws {
    // The table holds everything, but partly through tagged pointers of Swift, which LeakSanitizer
    // does not recognise.
    allocator_begin_lasting()
    defer { allocator_end_lasting() }
    _ = builtins
    MemoryBudget.limit = 8 << 20
    FileReader.largestFile = 1 << 20
    ThreadPool.threadCount = 1
    try Sandbox.enter(folder: emptyFolder, confinesProcess: false)
  }

  /// Parses, checks, runs and shows one program; any outcome is fine, as long as this returns.
  public static func run(_ bytes: [UInt8]) {
    let source = Source(path: "input", bytes: bytes)
    let (program, diagnostics) = Parser.parse(source)
    guard diagnostics.isEmpty else {
      // One is enough: most mutants do not parse, and the wording of errors is not what they test.
      if let first = diagnostics.first {
        _ = DiagnosticRenderer(style: .plain, width: 80).render([first])
      }
      return
    }
    run(program)
  }

  /// In a scope of its own, so that the value is released before the session, which frees the
  /// remaining cycles: a value that outlives its session keeps everything reachable from it.
  @inline(never) private static func evaluate(_ program: Program, in session: Session) throws {
    let outcome = try session.evaluate(program)
    try session.show(outcome.value)
  }

  private static func run(_ program: Program) {
    var written = 0
    let session = Session(
      builtins: builtins, limits: limits, interrupt: Interrupt(),
      receiver: TextReceiver { written += $0.utf8.count })
    session.readModule = { path in Source(path: path, bytes: try FileReader.read(path: path)) }
    _ = session.check(program)
    do {
      try evaluate(program, in: session)
    } catch let errors as SyntaxErrors {
      _ = DiagnosticRenderer(style: .plain, width: 80).render(errors.diagnostics)
    } catch {
      let failure = ScriptError(anything: error)
      _ = DiagnosticRenderer(style: .plain, width: 80).render([failure.diagnostic])
      _ = failure.traceLines
    }
  }
}
