// SPDX-License-Identifier: Apache-2.0
//
// The instruction set.
//
// An instruction is one word: the opcode in the low byte, then three operands A, B and C of eight
// bits each. Operands that may be large (constants, globals, jump targets, call sites) follow in
// words of their own, so no table has a size limit. Registers are relative to the frame.

import Syntax

/// What an instruction does. The one table of opcodes: the comment gives operands and effect,
/// `wordCount` the number of words after the first.
enum Opcode: UInt8, CaseIterable {
  /// A = B
  case move
  /// A = constant [w1]
  case loadConstant
  /// A = nil
  case loadNil
  /// A = B ≠ 0
  case loadBool
  /// A = global [w1]; a NameError if it has no value
  case getGlobal
  /// global [w1] = A; a NameError if it has no value yet
  case setGlobal
  /// global [w1] = A, defining it
  case defineGlobal
  /// A = captured value B
  case getCapture
  /// A = content of captured cell B
  case getCaptureCell
  /// content of captured cell B = A
  case setCaptureCell
  /// A = a new cell holding A
  case newCell
  /// A = content of the cell in B
  case getCell
  /// content of the cell in A = B
  case setCell
  /// A = the running function
  case loadSelf
  /// A = closure over prototype [w1]
  case closure

  /// A = B + C, and so on
  case add
  case subtract
  case multiply
  case divide
  case floorDivide
  case remainder
  case power
  case matrixMultiply
  /// A = B + constant C, for numbers among the first 256 constants
  case addConstant
  case subtractConstant
  case multiplyConstant
  case divideConstant
  case remainderConstant
  case floorDivideConstant
  case powerConstant
  /// A = constant B + C, and so on
  case constantAdd
  case constantSubtract
  case constantMultiply
  case constantDivide
  /// A = -B
  case negate
  /// A = not B
  case not
  /// A = B == C, and so on
  case equal
  case notEqual
  case less
  case lessOrEqual
  case greater
  case greaterOrEqual
  case contains

  /// go to [w1]: a distance in words, counted from the word that holds it
  case jump
  /// go back to [w1], after looking for interrupts and limits
  case loop
  /// go to [w1] if A is false; anything but a boolean is a TypeError
  case jumpIfFalse
  /// go to [w1] if A is true
  case jumpIfTrue
  /// unless B < C go to [w1]
  case unlessLess
  case unlessLessOrEqual
  case unlessGreater
  case unlessGreaterOrEqual
  case unlessEqual
  case unlessNotEqual
  /// unless B < constant C go to [w1]
  case unlessLessConstant
  case unlessLessOrEqualConstant
  case unlessGreaterConstant
  case unlessGreaterOrEqualConstant
  case unlessEqualConstant
  case unlessNotEqualConstant
  /// unless A is a tensor go to [w1]: other containers need not be written back
  case unlessTensor
  /// A must be a boolean, for the right side of `and` and `or`
  case requireBool

  /// A, A+1, A+2 = the state of a loop over A
  case prepareLoop
  /// A+3 = the next value of the loop at A, or go to [w1]
  case nextValue
  /// after looking for interrupts and limits: A+3 = the next value of the loop at A and go back to
  /// [w1], or go on
  case advance

  /// A = a list of the C registers from B
  case newList
  /// append B to the list in A
  case append
  /// append all elements of B to the list in A
  case extend
  /// A = the matrix of the rows in list A
  case newMatrix
  /// A = a record of the C registers from B, with the names [w1]
  case makeRecord
  /// A = an empty record
  case newRecord
  /// field [w1] of the record in A = B
  case setEntry
  /// field named by the string in C of the record in A = B
  case setComputedEntry
  /// copy all fields of B into the record in A
  case spreadRecord

  /// A = B[C]
  case getIndex
  /// A[B] = C; a tensor in A is replaced
  case setIndex
  /// A = B[subscripts], which stand in the registers from C as [w1] says
  case getSubscripts
  /// A[subscripts] = B, where the subscripts stand in the registers from C as [w1] says
  case setSubscripts
  /// global [w1] [ subscripts ] = B, with subscripts from C as [w2] says
  case setGlobalSubscripts
  /// A = B.name [w1]; C is the position where the field was last
  case getField
  /// A.name [w1] = B; C is the position where the field was last
  case setField

  /// A = A(A+1, ..., A+B), call site [w1]; C is 1 if all arguments are positional
  case call
  /// A = C(A+1, ..., A+B), call site [w1]; all arguments are positional
  case callLocal
  /// A = captured value C(A+1, ..., A+B), call site [w1]; all arguments are positional
  case callCapture
  /// A = global [w1](A+1, ..., A+B), call site [w2]; the call site is always the last word
  case callGlobal
  /// A = A.name [w1](A+1, ..., A+B), call site [w2]; C is 1 if all arguments are positional, plus
  /// twice the position where the field was last
  case callMethod
  /// leave the function with the value in A
  case `return`
  /// continue at [w1] if parameter A was given
  case skipIfGiven
  /// check and convert A by the annotation [w1]
  case check
  /// the C registers from A = the elements of B; with [w1] = 1 the last one is the list of the rest
  case unpackList
  /// A = field [w1] of B, for a pattern
  case unpackField

  /// on an error put its record into A and go to [w1]
  case pushHandler
  /// forget the latest handler
  case popHandler
  /// A = the texts of the C registers from B, joined
  case interpolate
  /// A = the text of A and those of the C registers from B, joined; in place if A is not shared
  case appendText
  /// A = B as text in format [w1]
  case format
  /// A = the module at path [w1]
  case load

  /// The number of words that follow the first.
  var wordCount: Int {
    switch self {
    case .callGlobal, .callMethod, .setGlobalSubscripts: 2
    case .loadConstant, .getGlobal, .setGlobal, .defineGlobal, .closure, .setEntry, .makeRecord,
      .getSubscripts, .setSubscripts, .getField, .setField, .call, .callLocal, .callCapture,
      .check, .unpackList, .unpackField, .format, .load:
      1
    default: isJump ? 1 : 0
    }
  }

  /// Whether the first word after the instruction is a distance to jump.
  var isJump: Bool {
    switch self {
    case .jump, .loop, .jumpIfFalse, .jumpIfTrue, .unlessTensor, .nextValue, .advance,
      .skipIfGiven, .pushHandler:
      true
    default: jumpComparison != nil
    }
  }

  /// The operator of arithmetic with two operands, and which of them is a constant.
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

  /// The operator of a comparison that jumps unless it holds, and whether C is a constant.
  var jumpComparison: (operation: ComparisonOperator, isConstant: Bool)? {
    switch self {
    case .unlessLess: (.less, false)
    case .unlessLessOrEqual: (.lessOrEqual, false)
    case .unlessGreater: (.greater, false)
    case .unlessGreaterOrEqual: (.greaterOrEqual, false)
    case .unlessEqual: (.equal, false)
    case .unlessNotEqual: (.notEqual, false)
    case .unlessLessConstant: (.less, true)
    case .unlessLessOrEqualConstant: (.lessOrEqual, true)
    case .unlessGreaterConstant: (.greater, true)
    case .unlessGreaterOrEqualConstant: (.greaterOrEqual, true)
    case .unlessEqualConstant: (.equal, true)
    case .unlessNotEqualConstant: (.notEqual, true)
    default: nil
    }
  }

  /// What `step` sorts instructions by.
  enum Group { case moving, arithmetic, comparing, jumping, collecting, indexing, calling, other }

  var group: Group {
    switch self {
    case .move, .loadConstant, .loadNil, .loadBool, .getGlobal, .setGlobal, .defineGlobal,
      .getCapture, .getCaptureCell, .setCaptureCell, .newCell, .getCell, .setCell, .loadSelf,
      .closure:
      .moving
    case .negate: .arithmetic
    case .not: .comparing
    case .prepareLoop, .newList, .append, .extend, .newMatrix, .makeRecord, .newRecord, .setEntry,
      .setComputedEntry, .spreadRecord, .unpackList, .unpackField:
      .collecting
    case .getIndex, .setIndex, .getSubscripts, .setSubscripts, .setGlobalSubscripts, .getField,
      .setField:
      .indexing
    case .call, .callLocal, .callCapture, .callGlobal, .callMethod: .calling
    case .return, .check, .requireBool, .pushHandler, .popHandler, .interpolate, .appendText,
      .format, .load:
      .other
    default: arithmetic != nil ? .arithmetic : comparison != nil ? .comparing : .jumping
    }
  }
}

/// One instruction word.
struct Instruction {
  let word: UInt32

  @inline(__always) init(_ word: UInt32) { self.word = word }

  init(_ opcode: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
    word =
      UInt32(opcode.rawValue) | UInt32(truncatingIfNeeded: a & 255) << 8
      | UInt32(truncatingIfNeeded: b & 255) << 16 | UInt32(truncatingIfNeeded: c & 255) << 24
  }

  @inline(__always) var opcode: Opcode {
    unsafeBitCast(UInt8(truncatingIfNeeded: word), to: Opcode.self)
  }
  @inline(__always) var a: Int { Int(word >> 8 & 255) }
  @inline(__always) var b: Int { Int(word >> 16 & 255) }
  @inline(__always) var c: Int { Int(word >> 24) }
  /// b and c as one number.
  @inline(__always) var operands: Int { Int(word >> 16) }
  /// b and c of a call whose `count` arguments are all positional.
  @inline(__always) static func simpleOperands(_ count: Int) -> Int { count | 1 << 8 }
}
