// SPDX-License-Identifier: Apache-2.0
//
// The machine: one loop over a register file. The loop is the one long function of the project and
// makes this its one long file: cut into pieces, every instruction would pay for a call and the
// registers would no longer stay in plain pointers. What is rare lives in `VM+Slow.swift`.
//
// Each function call gets a window of the register file; the caller places callee and arguments
// where the window begins, so arguments are passed without copying, and the result replaces the
// callee. Frames live in an array of their own: script recursion does not use the native stack,
// and its depth is an ordinary limit. The register file is one block that is reserved once and
// never moves, so the loop works on plain pointers.
//
// Every register always holds a valid value. A register that is overwritten with a number is first
// asked whether its old value needs releasing, which for numbers it does not; so loops over numbers
// never touch a reference count. Frames hold closures without retaining them: the register in
// front of the window does, and a global that is overwritten while its function runs goes to the
// graveyard until the machine is idle.
//
// This file is longer than others because the loop has one case for each opcode; everything that
// is not fast lives in `VM+Slow.swift` and `Calls.swift`.

import Syntax
import Tensors

/// One call in progress.
struct Frame {
  var layout: UnsafeMutablePointer<CodeLayout>
  var closure: Unmanaged<Closure>?
  /// The next word to execute; up to date whenever other code may look at it.
  var next: UnsafeMutablePointer<UInt32>
  /// The first register of the window.
  var base: Int
  /// Bit i is set if parameter i was left out.
  var missing: UInt64
  /// Whether native code, not a script, made this call.
  var isEntry: Bool
}

/// Where to go on after an error.
struct Handler {
  var depth: Int
  var target: Int
  var register: Int
}

/// Runs code.
final class Machine {
  unowned(unsafe) let session: Session
  let registers: UnsafeMutablePointer<Value>
  let frames: UnsafeMutablePointer<Frame>
  /// How deep calls may nest; never more than there is room for frames.
  private(set) var maximumDepth: Int
  /// The number of calls in progress.
  @exclusivity(unchecked) var depth = 0
  /// The first register that a native call may use.
  @exclusivity(unchecked) var top = 0
  @exclusivity(unchecked) var handlers: [Handler] = []
  /// The depth of the frame with the latest handler, or -1.
  @exclusivity(unchecked) var handlerDepth = -1
  /// Functions that were overwritten while they ran.
  var graveyard: [Value] = []
  /// Methods found lately.
  @exclusivity(unchecked) var methods = MethodCache()

  /// The number of registers; with the largest windows this allows a depth of 4,000 calls, with
  /// common ones more than the limit of the session.
  static let registerCapacity = 1 << 20
  /// Loop edges and calls between two looks at clocks and limits.
  static let pollInterval = 1024

  init(session: Session, maximumDepth: Int) {
    self.session = session
    self.maximumDepth = maximumDepth
    registers = RegisterFile.reserve(Machine.registerCapacity)
    frames = .allocate(capacity: maximumDepth + 1)
  }

  /// Lowers the depth that calls may reach.
  func limitDepth(_ depth: Int) { maximumDepth = min(maximumDepth, max(1, depth)) }

  deinit {
    RegisterFile.release(registers, Machine.registerCapacity)
    frames.deallocate()
  }

  /// Runs the newest frame until it returns to depth `floor`, and returns its result.
  func run(downTo floor: Int) throws -> Value {
    while true {
      do {
        return try execute(downTo: floor)
      } catch {
        try recover(from: error, floor: floor)
      }
    }
  }

  // MARK: - The loop

  private func execute(downTo floor: Int) throws -> Value {
    var frame = frames + (depth - 1)
    var next = frame.pointee.next
    var regs = registers + frame.pointee.base
    var code = frame.pointee.layout.pointee.code
    var constants = frame.pointee.layout.pointee.constants
    var globals = frame.pointee.layout.pointee.globals
    var fuel = Machine.pollInterval

    while true {
      let instruction = Instruction(next.pointee)
      next += 1
      let a = instruction.a
      let b = instruction.b
      let c = instruction.c
      switch instruction.opcode {

      // Moving values

      case .move:
        regs.copy(a, from: regs + b)
      case .loadConstant:
        regs.copy(a, from: constants + Int(next.pointee))
        next += 1
      case .loadNil:
        regs.set(a, .nil)
      case .loadBool:
        regs.set(a, .bool(b != 0))
      case .getGlobal:
        let slot = globals[Int(next.pointee)]
        next += 1
        if let value = slot.pointee.value {
          regs.set(a, value)
        } else {
          frame.pointee.next = next
          throw undefinedGlobal(Int(next[-1]), frame, isAssigned: false)
        }
      case .setGlobal:
        frame.pointee.next = next + 1
        try setGlobal(Int(next.pointee), to: regs[a], frame)
        next += 1
      case .defineGlobal:
        defineGlobal(Int(next.pointee), as: regs[a], frame)
        next += 1
      case .getCapture:
        regs.copy(a, from: frame.captured + b)
      case .getCaptureCell:
        if case .cell(let cell) = frame.captured[b] { regs.set(a, cell.value) }
      case .setCaptureCell:
        if case .cell(let cell) = frame.captured[b] { cell.value = regs[a] }
      case .newCell:
        regs[a] = .cell(Cell(regs[a]))
      case .getCell:
        if case .cell(let cell) = regs[b] { regs.set(a, cell.value) }
      case .setCell:
        if case .cell(let cell) = regs[a] { cell.value = regs[b] }
      case .loadSelf:
        if let closure = frame.pointee.closure {
          regs[a] = .function(closure.takeUnretainedValue())
        }
      case .closure:
        regs[a] = makeClosure(Int(next.pointee), frame)
        next += 1

      // Arithmetic

      case .add:
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          regs.set(a, x + y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.add, regs[b], regs[c])
        }
      case .subtract:
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          regs.set(a, x - y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.subtract, regs[b], regs[c])
        }
      case .multiply:
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          regs.set(a, x * y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.multiply, regs[b], regs[c])
        }
      case .divide:
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          regs.set(a, x / y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.divide, regs[b], regs[c])
        }
      case .floorDivide:
        frame.pointee.next = next
        regs[a] = try Arithmetic.binary(.floorDivide, regs[b], regs[c])
      case .remainder:
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          regs.set(a, Arithmetic.remainder(x, y))
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.remainder, regs[b], regs[c])
        }
      case .power:
        frame.pointee.next = next
        regs[a] = try Arithmetic.binary(.power, regs[b], regs[c])
      case .matrixMultiply:
        frame.pointee.next = next
        regs[a] = try Arithmetic.binary(.matrixMultiply, regs[b], regs[c])
      case .addConstant:
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          regs.set(a, x + y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.add, regs[b], constants[c])
        }
      case .subtractConstant:
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          regs.set(a, x - y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.subtract, regs[b], constants[c])
        }
      case .multiplyConstant:
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          regs.set(a, x * y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.multiply, regs[b], constants[c])
        }
      case .divideConstant:
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          regs.set(a, x / y)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.divide, regs[b], constants[c])
        }
      case .remainderConstant:
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          regs.set(a, Arithmetic.remainder(x, y))
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.binary(.remainder, regs[b], constants[c])
        }
      case .negate:
        if case .number(let x) = regs[b] {
          regs.set(a, -x)
        } else {
          frame.pointee.next = next
          regs[a] = try Arithmetic.negate(regs[b])
        }

      // Comparisons

      case .not:
        frame.pointee.next = next
        regs.set(a, .bool(try !Comparison.condition(regs[b], "not")))
      case .equal:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.equal, regs[b], regs[c], session)
      case .notEqual:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.notEqual, regs[b], regs[c], session)
      case .less:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.less, regs[b], regs[c], session)
      case .lessOrEqual:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.lessOrEqual, regs[b], regs[c], session)
      case .greater:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.greater, regs[b], regs[c], session)
      case .greaterOrEqual:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.greaterOrEqual, regs[b], regs[c], session)
      case .contains:
        frame.pointee.next = next
        regs[a] = try Comparison.compare(.contains, regs[b], regs[c], session)

      // Jumps

      case .jump:
        next = code + Int(next.pointee)
      case .loop:
        next = code + Int(next.pointee)
        fuel -= 1
        if fuel <= 0 {
          fuel = Machine.pollInterval
          frame.pointee.next = next + 1
          try session.spend(Machine.pollInterval)
        }
      case .jumpIfFalse:
        if case .bool(let bool) = regs[a] {
          next = bool ? next + 1 : code + Int(next.pointee)
        } else {
          frame.pointee.next = next + 1
          let holds = try Comparison.condition(regs[a], "a condition")
          next = holds ? next + 1 : code + Int(next.pointee)
        }
      case .jumpIfTrue:
        frame.pointee.next = next + 1
        let holds = try Comparison.condition(regs[a], "a condition")
        next = holds ? code + Int(next.pointee) : next + 1
      case .requireBool:
        frame.pointee.next = next
        regs.set(a, .bool(try Comparison.condition(regs[a], "a condition")))
      case .unlessTensor:
        if case .tensor = regs[a] { next += 1 } else { next = code + Int(next.pointee) }
      case .unlessLess:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          holds = x < y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.less, regs[b], regs[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessLessOrEqual:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          holds = x <= y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.lessOrEqual, regs[b], regs[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessGreater:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          holds = x > y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.greater, regs[b], regs[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessGreaterOrEqual:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          holds = x >= y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.greaterOrEqual, regs[b], regs[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessEqual:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          holds = x == y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.equal, regs[b], regs[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessNotEqual:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = regs[c] {
          holds = x != y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.notEqual, regs[b], regs[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessLessConstant:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          holds = x < y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.less, regs[b], constants[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessLessOrEqualConstant:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          holds = x <= y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.lessOrEqual, regs[b], constants[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessGreaterConstant:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          holds = x > y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.greater, regs[b], constants[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessGreaterOrEqualConstant:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          holds = x >= y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.greaterOrEqual, regs[b], constants[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessEqualConstant:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          holds = x == y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.equal, regs[b], constants[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)
      case .unlessNotEqualConstant:
        let holds: Bool
        if case .number(let x) = regs[b], case .number(let y) = constants[c] {
          holds = x != y
        } else {
          frame.pointee.next = next + 1
          holds = try Comparison.holds(.notEqual, regs[b], constants[c], session)
        }
        next = holds ? next + 1 : code + Int(next.pointee)

      // Loops over sequences

      case .prepareLoop:
        frame.pointee.next = next
        try Iteration.prepare(regs + a, session)
      case .nextValue:
        // A range of whole numbers keeps its current number, how many are left, and the step.
        if case .number(let current) = regs[a], case .number(let left) = regs[a + 1] {
          if left > 0, case .number(let step) = regs[a + 2] {
            regs.set(a + 3, current)
            regs.set(a, current + step)
            regs.set(a + 1, left - 1)
            next += 1
          } else {
            next = code + Int(next.pointee)
          }
        } else {
          frame.pointee.next = next + 1
          let found = try Iteration.next(regs + a, session)
          next = found ? next + 1 : code + Int(next.pointee)
        }

      // Collections

      case .newList:
        regs[a] = .list(Array(UnsafeBufferPointer(start: regs + b, count: c)))
      case .append:
        if case .list(let list) = regs[a] { list.items.append(regs[b]) }
      case .extend:
        frame.pointee.next = next
        if case .list(let list) = regs[a] { try extend(list, with: regs[b]) }
      case .newMatrix:
        frame.pointee.next = next
        regs[a] = .tensor(try Conversion.matrix(regs[a]))
      case .newRecord:
        regs[a] = .record(Record())
      case .setEntry:
        setEntry(regs[a], constants[Int(next.pointee)], regs[b])
        next += 1
      case .setComputedEntry:
        frame.pointee.next = next
        setEntry(regs[a], regs[c], regs[b])
      case .spreadRecord:
        frame.pointee.next = next
        try spread(regs[b], into: regs[a])
      case .getIndex:
        frame.pointee.next = next
        if case .list(let list) = regs[b], case .number(let number) = regs[c],
          let index = Int(exactly: number), index >= 0, index < list.items.count
        {
          regs.set(a, list.items[index])
        } else {
          regs[a] = try Indexing.get(regs[b], [.value(regs[c])], session)
        }
      case .setIndex:
        frame.pointee.next = next
        if case .list(let list) = regs[a], case .number(let number) = regs[b],
          let index = Int(exactly: number), index >= 0, index < list.items.count
        {
          list.items[index] = regs[c]
        } else {
          try Indexing.set(regs + a, [.value(regs[b])], regs[c], session)
        }
      case .getSubscripts:
        frame.pointee.next = next + 1
        let entries = try subscripts(Int(next.pointee), regs + c, frame)
        regs[a] = try Indexing.get(regs[b], entries, session)
        next += 1
      case .setSubscripts:
        frame.pointee.next = next + 1
        let entries = try subscripts(Int(next.pointee), regs + c, frame)
        try Indexing.set(regs + a, entries, regs[b], session)
        next += 1
      case .setGlobalSubscripts:
        frame.pointee.next = next + 2
        let entries = try subscripts(Int(next[1]), regs + c, frame)
        try setGlobalIndex(Int(next.pointee), entries, regs[b], frame)
        next += 2
      case .getField:
        frame.pointee.next = next + 1
        regs[a] = try Fields.get(regs[b], constants[Int(next.pointee)], session)
        next += 1
      case .setField:
        frame.pointee.next = next + 1
        try Fields.set(regs[a], constants[Int(next.pointee)], regs[b], session)
        next += 1

      // Calls

      case .call:
        next += 1
        frame.pointee.next = next
        if let closure = regs.closure(at: a),
          closure._withUnsafeGuaranteedRef({ $0.layout.pointee.simpleOperands })
            == instruction.operands
        {
          frame = try enter(closure, above: frame, window: a + 1)
          let layout = frame.pointee.layout
          regs += a + 1
          code = layout.pointee.code
          next = code
          constants = layout.pointee.constants
          globals = layout.pointee.globals
        } else {
          guard try callSlowly(a, count: b, isSimple: c != 0, frame) else { continue }
          frame += 1
          next = frame.pointee.next
          regs = registers + frame.pointee.base
          code = frame.pointee.layout.pointee.code
          constants = frame.pointee.layout.pointee.constants
          globals = frame.pointee.layout.pointee.globals
        }
        fuel -= 1
        if fuel <= 0 {
          fuel = Machine.pollInterval
          try session.spend(Machine.pollInterval)
        }
      case .callGlobal:
        let slot = globals[Int(next.pointee)]
        next += 2
        frame.pointee.next = next
        if let closure = slot.closure,
          closure._withUnsafeGuaranteedRef({ $0.layout.pointee.simpleOperands })
            == instruction.operands
        {
          frame = try enter(closure, above: frame, window: a + 1)
          let layout = frame.pointee.layout
          regs += a + 1
          code = layout.pointee.code
          next = code
          constants = layout.pointee.constants
          globals = layout.pointee.globals
        } else {
          guard let value = slot.pointee.value else {
            // The word of the global carries the place of the name, not of the whole call.
            frame.pointee.next = next - 1
            throw undefinedGlobal(Int(next[-2]), frame, isAssigned: false)
          }
          regs[a] = value
          guard try callSlowly(a, count: b, isSimple: c != 0, frame) else { continue }
          frame += 1
          next = frame.pointee.next
          regs = registers + frame.pointee.base
          code = frame.pointee.layout.pointee.code
          constants = frame.pointee.layout.pointee.constants
          globals = frame.pointee.layout.pointee.globals
        }
        fuel -= 1
        if fuel <= 0 {
          fuel = Machine.pollInterval
          try session.spend(Machine.pollInterval)
        }
      case .callMethod:
        next += 2
        frame.pointee.next = next
        let name = constants[Int(next[-2])]
        guard try callMethod(a, count: b, isSimple: c != 0, name, frame) else { continue }
        frame += 1
        next = frame.pointee.next
        regs = registers + frame.pointee.base
        code = frame.pointee.layout.pointee.code
        constants = frame.pointee.layout.pointee.constants
        globals = frame.pointee.layout.pointee.globals
      case .return:
        if handlerDepth == depth { dropHandlers(from: depth) }
        depth -= 1
        if depth != floor, case .number(let number) = regs[a] {
          (regs - 1).set(0, number)
          regs.clear(frame.pointee.layout.pointee.registerCount)
        } else {
          let result = (regs + a).move()
          (regs + a).initialize(to: .nil)
          regs.clear(frame.pointee.layout.pointee.registerCount)
          if depth == floor { return result }
          (regs - 1).put(result)
        }
        frame -= 1
        next = frame.pointee.next
        regs = registers + frame.pointee.base
        let layout = frame.pointee.layout
        code = layout.pointee.code
        constants = layout.pointee.constants
        globals = layout.pointee.globals
      case .skipIfGiven:
        let given = frame.pointee.missing & (1 << UInt64(a & 63)) == 0
        next = given ? code + Int(next.pointee) : next + 1
      case .check:
        frame.pointee.next = next + 1
        try check(Int(next.pointee), regs + a, frame)
        next += 1
      case .unpackList:
        frame.pointee.next = next + 1
        try unpack(regs[b], into: regs + a, count: c, hasRest: next.pointee != 0)
        next += 1
      case .unpackField:
        frame.pointee.next = next + 1
        regs[a] = try Fields.unpack(regs[b], constants[Int(next.pointee)], session)
        next += 1

      // Errors, strings, modules

      case .pushHandler:
        handlers.append(Handler(depth: depth, target: Int(next.pointee), register: a))
        handlerDepth = depth
        next += 1
      case .popHandler:
        handlers.removeLast()
        handlerDepth = handlers.last?.depth ?? -1
      case .interpolate:
        frame.pointee.next = next
        regs[a] = try interpolate(regs + b, count: c)
      case .format:
        frame.pointee.next = next + 1
        let format = frame.prototype.formats[Int(next.pointee)]
        regs[a] = .string(try Formatting.text(regs[b], format))
        next += 1
      case .load:
        frame.pointee.next = next + 1
        regs[a] = try load(constants[Int(next.pointee)], frame)
        next += 1
      }
    }
  }

  /// Makes the frame of a call whose arguments stand in the caller's registers from `window`.
  @inline(__always)
  private func enter(
    _ closure: Unmanaged<Closure>, above caller: UnsafeMutablePointer<Frame>, window: Int
  ) throws -> UnsafeMutablePointer<Frame> {
    let layout = closure._withUnsafeGuaranteedRef { $0.layout }
    let base = caller.pointee.base + window
    guard depth < maximumDepth,
      base + layout.pointee.registerCount < Machine.registerCapacity
    else { throw tooDeep() }
    let frame = caller + 1
    frame.initialize(
      to: Frame(
        layout: layout, closure: closure, next: layout.pointee.code, base: base, missing: 0,
        isEntry: false))
    depth += 1
    return frame
  }
}

// MARK: - Registers

extension UnsafeMutablePointer<Value> {
  /// Overwrites a register with a number.
  @inline(__always) func set(_ index: Int, _ number: Double) {
    let register = self + index
    if register.pointee.isTrivial {
      register.initialize(to: .number(number))
    } else {
      register.pointee = .number(number)
    }
  }

  /// Overwrites a register.
  @inline(__always) func set(_ index: Int, _ value: Value) { (self + index).put(value) }

  /// Overwrites this register.
  @inline(__always) func put(_ value: Value) {
    if pointee.isTrivial { initialize(to: value) } else { pointee = value }
  }

  /// Copies a register; numbers take the short way.
  @inline(__always) func copy(_ index: Int, from source: UnsafeMutablePointer<Value>) {
    if case .number(let number) = source.pointee {
      set(index, number)
    } else {
      self[index] = source.pointee
    }
  }

  /// Releases what the first registers of a window hold.
  @inline(__always) func clear(_ count: Int) {
    var register = self
    let end = self + count
    while register < end {
      if !register.pointee.isTrivial { register.pointee = .nil }
      register += 1
    }
  }

  /// The closure in a register, without retaining it.
  @inline(__always) func closure(at index: Int) -> Unmanaged<Closure>? {
    guard case .function = self[index] else { return nil }
    return UnsafeRawPointer(self + index).load(as: Unmanaged<Closure>.self)
  }
}

extension UnsafeMutablePointer<GlobalSlot> {
  /// The closure in a global, without retaining it.
  @inline(__always) var closure: Unmanaged<Closure>? {
    guard case .function? = pointee.value else { return nil }
    return UnsafeRawPointer(self).load(as: Unmanaged<Closure>.self)
  }
}

extension UnsafeMutablePointer<Frame> {
  @inline(__always) var captured: UnsafeMutablePointer<Value> {
    guard let closure = pointee.closure else { return pointee.layout.pointee.constants }
    return closure._withUnsafeGuaranteedRef { $0.captured }
  }

  var prototype: Prototype { pointee.layout.pointee.prototype.takeUnretainedValue() }
}
