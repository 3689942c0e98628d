// SPDX-License-Identifier: Apache-2.0
//
// Sets up the process for a session: signals, a thread with a stack large enough for deep scripts,
// the ways out for text and pictures.

import Console
import Files
import Glibc
import Library
import Runtime
import Syntax
import Tensors

/// A session with its surroundings.
struct Host {
  let session: Session
  let terminal: Terminal
  let pictures: PictureStyle
  let out: StandardOutput
}

enum Interpreter {
  /// The sizes that are tried for the stack of the interpreter's thread.
  private static let stackSizes = [512 << 20, 64 << 20, 8 << 20]

  /// Runs `body` with a fresh session on a thread of its own and returns its exit code.
  static func run(
    options: SessionOptions, arguments: [String], _ body: @escaping (Host) -> Int32
  ) -> Int32 {
    Signals.install()
    if let code = confine(options) { return code }
    return onLargeStack { stackSize in
      Signals.useAlternateStack()
      let host = makeHost(options, arguments, stackSize)
      let code = body(host)
      // What could not be written turns success into a failure, never the other way round.
      let written = host.out.finish()
      // A process that was told to end says so, whatever it could still do.
      if let signal = Signals.terminating { return signal.exitCode }
      return code == 0 ? written : code
    }
  }

  /// Runs `body` on a thread whose stack is large enough for the deepest of programs, and returns
  /// its exit code; `body` is given the size of the stack.
  static func onLargeStack(_ body: @escaping (Int) -> Int32) -> Int32 {
    MemoryBudget.useOneHeap()
    let task = Task(body)
    for size in stackSizes where hasRoom(size + workingSpace) {
      if let code = task.run(stackSize: size) { return code }
    }
    guard hasRoom(workingSpace) else {
      Diagnostics.say(
        "smap: the address space is too small: under a limit (ulimit -v), smap needs about 150 MB")
      return 75
    }
    return task.body(StackSizes.ofThisThread)
  }

  /// What a session takes before it has done anything, registers and cells among it: a stack must
  /// leave as much.
  private static let workingSpace = 64 << 20

  /// Whether that many bytes of address space are left.
  private static func hasRoom(_ bytes: Int) -> Bool {
    guard let probe = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      probe != MAP_FAILED
    else { return false }
    munmap(probe, bytes)
    return true
  }

  /// Enters the sandbox, if one is asked for; returns an exit code when that fails.
  private static func confine(_ options: SessionOptions) -> Int32? {
    guard let folder = options.sandbox else { return nil }
    let history = History.defaultPath()?.split(separator: "/").dropLast().joined(separator: "/")
    do {
      // The library of matrices cannot be opened from within.
      BLAS.prepare()
      try Sandbox.enter(
        folder: folder, readable: ResourceLocator.shippedFolders,
        ownFolders: history.map { ["/" + $0] } ?? [])
      return nil
    } catch {
      let failure = ScriptError(anything: error)
      Diagnostics.say("smap: \(failure.message)")
      return Library.ExitCode.of(failure)
    }
  }

  /// A fresh session that writes to `out`; the terminal is the process's own unless given.
  static func makeHost(
    _ options: SessionOptions, _ arguments: [String], _ stackSize: Int,
    out: StandardOutput = StandardOutput(), terminal: Terminal? = nil
  ) -> Host {
    let terminal =
      terminal ?? Terminal(color: Terminal.ColorChoice(rawValue: options.color) ?? .auto)
    let style = PictureStyle.choose(options.images, for: terminal) ?? .none
    let session = Session(
      library: Catalog.all,
      output: { text in
        do { try out.write(text) } catch { throw ScriptError(unwritable: error) }
      })
    session.arguments = arguments
    session.stackSize = stackSize
    apply(options, to: session)
    session.readModule = { path in
      do {
        return try ProgramText.file(path)
      } catch {
        throw ScriptError(module: error)
      }
    }
    session.note = { Diagnostics.say("note: \($0)") }
    Waiting.check = { try Stop.check() }
    Remarks.receive = { Diagnostics.say("note: \($0)") }
    let presenter = Presenter(out: out, pictures: TerminalPicture(style: style, terminal: terminal))
    session.flushOutput = {
      do { try out.flush() } catch { throw ScriptError(unwritable: error) }
    }
    session.present = { bundle in
      do { try presenter.show(bundle) } catch { throw ScriptError(unwritable: error) }
    }
    session.progress = ProgressDisplay(out: out).receive
    return Host(session: session, terminal: terminal, pictures: style, out: out)
  }

  /// Sets what tensors and files may take. The script is read under this limit, too.
  static func limitMemory(_ options: SessionOptions) {
    guard let bytes = options.maxMemory.flatMap(SessionOptions.bytes) else { return }
    MemoryBudget.limit = bytes
    FileReader.largestFile = min(bytes, FileReader.largestFile)
  }

  /// Sets limits and seed of a session, and what holds for the whole process.
  static func apply(_ options: SessionOptions, to session: Session) {
    if let threads = options.threads { ThreadPool.threadCount = threads }
    limitMemory(options)
    session.limits = Limits(
      depth: options.maxDepth ?? Limits().depth, steps: options.maxSteps,
      seconds: options.maxSeconds, outputBytes: options.maxOutput.flatMap(SessionOptions.bytes))
    session.isRandomStrict = options.strictRandom
    session.seed(options.seed)
  }

  /// Work on its way to another thread and its result on the way back.
  private final class Task: @unchecked Sendable {
    let body: (Int) -> Int32
    private var stackSize = 0
    private var result: Int32 = 70

    init(_ body: @escaping (Int) -> Int32) { self.body = body }

    /// Runs the body on a thread with a stack of that size; nil if there is no such thread.
    func run(stackSize: Int) -> Int32? {
      self.stackSize = stackSize
      var attributes = pthread_attr_t()
      guard pthread_attr_init(&attributes) == 0 else { return nil }
      defer { pthread_attr_destroy(&attributes) }
      guard pthread_attr_setstacksize(&attributes, stackSize) == 0 else { return nil }
      var thread = pthread_t()
      let context = Unmanaged.passRetained(self)
      let failed = pthread_create(
        &thread, &attributes,
        { @Sendable context in
          guard let context else { return nil }
          let task = Unmanaged<Task>.fromOpaque(context).takeRetainedValue()
          task.result = task.body(task.stackSize)
          return nil
        }, context.toOpaque())
      guard failed == 0 else {
        context.release()
        return nil
      }
      pthread_join(thread, nil)
      return result
    }
  }

  private enum StackSizes {
    static let ofThisThread = 8 << 20
  }
}
