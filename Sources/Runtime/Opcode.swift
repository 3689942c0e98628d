// SPDX-License-Identifier: Apache-2.0
//
// The instruction set as the compiler sees it. The table of instructions is `opcodes.h` of
// CMachine, from which both sides take names, lengths and groups.

import CMachine
import Syntax

/// What an instruction does.
typealias Opcode = MachineOpcode

extension Opcode {
  /// The name in the table.
  var name: String { String(cString: machine_opcode_name(self)) }

  /// The number of words that follow the first.
  @inline(__always) var wordCount: Int { machine_word_count(self) }

  /// The group by which `step` dispatches.
  @inline(__always) var group: MachineGroup { machine_group(self) }

  /// Whether the first word after the instruction is a distance to jump.
  var isJump: Bool { group == .jumping || self == .pushHandler }

  /// Which word after the first names a global, if one does.
  var globalWord: Int? {
    switch self {
    case .getGlobal, .setGlobal, .defineGlobal, .callGlobal, .setGlobalSubscripts: 1
    case .rangeLoop: 2
    default: nil
    }
  }

  /// The operator of arithmetic with two operands, and which operand is a constant.
  var arithmetic: (operation: BinaryOperator, constant: ConstantSide)? {
    switch self {
    case .add: (.add, .neither)
    case .subtract: (.subtract, .neither)
    case .multiply: (.multiply, .neither)
    case .divide: (.divide, .neither)
    case .floorDivide: (.floorDivide, .neither)
    case .remainder: (.remainder, .neither)
    case .power: (.power, .neither)
    case .matrixMultiply: (.matrixMultiply, .neither)
    case .addConstant: (.add, .right)
    case .subtractConstant: (.subtract, .right)
    case .multiplyConstant: (.multiply, .right)
    case .divideConstant: (.divide, .right)
    case .remainderConstant: (.remainder, .right)
    case .floorDivideConstant: (.floorDivide, .right)
    case .powerConstant: (.power, .right)
    case .constantAdd: (.add, .left)
    case .constantSubtract: (.subtract, .left)
    case .constantMultiply: (.multiply, .left)
    case .constantDivide: (.divide, .left)
    default: nil
    }
  }

  enum ConstantSide { case neither, left, right }

  /// The operator of a comparison whose result goes to a register.
  var comparison: ComparisonOperator? {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .contains: .contains
    default: nil
    }
  }

  /// A comparison that controls a jump.
  struct Decision {
    let operation: ComparisonOperator
    /// Whether operand C is a constant.
    let isConstant: Bool
    /// Whether the jump is taken if the comparison is true, or if it is false.
    let jumpsIfTrue: Bool

    init(_ operation: ComparisonOperator, constant: Bool = false, jumpsIfTrue: Bool = false) {
      self.operation = operation
      isConstant = constant
      self.jumpsIfTrue = jumpsIfTrue
    }
  }

  /// The comparison that controls a jump, if it is one.
  var decision: Decision? {
    switch self {
    case .unlessLess: Decision(.less)
    case .unlessLessOrEqual: Decision(.lessOrEqual)
    case .unlessGreater: Decision(.greater)
    case .unlessGreaterOrEqual: Decision(.greaterOrEqual)
    case .unlessEqual: Decision(.equal)
    case .unlessNotEqual: Decision(.notEqual)
    case .unlessLessConstant: Decision(.less, constant: true)
    case .unlessLessOrEqualConstant: Decision(.lessOrEqual, constant: true)
    case .unlessGreaterConstant: Decision(.greater, constant: true)
    case .unlessGreaterOrEqualConstant: Decision(.greaterOrEqual, constant: true)
    case .unlessEqualConstant: Decision(.equal, constant: true)
    case .unlessNotEqualConstant: Decision(.notEqual, constant: true)
    case .jumpIfLess: Decision(.less, jumpsIfTrue: true)
    case .jumpIfLessOrEqual: Decision(.lessOrEqual, jumpsIfTrue: true)
    case .jumpIfGreater: Decision(.greater, jumpsIfTrue: true)
    case .jumpIfGreaterOrEqual: Decision(.greaterOrEqual, jumpsIfTrue: true)
    case .jumpIfEqual: Decision(.equal, jumpsIfTrue: true)
    case .jumpIfNotEqual: Decision(.notEqual, jumpsIfTrue: true)
    case .jumpIfLessConstant: Decision(.less, constant: true, jumpsIfTrue: true)
    case .jumpIfLessOrEqualConstant: Decision(.lessOrEqual, constant: true, jumpsIfTrue: true)
    case .jumpIfGreaterConstant: Decision(.greater, constant: true, jumpsIfTrue: true)
    case .jumpIfGreaterOrEqualConstant:
      Decision(.greaterOrEqual, constant: true, jumpsIfTrue: true)
    case .jumpIfEqualConstant: Decision(.equal, constant: true, jumpsIfTrue: true)
    case .jumpIfNotEqualConstant: Decision(.notEqual, constant: true, jumpsIfTrue: true)
    default: nil
    }
  }

  /// The fused multiply-add, and whether the product comes first.
  var productSum: (operation: BinaryOperator, productFirst: Bool)? {
    switch self {
    case .productAdd: (.add, true)
    case .productSubtract: (.subtract, true)
    case .addProduct: (.add, false)
    case .subtractProduct: (.subtract, false)
    default: nil
    }
  }
}

/// One instruction word; operands are stored as byte offsets of registers.
struct Instruction {
  let word: UInt64

  @inline(__always) init(_ word: UInt64) { self.word = word }

  init(_ opcode: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
    word =
      UInt64(opcode.rawValue) | Instruction.field(a) << 16 | Instruction.field(b) << 32
      | Instruction.field(c) << 48
  }

  private static func field(_ operand: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: operand & maximumOperand) << 4
  }

  /// The largest operand.
  static let maximumOperand = 4095

  @inline(__always) var opcode: Opcode {
    unsafeBitCast(UInt8(truncatingIfNeeded: word), to: Opcode.self)
  }
  @inline(__always) var a: Int { Int(word >> 20 & 4095) }
  @inline(__always) var b: Int { Int(word >> 36 & 4095) }
  @inline(__always) var c: Int { Int(word >> 52) }

  /// The same instruction with another third operand.
  func replacing(c: Int) -> Instruction {
    Instruction(word & ~(0xFFFF << 48) | Instruction.field(c) << 48)
  }

  /// B and C as the machine compares them, for a call whose `count` arguments are all positional.
  static func simpleOperands(_ count: Int) -> Int {
    Int(Instruction(.call, 0, count, 1).word >> 32)
  }
}
