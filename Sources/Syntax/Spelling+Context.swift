// SPDX-License-Identifier: Apache-2.0
//
// Hints for an unknown name from the text around it: the rest of a C comment, an arrow of R, the
// prefix of a Python module, a function that has another name here. The runtime and the checker
// share them.

extension Spelling {
  /// The hint for an unknown name at a position in a source.
  public static func advice(
    on name: String, at span: Span, in source: Source, isAssigned: Bool, own: [String],
    library: [String]
  ) -> String? {
    let surroundings = Surroundings(span, source)
    if surroundings.isComment { return "a comment starts with `#`, `//` divides" }
    if surroundings.isLineComment { return "a comment starts with `#`" }
    if surroundings.isArrowTarget {
      return "a new name is written `let \(name) = ..`; `<-` compares with a negative number"
    }
    if name == "end", surroundings.isSubscript {
      return "leave it out, `x[1:]`, or count from the end, `x[-1]`"
    }
    if !isAssigned, nearest(to: name, in: own) == nil {
      if surroundings.isCalled, let hint = foreignCalls[name] { return hint }
      if !surroundings.members.isEmpty, foreignModules.contains(name) {
        return adviceOnModule(name, surroundings.members, library)
      }
    }
    return advice(on: name, isAssigned: isAssigned, own: own, library: library)
  }

  /// `np.zeros`, `torch.nn.Linear`, `console.log`
  private static func adviceOnModule(
    _ module: String, _ members: [String], _ library: [String]
  ) -> String {
    let path = ([module] + members).joined(separator: ".")
    if let hint = foreignPaths[path] { return hint }
    let last = members[members.count - 1]
    if library.contains(last) { return "the library needs no prefix: write `\(last)`" }
    if let hint = foreignCalls[last] { return hint }
    if let word = foreignWords[last] {
      return "here it is \(word.contains(" ") ? word : "`\(word)`")"
    }
    if let start = members.firstIndex(where: library.contains) {
      let rest = members[start...].joined(separator: ".")
      return "the library needs no prefix: write `\(rest)`"
    }
    if let near = nearest(to: last, in: library) {
      return "the library needs no prefix; did you mean `\(near)`?"
    }
    return "the library needs no prefix; `help()` lists what there is"
  }

  /// The hint for a member that a namespace does not have.
  public static func advice(
    onMember name: String, of namespace: String, members: [String], globals: [String]
  ) -> String? {
    if let hint = foreignPaths["\(namespace).\(name)"] { return hint }
    if let same = equal(to: name, in: members) { return "did you mean `\(same)`?" }
    if globals.contains(name) { return "write `\(name)`, without `\(namespace).`" }
    if let near = nearest(to: name, in: members) { return "did you mean `\(near)`?" }
    return foreignCalls[name]
  }

  /// The candidate that differs from a word only in capitals and underscores.
  static func equal(to word: String, in candidates: some Sequence<String>) -> String? {
    func plain(_ word: String) -> [UInt8] {
      word.utf8.filter { $0 != UInt8(ascii: "_") }.map {
        $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0
      }
    }
    let wanted = plain(word)
    guard wanted.count > 2 else { return nil }
    return candidates.first { $0 != word && plain($0) == wanted }
  }
}

/// The text around a name, on its line; a part of it if the line is long.
private struct Surroundings {
  private let before: Substring
  private let after: Substring

  init(_ span: Span, _ source: Source) {
    let line = source.lineSpan(source.line(of: span.start))
    let start = max(line.start, span.start - 200)
    let end = min(line.end, span.end + 200)
    before = source.text(Span(start: start, end: max(start, span.start)))[...]
    after = source.text(Span(start: span.end, end: max(span.end, end)))[...]
  }

  /// Whether it is the only text after `//`.
  var isComment: Bool { before.hasSuffix("// ") && after.allSatisfy(\.isWhitespace) }

  /// Whether it is the only text after `--` or `;` at the start of a line.
  var isLineComment: Bool {
    let start = before.drop { $0 == " " }
    return (start == "-- " || start == "; ") && after.allSatisfy(\.isWhitespace)
  }

  /// Whether it is a bound of a slice, or an index.
  var isSubscript: Bool { before.last { !$0.isWhitespace }.map { ":[,".contains($0) } ?? false }

  /// Whether a statement begins with it, and `<-` follows.
  var isArrowTarget: Bool {
    before.allSatisfy(\.isWhitespace) && after.drop { $0 == " " }.hasPrefix("<-")
  }

  var isCalled: Bool { after.first == "(" }

  /// The members accessed after it.
  var members: [String] {
    var rest = after
    var names: [String] = []
    while rest.first == "." {
      rest.removeFirst()
      let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      guard !name.isEmpty else { break }
      names.append(String(name))
      rest = rest.dropFirst(name.count)
    }
    return names
  }
}
