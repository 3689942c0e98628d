// SPDX-License-Identifier: Apache-2.0
//
// Completion in quotes, by what the argument means: the words that it may be, names of models and
// classes, topics of help, paths of files. Names of functions mean nothing there.

import Console
import Library
import Runtime

/// A string that is not closed yet.
enum TypedString {
  private enum Open {
    case string(start: Int)
    /// A string in single quotes, which has no holes.
    case literal(start: Int)
    /// A hole of a string, or braces within one.
    case braces
  }

  /// Where the content begins of the string that is open at the end of a text; nil outside of
  /// strings.
  static func start(in text: [Unicode.Scalar]) -> Int? {
    var open: [Open] = []
    var index = 0
    while index < text.count {
      let scalar = text[index]
      index += 1
      if case .literal? = open.last {
        if scalar == "'" || scalar == "\n" { open.removeLast() }
        continue
      }
      if case .string? = open.last {
        switch scalar {
        case "\\": index += 1
        case "\"", "\n": open.removeLast()
        case "{" where index < text.count && text[index] == "{": index += 1
        case "{": open.append(.braces)
        default: break
        }
        continue
      }
      switch scalar {
      case "\"": open.append(.string(start: index))
      case "'": open.append(.literal(start: index))
      case "{" where !open.isEmpty: open.append(.braces)
      case "}": if case .braces? = open.last { open.removeLast() }
      case "#": while index < text.count, text[index] != "\n" { index += 1 }
      default: break
      }
    }
    switch open.last {
    case .string(let start), .literal(let start): return start
    case .braces, nil: return nil
    }
  }
}

extension PromptHost {
  /// Parameters that are paths.
  private static let pathParameters: Set<String> = [
    "path", "folder", "file", "checkpoint", "resume", "log",
  ]
  /// Parameters that are classes of a model or a data set.
  private static let classParameters: Set<String> = [
    "label", "labels", "classes", "keep", "classname",
  ]

  /// What a string may become of which `contentStart` is the first scalar.
  func stringCompletions(_ scalars: [Unicode.Scalar], contentStart: Int) -> Completions {
    func text(_ part: ArraySlice<Unicode.Scalar>) -> String {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: part)
      return String(view)
    }
    let before = text(scalars[..<(contentStart - 1)])
    let typed = text(scalars[contentStart...])
    let quote = String(scalars[contentStart - 1])
    func words(_ words: [String]) -> Completions {
      Completions(
        start: contentStart,
        candidates: words.filter { $0.hasPrefix(typed) }.map { .init($0, suffix: quote) })
    }
    func files(endingIn ending: String = "") -> Completions {
      let (part, found) = FileCompletion.candidates(typed, endingIn: ending, suffix: quote)
      return Completions(start: scalars.count - part.unicodeScalars.count, candidates: found)
    }
    if before.split(separator: "\n").last?.drop(while: { $0 == " " }).hasSuffix("import ") == true {
      return files()
    }
    guard let argument = session.argument(after: before) else { return .none }
    if !argument.choices.isEmpty { return words(argument.choices) }
    if argument.function == "help" { return words(Help(session.builtins).names) }
    if PromptHost.classParameters.contains(argument.parameter) {
      return words(classNames(for: argument))
    }
    guard PromptHost.pathParameters.contains(argument.parameter) else { return .none }
    guard let models = PromptHost.models(for: argument.function) else { return files() }
    var found = files(endingIn: ".safetensors")
    if found.start == contentStart {
      found.candidates = words(models).candidates + found.candidates
    }
    return found
  }

  /// The shipped models that a function loads.
  private static func models(for function: String) -> [String]? {
    switch function {
    case "smap.load": ResourceLocator.modelNames.filter { !$0.hasSuffix("-card") }
    case "card.load": ResourceLocator.modelNames.filter { $0.hasSuffix("-card") }
    default: nil
    }
  }

  /// The classes of the first argument, or of all models and data sets among the variables.
  private func classNames(for argument: TypedArgument) -> [String] {
    func names(_ value: Value) -> [String] {
      if case .object = value { session.texts(in: "classes", of: value) } else { [] }
    }
    if let first = argument.first {
      let own = names(first)
      if !own.isEmpty { return own }
    }
    var seen: Set<String> = []
    return session.variables.flatMap { names($0.value) }.filter { seen.insert($0).inserted }
  }
}
