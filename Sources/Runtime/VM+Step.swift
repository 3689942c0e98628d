// SPDX-License-Identifier: Apache-2.0
//
// One instruction of any kind, in full: what the loop in C leaves over. It has
// handled two numbers, lists with an index within them and the like; here everything else a value
// can be gets its meaning or its error.

import CMachine
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
    case .arithmetic:
      try calculate(instruction, words, frame)
      try pollIfLarge(frame.registers[instruction.a])
    case .comparing:
      try compare(instruction, frame)
      try pollIfLarge(frame.registers[instruction.a])
    case .jumping: try jump(instruction, words, frame)
    case .collecting: try collect(instruction, words, frame)
    case .indexing:
      try index(instruction, words, frame)
      try pollIfLarge(frame.registers[instruction.a])
    case .calling: try call(instruction, words, frame)
    case .other: try other(instruction, words, frame)
    }
  }

  /// The error for an instruction that neither C nor `step` carries out.
  private func unhandled(_ instruction: Instruction) -> ScriptError {
    ScriptError(
      .internalError, "the interpreter does not implement `\(instruction.opcode.name)`",
      hint: "please report this, with the script", isCatchable: false)
  }

  /// Looks at the interrupt and the limits after an operator that made something large. Those
  /// between two turns of a loop are only looked at every thousand turns.
  private func pollIfLarge(_ result: Value) throws {
    let isLarge =
      switch result {
      case .tensor(let tensor): tensor.count >= 1 << 14
      case .list(let list): list.count >= 1 << 14
      case .text(let text): text.string.utf8.count >= 1 << 16
      default: session.limits.seconds != nil
      }
    if isLarge {
      try session.poll()
      session.freeCycles()
    }
  }

  // MARK: - Moving values

  private func move(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let a = instruction.a
    switch instruction.opcode {
    case .getGlobal:
      throw undefinedGlobal(global(words[0]), frame, isAssigned: false)
    case .setGlobal: try setGlobal(global(words[0]), to: regs[a], frame)
    case .defineGlobal: defineGlobal(global(words[0]), as: regs[a], frame)
    case .newCell: regs[a] = .cell(Cell(regs[a]))
    case .setCell: set(regs[a], to: regs + instruction.b)
    case .setCaptureCell: set(frame.captured(instruction.b), to: regs + a)
    case .loadSelf:
      if let closure = frame.closure { regs[a] = .function(closure) }
    case .closure:
      let index = Int(words[0])
      regs[a] = instruction.b == 0 ? makeClosure(index, frame) : makeNeighbour(index, frame)
    default: throw unhandled(instruction)
    }
  }

  // MARK: - Operators

  private func calculate(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    if instruction.opcode == .negate {
      regs[a] = try Arithmetic.negate(regs[b])
      return
    }
    if let (operation, productFirst) = instruction.opcode.productSum {
      // The place of the product is that of the first word, the place of the sum that of the
      // second.
      frame.pointee.next = words
      let product = try Arithmetic.binary(.multiply, regs[b], regs[c])
      frame.pointee.next = words + 1
      let other = regs[Int(words[0])]
      regs[a] =
        try productFirst
        ? Arithmetic.binary(operation, product, other)
        : Arithmetic.binary(operation, other, product)
      return
    }
    guard let (operation, constantSide) = instruction.opcode.arithmetic else {
      throw unhandled(instruction)
    }
    let left = constantSide == .left ? frame.constant(b) : regs[b]
    let right = constantSide == .right ? frame.constant(c) : regs[c]
    regs[a] = try Arithmetic.binary(operation, left, right)
  }

  private func compare(
    _ instruction: Instruction, _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    if instruction.opcode == .not {
      regs[a] = .bool(try !Comparison.condition(regs[b], "not"))
    } else if let operation = instruction.opcode.comparison {
      regs[a] = try Comparison.compare(operation, regs[b], regs[c], session)
    } else {
      throw unhandled(instruction)
    }
  }

  // MARK: - Jumps and loops

  private func jump(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    let jumps: Bool
    switch instruction.opcode {
    case .jump, .loop: jumps = true
    case .rangeLoop: jumps = false
    case .jumpIfFalse: jumps = try !Comparison.condition(regs[a], "a condition")
    case .jumpIfTrue: jumps = try Comparison.condition(regs[a], "a condition")
    case .nextValue: jumps = try !Iteration.next(regs + a, session)
    case .advance: jumps = try Iteration.next(regs + a, session)
    case .unlessTensor: jumps = !(regs + a).holdsTensor
    case .skipIfGiven: jumps = frame.pointee.missing & (1 << UInt64(a & 63)) == 0
    default:
      guard let decision = instruction.opcode.decision else { throw unhandled(instruction) }
      let right = decision.isConstant ? frame.constant(c) : regs[c]
      let holds = try Comparison.holds(decision.operation, regs[b], right, session)
      jumps = holds == decision.jumpsIfTrue
    }
    if jumps { frame.pointee.next = words + jumpDistance(words) }
  }

  // MARK: - Collections

  private func collect(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .prepareLoop: try Iteration.prepare(regs + a, session)
    case .newList: regs[a] = .list(List(copying: regs + b, count: c))
    case .append:
      if case .list(let list) = regs[a] { try append(regs[b], to: list) }
    case .extend:
      if case .list(let list) = regs[a] { try extend(list, with: regs[b]) }
    case .newMatrix: regs[a] = .tensor(try Conversion.matrix(regs[a]))
    case .newRecord: regs[a] = .record(Record())
    case .makeRecord:
      let names = frame.pointee.layout.pointee.fieldNames[Int(words[0])]
      regs[a] = .record(
        Unmanaged<FieldNames>.fromOpaque(names)._withUnsafeGuaranteedRef {
          Record($0, copying: regs + b)
        })
    case .setEntry:
      setEntry(regs[a], frame.constant(Int(words[0])), regs[b])
    case .setComputedEntry: setEntry(regs[a], regs[c], regs[b])
    case .spreadRecord: try spread(regs[b], into: regs[a])
    case .unpackList:
      try unpack(regs[b], into: regs + a, count: c, hasRest: words[0] != 0)
    case .unpackField:
      let name = frame.constant(Int(words[0]))
      regs[a] = try Fields.unpack(regs[b], name, session)
    default: throw unhandled(instruction)
    }
  }

  private func index(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .getIndexConstant:
      regs[a] = try Indexing.get(regs[b], [.value(frame.constant(c))], session)
    case .getIndex: regs[a] = try Indexing.get(regs[b], [.value(regs[c])], session)
    case .setIndexConstant:
      session.cycles.watch(regs + a, storing: regs + c)
      try Indexing.set(regs + a, [.value(frame.constant(b))], regs[c], session)
    case .setIndex:
      session.cycles.watch(regs + a, storing: regs + c)
      try Indexing.set(regs + a, [.value(regs[b])], regs[c], session)
    case .getSubscripts:
      let entries = try subscripts(Int(words[0]), regs + c, frame)
      regs[a] = try Indexing.get(regs[b], entries, session)
    case .setSubscripts:
      let entries = try subscripts(Int(words[0]), regs + c, frame)
      session.cycles.watch(regs + a, storing: regs + b)
      try Indexing.set(regs + a, entries, regs[b], session)
    case .setGlobalSubscripts:
      let entries = try subscripts(Int(words[1]), regs + c, frame)
      try setGlobalIndex(global(words[0]), entries, regs + b, frame)
    case .getField:
      let name = frame.constant(Int(words[0]))
      note(name, of: regs[b], in: words - 1)
      regs[a] = try Fields.get(regs[b], name, session)
    case .setField:
      let name = frame.constant(Int(words[0]))
      note(name, of: regs[a], in: words - 1)
      session.cycles.watch(regs + a, storing: regs + b)
      try Fields.set(regs[a], name, regs[b], session)
    default: throw unhandled(instruction)
    }
  }

  /// Remembers in operand C of an instruction where a record has a field: there, or above a bit
  /// that is kept.
  private func note(
    _ name: Value, of value: Value, in word: UnsafeMutablePointer<UInt64>, keepingBit: Bool = false
  ) {
    guard case .record(let record) = value, case .text(let text) = name,
      let position = record.position(of: text.string)
    else { return }
    let instruction = Instruction(word.pointee)
    let operand = keepingBit ? position << 1 | instruction.c & 1 : position
    guard operand <= Instruction.maximumOperand else { return }
    word.pointee = instruction.replacing(c: operand).word
  }

  // MARK: - Calls

  private func call(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    var isSimple = true
    switch instruction.opcode {
    case .callLocal: regs[a] = regs[c]
    case .callCapture: regs[a] = frame.captured(c)
    case .callGlobal:
      let slot = global(words[0])
      guard let value = slot.pointee.value else {
        // The word of the global carries the place of the name, not of the whole call.
        frame.pointee.next -= 1
        throw undefinedGlobal(global(words[0]), frame, isAssigned: false)
      }
      regs[a] = value
      isSimple = c != 0
    case .callMethod:
      let name = frame.constant(Int(words[0]))
      note(name, of: regs[a], in: words - 1, keepingBit: true)
      _ = try callMethod(a, count: b, isSimple: c & 1 != 0, name, frame)
      return
    case .call: isSimple = c != 0
    default: throw unhandled(instruction)
    }
    _ = try callSlowly(a, count: b, isSimple: isSimple, frame)
  }

  // MARK: - Errors, strings, modules

  private func other(
    _ instruction: Instruction, _ words: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let regs = frame.registers
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .check: try check(Int(words[0]), regs + a, frame)
    case .requireBool: regs[a] = .bool(try Comparison.condition(regs[a], "a condition"))
    case .pushHandler:
      let target = words + jumpDistance(words) - frame.pointee.layout.pointee.code
      handlers.append(
        Handler(depth: depth, target: target, register: a, kind: c == 1 ? regs[a].asString : nil))
    case .popHandler: handlers.removeLast()
    case .interpolate: regs[a] = try interpolate(regs + b, count: c)
    case .appendText: try appendText(regs + b, count: c, to: regs + a)
    case .appendConstant:
      try appendText(
        frame.pointee.layout.pointee.constants.values + Int(words[0]), count: 1, to: regs + a)
    case .format:
      let format = frame.prototype.formats[Int(words[0])]
      regs[a] = .string(try Formatting.text(regs[b], format, session))
    case .load:
      regs[a] = try load(frame.constant(Int(words[0])), frame)
    default: throw unhandled(instruction)
    }
  }
}
