// SPDX-License-Identifier: Apache-2.0
//
// What an editor may fold: brackets over several lines, comments over several lines, and cells.
// Brackets come from the tokens, so a text with errors folds as well.

import Files
import Syntax

extension Server {
  func foldingRanges(_ request: TextRequest) -> JSON {
    let source = request.document.source
    let stream = Lexer.tokenize(source)
    var ranges = Server.brackets(stream.tokens, source)
    ranges += Server.comments(stream.comments, source)
    ranges += Server.cells(stream.comments, source)
    return .array(
      ranges.sorted { ($0.first, $0.last) < ($1.first, $1.last) }.map { range in
        var entries: [(key: String, value: JSON)] = [
          ("startLine", .integer(range.first)), ("endLine", .integer(range.last)),
        ]
        if let kind = range.kind { entries.append(("kind", .string(kind))) }
        return .object(entries)
      })
  }

  /// Lines from 0, both ends included.
  private typealias Fold = (first: Int, last: Int, kind: String?)

  /// The line of a closing bracket stays visible.
  private static func brackets(_ tokens: [Token], _ source: Source) -> [Fold] {
    var open: [Int] = []
    var folds: [Fold] = []
    for token in tokens {
      switch token.kind {
      case .parenthesisOpen, .bracketOpen, .recordOpen, .blockOpen:
        open.append(source.line(of: token.span.start) - 1)
      case .parenthesisClose, .bracketClose, .braceClose:
        let line = source.line(of: token.span.start) - 1
        // Of brackets that begin on one line, only the outermost can be folded.
        if let first = open.popLast(), line - 1 > first, open.last != first {
          folds.append((first, line - 1, nil))
        }
      default: break
      }
    }
    return folds
  }

  /// Comments that stand alone on neighbouring lines.
  private static func comments(_ spans: [Span], _ source: Source) -> [Fold] {
    var folds: [Fold] = []
    var run: (first: Int, last: Int)?
    func isAlone(_ span: Span) -> Bool {
      let line = source.lineSpan(source.line(of: span.start))
      return source.text(Span(start: line.start, end: span.start)).allSatisfy(\.isWhitespace)
    }
    for span in spans where isAlone(span) && !Cells.isMark(span, in: source) {
      let line = source.line(of: span.start) - 1
      if let known = run, known.last == line - 1 {
        run = (known.first, line)
      } else {
        if let run, run.last > run.first { folds.append((run.first, run.last, "comment")) }
        run = (line, line)
      }
    }
    if let run, run.last > run.first { folds.append((run.first, run.last, "comment")) }
    return folds
  }

  /// From one `# %%` to the line before the next.
  private static func cells(_ comments: [Span], _ source: Source) -> [Fold] {
    let starts = Cells(source, comments: comments).all.map { $0.line - 1 }
    let ends = starts.dropFirst().map { $0 - 1 } + [source.lineCount - 1]
    return zip(starts, ends).compactMap { start, end in
      var end = end
      while end > start, source.text(ofLine: end + 1).allSatisfy(\.isWhitespace) { end -= 1 }
      return end > start ? (start, end, "region") : nil
    }
  }
}
