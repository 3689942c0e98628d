// SPDX-License-Identifier: Apache-2.0
//
// A session owns everything that a script can touch: global names, the library as values, the
// random stream, modules, limits, and the way out for text. Two sessions never meet. A session
// belongs to the thread that uses it; only its `Interrupt` may be touched from elsewhere.

import Glibc
import Syntax
import Tensors

/// The state of one interpreter.
public final class Session {
  /// Remarks that are made once in a session.
  var notes: Set<String> = []
  /// The library.
  public let builtins: BuiltinTable
  /// What stops a running script.
  public let interrupt: Interrupt
  /// Bounds on what scripts may use up.
  public var limits: Limits {
    didSet {
      machine.limitDepth(limits.depth)
      if evaluations > 0 { Stop.setDeadline(seconds: limits.seconds, after: startTime) }
    }
  }
  /// Takes what is printed and shown, progress and notes.
  public var receiver: any EventReceiver
  /// Shows a prompt and waits for a line, nil at the end of the input. It is given what looks at
  /// the interrupt and the limits, to be called while it waits.
  public var lineSource: ((_ prompt: String, _ check: () throws -> Void) throws -> String?)?
  /// Shows a long text page by page; false where that is not possible, or the text is short.
  public var pager: ((_ text: String) throws -> Bool)?
  /// What work that was interrupted has reached, for a prompt to keep.
  public var partialResult: Value?
  /// Reads the source of a module; the path is resolved already.
  public var readModule: (String) throws -> Source = Modules.readFile
  /// The arguments of the script, as `sys.args()` gives them.
  public var arguments: [String] = []
  /// Whether random functions without a seed are errors.
  public var isRandomStrict = false
  /// The size of the native stack of the thread that uses the session, in bytes; calls from
  /// built-ins back into scripts stop in time.
  public var stackSize = StackGuard.defaultSize
  /// Slots for the library's own state in this session.
  public var attachments: [String: AnyObject] = [:]

  /// Where the stream of seeds is now; `seed` restarts it.
  public internal(set) var randomPlace = RandomPlace(seed: 0, draws: 0)

  let scope: ModuleScope
  var modules: [String: Modules.State] = [:]
  /// The paths of the modules that are being loaded, outermost first.
  var loading: [String] = []
  private(set) lazy var machine = Machine(session: self, maximumDepth: limits.depth)
  private var stack = StackGuard(size: 0)
  var writtenBytes = 0
  /// The last frame that was shown and that no value has followed yet.
  var pendingFrame: Bundle?
  private var stepCount = 0
  private var startTime = 0.0
  /// When a script last took an interrupt, on the monotonic clock.
  private var latestInterrupt = -Double.infinity
  var evaluations = 0
  /// What ended the work of this thread before the evaluation in progress.
  private var outerStop: Stop.Conditions?
  /// What was allocated since the memory was last looked at.
  var claims = MemoryClaims()
  /// The containers that may be part of reference cycles.
  let cycles = Cycles()

  /// Makes a session.
  ///
  /// - Parameters:
  ///   - library: The functions and constants besides those of the language itself.
  ///   - path: The file whose folder imports are relative to.
  ///   - interrupt: What stops a running script; the process-wide one by default.
  ///   - receiver: What takes the events of the session.
  public convenience init(
    library: LibraryTable, path: String = "", limits: Limits = Limits(),
    interrupt: Interrupt = .shared, receiver: any EventReceiver
  ) {
    self.init(
      builtins: BuiltinTable(library), path: path, limits: limits, interrupt: interrupt,
      receiver: receiver)
  }

  /// Makes a session of which only text matters.
  public convenience init(
    library: LibraryTable, path: String = "", limits: Limits = Limits(),
    interrupt: Interrupt = .shared, output: @escaping (String) throws -> Void
  ) {
    self.init(
      library: library, path: path, limits: limits, interrupt: interrupt,
      receiver: TextReceiver(output))
  }

  /// Makes a session with a library that other sessions of this thread may use as well.
  public init(
    builtins: BuiltinTable, path: String = "", limits: Limits = Limits(),
    interrupt: Interrupt = .shared, receiver: any EventReceiver
  ) {
    self.builtins = builtins
    scope = ModuleScope(path: path, builtins: builtins)
    self.limits = limits
    self.interrupt = interrupt
    self.receiver = receiver
  }

  deinit {
    // Functions refer to their globals and globals to functions: break these cycles.
    scope.reset()
    for case .loaded(_, let scope) in modules.values { scope.reset() }
    cycles.collect(nil)
    cycles.stop()
  }

  // MARK: - Evaluating

  /// Runs a program: a script, a cell, a line at the prompt. Throws a `ScriptError`, or
  /// `SyntaxErrors` before anything has run.
  public func evaluate(_ source: Source) throws -> Outcome {
    let (program, diagnostics) = Parser.parse(source.withoutSkippedCells)
    guard diagnostics.isEmpty else { throw SyntaxErrors(diagnostics: diagnostics) }
    return try evaluate(program)
  }

  /// Runs a parsed program.
  public func evaluate(_ program: Program) throws -> Outcome {
    let value = try run(program, in: scope)
    let isMuted = program.statements.last?.isMuted ?? false
    return Outcome(value: value, isMuted: isMuted)
  }

  /// Runs text, for tests and tools.
  public func evaluate(text: String, path: String = "input") throws -> Outcome {
    try evaluate(Source(path: path, text: text))
  }

  /// Makes `value` the value of `ans`, the last one shown at the prompt.
  public func setAnswer(_ value: Value) { scope.define("ans", value) }

  /// Finds what can be found without running: errors of scoping, and top-level uses of names that
  /// nothing defines.
  public func check(_ program: Program) -> [Diagnostic] {
    let resolution = Resolver.resolve(program)
    let unknown = resolution.globalUses.filter {
      !resolution.definitions.contains($0.text) && !scope.isKnown($0.text)
    }
    return resolution.diagnostics
      + unknown.map { name in
        Diagnostic(
          .name, "nothing is called `\(name.text)`", source: program.source, span: name.span,
          hint: Spelling.advice(
            on: name.text, at: name.span, in: program.source, isAssigned: false,
            own: Array(resolution.definitions) + scope.definedNames, library: builtins.globalNames))
      }
  }

  func run(_ program: Program, in scope: ModuleScope) throws -> Value {
    let resolution = Resolver.resolve(program)
    guard resolution.diagnostics.isEmpty else {
      throw SyntaxErrors(diagnostics: resolution.diagnostics)
    }
    let prototypes: [Prototype]
    do {
      prototypes = try Compiler.compile(
        program, resolution: resolution, scope: scope, builtins: builtins)
    } catch let error as Diagnostic {
      throw SyntaxErrors(diagnostics: [error])
    }
    return try evaluating {
      var value = Value.nil
      for prototype in prototypes { value = try machine.runTopLevel(prototype) }
      return value
    }
  }

  /// Keeps the books of an evaluation; those within another count for the outer one.
  private func evaluating<Result>(_ body: () throws -> Result) throws -> Result {
    if evaluations == 0 {
      stack = StackGuard(size: stackSize)
      stepCount = 0
      writtenBytes = 0
      startTime = Session.now()
      outerStop = Stop.begin(interrupt.flag, seconds: limits.seconds, after: startTime)
    }
    evaluations += 1
    defer {
      evaluations -= 1
      if evaluations == 0 {
        if let outerStop { Stop.restore(outerStop) }
        outerStop = nil
        machine.graveyard = []
        freeCycles()
      }
    }
    do {
      let result = try body()
      try checkOutput()
      return result
    } catch {
      // Work that was cancelled has left the request as it was; with this error it is taken.
      if evaluations == 1, ScriptError(error).isInterrupt { interrupt.clear() }
      throw error
    }
  }

  /// Calls a function value with arguments; for callbacks of the library and of front ends.
  @discardableResult
  public func invoke(
    _ function: Value, _ arguments: [Value], named: KeyValuePairs<String, Value> = [:]
  ) throws -> Value {
    try evaluating { try machine.invoke(function, arguments, named: named) }
  }

  // MARK: - Reference cycles

  /// Frees containers that only hold each other, if enough has been allocated since the last time.
  @inline(__always) func freeCycles() {
    cycles.collectIfDue(resident: claims.resident, interrupt)
  }

  /// Frees containers that only hold each other, now.
  package func freeAllCycles() { cycles.collect(nil) }

  /// Watches a container that a built-in is about to change, if that might close a cycle.
  func watch(_ container: Value, storing value: Value) {
    withUnsafePointer(to: container) { container in
      withUnsafePointer(to: value) { cycles.watch(container, storing: $0) }
    }
  }

  // MARK: - Counting

  /// Whether the instructions of the machine are counted, which makes them slower.
  public var countsInstructions: Bool {
    get { machine.state.pointee.countsInstructions }
    set { machine.state.pointee.countsInstructions = newValue }
  }

  /// How many instructions have been carried out while they were counted.
  public var instructionCount: Int { machine.state.pointee.instructionCount }

  // MARK: - Limits

  /// Whether the native stack is nearly used up.
  var isStackNearEnd: Bool { stack.isNearEnd }

  /// Counts loop turns and calls, and looks at the interrupt and the clock.
  func spend(_ steps: Int) throws {
    stepCount &+= steps
    try claims.add(steps &* MemoryClaims.bytesPerStep)
    if interrupt.isRequested { throw takeInterrupt() }
    if let limit = limits.steps, stepCount > limit {
      throw ScriptError.limit("this session may take \(limit) steps at a time")
    }
    if limits.outputBytes != nil { try checkOutput() }
    if let limit = limits.seconds, Session.now() - startTime > limit {
      throw ScriptError.timeLimit(seconds: limit)
    }
  }

  /// Counts the work of a built-in as so many steps.
  func countWork(_ steps: Int) throws {
    stepCount &+= steps
    if limits.steps != nil { try spend(0) }
  }

  /// Throws if the user asked for an interrupt or a limit is used up.
  public func poll() throws { try spend(0) }

  func takeInterrupt() -> ScriptError {
    interrupt.clear()
    return .interrupt
  }

  /// Whether a script that asks for interrupts may have this one: of two within a second, the
  /// second ends the evaluation whatever the script says, so that a loop which takes them can be
  /// left.
  public func mayCatchInterrupt() -> Bool {
    let now = Session.now()
    guard now - latestInterrupt > 1 else { return false }
    latestInterrupt = now
    // Work that was cancelled has left the request as it was.
    interrupt.clear()
    return true
  }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
