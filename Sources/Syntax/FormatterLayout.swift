// SPDX-License-Identifier: Apache-2.0
//
// Text with optional line breaks, after Wadler's "A prettier printer" and its successors. A group
// is written on one line if it fits, else all its breaks are taken; a hard break, as after a
// comment or in a block that the author opened over several lines, is always taken and breaks every
// group around it. Each piece stores its width on one line, so testing whether something fits needs
// no traversal.

import TerminalText

/// A piece of text that has not been laid out yet.
struct Layout: Sendable {
  indirect enum Kind: Sendable {
    case text(String)
    /// A line break if the group around it is broken, else the text.
    case line(flat: String)
    /// An unconditional line break.
    case hardLine
    /// An empty line, if it follows a line break.
    case blankLine
    /// A comment after code, with its column in the source.
    case trailingComment(String, column: Int)
    case concatenation([Layout])
    case indented(Layout)
    case group(Layout)
    /// Text that is written only if the group around it is broken.
    case whenBroken(String)
    /// Parts with optional breaks between them, taken only where the next part does not fit.
    case fill([Layout])
    /// On one line; or with only `last` broken; or, if its head does not fit, the last form.
    case hugging(head: Layout, last: Layout, tail: Layout, broken: Layout)
    /// After a `=`: on the same line, or else on the next one if it fits there as a whole, or
    /// always if it is placed below when broken.
    case behindEquals(Layout, isBelowWhenBroken: Bool)
  }

  var kind: Kind
  /// The number of columns on one line.
  var width: Int
  /// Whether it contains an unconditional line break.
  var isForced: Bool
  /// The columns up to the first line break when it is broken.
  var leadingWidth: Int
  /// Whether it contains a line break when it is broken.
  var hasLine: Bool

  private init(
    _ kind: Kind, width: Int, isForced: Bool = false, leading: Int? = nil, hasLine: Bool = false
  ) {
    self.kind = kind
    self.width = width
    self.isForced = isForced
    leadingWidth = leading ?? width
    self.hasLine = hasLine
  }

  static let empty = Layout(.text(""), width: 0)
  static let space = text(" ")
  static let hardLine = Layout(.hardLine, width: 0, isForced: true, hasLine: true)
  static let blankLine = Layout(.blankLine, width: 0)
  static let softLine = line("")

  static func text(_ text: String) -> Layout { Layout(.text(text), width: columns(text)) }

  static func line(_ flat: String = " ") -> Layout {
    Layout(.line(flat: flat), width: flat.utf8.count, leading: 0, hasLine: true)
  }

  static func trailingComment(_ text: String, column: Int) -> Layout {
    Layout(.trailingComment(text, column: column), width: 0, isForced: true)
  }

  static func whenBroken(_ text: String) -> Layout { Layout(.whenBroken(text), width: 0) }

  static func joined(_ parts: [Layout]) -> Layout {
    var leading = 0
    var hasLine = false
    for part in parts where !hasLine {
      leading += part.leadingWidth
      hasLine = part.hasLine
    }
    return Layout(
      .concatenation(parts), width: parts.reduce(0) { $0 + $1.width },
      isForced: parts.contains { $0.isForced }, leading: leading, hasLine: hasLine)
  }

  static func fill(_ parts: [Layout]) -> Layout {
    var result = joined(parts)
    result.kind = .fill(parts)
    return result
  }

  static func hugging(head: Layout, last: Layout, tail: Layout, broken: Layout) -> Layout {
    var result = joined([head, last, tail])
    result.kind = .hugging(head: head, last: last, tail: tail, broken: broken)
    return result
  }

  func indented() -> Layout { wrapped(.indented(self)) }

  /// A group; a forced one is always broken.
  func grouped(forced: Bool = false) -> Layout {
    var result = wrapped(.group(self))
    if forced { result.isForced = true }
    return result
  }

  func behindEquals(isBelowWhenBroken: Bool) -> Layout {
    wrapped(.behindEquals(self, isBelowWhenBroken: isBelowWhenBroken))
  }

  private func wrapped(_ kind: Kind) -> Layout {
    Layout(kind, width: width, isForced: isForced, leading: leadingWidth, hasLine: hasLine)
  }

  /// The number of columns of a text.
  static func columns(_ text: String) -> Int {
    text.utf8.allSatisfy { $0 < 0x80 }
      ? text.utf8.count : text.reduce(0) { $0 + DisplayWidth.of($1) }
  }
}
