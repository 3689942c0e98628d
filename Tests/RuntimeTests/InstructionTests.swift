// SPDX-License-Identifier: Apache-2.0
//
// Instructions that `step` does not carry out: an error, never nothing.

import CMachine
import Syntax
import Testing

@testable import Runtime

@Suite struct InstructionTests {
  /// These are carried out in C to the end, so `step` never meets them.
  private static let others: [Opcode] = [
    .move, .loadConstant, .loadNil, .loadBool, .getCapture, .getCaptureCell, .getCell, .`return`,
  ]

  @Test(arguments: others) func anUnhandledInstructionIsAnError(_ opcode: Opcode) throws {
    let session = Session(library: TestLibrary.table) { _ in }
    let machine = session.machine
    var words: [UInt64] = [Instruction(opcode).word, 0, 0]
    try words.withUnsafeMutableBufferPointer { words in
      let frame = machine.frames
      frame.pointee.next = try #require(words.baseAddress)
      frame.pointee.window = machine.registers.slots
      let error = #expect(throws: ScriptError.self) { try machine.step(frame) }
      #expect(error?.kind == .internalError)
      #expect(error?.message.contains("`\(opcode.name)`") == true)
      #expect(error?.isCatchable == false)
    }
  }
}
