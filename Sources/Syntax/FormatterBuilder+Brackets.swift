// SPDX-License-Identifier: Apache-2.0
//
// Bracketed lists: on one line if they fit, else one entry per line with a comma after the last. A
// newline directly after the opening bracket requests the second form. Lists of single words and
// numbers fill lines instead.

extension LayoutBuilder {
  /// How the entries of a bracket are formatted.
  struct BracketStyle {
    /// Whether a comma may follow the last entry.
    var allowsFinalComma = true
    /// Whether entries fill lines.
    var isFilled = false
    /// Whether only the last entry may be broken, as in `f(x, fn(y) {`.
    var hugsLast = false
  }

  /// A bracket with `count` entries, each made by `entry`.
  mutating func bracket(
    _ count: Int, _ style: BracketStyle = BracketStyle(),
    _ entry: (inout LayoutBuilder, Int) -> Layout
  ) -> Layout {
    let open = take()
    let isForced = isOnNewLine && count > 0
    if count == 0 {
      let comments = gapComments()
      guard comments.isForced else { return .joined([open, take()]) }
      return .joined([open, comments.indented(), .hardLine, take()])
    }
    var entries: [Layout] = []
    // Between two entries: comma, comments, perhaps an empty line.
    var gaps: [Layout] = []
    let first = gapComments()
    for number in 0..<count {
      entries.append(entry(&self, number))
      skip(.comma)
      guard number + 1 < count else { break }
      gaps.append(gapAfterComma())
    }
    let final = gapComments()
    let close = take()
    let comma: Layout = style.allowsFinalComma ? .whenBroken(",") : .empty
    let parts = Parts(
      open: open, first: first, entries: entries, gaps: gaps, final: .joined([comma, final]),
      close: close)
    return layout(of: parts, style, isForced: isForced)
  }

  private struct Parts {
    var open: Layout
    var first: Layout
    var entries: [Layout]
    var gaps: [Layout]
    var final: Layout
    var close: Layout
  }

  private func layout(of parts: Parts, _ style: BracketStyle, isForced: Bool) -> Layout {
    var body: [Layout] = [.softLine, parts.first]
    if style.isFilled {
      body.append(filled(parts))
    } else {
      for (number, entry) in parts.entries.enumerated() {
        if number > 0 { body += [parts.gaps[number - 1], .line()] + blank(parts.gaps[number - 1]) }
        body.append(entry)
      }
    }
    body.append(parts.final)
    let broken = Layout.joined([
      parts.open, Layout.joined(body).indented(), .softLine, parts.close,
    ])
    guard style.hugsLast, !isForced, !parts.first.isForced, !parts.final.isForced,
      let last = parts.entries.last
    else { return broken.grouped(forced: isForced) }
    var head = [parts.open]
    for (entry, gap) in zip(parts.entries, parts.gaps) { head += [entry, gap, .space] }
    return .hugging(head: .joined(head), last: last, tail: parts.close, broken: broken)
  }

  /// The empty line after a gap follows the line break, which the gap does not contain.
  private func blank(_ gap: Layout) -> [Layout] {
    if case .concatenation(let parts) = gap.kind, case .blankLine = parts.last?.kind {
      return [.blankLine]
    }
    return []
  }

  private func filled(_ parts: Parts) -> Layout {
    var result: [Layout] = []
    for (number, entry) in parts.entries.enumerated() {
      if number > 0 { result.append(parts.gaps[number - 1].isForced ? .hardLine : .line()) }
      let isLast = number + 1 == parts.entries.count
      result.append(isLast ? entry : .joined([entry, parts.gaps[number]]))
    }
    return .fill(result)
  }

  /// A comma, the comments around it, and whether an empty line follows.
  private mutating func gapAfterComma() -> Layout {
    let hasBlank = hasBlankLine(before: nextOffset)
    let comments = gapComments()
    if comments.isForced { return .joined([.text(","), comments]) }
    return hasBlank ? .joined([.text(","), .blankLine]) : .text(",")
  }

  // MARK: - Patterns and signatures

  mutating func pattern(_ pattern: Pattern) -> Layout {
    let style = BracketStyle(allowsFinalComma: false)
    switch pattern.kind {
    case .name: return take()
    case .list(let items, let rest):
      return bracket(items.count + (rest == nil ? 0 : 1), style) { builder, number in
        if number < items.count { return builder.pattern(items[number]) }
        return .joined([builder.take(), builder.take()])
      }
    case .record(let names):
      return bracket(names.count, style) { builder, _ in builder.take() }
    }
  }

  /// The signature and body of a function, after its name.
  mutating func signatureAndBody(_ function: Function) -> Layout {
    var parts = [signature(function.signature)]
    switch function.body {
    case .expression(let value):
      parts += [.space, take(), assigned(value, prefersNextLine: true)]
    case .block(let body): parts += [.space, block(body).grouped()]
    }
    return .joined(parts)
  }

  private mutating func signature(_ signature: Signature) -> Layout {
    var parameters = bracket(signature.parameters.count) { builder, number in
      builder.parameter(signature.parameters[number])
    }
    // A function can be a last argument that breaks alone only if its parameters fit on one line.
    if !parameters.isForced {
      parameters.leadingWidth = parameters.width
      parameters.hasLine = false
    }
    guard let result = signature.result else { return parameters }
    return .joined([parameters, .space, take(), .space, annotation(result)])
  }

  private mutating func parameter(_ parameter: Parameter) -> Layout {
    switch parameter.kind {
    case .star: return take()
    case .rest: return .joined([take(), take()])
    case .pattern(let pattern):
      var parts = [self.pattern(pattern)]
      if let annotation = parameter.annotation {
        parts += [take(), .space, self.annotation(annotation)]
      }
      if let value = parameter.defaultValue {
        parts += [.space, take(), .space, expression(value)]
      }
      return .joined(parts)
    }
  }

  private mutating func annotation(_ annotation: Annotation) -> Layout {
    guard case .shape(let dimensions) = annotation.kind else { return take() }
    return bracket(dimensions.count, BracketStyle(allowsFinalComma: false)) { builder, _ in
      builder.take()
    }
  }
}
