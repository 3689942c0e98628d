// SPDX-License-Identifier: Apache-2.0
//
// `import "tools.smap"`: a module runs once per session, in global names of its own, and returns
// those without a leading underscore as a record. Paths are relative to the importing file.

import Files
import Syntax

/// The loading of modules.
public enum Modules {
  /// The state of a module.
  enum State {
    case running
    case loaded(Value, ModuleScope)
  }

  /// The largest module that is read, in bytes.
  static let maximumBytes = 64 << 20

  /// What to try when there is no such module.
  public static let hintForMissing =
    "check the spelling; the path starts at the folder of the importing file, at the prompt at "
    + "the current folder"

  /// Reads a file as the source of a module.
  @Sendable public static func readFile(_ path: String) throws -> Source {
    do {
      return Source(path: path, bytes: try FileReader.read(path: path, limit: maximumBytes))
    } catch let error as FileError {
      let hint = error.kind == .notFound ? hintForMissing : error.hint ?? ""
      throw ScriptError(FileFault(error.kind), error.description, hint: hint)
    }
  }

  /// `path` relative to the folder of `importer`, without `.` and `..` where they can be resolved.
  package static func resolve(_ path: String, from importer: String) -> String {
    var parts: [Substring] = []
    let isAbsolute: Bool
    if path.hasPrefix("/") {
      isAbsolute = true
    } else {
      isAbsolute = importer.hasPrefix("/")
      parts = importer.split(separator: "/").dropLast()
    }
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }

  /// The name in a path: `tools` for `lib/tools.smap`.
  package static func name(of path: String) -> String {
    let file = path.split(separator: "/").last ?? ""
    return String(file.hasSuffix(".smap") ? file.dropLast(5) : file)
  }
}

extension Session {
  /// The module at a path relative to the folder of the importing source, which at the prompt may
  /// be a script that `:load` runs.
  func loadModule(_ path: String, from importer: String) throws -> Value {
    let resolved = Modules.resolve(path, from: importer)
    switch modules[resolved] {
    case .loaded(let value, _): return value
    case .running:
      let start = loading.firstIndex(of: resolved) ?? 0
      let chain = (loading[start...] + [resolved]).joined(separator: " -> ")
      throw ScriptError(.error, "these modules import each other: \(chain)")
    case nil: return try runModule(resolved)
    }
  }

  private func runModule(_ path: String) throws -> Value {
    let source = try readModule(path)
    let (program, diagnostics) = Parser.parse(source.withoutSkippedCells)
    guard diagnostics.isEmpty else { throw SyntaxErrors(diagnostics: diagnostics) }
    let moduleScope = ModuleScope(path: path, builtins: builtins)
    modules[path] = .running
    loading.append(path)
    defer {
      loading.removeLast()
      if case .running? = modules[path] { modules[path] = nil }
    }
    _ = try run(program, in: moduleScope)
    let exports = Record(title: "module \(Modules.name(of: path))")
    for name in moduleScope.definedNames where !name.hasPrefix("_") {
      exports[name] = moduleScope.definedValue(name)
    }
    modules[path] = .loaded(.record(exports), moduleScope)
    return .record(exports)
  }
}
