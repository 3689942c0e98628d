// SPDX-License-Identifier: Apache-2.0
//
// Rules that the grammar cannot state: a name stands once in a pattern, a signature collects its
// rest once, a shape has one `...`, and arguments by position come before those by name.

import Syntax

extension Resolver {
  /// At top level a later `let` may define a name again, but one pattern may not.
  mutating func checkNamesDiffer(in pattern: Pattern) {
    var seen: Set<String> = ["_"]
    var twice: Set<String> = []
    for name in pattern.names where !seen.insert(name.text).inserted {
      if name.text != "_", twice.insert(name.text).inserted {
        report("`\(name.text)` occurs twice in this pattern", name.span)
      }
    }
  }

  /// One `...rest` and one `*` in a signature.
  mutating func checkKinds(of parameters: [Parameter]) {
    var hasRest = false
    var hasStar = false
    for parameter in parameters {
      switch parameter.kind {
      case .pattern: break
      case .rest:
        if hasRest {
          report("a second rest parameter would never get anything", parameter.span)
        }
        hasRest = true
      case .star:
        if hasStar { report("`*` occurs twice in this signature", parameter.span) }
        hasStar = true
      }
    }
  }

  /// One `...` in a shape: where a second one begins could not be told.
  mutating func checkEllipses(in dimensions: [Dimension]) {
    var isSeen = false
    for dimension in dimensions {
      guard case .ellipsis = dimension.kind else { continue }
      if isSeen { report("`...` occurs twice in this shape", dimension.span) }
      isSeen = true
    }
  }

  /// Names follow positions.
  mutating func checkOrder(of arguments: [Argument]) {
    var firstName: Identifier?
    for argument in arguments {
      if case .named(let name) = argument.kind {
        firstName = firstName ?? name
      } else if let firstName {
        report(
          "an argument by position cannot follow `\(firstName.text) = ..`", argument.span,
          hint: "give it a name too, or put it in front")
        return
      }
    }
  }
}
