// SPDX-License-Identifier: Apache-2.0
//
// The virtual machine: a register file, frames, and the loop that runs them.
//
// The fast path of each instruction is in C (`CMachine`): numbers, a list with an index in bounds,
// a call whose arguments match. Every other case is in `step`, which runs one instruction of any
// kind (`VM+Step.swift`); the loop here alternates between the two.
//
// Each function call gets a window of the register file; the caller places callee and arguments
// where the window begins, so arguments are passed without copying, and the result replaces the
// callee. Frames live in an array of their own: script recursion does not use the native stack, and
// its depth is an ordinary limit. The register file is one block that is reserved once and never
// moves, so the machine uses raw pointers.
//
// Every register always holds a valid value, which the machine accesses as a `Slot`. Before a
// register is overwritten with a number, its old value is tested for a reference to release;
// numbers have none, so loops over numbers never touch a reference count. Frames hold closures
// without retaining them: a register of the caller, its captures or a global does, and a global
// that is overwritten while its function runs goes to the graveyard until the machine is idle.

import CMachine
import Syntax
import Tensors

/// One call in progress.
typealias Frame = MachineFrame

/// A handler to continue at after an error.
struct Handler {
  var depth: Int
  var target: Int
  var register: Int
  /// The one kind of error that it catches, or nil for all catchable ones.
  var kind: String?

  /// Whether it catches an error: an interrupt only if it names that kind.
  func takes(_ error: ScriptError) -> Bool {
    guard let kind else { return error.isCatchable }
    return kind == error.kind.rawValue && (error.isCatchable || error.isInterrupt)
  }
}

/// Runs code.
final class Machine {
  unowned(unsafe) let session: Session
  let registers: UnsafeMutablePointer<Value>
  let frames: UnsafeMutablePointer<Frame>
  /// The state shared with the loop in C.
  let state: UnsafeMutablePointer<MachineState>
  /// The maximum call depth; never more than the capacity of the frames.
  private(set) var maximumDepth: Int
  /// The first register that a native call may use.
  @exclusivity(unchecked) var top = 0
  @exclusivity(unchecked) var handlers: [Handler] = []
  /// Functions that were overwritten while they ran.
  var graveyard: [Value] = []
  /// The names of methods that the loop recognises by address.
  private let knownNames = (append: Text.name("append"), pop: Text.name("pop"))
  /// The cache of method lookups.
  @exclusivity(unchecked) var methods = MethodCache()

  /// The number of registers; with the largest windows this allows a depth of 4,000 calls, with
  /// typical ones more than the limit of the session.
  static let registerCapacity = 1 << 20
  /// Loop edges and calls between two polls of clocks and limits.
  static let pollInterval = 1024

  init(session: Session, maximumDepth: Int) {
    // Depends on the compiler alone, never on a script: another compiler might lay out values
    // differently.
    precondition(Layout.isAsExpected, "values do not lie in memory as this machine expects")
    self.session = session
    self.maximumDepth = maximumDepth
    registers = RegisterFile.reserve(Machine.registerCapacity)
    // One more in front, as a sentinel for `frame` while nothing runs, and one for the top level,
    // which is no call.
    frames = .allocate(capacity: maximumDepth + 3) + 1
    state = .allocate(capacity: 1)
    state.initialize(
      to: MachineState(
        frame: frames - 1, frameEnd: frames + maximumDepth + 1,
        registerEnd: registers.slots + Machine.registerCapacity, fuel: Machine.pollInterval,
        result: .nil, appendName: Unmanaged.passUnretained(knownNames.append).toOpaque(),
        popName: Unmanaged.passUnretained(knownNames.pop).toOpaque(), instructionCount: 0,
        countsInstructions: false))
  }

  deinit {
    RegisterFile.release(registers, Machine.registerCapacity)
    (frames - 1).deallocate()
    state.deallocate()
  }

  /// The number of calls in progress.
  @inline(__always) var depth: Int {
    get { state.pointee.frame - frames + 1 }
    set { state.pointee.frame = frames + (newValue - 1) }
  }

  /// Lowers the depth that calls may reach.
  func limitDepth(_ depth: Int) {
    maximumDepth = min(maximumDepth, max(1, depth))
    state.pointee.frameEnd = frames + maximumDepth + 1
  }

  /// The index of the first register of a frame's window.
  func base(of frame: UnsafeMutablePointer<Frame>) -> Int {
    frame.pointee.window.values - registers
  }

  /// Runs the newest frame until it returns to depth `floor`, and returns its result.
  func run(downTo floor: Int) throws -> Value {
    while true {
      do {
        return try execute()
      } catch {
        try recover(from: error, floor: floor)
      }
    }
  }

  /// Runs the newest frame, and those it calls, until the newest frame entered by native code
  /// returns.
  private func execute() throws -> Value {
    while true {
      switch machine_run(state) {
      case .step: try step(state.pointee.frame)
      case .poll: try poll()
      case .finished: return state.pointee.result.taken
      }
    }
  }

  /// Polls clocks and limits; the instruction that ran out of fuel is then dispatched again.
  private func poll() throws {
    state.pointee.fuel = Machine.pollInterval
    // The location of an error is that of the word before `next`.
    state.pointee.frame.pointee.next += 1
    try session.spend(Machine.pollInterval)
    state.pointee.frame.pointee.next -= 1
    session.freeCycles()
  }
}

/// The distance of a jump, from the word that holds it.
@inline(__always) func jumpDistance(_ word: UnsafeMutablePointer<UInt64>) -> Int {
  Int(truncatingIfNeeded: word.pointee)
}

/// The global that a word of code points to.
@inline(__always) func global(_ word: UInt64) -> UnsafeMutablePointer<GlobalSlot> {
  UnsafeMutablePointer(bitPattern: UInt(word)).unsafelyUnwrapped
}

extension UnsafeMutablePointer<Frame> {
  /// The running function; its reference is owned elsewhere.
  @inline(__always) var closure: Closure? {
    pointee.closure.map { Unmanaged<Closure>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The captured variables of the running function; functions without captures never call this.
  @inline(__always) func captured(_ index: Int) -> Value {
    closure.map { $0.captured[index] } ?? .nil
  }

  @inline(__always) var registers: UnsafeMutablePointer<Value> { pointee.window.values }

  @inline(__always) func constant(_ index: Int) -> Value {
    pointee.layout.pointee.constants.values[index]
  }

  var registerCount: Int { pointee.layout.pointee.registerCount }

  var prototype: Prototype {
    Unmanaged<Prototype>.fromOpaque(pointee.layout.pointee.prototype).takeUnretainedValue()
  }
}
