// SPDX-License-Identifier: Apache-2.0
//
// Help pages, generated from the tables: the signature, summary, details and example of a function;
// the functions of a namespace; the fields and methods of a type; the topics of the language and
// the tour of it; an overview of all.

import Runtime
import Syntax
import TerminalText

/// Help pages as plain text.
public struct Help {
  let builtins: BuiltinTable

  /// The help of a session's library.
  public init(_ builtins: BuiltinTable) { self.builtins = builtins }

  /// The page on a function, a method, a namespace, a type, a constant or a part of the language,
  /// or nil if there is none.
  ///
  /// - Parameter includesOptions: Whether names of options have pages, too.
  public func page(_ topic: String, includesOptions: Bool = true) -> String? {
    switch topic {
    case "topics": return Help.topicsPage
    case "tour": return Help.tourPage
    default: break
    }
    let language = Topics.topic(named: topic).map(Help.page)
    guard let library = libraryPage(topic) else {
      return language ?? (includesOptions ? optionPage(topic) : nil)
    }
    guard let language, let title = Topics.topic(named: topic)?.names[0] else { return library }
    return title == topic ? language + "\n" + library : library + "\nSee also help(\"\(title)\").\n"
  }

  private func libraryPage(_ topic: String) -> String? {
    // A function and a method may share a name: `split` applies to tensors and strings.
    let named = builtins.functions.filter { $0.qualifiedName == topic }
    if !named.isEmpty { return named.map(page).joined(separator: "\n") }
    if let page = namespacePage(topic) { return page }
    if let type = builtins.types.first(where: { $0.name == topic }) { return page(type) }
    if let constant = builtins.constants.first(where: { $0.name == topic }) {
      return "\(topic) = \(Display.text(constant.value.value))\n\n\(constant.summary)\n"
    }
    let namesakes = builtins.functions.filter { $0.name == topic }
    return namesakes.isEmpty ? nil : namesakes.map(page).joined(separator: "\n")
  }

  /// The page on a function.
  public func page(_ function: Builtin) -> String {
    var text = Help.wrapped(function.signature, indent: "    ") + "\n\n"
    text += Help.wrapped(function.summary) + "\n"
    if !function.details.isEmpty { text += "\n" + Help.wrapped(function.details) + "\n" }
    if let type = function.receiverType, !function.namespace.isEmpty || function.isMethodOnly {
      text += "\nAlso a method: x.\(function.name)(..) for \(type.withArticle) x.\n"
    }
    if !function.example.isEmpty {
      text += "\nExample\n"
      for line in function.example.split(separator: "\n") { text += "    \(line)\n" }
    }
    return text
  }

  /// The functions that have an argument of this name, with what they say about it.
  private func optionPage(_ name: String) -> String? {
    let rows = builtins.functions.compactMap { function -> (String, String)? in
      guard
        let parameter = function.header.parameters.first(where: {
          $0.name == name && Help.isOption($0)
        })
      else {
        return nil
      }
      let sentence = Help.sentence(on: name, in: function.details) ?? function.summary
      return ("\(function.qualifiedName)(.., \(parameter.text))", sentence)
    }
    guard !rows.isEmpty else { return nil }
    let pages = rows.map {
      Help.wrapped("    " + $0, indent: "        ") + "\n" + Help.wrapped($1) + "\n"
    }
    return "\(name) is an argument\n\n" + pages.joined(separator: "\n")
  }

  /// Whether a parameter is given by its name.
  private static func isOption(_ parameter: ParameterInfo) -> Bool {
    if case .namedOnly = parameter.kind { parameter.hasDefault } else { false }
  }

  /// The first sentence of a text that mentions a name as code.
  private static func sentence(on name: String, in text: String) -> String? {
    let words = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard let place = words.firstRange(of: "`\(name)`") else { return nil }
    let before = words[..<place.lowerBound]
    var start = before.startIndex
    for index in before.indices where before[index] == " " && index > before.startIndex {
      if ".:;".contains(before[before.index(before: index)]) { start = before.index(after: index) }
    }
    let rest = words[start...]
    let end = rest.ranges(of: ". ").first { $0.lowerBound > place.lowerBound }?.lowerBound
    return String(rest[..<(end ?? rest.endIndex)]) + (end == nil ? "" : ".")
  }

  /// Things to do, then all namespaces and the functions without one.
  public func overview() -> String {
    var text = tasks()
    text += "\nEveryday\n"
    let plain = builtins.functions.filter { $0.namespace.isEmpty && !$0.isMethodOnly }
    text += Help.wrapped("    " + plain.map(\.name).joined(separator: " "), indent: "    ") + "\n"
    for namespace in namespaces {
      let names = members(of: namespace).map(\.name).joined(separator: " ")
      text += "\n\(namespace).  \(builtins.namespaceSummaries[namespace] ?? "")\n"
      text += Help.wrapped("    " + names, indent: "    ") + "\n"
    }
    text += """

      help("smap.train") explains a function, help("smap") a namespace, help("if") a part of the
      language. help("topics") lists those parts, and help("tour") walks through them.

      """
    return text
  }

  /// The things to do in three columns: what, a line that does it, and the page about it, which
  /// goes below where the line is too long.
  private func tasks() -> String {
    let pages = HelpTask.all.map { "help(\"\($0.topic)\")" }
    let width = (HelpTask.all.map(\.name.count).max() ?? 0) + 2
    let column = max(width, Help.width - (pages.map(\.count).max() ?? 0))
    return zip(HelpTask.all, pages).map { task, page in
      let line = task.name + String(repeating: " ", count: width - task.name.count) + task.code
      let room = column - line.count
      return line
        + (room > 0
          ? String(repeating: " ", count: room) : "\n" + String(repeating: " ", count: column))
        + page + "\n"
    }.joined()
  }

  /// The nearest of all names with a help page.
  public func nearest(to topic: String) -> String? {
    let foreign = Spelling.foreignWords[topic].flatMap { $0.contains(" ") ? nil : $0 }
    let word = foreign ?? topic
    return word != topic && page(word) != nil ? word : Spelling.nearest(to: topic, in: topics)
  }

  private var topics: [String] {
    builtins.functions.flatMap { [$0.qualifiedName, $0.name] } + namespaces
      + builtins.types.map(\.name) + builtins.constants.map(\.name)
      + Topics.all.flatMap(\.names) + ["topics", "tour"]
      + builtins.functions.flatMap { $0.header.parameters.filter(Help.isOption).compactMap(\.name) }
  }

  /// All names with a help page, for completion.
  public var names: [String] {
    var seen: Set<String> = []
    return topics.filter { seen.insert($0).inserted }
  }

  private var namespaces: [String] {
    var seen: Set<String> = []
    return builtins.functions.map(\.namespace).filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  private func members(of namespace: String) -> [Builtin] {
    builtins.functions.filter { $0.namespace == namespace }
  }

  private func namespacePage(_ name: String) -> String? {
    let members = members(of: name)
    guard !members.isEmpty else { return nil }
    let summary = builtins.namespaceSummaries[name].map { $0 + "\n\n" } ?? ""
    return summary + Help.columns(members.map { ($0.qualifiedName, $0.summary) })
  }

  private func page(_ type: ForeignType) -> String {
    var text = Help.wrapped("\(type.name.withArticle): \(type.summary)") + "\n"
    if !type.fields.isEmpty {
      text += "\nFields\n" + Help.columns(type.fields.map { ("  ." + $0.name, $0.summary) })
    }
    let methods = builtins.functions.filter { $0.receiverType == type.name }
    if !methods.isEmpty {
      text += "\nMethods\n" + Help.columns(methods.map { ("  .\($0.name)(..)", $0.summary) })
    }
    return text
  }
}

// MARK: - The language

extension Help {
  private static func page(_ topic: Topic) -> String {
    var text = wrapped("    " + topic.names.joined(separator: "  "), indent: "    ") + "\n\n"
    text += wrapped(topic.summary) + "\n\n"
    for paragraph in topic.text.split(separator: "\n") { text += wrapped("\(paragraph)") + "\n" }
    text += "\nExample\n"
    for line in topic.example.split(separator: "\n", omittingEmptySubsequences: false) {
      text += line.isEmpty ? "\n" : "    \(line)\n"
    }
    return text
  }

  /// The first names of all topics with their summaries.
  private static var topicsPage: String {
    columns(Topics.all.map { ($0.names[0], $0.summary) })
      + "\nhelp(\"let\") or ?let shows the page, help(\"tour\") a walk through the language.\n"
  }

  /// The steps of the tour as they appear at the prompt.
  private static var tourPage: String {
    let steps = Tour.steps.map { step in
      let shown = step.shows.isEmpty ? "" : "    \(step.shows)\n"
      return "# " + wrapped(step.words, indent: "# ") + "\n    smap> \(step.line)\n" + shown
    }
    return "Type the lines one after another.\n\n" + steps.joined(separator: "\n")
      + "\nhelp(\"topics\") continues from here; help() lists the functions.\n"
  }
}

// MARK: - Layout

extension Help {
  /// The most characters in a line of a page.
  @TaskLocal static var width = 80

  /// What `body` gives with pages for a window of so many columns.
  public static func fitting<Result>(
    _ columns: Int?, _ body: () throws -> Result
  ) rethrows -> Result {
    try $width.withValue(min(80, max(20, columns ?? 80)), operation: body)
  }

  /// Two columns, the second wrapped.
  static func columns(_ rows: [(String, String)]) -> String {
    let left = min(rows.map(\.0.count).max() ?? 0, 28) + 2
    let indent = String(repeating: " ", count: left)
    return rows.map { name, text in
      let gap = String(repeating: " ", count: max(left - name.count, 2))
      return wrapped(name + gap + text, indent: indent) + "\n"
    }.joined()
  }

  /// The text in lines of at most `width` characters where words allow it; its own newlines stay.
  private static func wrapped(_ text: String, indent: String = "") -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      WordWrapping.lines(String($0.drop { $0 == " " }), columns: width, indent: indent)
    }.joined(separator: "\n")
  }
}

/// `help`, as a function.
enum HelpFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "help(topic = nil)",
      "Explains a function, a type or a part of the language; without a topic, lists all.",
      details: """
        `topic` is a name in quotes or the thing itself: help("smap.encode"), help(sum), \
        help("if"), or the name of an argument such as "precision". help("topics") lists the parts of the language, help("tour") walks through \
        them.
        """,
      example: "help(pi)   #=> a number",
      body: { call in
        let session = call.session
        let page = try Help.fitting(session.receiver.columns) { try text(call) }
        if try session.pager?(page) != true { try call.write(page) }
        return .nil
      })
  ]

  private static func text(_ call: Call) throws -> String {
    let help = Help(call.session.builtins)
    switch try call["topic"] {
    case .nil: return help.overview()
    case .text(let text): return try named(text.string, help, call)
    case .builtin(let builtin): return help.page(builtin)
    case .function(let closure):
      let documentation = closure.documentation
      return closure.signature + "\n" + (documentation.isEmpty ? "" : "\n\(documentation)\n")
    case .record(let record):
      if let title = record.title, title.hasPrefix("namespace ") {
        return help.page(String(title.dropFirst(10))) ?? help.overview()
      }
      return "a record with the fields \(record.keys.joined(separator: ", "))\n"
    case .object(let object): return help.page(object.type.name) ?? "\(object.type.summary)\n"
    default: return try call["topic"].typePhrase + "\n"
    }
  }

  private static func named(_ topic: String, _ help: Help, _ call: Call) throws -> String {
    if let page = help.page(topic) { return page }
    if let documentation = call.session.documentation(of: topic), !documentation.isEmpty {
      return documentation + "\n"
    }
    if call.session.value(named: topic) == nil, let page = help.mentions(of: topic) { return page }
    throw call.failure(
      .name, "there is no help on `\(topic)`",
      hint: help.nearest(to: topic).map { "did you mean `\($0)`?" }
        ?? "help() lists functions, help(\"topics\") the parts of the language",
      argument: "topic")
  }
}
