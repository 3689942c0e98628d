// SPDX-License-Identifier: Apache-2.0
//
// The machine: a register file, frames, and the loop that runs them.
//
// The fast half of each instruction is in C (`CMachine`): numbers, a list and an index within it,
// a call that fits. Whatever else an instruction can mean is in `step`, which carries out one
// instruction of any kind (`VM+Step.swift`); the loop here goes back and forth between the two.
//
// Each function call gets a window of the register file; the caller places callee and arguments
// where the window begins, so arguments are passed without copying, and the result replaces the
// callee. Frames live in an array of their own: script recursion does not use the native stack,
// and its depth is an ordinary limit. The register file is one block that is reserved once and
// never moves, so the machine works on plain pointers.
//
// Every register always holds a valid value, which the machine sees as a `Slot`. A register that is
// overwritten with a number is first asked whether its old value needs releasing, which for numbers
// it does not; so loops over numbers never touch a reference count. Frames hold closures without
// retaining them: a register of the caller, its captures or a global does, and a global that is
// overwritten while its function runs goes to the graveyard until the machine is idle.

import CMachine
import Syntax
import Tensors

/// One call in progress.
typealias Frame = MachineFrame

/// Where to go on after an error.
struct Handler {
  var depth: Int
  var target: Int
  var register: Int
  /// The one kind of error that it takes, or nil for all that can be caught without asking.
  var kind: String?

  /// Whether it takes an error: an interrupt only if it asks for that kind by name.
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
  /// What the loop in C sees.
  let state: UnsafeMutablePointer<MachineState>
  /// How deep calls may nest; never more than there is room for frames.
  private(set) var maximumDepth: Int
  /// The first register that a native call may use.
  @exclusivity(unchecked) var top = 0
  @exclusivity(unchecked) var handlers: [Handler] = []
  /// Functions that were overwritten while they ran.
  var graveyard: [Value] = []
  /// The names of methods that the loop knows; it has their addresses only.
  private let knownNames = (append: Text.name("append"), pop: Text.name("pop"))
  /// Methods found lately.
  @exclusivity(unchecked) var methods = MethodCache()

  /// The number of registers; with the largest windows this allows a depth of 4,000 calls, with
  /// common ones more than the limit of the session.
  static let registerCapacity = 1 << 20
  /// Loop edges and calls between two looks at clocks and limits.
  static let pollInterval = 1024

  init(session: Session, maximumDepth: Int) {
    // Not a matter of any script: another compiler might lay out values in another way.
    precondition(Layout.isAsExpected, "values do not lie in memory as this machine expects")
    self.session = session
    self.maximumDepth = maximumDepth
    registers = RegisterFile.reserve(Machine.registerCapacity)
    // One more in front, where `frame` points while nothing runs, and one for the top level, which is no
    // call.
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

  /// The number of the first register of a frame's window.
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

  /// Runs the newest frame, and those it calls, until the newest one that native code made returns.
  private func execute() throws -> Value {
    while true {
      switch machine_run(state) {
      case .step: try step(state.pointee.frame)
      case .poll: try poll()
      case .finished: return state.pointee.result.taken
      }
    }
  }

  /// Looks at clocks and limits; the instruction that ran out of fuel is then tried again.
  private func poll() throws {
    state.pointee.fuel = Machine.pollInterval
    // The place of an error is that in front of the next word.
    state.pointee.frame.pointee.next += 1
    try session.spend(Machine.pollInterval)
    state.pointee.frame.pointee.next -= 1
    session.freeCycles()
  }
}

/// How far a jump goes, from the word that says so.
@inline(__always) func jumpDistance(_ word: UnsafeMutablePointer<UInt64>) -> Int {
  Int(truncatingIfNeeded: word.pointee)
}

/// The global in a word of code.
@inline(__always) func global(_ word: UInt64) -> UnsafeMutablePointer<GlobalSlot> {
  UnsafeMutablePointer(bitPattern: UInt(word)).unsafelyUnwrapped
}

extension UnsafeMutablePointer<Frame> {
  /// The running function, whose reference somebody else holds.
  @inline(__always) var closure: Closure? {
    pointee.closure.map { Unmanaged<Closure>.fromOpaque($0).takeUnretainedValue() }
  }

  /// What the running function captured; functions without captures never ask.
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
