// SPDX-License-Identifier: Apache-2.0
//
// The lines of the corpus that fail although the checker cannot find anything, and why. Remove a
// line from the list when the checker does find its error.

/// A line whose error only a run finds.
struct Unfindable {
  enum Reason {
    /// `error(..)` and a failing `assert` are intentional.
    case isRaisedOnPurpose
    /// Limits depend on the host.
    case dependsOnLimits
    /// The elements or the length of a list after it was passed to code that may change it.
    case dependsOnChanges
    /// One of several paths through a function.
    case dependsOnTheWay
  }

  /// The file in `Tests/Conformance/errors`.
  let file: String
  /// How the line begins.
  let line: String
  let reason: Reason

  init(_ file: String, _ line: String, _ reason: Reason) {
    self.file = file
    self.line = line
    self.reason = reason
  }

  static let table: [Unfindable] = [
    Unfindable("assert_built_in", "assert(false) ", .isRaisedOnPurpose),
    Unfindable("assert_built_in", "assert(1 > 2, \"one is small\")", .isRaisedOnPurpose),
    Unfindable("assert_built_in", "assert(false, message = \"m\")", .isRaisedOnPurpose),
    Unfindable("error_built_in", "error(\"a\", \"B\")", .isRaisedOnPurpose),
    Unfindable("error_built_in", "error(\"\")", .isRaisedOnPurpose),
    Unfindable("error_kinds", "error(\"a\") ", .isRaisedOnPurpose),
    Unfindable("error_kinds", "error(\"a\", kind = \"SyntaxError\")", .isRaisedOnPurpose),
    Unfindable("error_kinds", "error(\"a\", kind = \"Mine\")", .isRaisedOnPurpose),
    Unfindable("error_kinds", "assert(false)", .isRaisedOnPurpose),
    Unfindable("raising", "error(\"custom\") ", .isRaisedOnPurpose),
    Unfindable("raising", "error(\"custom\", kind = \"MyError\")", .isRaisedOnPurpose),
    Unfindable("raising", "assert(1 == 2)", .isRaisedOnPurpose),
    Unfindable("raising", "assert(false, \"because\")", .isRaisedOnPurpose),
    Unfindable("error_kinds", "[...range(1e9)]", .dependsOnLimits),
    Unfindable("iteration", "[...range(0, 1e15)]", .dependsOnLimits),
    Unfindable("iteration", "range(0, 1e15) * 1", .dependsOnLimits),
    Unfindable("native_recursion_limit", "fn f(n) = map(", .dependsOnLimits),
    Unfindable("recursion_limit", "fn f(n) = f(n + 1) + 1", .dependsOnLimits),
    Unfindable("comparing_cycles", "a == b", .dependsOnChanges),
    Unfindable("cyclic_list_as_tensor", "a * 2", .dependsOnChanges),
    Unfindable("index_assignment", "xs[1] = 2", .dependsOnChanges),
    Unfindable("list_methods", "xs.pop()", .dependsOnChanges),
    Unfindable("shape_of_result_on_every_return", "  if early {", .dependsOnTheWay),
  ]
}
