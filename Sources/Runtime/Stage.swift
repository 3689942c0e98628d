// SPDX-License-Identifier: Apache-2.0
//
// The stages between the text of a program and what the machine runs: tokens, tree, resolved names,
// instructions. The table behind `smap dump`, and the pages in `Tests/Stages`.

import Syntax

/// The representation of a program after one of the steps that prepare it.
public enum Stage: String, CaseIterable, Sendable {
  case tokens
  case tree
  case slots
  case code

  /// The output of this stage for a source, as text without a final newline.
  ///
  /// Tokens can be shown of any text. The other stages throw `SyntaxErrors` if the text does not
  /// parse, and code also if the program breaks a rule about names.
  public func text(of source: Source, in session: Session) throws -> String {
    if self == .tokens { return TokenPrinter.text(of: source) }
    let (program, diagnostics) = Parser.parse(source.withoutSkippedCells)
    guard diagnostics.isEmpty else { throw SyntaxErrors(diagnostics: diagnostics) }
    let text: String
    switch self {
    case .tokens, .tree: text = TreePrinter.text(of: program)
    case .slots: text = session.slots(of: program)
    case .code: text = try session.code(of: program)
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
