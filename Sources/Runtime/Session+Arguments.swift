// SPDX-License-Identifier: Apache-2.0
//
// Completion of argument names: which parameters of the function being called may still be passed
// by name. The text typed so far does not parse yet, so its tokens are analysed.

import Syntax

extension Session {
  /// The parameters that may be named next in a call whose arguments end at the end of `text`,
  /// where a word that begins with `prefix` is being typed; empty outside of calls.
  ///
  /// - Parameters:
  ///   - text: the text before the word.
  /// - prefix: the part of the word that was typed; without it, only parameters that are optional
  /// or
  ///    must be named are offered.
  public func completeArguments(after text: String, prefix: String) -> [Completion] {
    let source = Source(path: "input", text: text)
    guard let call = TypedCall(source, Lexer.tokenize(source).tokens) else { return [] }
    guard let (header, skipped) = header(of: call.path) else { return [] }
    let given = call.positionalCount + skipped + (call.isPiped ? 1 : 0)
    return header.parameters.enumerated().compactMap { index, parameter in
      guard let name = parameter.name, parameter.kind != .rest, name.hasPrefix(prefix) else {
        return nil
      }
      if parameter.kind == .positional && index < given || call.names.contains(name) { return nil }
      let isFirst = parameter.kind == .positional && !parameter.hasDefault
      if prefix.isEmpty && isFirst { return nil }
      return Completion(text: name + " = ", kind: .argument, detail: parameter.text)
    }
  }

  /// The argument that begins at the end of `text`, in a call of a function that is known.
  public func argument(after text: String) -> TypedArgument? {
    let source = Source(path: "input", text: text)
    var tokens = Lexer.tokenize(source).tokens.filter { $0.kind != .end && $0.kind != .newline }
    tokens = TypedCall.withoutOpenList(tokens)
    var name: String?
    if tokens.count > 2, tokens[tokens.count - 1].kind == .assign,
      tokens[tokens.count - 2].kind == .name
    {
      name = source.text(tokens[tokens.count - 2].span)
      tokens.removeLast(2)
    }
    guard let call = TypedCall(source, tokens), let (header, skipped) = header(of: call.path)
    else { return nil }
    let place = call.positionalCount + skipped + (call.isPiped ? 1 : 0)
    if name == nil, place < header.positionalCount { name = header.parameters[place].name }
    guard let name else { return nil }
    let receiver = skipped > 0 ? Array(call.path.dropLast()) : call.firstPath
    return TypedArgument(
      function: header.name, parameter: name,
      choices: builtins.function(named: header.name)?.choices[name] ?? [],
      first: receiver.isEmpty ? nil : value(atPath: receiver))
  }

  /// The header of the function at a path, and how many parameters the value before the dot fills.
  private func header(of path: [String]) -> (Header, skipped: Int)? {
    switch value(atPath: path) {
    case .function(let closure): return (closure.code.header, 0)
    case .builtin(let builtin): return (builtin.header, 0)
    default: break
    }
    guard path.count > 1, let name = path.last, let value = value(atPath: path.dropLast()),
      let method = builtins.method(name, of: value)
    else { return nil }
    return (method.header, 1)
  }
}

/// An argument that is being typed.
public struct TypedArgument {
  /// The full name of the function.
  public let function: String
  /// The name of the parameter.
  public let parameter: String
  /// The words that it must be one of, or none.
  public let choices: [String]
  /// The first argument of the call, or the value whose method is called, if it is a name.
  public let first: Value?
}

/// The innermost unclosed call at the end of a text.
private struct TypedCall {
  /// The names before the parenthesis, separated by dots.
  let path: [String]
  /// Whether a pipe passes the first argument.
  let isPiped: Bool
  /// The number of positional arguments.
  private(set) var positionalCount = 0
  /// The names of the named arguments.
  private(set) var names: Set<String> = []
  /// The names of the first argument, if it is a path of names.
  private(set) var firstPath: [String] = []

  /// Fails unless an argument begins at the end of the text.
  init?(_ source: Source, _ tokens: [Token]) {
    let tokens = tokens.filter { $0.kind != .end && $0.kind != .newline }
    guard let last = tokens.last?.kind, last == .parenthesisOpen || last == .comma,
      let open = TypedCall.openParenthesis(tokens), open > 0
    else { return nil }
    var path: [String] = []
    var index = open - 1
    while tokens[index].kind == .name {
      path.insert(source.text(tokens[index].span), at: 0)
      index -= 1
      guard index > 0, tokens[index].kind == .dot else { break }
      index -= 1
    }
    let before = index >= 0 ? tokens[index].kind : nil
    guard !path.isEmpty, before != .fn, before != .dot else { return nil }
    self.path = path
    isPiped = before == .pipe
    count(Array(tokens[(open + 1)...]), source)
    let first = tokens[(open + 1)...].prefix { $0.kind == .name || $0.kind == .dot }
    if tokens[first.endIndex...].first?.kind == .comma {
      firstPath = first.filter { $0.kind == .name }.map { source.text($0.span) }
    }
  }

  /// The tokens before a list that is still open at the end.
  static func withoutOpenList(_ tokens: [Token]) -> [Token] {
    var depth = 0
    for index in tokens.indices.reversed() {
      depth -= change(tokens[index].kind)
      if depth < 0 { return tokens[index].kind == .bracketOpen ? Array(tokens[..<index]) : tokens }
    }
    return tokens
  }

  /// The last open parenthesis; nil if another bracket is open inside it.
  private static func openParenthesis(_ tokens: [Token]) -> Int? {
    var depth = 0
    for index in tokens.indices.reversed() {
      depth -= change(tokens[index].kind)
      if depth < 0 { return tokens[index].kind == .parenthesisOpen ? index : nil }
    }
    return nil
  }

  private static func change(_ kind: Token.Kind) -> Int {
    switch kind {
    case .parenthesisOpen, .bracketOpen, .blockOpen, .recordOpen: 1
    case .parenthesisClose, .bracketClose, .braceClose: -1
    default: 0
    }
  }

  /// Collects the arguments, each of which ends in a comma.
  private mutating func count(_ tokens: [Token], _ source: Source) {
    var depth = 0
    var start = 0
    for (index, token) in tokens.enumerated() {
      depth += TypedCall.change(token.kind)
      guard depth == 0, token.kind == .comma else { continue }
      if index > start + 1, tokens[start].kind == .name, tokens[start + 1].kind == .assign {
        names.insert(source.text(tokens[start].span))
      } else {
        positionalCount += 1
      }
      start = index + 1
    }
  }
}
