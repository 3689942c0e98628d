// SPDX-License-Identifier: Apache-2.0
//
// The checker: parses a program, runs all rules over it and sorts their findings. A program with
// syntax errors is checked for those alone, because a missing definition may be in the statements
// that could not be parsed.
//
// The level of a finding says what would happen at run time: an error fails when the code is
// reached. Inside `try { .. }` errors may be intended, so rules about failing are silent there.

import Runtime
import Syntax

/// The result of checking a program.
public struct Report {
  /// The text that was checked.
  public let source: Source
  /// The statements that could be parsed.
  public let program: Program
  /// The names in it.
  public let index: NameIndex
  /// The findings of the rules, in the order of the text.
  public let findings: [Finding]
  /// What is known about expressions and names, by span.
  let known: [Span: Known]
  /// The library that the program was checked against.
  public let library: LibraryIndex

  /// Whether there are no findings of level error.
  public var isSound: Bool { !findings.contains { $0.level == .error } }

  /// Whether the whole text could be parsed.
  public var isReadable: Bool { !findings.contains { $0.rule == .syntax } }
}

/// Checks programs against one library.
public final class Checker {
  /// The library that programs may use.
  public let library: LibraryIndex
  /// Reads the source of a module.
  public var readModule: (String) throws -> Source = Modules.readFile
  private let laboratory: Laboratory
  /// The modules being loaded, to detect import cycles.
  private var loading: [String] = []

  /// Makes a checker for programs that use a library.
  public init(library table: LibraryTable) {
    laboratory = Laboratory(library: table)
    library = LibraryIndex(laboratory.builtins)
  }

  /// Checks a program.
  public func check(_ source: Source) -> Report {
    let (program, diagnostics) = Parser.parse(source.withoutSkippedCells)
    let links = NameLinks(program)
    let (index, inference) = infer(program, links) { [self] in module($0, from: source.path) }
    var findings = diagnostics.map { Finding(.syntax, $0) }
    if findings.isEmpty {
      findings = StaticErrors.find(in: program, links, laboratory.builtins)
        .map { Finding(.syntax, $0) }
      findings += NameRules(program, index, library).findings()
      findings += inference.findings
      findings += FlowRules(program, index, library, inference.recorded).findings
      findings += ValueRules(program, inference.recorded).findings
    }
    return Report(
      source: source, program: program, index: index, findings: Checker.sorted(findings),
      known: inference.recorded, library: library)
  }

  private func infer(
    _ program: Program, _ links: NameLinks,
    _ load: @escaping (String) -> Result<Module, ScriptError>
  ) -> (NameIndex, Inference) {
    let names = library
    let index = NameIndexBuilder.index(links) { names.isGlobal($0) }
    let inference = Inference(library, laboratory, index, program.source, loadModule: load)
    inference.run(program)
    return (index, inference)
  }

  /// Findings by position, without duplicates.
  private static func sorted(_ findings: [Finding]) -> [Finding] {
    var seen: Set<Diagnostic> = []
    return findings.filter { seen.insert($0.diagnostic).inserted }
      .enumerated().sorted { left, right in
        let a = (left.element.diagnostic.span?.start ?? 0, left.offset)
        let b = (right.element.diagnostic.span?.start ?? 0, right.offset)
        return a < b
      }.map(\.element)
  }

  // MARK: - Modules

  /// Loads a module as an `import` in the file `importer` would.
  private func module(_ path: String, from importer: String) -> Result<Module, ScriptError> {
    let resolved = Modules.resolve(path, from: importer)
    if let start = loading.firstIndex(of: resolved) {
      let chain = (loading[start...] + [resolved]).joined(separator: " -> ")
      return .failure(ScriptError(.error, "these modules import each other: \(chain)"))
    }
    loading.append(resolved)
    defer { loading.removeLast() }
    do {
      let source = try readModule(resolved)
      let (program, diagnostics) = Parser.parse(source.withoutSkippedCells)
      if let first = diagnostics.first {
        let line = source.line(of: first.span?.start ?? 0)
        return .failure(
          ScriptError(
            .syntax, "the module \"\(path)\" has a syntax error",
            hint: "line \(line): \(first.message)"))
      }
      let (index, inference) = infer(program, NameLinks(program)) { [self] in
        module($0, from: resolved)
      }
      return .success(Checker.exports(of: program, index, inference, path: resolved))
    } catch {
      return .failure(ScriptError(error))
    }
  }

  private static func exports(
    of program: Program, _ index: NameIndex, _ inference: Inference, path: String
  ) -> Module {
    var exports: [String: Known] = [:]
    var places: [String: Span] = [:]
    for (name, binding) in index.globals where !name.hasPrefix("_") {
      exports[name] =
        binding.isChanged
        ? .unknown : inference.values[ObjectIdentifier(binding)]?.named ?? .unknown
      places[name] = binding.declarations.first
    }
    return Module(path: path, exports: exports, places: places, source: program.source)
  }
}
