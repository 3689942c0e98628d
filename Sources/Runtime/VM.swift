// SPDX-License-Identifier: Apache-2.0
//
// The machine: one loop over a register file. The loop is the one long function of the project and
// makes this its one long file: cut into pieces, every instruction would pay for a call and the
// registers would no longer stay in plain pointers.
//
// The loop has only the fast half of each instruction: the case of numbers, of a list and an index
// within it, of a call that fits. Whatever else an instruction can mean is in `step`, which carries
// out one instruction of any kind (`VM+Step.swift`). So the loop has a single place where it calls
// something that can throw, and its few variables live in machine registers.
//
// Each function call gets a window of the register file; the caller places callee and arguments
// where the window begins, so arguments are passed without copying, and the result replaces the
// callee. Frames live in an array of their own: script recursion does not use the native stack,
// and its depth is an ordinary limit. The register file is one block that is reserved once and
// never moves, so the loop works on plain pointers.
//
// Every register always holds a valid value, which the loop sees as a `Slot`. A register that is
// overwritten with a number is first asked whether its old value needs releasing, which for numbers
// it does not; so loops over numbers never touch a reference count. Frames hold closures without
// retaining them: a register of the caller, its captures or a global does, and a global that is
// overwritten while its function runs goes to the graveyard until the machine is idle.

import Syntax
import Tensors

/// One call in progress.
struct Frame {
  var layout: UnsafeMutablePointer<CodeLayout>
  var closure: Unmanaged<Closure>?
  /// The next word to execute; up to date whenever other code may look at it.
  var next: UnsafeMutablePointer<UInt32>
  /// The first register of the window.
  var window: UnsafeMutablePointer<Slot>
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
  /// One register behind the last.
  let registerEnd: UnsafeMutablePointer<Slot>
  let frames: UnsafeMutablePointer<Frame>
  /// One frame behind the last; lower when the depth of calls is limited further.
  private(set) var frameEnd: UnsafeMutablePointer<Frame>
  /// How deep calls may nest; never more than there is room for frames.
  private(set) var maximumDepth: Int
  /// The number of calls in progress.
  @exclusivity(unchecked) var depth = 0
  /// The first register that a native call may use.
  @exclusivity(unchecked) var top = 0
  @exclusivity(unchecked) var handlers: [Handler] = []
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
    // Not a matter of any script: another compiler might lay out values in another way.
    precondition(Tag.matchLayout, "values do not lie in memory as this machine expects")
    self.session = session
    self.maximumDepth = maximumDepth
    registers = RegisterFile.reserve(Machine.registerCapacity)
    registerEnd = registers.slots + Machine.registerCapacity
    frames = .allocate(capacity: maximumDepth + 1)
    frameEnd = frames + maximumDepth
  }

  /// Lowers the depth that calls may reach.
  func limitDepth(_ depth: Int) {
    maximumDepth = min(maximumDepth, max(1, depth))
    frameEnd = frames + maximumDepth
  }

  deinit {
    RegisterFile.release(registers, Machine.registerCapacity)
    frames.deallocate()
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

  // MARK: - The loop

  /// Runs the newest frame, and those it calls, until the newest one that native code made returns.
  private func execute() throws -> Value {
    var frame = frames + (depth - 1)
    var next = frame.pointee.next
    var regs = frame.pointee.window
    var constants = frame.pointee.layout.pointee.constants.slots
    var fuel = Machine.pollInterval

    while true {
      let instruction = Instruction(next.pointee)
      let a = instruction.a
      let b = instruction.b
      let c = instruction.c
      // A case that has done its work continues; one that leaves the switch is for `step`.
      switch instruction.opcode {

      // Moving values

      case .move:
        regs.copy(a, regs[b])
        next += 1
        continue
      case .loadConstant:
        regs.copy(a, constants[Int(next[1])])
        next += 2
        continue
      case .loadNil:
        regs.put(a, .nil)
        next += 1
        continue
      case .loadBool:
        regs.put(a, Slot(b != 0))
        next += 1
        continue
      case .getGlobal:
        let slot = frame.global(next[1])
        guard slot.tag <= Tag.nil else { break }
        regs.copy(a, slot)
        next += 2
        continue
      case .getCapture:
        regs.copy(a, frame.captured[b])
        next += 1
        continue
      case .getCaptureCell:
        regs.copy(a, frame.captured[b].cellContent)
        next += 1
        continue
      case .setCaptureCell:
        frame.captured[b].setCellContent(regs[a])
        next += 1
        continue
      case .getCell:
        regs.copy(a, regs[b].cellContent)
        next += 1
        continue
      case .setCell:
        regs[a].setCellContent(regs[b])
        next += 1
        continue

      // Arithmetic

      case .add:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number + y.number))
        next += 1
        continue
      case .subtract:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number - y.number))
        next += 1
        continue
      case .multiply:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number * y.number))
        next += 1
        continue
      case .divide:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number / y.number))
        next += 1
        continue
      case .addConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number + y.number))
        next += 1
        continue
      case .subtractConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number - y.number))
        next += 1
        continue
      case .multiplyConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number * y.number))
        next += 1
        continue
      case .divideConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number / y.number))
        next += 1
        continue
      case .constantAdd:
        let x = constants[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number + y.number))
        next += 1
        continue
      case .constantSubtract:
        let x = constants[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number - y.number))
        next += 1
        continue
      case .constantMultiply:
        let x = constants[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number * y.number))
        next += 1
        continue
      case .constantDivide:
        let x = constants[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number / y.number))
        next += 1
        continue
      case .remainder:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number,
          let result = Arithmetic.wholeRemainder(x.number, y.number)
        else { break }
        regs.put(a, Slot(result))
        next += 1
        continue
      case .remainderConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number,
          let result = Arithmetic.wholeRemainder(x.number, y.number)
        else { break }
        regs.put(a, Slot(result))
        next += 1
        continue
      case .floorDivide:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number,
          let result = Arithmetic.positiveFloorDivide(x.number, y.number)
        else { break }
        regs.put(a, Slot(result))
        next += 1
        continue
      case .floorDivideConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number,
          let result = Arithmetic.positiveFloorDivide(x.number, y.number)
        else { break }
        regs.put(a, Slot(result))
        next += 1
        continue
      case .power:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number, let result = Arithmetic.simplePower(x.number, y.number)
        else { break }
        regs.put(a, Slot(result))
        next += 1
        continue
      case .powerConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number, let result = Arithmetic.simplePower(x.number, y.number)
        else { break }
        regs.put(a, Slot(result))
        next += 1
        continue
      case .negate:
        let x = regs[b]
        guard x.isNumber else { break }
        regs.put(a, Slot(-x.number))
        next += 1
        continue

      // Comparisons

      case .not:
        let x = regs[b]
        guard x.tag == Tag.bool else { break }
        regs.put(a, Slot(bits: ~x.bits & 1, tag: Tag.bool))
        next += 1
        continue
      case .equal:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number == y.number))
        next += 1
        continue
      case .notEqual:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number != y.number))
        next += 1
        continue
      case .less:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number < y.number))
        next += 1
        continue
      case .lessOrEqual:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number <= y.number))
        next += 1
        continue
      case .greater:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number > y.number))
        next += 1
        continue
      case .greaterOrEqual:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        regs.put(a, Slot(x.number >= y.number))
        next += 1
        continue

      // Jumps; distances count from the word that holds them

      case .jump:
        next += 1
        next += jumpDistance(next)
        continue
      case .loop:
        fuel &-= 1
        guard fuel > 0 else { break }
        next += 1
        next += jumpDistance(next)
        continue
      case .jumpIfFalse:
        let x = regs[a]
        guard x.tag == Tag.bool else { break }
        next += 1
        next += x.bits & 1 != 0 ? 1 : jumpDistance(next)
        continue
      case .jumpIfTrue:
        let x = regs[a]
        guard x.tag == Tag.bool else { break }
        next += 1
        next += x.bits & 1 == 0 ? 1 : jumpDistance(next)
        continue
      case .requireBool:
        guard regs[a].tag == Tag.bool else { break }
        next += 1
        continue
      case .unlessTensor:
        next += 1
        next += regs[a].tag == Tag.tensor ? 1 : jumpDistance(next)
        continue
      case .unlessLess:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number < y.number ? 1 : jumpDistance(next)
        continue
      case .unlessLessOrEqual:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number <= y.number ? 1 : jumpDistance(next)
        continue
      case .unlessGreater:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number > y.number ? 1 : jumpDistance(next)
        continue
      case .unlessGreaterOrEqual:
        let x = regs[b]
        let y = regs[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number >= y.number ? 1 : jumpDistance(next)
        continue
      case .unlessEqual:
        let x = regs[b]
        let y = regs[c]
        let holds: Bool
        if x.tag | y.tag == Tag.number {
          holds = x.number == y.number
        } else {
          // Only `nil` equals `nil`; other kinds are compared by `step`.
          guard x.tag == Tag.nil || y.tag == Tag.nil else { break }
          holds = x.tag == y.tag
        }
        next += 1
        next += holds ? 1 : jumpDistance(next)
        continue
      case .unlessNotEqual:
        let x = regs[b]
        let y = regs[c]
        let holds: Bool
        if x.tag | y.tag == Tag.number {
          holds = x.number != y.number
        } else {
          // Only `nil` equals `nil`; other kinds are compared by `step`.
          guard x.tag == Tag.nil || y.tag == Tag.nil else { break }
          holds = x.tag != y.tag
        }
        next += 1
        next += holds ? 1 : jumpDistance(next)
        continue
      case .unlessLessConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number < y.number ? 1 : jumpDistance(next)
        continue
      case .unlessLessOrEqualConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number <= y.number ? 1 : jumpDistance(next)
        continue
      case .unlessGreaterConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number > y.number ? 1 : jumpDistance(next)
        continue
      case .unlessGreaterOrEqualConstant:
        let x = regs[b]
        let y = constants[c]
        guard x.tag | y.tag == Tag.number else { break }
        next += 1
        next += x.number >= y.number ? 1 : jumpDistance(next)
        continue
      case .unlessEqualConstant:
        let x = regs[b]
        let y = constants[c]
        let holds: Bool
        if x.tag | y.tag == Tag.number {
          holds = x.number == y.number
        } else {
          // Only `nil` equals `nil`; other kinds are compared by `step`.
          guard x.tag == Tag.nil || y.tag == Tag.nil else { break }
          holds = x.tag == y.tag
        }
        next += 1
        next += holds ? 1 : jumpDistance(next)
        continue
      case .unlessNotEqualConstant:
        let x = regs[b]
        let y = constants[c]
        let holds: Bool
        if x.tag | y.tag == Tag.number {
          holds = x.number != y.number
        } else {
          // Only `nil` equals `nil`; other kinds are compared by `step`.
          guard x.tag == Tag.nil || y.tag == Tag.nil else { break }
          holds = x.tag != y.tag
        }
        next += 1
        next += holds ? 1 : jumpDistance(next)
        continue

      // Loops over sequences

      case .nextValue:
        let state = regs + a
        next += 1
        if state.hasRange {
          next += state.nextOfRange() ? 1 : jumpDistance(next)
          continue
        }
        if state.hasList {
          next += state.nextOfList() ? 1 : jumpDistance(next)
          continue
        }
        next -= 1
      case .advance:
        fuel &-= 1
        guard fuel > 0 else { break }
        let state = regs + a
        next += 1
        if state.hasRange {
          next += state.nextOfRange() ? jumpDistance(next) : 1
          continue
        }
        if state.hasList {
          next += state.nextOfList() ? jumpDistance(next) : 1
          continue
        }
        next -= 1

      // Collections

      case .append:
        guard regs[a].tag == Tag.list else { break }
        regs[a].list._withUnsafeGuaranteedRef { $0.append(slot: regs[b]) }
        next += 1
        continue
      case .getIndex:
        guard let element = regs[b].element(at: regs[c]) else { break }
        regs.copy(a, element.pointee)
        next += 1
        continue
      case .setIndex:
        guard let element = regs[a].element(at: regs[b]) else { break }
        element.copy(0, regs[c])
        next += 1
        continue
      case .getField:
        guard let field = regs[b].field(constants[Int(next[1])], at: c) else { break }
        regs.copy(a, field.pointee)
        next += 2
        continue
      case .setField:
        guard let field = regs[a].field(constants[Int(next[1])], at: c),
          !regs[a].record._withUnsafeGuaranteedRef({ $0.isFrozen })
        else { break }
        field.copy(0, regs[b])
        next += 2
        continue

      // Calls

      case .call:
        let callee = regs[a]
        fuel &-= 1
        guard fuel > 0, callee.tag == Tag.function,
          let entered = enter(
            callee.closure, instruction.operands, frame, regs + (a + 1), next + 2)
        else { break }
        frame = entered
        next = frame.pointee.next
        regs = frame.pointee.window
        constants = frame.pointee.layout.pointee.constants.slots
        continue
      case .callLocal:
        let callee = regs[c]
        fuel &-= 1
        guard fuel > 0, callee.tag == Tag.function,
          let entered = enter(
            callee.closure, Instruction.simpleOperands(b), frame, regs + (a + 1), next + 2)
        else { break }
        frame = entered
        next = frame.pointee.next
        regs = frame.pointee.window
        constants = frame.pointee.layout.pointee.constants.slots
        continue
      case .callCapture:
        let callee = frame.captured[c]
        fuel &-= 1
        guard fuel > 0, callee.tag == Tag.function,
          let entered = enter(
            callee.closure, Instruction.simpleOperands(b), frame, regs + (a + 1), next + 2)
        else { break }
        frame = entered
        next = frame.pointee.next
        regs = frame.pointee.window
        constants = frame.pointee.layout.pointee.constants.slots
        continue
      case .callGlobal:
        let callee = frame.global(next[1])
        fuel &-= 1
        guard fuel > 0, callee.tag == Tag.function,
          let entered = enter(
            callee.closure, instruction.operands, frame, regs + (a + 1), next + 3)
        else { break }
        frame = entered
        next = frame.pointee.next
        regs = frame.pointee.window
        constants = frame.pointee.layout.pointee.constants.slots
        continue
      case .callMethod:
        // The field of a record; C is twice the position where it was last, plus the flag.
        fuel &-= 1
        guard fuel > 0, c & 1 != 0,
          let field = regs[a].field(constants[Int(next[1])], at: c >> 1),
          field.pointee.tag == Tag.function
        else { break }
        let callee = field.pointee
        guard
          let entered = enter(
            callee.closure, Instruction.simpleOperands(b), frame, regs + (a + 1), next + 3)
        else { break }
        regs.copy(a, callee)
        frame = entered
        next = frame.pointee.next
        regs = frame.pointee.window
        constants = frame.pointee.layout.pointee.constants.slots
        continue
      case .return:
        let result = regs[a]
        regs[a] = .nil
        regs.clear(frame.pointee.layout.pointee.registerCount)
        depth &-= 1
        if frame.pointee.isEntry { return result.taken }
        let callee = regs[-1]
        regs[-1] = result
        callee.release()
        frame -= 1
        next = frame.pointee.next
        regs = frame.pointee.window
        constants = frame.pointee.layout.pointee.constants.slots
        continue
      default: break
      }

      // The other half of the instructions, one at a time

      frame.pointee.next = next
      if fuel <= 0 {
        fuel = Machine.pollInterval
        frame.pointee.next += 1
        try session.spend(Machine.pollInterval)
        frame.pointee.next = next
      }
      try step(frame)
      frame = frames + (depth &- 1)
      next = frame.pointee.next
      regs = frame.pointee.window
      constants = frame.pointee.layout.pointee.constants.slots
    }
  }

  /// Makes the frame of a call whose arguments stand in the registers from `window`, or gives nil
  /// if the call needs the binder or exceeds a limit.
  @inline(__always)
  private func enter(
    _ closure: Unmanaged<Closure>, _ operands: Int, _ caller: UnsafeMutablePointer<Frame>,
    _ window: UnsafeMutablePointer<Slot>, _ returnAddress: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<Frame>? {
    let layout = closure._withUnsafeGuaranteedRef { $0.layout }
    let frame = caller + 1
    guard layout.pointee.simpleOperands == operands, frame < frameEnd,
      window + layout.pointee.registerCount < registerEnd
    else { return nil }
    caller.pointee.next = returnAddress
    frame.initialize(
      to: Frame(
        layout: layout, closure: closure, next: layout.pointee.code, window: window, missing: 0,
        isEntry: false))
    depth &+= 1
    return frame
  }
}

/// How far a jump goes, from the word that says so.
@inline(__always) func jumpDistance(_ word: UnsafeMutablePointer<UInt32>) -> Int {
  Int(Int32(bitPattern: word.pointee))
}

extension UnsafeMutablePointer<Frame> {
  /// What the running function captured; functions without captures never ask.
  @inline(__always) var captured: UnsafeMutablePointer<Slot> {
    pointee.closure.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0.captured }.slots
  }

  /// The content of a global; its tag is no tag of a value while it is undefined.
  @inline(__always) func global(_ index: UInt32) -> Slot {
    let slot = pointee.layout.pointee.globals[Int(index)]
    return UnsafeRawPointer(slot).load(as: Slot.self)
  }

  var prototype: Prototype { pointee.layout.pointee.prototype.takeUnretainedValue() }
}

// MARK: - What the loop does with containers

extension Slot {
  /// The value, whose reference the caller takes over.
  @inline(__always) var taken: Value {
    var slot = self
    return withUnsafeMutablePointer(to: &slot) { $0.values.move() }
  }

  /// The content of this cell.
  @inline(__always) var cellContent: Slot {
    cell._withUnsafeGuaranteedRef { $0.slot.pointee }
  }

  @inline(__always) func setCellContent(_ slot: Slot) {
    cell._withUnsafeGuaranteedRef { $0.slot.copy(0, slot) }
  }

  /// The place of an element, if this is a list and `index` a whole number within it.
  ///
  /// Adding 1.5 * 2**52 moves the integer part of a number into the low bits; whatever is too large
  /// or negative then looks like an index beyond any list.
  @inline(__always) func element(at index: Slot) -> UnsafeMutablePointer<Slot>? {
    guard tag == Tag.list, index.isNumber else { return nil }
    let shifted = index.number + 0x1.8p52
    let position = shifted.bitPattern &- 0x1.8p52.bitPattern
    return list._withUnsafeGuaranteedRef { list in
      guard shifted - 0x1.8p52 == index.number, position < UInt64(truncatingIfNeeded: list.count)
      else { return nil }
      return list.elements.slots + Int(truncatingIfNeeded: position)
    }
  }

  /// The place of a field, if this is a record that has the field called `name` at `position`.
  @inline(__always) func field(_ name: Slot, at position: Int) -> UnsafeMutablePointer<Slot>? {
    guard tag == Tag.record else { return nil }
    return record._withUnsafeGuaranteedRef { record in
      guard position < record.count, record.nameAddresses[position] == name.address else {
        return nil
      }
      return record.fields.slots + position
    }
  }
}

extension UnsafeMutablePointer<Slot> {
  /// Whether these registers are the state of a loop over a range of whole numbers: the current
  /// number, how many are left, the step.
  @inline(__always) var hasRange: Bool { self[0].isNumber }

  @inline(__always) var hasList: Bool { self[0].tag == Tag.list }

  /// Puts the next number behind the state; returns false at the end.
  @inline(__always) func nextOfRange() -> Bool {
    let left = self[1].number
    guard left > 0 else { return false }
    let current = self[0].number
    put(3, Slot(current))
    self[0].bits = (current + self[2].number).bitPattern
    self[1].bits = (left - 1).bitPattern
    return true
  }

  /// Puts the next element of a list behind the state; returns false at the end.
  @inline(__always) func nextOfList() -> Bool {
    guard let element = self[0].element(at: self[1]) else { return false }
    copy(3, element.pointee)
    self[1].bits = (self[1].number + 1).bitPattern
    return true
  }
}
