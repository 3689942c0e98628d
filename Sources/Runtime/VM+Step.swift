// SPDX-License-Identifier: Apache-2.0
//
// One instruction of any kind, in full: what the loop of the machine leaves over. The loop has
// handled two numbers, lists with an index within them and the like; here everything else a value
// can be gets its meaning or its error.

import Syntax
import Tensors

extension Machine {
  /// Carries out the next instruction of a frame, which may push a frame.
  func step(_ frame: UnsafeMutablePointer<Frame>) throws {
    let instruction = Instruction(frame.pointee.next.pointee)
    let words = frame.pointee.next + 1
    frame.pointee.next = words + instruction.opcode.wordCount
    switch instruction.opcode.group {
    case .moving: try move(instruction, words, frame)
    case .arithmetic: try calculate(instruction, frame)
    case .comparing: try compare(instruction, frame)
    case .jumping: try jump(instruction, words, frame)
    case .collecting: try collect(instruction, words, frame)
    case .indexing: try index(instruction, words, frame)
    case .calling: try call(instruction, words, frame)
    case .other: try other(instruction, words, frame)
    }
  }

  // MARK: - Moving values

  private func move(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt32>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let a = instruction.a
    switch instruction.opcode {
    case .getGlobal:
      throw undefinedGlobal(Int(words[0]), frame, isAssigned: false)
    case .setGlobal: try setGlobal(Int(words[0]), to: regs[a], frame)
    case .defineGlobal: defineGlobal(Int(words[0]), as: regs[a], frame)
    case .newCell: regs[a] = .cell(Cell(regs[a]))
    case .loadSelf:
      if let closure = frame.pointee.closure {
        regs[a] = .function(closure.takeUnretainedValue())
      }
    case .closure: regs[a] = makeClosure(Int(words[0]), frame)
    default: break
    }
  }

  // MARK: - Operators

  private func calculate(
    _ instruction: Instruction, _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    if instruction.opcode == .negate {
      regs[a] = try Arithmetic.negate(regs[b])
      return
    }
    guard let (operation, constantSide) = instruction.opcode.arithmetic else { return }
    let constants = frame.pointee.layout.pointee.constants
    let left = constantSide == .left ? constants[b] : regs[b]
    let right = constantSide == .right ? constants[c] : regs[c]
    regs[a] = try Arithmetic.binary(operation, left, right)
  }

  private func compare(
    _ instruction: Instruction, _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    if instruction.opcode == .not {
      regs[a] = .bool(try !Comparison.condition(regs[b], "not"))
    } else if let operation = instruction.opcode.comparison {
      regs[a] = try Comparison.compare(operation, regs[b], regs[c], session)
    }
  }

  // MARK: - Jumps and loops

  private func jump(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt32>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    let jumps: Bool
    switch instruction.opcode {
    case .jump, .loop: jumps = true
    case .jumpIfFalse: jumps = try !Comparison.condition(regs[a], "a condition")
    case .jumpIfTrue: jumps = try Comparison.condition(regs[a], "a condition")
    case .nextValue: jumps = try !nextValue(regs + a)
    case .advance: jumps = try nextValue(regs + a)
    case .unlessTensor: jumps = !(regs + a).holdsTensor
    case .skipIfGiven: jumps = frame.pointee.missing & (1 << UInt64(a & 63)) == 0
    default:
      guard let (operation, isConstant) = instruction.opcode.jumpComparison else { return }
      let right = isConstant ? frame.pointee.layout.pointee.constants[c] : regs[c]
      jumps = try !Comparison.holds(operation, regs[b], right, session)
    }
    if jumps { frame.pointee.next = words + jumpDistance(words) }
  }

  private func nextValue(_ state: UnsafeMutablePointer<Value>) throws -> Bool {
    // Also ranges come here, when it was time to look for interrupts.
    if state.slots.hasRange { return state.slots.nextOfRange() }
    return try Iteration.next(state, session)
  }

  // MARK: - Collections

  private func collect(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt32>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .prepareLoop: try Iteration.prepare(regs + a, session)
    case .newList: regs[a] = .list(List(copying: regs + b, count: c))
    case .extend:
      if case .list(let list) = regs[a] { try extend(list, with: regs[b]) }
    case .newMatrix: regs[a] = .tensor(try Conversion.matrix(regs[a]))
    case .newRecord: regs[a] = .record(Record())
    case .makeRecord:
      let names = frame.pointee.layout.pointee.fieldNames[Int(words[0])]
      regs[a] = .record(names._withUnsafeGuaranteedRef { Record($0, copying: regs + b) })
    case .setEntry:
      setEntry(regs[a], frame.pointee.layout.pointee.constants[Int(words[0])], regs[b])
    case .setComputedEntry: setEntry(regs[a], regs[c], regs[b])
    case .spreadRecord: try spread(regs[b], into: regs[a])
    case .unpackList:
      try unpack(regs[b], into: regs + a, count: c, hasRest: words[0] != 0)
    case .unpackField:
      let name = frame.pointee.layout.pointee.constants[Int(words[0])]
      regs[a] = try Fields.unpack(regs[b], name, session)
    default: break
    }
  }

  private func index(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt32>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .getIndex: regs[a] = try Indexing.get(regs[b], [.value(regs[c])], session)
    case .setIndex: try Indexing.set(regs + a, [.value(regs[b])], regs[c], session)
    case .getSubscripts:
      let entries = try subscripts(Int(words[0]), regs + c, frame)
      regs[a] = try Indexing.get(regs[b], entries, session)
    case .setSubscripts:
      let entries = try subscripts(Int(words[0]), regs + c, frame)
      try Indexing.set(regs + a, entries, regs[b], session)
    case .setGlobalSubscripts:
      let entries = try subscripts(Int(words[1]), regs + c, frame)
      try setGlobalIndex(Int(words[0]), entries, regs[b], frame)
    case .getField:
      let name = frame.pointee.layout.pointee.constants[Int(words[0])]
      note(name, of: regs[b], in: words - 1, bits: 8, shift: 0)
      regs[a] = try Fields.get(regs[b], name, session)
    case .setField:
      let name = frame.pointee.layout.pointee.constants[Int(words[0])]
      note(name, of: regs[a], in: words - 1, bits: 8, shift: 0)
      try Fields.set(regs[a], name, regs[b], session)
    default: break
    }
  }

  /// Remembers in operand C of an instruction where a record has a field.
  private func note(
    _ name: Value, of value: Value, in word: UnsafeMutablePointer<UInt32>, bits: UInt32,
    shift: UInt32
  ) {
    guard case .record(let record) = value, case .text(let text) = name,
      let position = record.position(of: text.string), position < 1 << Int(bits)
    else { return }
    let kept = word.pointee & ~(((1 << bits) - 1) << (24 + shift))
    word.pointee = kept | UInt32(truncatingIfNeeded: position) << (24 + shift)
  }

  // MARK: - Calls

  private func call(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt32>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    var isSimple = true
    switch instruction.opcode {
    case .callLocal: regs[a] = regs[c]
    case .callCapture: regs[a] = frame.captured.values[c]
    case .callGlobal:
      let slot = frame.pointee.layout.pointee.globals[Int(words[0])]
      guard let value = slot.pointee.value else {
        // The word of the global carries the place of the name, not of the whole call.
        frame.pointee.next -= 1
        throw undefinedGlobal(Int(words[0]), frame, isAssigned: false)
      }
      regs[a] = value
      isSimple = c != 0
    case .callMethod:
      let name = frame.pointee.layout.pointee.constants[Int(words[0])]
      note(name, of: regs[a], in: words - 1, bits: 7, shift: 1)
      _ = try callMethod(a, count: b, isSimple: c & 1 != 0, name, frame)
      return
    default: isSimple = c != 0
    }
    _ = try callSlowly(a, count: b, isSimple: isSimple, frame)
  }

  // MARK: - Errors, strings, modules

  private func other(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt32>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.pointee.window.values
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .check: try check(Int(words[0]), regs + a, frame)
    case .requireBool: regs[a] = .bool(try Comparison.condition(regs[a], "a condition"))
    case .pushHandler:
      let target = words + jumpDistance(words) - frame.pointee.layout.pointee.code
      handlers.append(Handler(depth: depth, target: target, register: a))
    case .popHandler: handlers.removeLast()
    case .interpolate: regs[a] = try interpolate(regs + b, count: c)
    case .appendText: try appendText(regs + b, count: c, to: regs + a)
    case .format:
      let format = frame.prototype.formats[Int(words[0])]
      regs[a] = .string(try Formatting.text(regs[b], format))
    case .load:
      regs[a] = try load(frame.pointee.layout.pointee.constants[Int(words[0])], frame)
    default: break
    }
  }
}
