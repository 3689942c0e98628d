// SPDX-License-Identifier: Apache-2.0
//
// The rules of `smap check`: one table with the name, the level and one sentence of each. The list
// that `smap check --rules` prints and the level of every finding derive from it.

import Syntax

/// How much a finding matters.
public enum Level: String, Sendable, CaseIterable {
  /// The program fails if this code is reached.
  case error
  /// The program runs, but this is probably not what was intended.
  case warning
  /// Worth knowing; nothing to fix.
  case note
}

/// One kind of finding.
public struct Rule: Hashable, Sendable {
  /// The name, as `--skip` takes it.
  public let name: String
  /// How serious its findings are.
  public let level: Level
  /// What it finds, in one sentence.
  public let summary: String

  init(_ name: String, _ level: Level, _ summary: String) {
    self.name = name
    self.level = level
    self.summary = summary
  }
}

extension Rule {
  /// Whether its findings mark code that can be removed.
  public var marksUnneededText: Bool { self == .unusedName || self == .unreachable }

  static let syntax = Rule(
    "syntax", .error, "The text follows the grammar and the rules of scopes.")
  static let unknownName = Rule(
    "unknown-name", .error, "Every name means something, also inside functions.")
  static let earlyUse = Rule(
    "early-use", .error, "Names of the top level are used after their definition.")
  static let builtinAssignment = Rule(
    "built-in-assignment", .error, "Built-ins are not assigned to; `let` hides them.")
  static let unknownField = Rule(
    "unknown-field", .error, "Fields and methods exist, where the type is known.")
  static let unknownModule = Rule(
    "unknown-module", .error, "Imported files can be read and have no syntax errors.")
  static let arguments = Rule(
    "arguments", .error, "Calls fit the signature of what they call.")
  static let types = Rule(
    "types", .error, "Operands and arguments have a type that works, where it is known.")
  static let shapes = Rule(
    "shapes", .error, "Shapes fit each other and their annotations, where they are known.")
  static let values = Rule(
    "values", .error, "Indices and settings are in range, where they are known.")
  static let unusedName = Rule(
    "unused-name", .warning, "Local names, private names and imports are read somewhere.")
  static let unusedValue = Rule(
    "unused-value", .warning, "A value that is computed is also used.")
  static let nothingGiven = Rule(
    "nothing-given", .warning, "What changes a list in place is not used as a value.")
  static let unreachable = Rule(
    "unreachable-code", .warning, "Every statement can be reached.")
  static let duplicateKey = Rule(
    "duplicate-key", .warning, "A record literal names a field once.")
  static let repeatedList = Rule(
    "repeated-list", .warning, "A list of one element is not multiplied to repeat it.")
  static let constantComparison = Rule(
    "constant-comparison", .warning, "A condition does not compare what can never be equal.")
  static let hiddenNamespace = Rule(
    "hidden-namespace", .note, "A name does not hide a namespace of the library.")

  /// All rules, the most serious ones first.
  public static let all: [Rule] = [
    .syntax, .unknownName, .earlyUse, .builtinAssignment, .unknownField, .unknownModule,
    .arguments, .types, .shapes, .values, .unusedName, .unusedValue, .nothingGiven, .unreachable,
    .duplicateKey, .repeatedList,
    .constantComparison, .hiddenNamespace,
  ]
}

/// A finding of a rule.
public struct Finding: Sendable {
  /// The rule that is broken.
  public let rule: Rule
  /// What is wrong, where, and what to try.
  public let diagnostic: Diagnostic

  /// The level of its rule.
  public var level: Level { rule.level }

  /// A finding with the message of a runtime error.
  init(_ rule: Rule, _ diagnostic: Diagnostic) {
    self.rule = rule
    self.diagnostic = diagnostic
  }

  /// A warning or a note.
  init(
    _ rule: Rule, _ message: String, _ source: Source, _ span: Span, label: String = "",
    hint: String? = nil
  ) {
    self.rule = rule
    let kind = Diagnostic.Kind(rawValue: rule.level == .note ? "Note" : "Warning")
    diagnostic = Diagnostic(
      kind, message, source: source, span: span, label: label, hint: hint)
  }
}
