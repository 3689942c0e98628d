// SPDX-License-Identifier: Apache-2.0
//
// Rules about names: undefined, used too early, unused.

import Runtime
import Syntax

/// Finds names that are undefined or unused.
struct NameRules {
  let program: Program
  let index: NameIndex
  let library: LibraryIndex
  private var source: Source { program.source }

  init(_ program: Program, _ index: NameIndex, _ library: LibraryIndex) {
    self.program = program
    self.index = index
    self.library = library
  }

  func findings() -> [Finding] {
    unknownNames() + earlyUses() + unusedNames() + hiddenNamespaces()
  }

  // MARK: - Unknown

  private func unknownNames() -> [Finding] {
    var found: [Finding] = []
    let globals = Array(index.globals.keys)
    // Names are compared with all others: if there are many of both, only the first get a hint.
    var comparisons = 1_000_000
    // A name that is assigned without `let` is one mistake, wherever it is read later.
    var assigned: Set<String> = []
    for use in index.unknown where !use.isGuarded {
      let name = use.name.text
      if assigned.contains(name), !use.isWrite { continue }
      if use.isWrite, !library.isGlobal(name) { assigned.insert(name) }
      if library.isGlobal(name) {
        guard use.isWrite else { continue }
        found.append(
          error(.builtinAssignment, "`\(name)` is built in", use, "a new name needs `let`"))
      } else {
        comparisons -= index.bindings.count
        let hint = comparisons > 0 ? hint(use, globals) : nil
        found.append(error(.unknownName, "nothing is called `\(name)`", use, hint))
      }
    }
    return found
  }

  private func earlyUses() -> [Finding] {
    index.early.filter { !$0.isGuarded }.map { use in
      let place = index.globals[use.name.text]?.declarations.first
      let line = place.map { " in line \(source.line(of: $0.start))" } ?? ""
      return error(
        .earlyUse, "nothing is called `\(use.name.text)` yet", use,
        "it is defined further down\(line)")
    }
  }

  private func error(
    _ rule: Rule, _ message: String, _ use: NameUse, _ hint: String?
  ) -> Finding {
    Finding(
      rule, Diagnostic(.name, message, source: source, span: use.name.span, hint: hint))
  }

  private func hint(_ use: NameUse, _ globals: [String]) -> String? {
    let locals = index.locals(at: use.name.span.start).map(\.name)
    return Spelling.advice(
      on: use.name.text, at: use.name.span, in: source, isAssigned: use.isWrite,
      own: locals + globals,
      library: library.builtins.globalNames)
  }

  // MARK: - Unused

  private func unusedNames() -> [Finding] {
    index.bindings.compactMap { binding in
      guard isSuspect(binding), binding.uses.allSatisfy(\.isWrite),
        let place = binding.declarations.first
      else { return nil }
      let name = binding.name
      if !binding.uses.isEmpty {
        return Finding(
          .unusedName, "`\(name)` is assigned but never read", source, place)
      }
      let noun = binding.kind == .function ? "function" : isImport(binding) ? "import" : "name"
      let hint =
        binding.pattern == nil
        ? "remove it" : "write `_` for what is not needed"
      return Finding(.unusedName, "the \(noun) `\(name)` is never used", source, place, hint: hint)
    }
  }

  /// Whether a reader of the program would expect the name to be used in it.
  private func isSuspect(_ binding: Binding) -> Bool {
    guard binding.name != "_", binding.kind == .variable || binding.kind == .function else {
      return false
    }
    if let pattern = binding.pattern, case .list = pattern.kind {
      // Earlier positions have to be named to reach the later ones.
      let others = pattern.names.compactMap { index.meanings[$0.span.start] }
      if others.contains(where: { $0.uses.contains { !$0.isWrite } }) { return false }
    }
    guard binding.isGlobal else { return !binding.name.hasPrefix("_") }
    // Top-level names are for the prompt, for later cells and for importers, except private ones.
    // An unused import is a leftover, unless the file only defines names.
    return binding.name.hasPrefix("_") || isImport(binding) && isScript
  }

  private func isImport(_ binding: Binding) -> Bool {
    if case .load? = binding.value?.kind { return true }
    return false
  }

  /// Whether the top level does more than define names.
  private var isScript: Bool {
    program.statements.contains { statement in
      switch statement.kind {
      case .let, .function: false
      default: true
      }
    }
  }

  // MARK: - Hidden

  private func hiddenNamespaces() -> [Finding] {
    index.bindings.compactMap { binding in
      guard binding.kind == .variable || binding.kind == .function,
        library.isNamespace(binding.name), let place = binding.declarations.first
      else { return nil }
      return Finding(
        .hiddenNamespace, "`\(binding.name)` hides the built-in namespace", source, place,
        hint: "std.\(binding.name) still reaches it")
    }
  }
}
