// SPDX-License-Identifier: Apache-2.0
//
// Compiled code and resolved names as text, for `smap dump`, the `:code` command and tests.

import Syntax
import Tensors

extension Session {
  /// The code of a program, one instruction per line, each function under its header.
  public func code(of program: Program) throws -> String {
    let resolution = Resolver.resolve(program)
    guard resolution.diagnostics.isEmpty else {
      throw SyntaxErrors(diagnostics: resolution.diagnostics)
    }
    let prototypes: [Prototype]
    do {
      prototypes = try Compiler.compile(
        program, resolution: resolution, scope: scope, builtins: builtins)
    } catch let error as Diagnostic {
      throw SyntaxErrors(diagnostics: [error])
    }
    var writer = CodeWriter()
    for prototype in prototypes { writer.write(prototype) }
    return writer.text
  }

  /// The meaning of each name of a program: a local variable, a shared one, a global.
  public func slots(of program: Program) -> String {
    let resolution = Resolver.resolve(program)
    var text = ""
    for (offset, meaning) in resolution.meanings.sorted(by: { $0.key < $1.key }) {
      let position = program.source.position(of: offset)
      let name = program.source.text(program.source.wordSpan(at: offset))
      text += "\(position.line):\(position.column) \(name) \(meaning.words)\n"
    }
    return text
  }
}

extension Meaning {
  fileprivate var words: String {
    switch self {
    case .local(let variable):
      variable.isCell ? "local, shared" : variable.isCaptured ? "local, copied" : "local"
    case .captured(let variable, let index):
      variable.isCell ? "captured \(index), shared" : "captured \(index)"
    case .global: "global"
    }
  }
}

extension Source {
  fileprivate func wordSpan(at offset: Int32) -> Span {
    var end = max(0, Int(offset))
    while end < bytes.count {
      let byte = bytes[end]
      let isLetter = (65...90).contains(byte & 0xDF) || (48...57).contains(byte) || byte == 95
      guard isLetter else { break }
      end += 1
    }
    return Span(Int(offset), end)
  }
}

/// Writes prototypes as text.
private struct CodeWriter {
  var text = ""

  mutating func write(_ prototype: Prototype) {
    text += "\(prototype.header.text)  [\(counted(prototype.registerCount, "register"))]\n"
    var position = 0
    while position < prototype.codeCount {
      position = write(prototype, at: position)
    }
    for inner in prototype.prototypes {
      text += "\n"
      write(inner)
    }
  }

  private mutating func write(_ prototype: Prototype, at position: Int) -> Int {
    let instruction = Instruction(prototype.code[position])
    let opcode = instruction.opcode
    var words = (0..<opcode.wordCount).map {
      Int(truncatingIfNeeded: prototype.code[position + 1 + $0])
    }
    if let word = opcode.globalWord {
      let place = global(prototype.code[position + word])
      words[word - 1] = prototype.globalNames.firstIndex(of: prototype.globalName(at: place)) ?? 0
    }
    if opcode.isJump { words[0] = position + 1 + jumpDistance(prototype.code + position + 1) }
    let line = prototype.source.position(of: prototype.span(at: position).start).line
    var parts = ["\(instruction.a)", "\(instruction.b)", "\(instruction.c)"]
    parts += words.map { "[\($0)]" }
    text +=
      "\(padded(line, 5)) \(padded(position, 5))  \(opcode.name) \(parts.joined(separator: " "))"
    text += note(prototype, opcode, instruction, words) + "\n"
    return position + 1 + words.count
  }

  /// The constant or global that an instruction refers to.
  private func note(
    _ prototype: Prototype, _ opcode: Opcode, _ instruction: Instruction, _ words: [Int]
  ) -> String {
    switch opcode {
    case .loadConstant, .appendConstant, .setEntry, .getField, .setField, .unpackField, .load:
      return words.first.map { "  ; " + Display.text(prototype.constants[$0]) } ?? ""
    case .callMethod:
      return words.first.map { "  ; ." + Display.plain(prototype.constants[$0]) } ?? ""
    case .getGlobal, .setGlobal, .defineGlobal, .callGlobal, .setGlobalSubscripts:
      return words.first.map { "  ; " + prototype.globalNames[$0] } ?? ""
    default: break
    }
    let hasRightConstant =
      opcode.arithmetic?.constant == .right || opcode.decision?.isConstant == true
    if hasRightConstant || opcode == .getIndexConstant {
      return "  ; " + Display.text(prototype.constants[instruction.c])
    }
    if opcode.arithmetic?.constant == .left || opcode == .setIndexConstant {
      return "  ; " + Display.text(prototype.constants[instruction.b])
    }
    return ""
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: " ", count: max(0, width - digits.utf8.count)) + digits
  }
}
