// SPDX-License-Identifier: Apache-2.0
//
// The few functions of the language itself: raising errors, ranges, and the methods of lists,
// strings and records. Everything else is in the library.

import Syntax
import Tensors

/// The functions that exist in every session.
enum CoreFunctions {
  static let table = LibraryTable(
    functions: everyday + lists + strings + records + ListMethods.functions
      + StringMethods.functions,
    constants: [
      Constant("inf", .number(.infinity), "Infinity, larger than every number."),
      Constant("nan", .number(.nan), "Not a number: what 0 / 0 gives."),
      Constant("pi", .number(.pi), "The circumference of a circle of diameter 1."),
    ])

  private static let everyday: [Builtin] = [
    Builtin(
      "error(message: string, kind: string = \"Error\")",
      "Raises an error that `catch` can take.",
      example: "try { error(\"no\") } catch e { e.message }   #=> \"no\""
    ) { call in
      throw ScriptError(.init(rawValue: try call.string("kind")), try call.string("message"))
    },
    Builtin(
      "assert(condition, message: string = \"assertion failed\")",
      purity: .changing.taking("condition"),
      "Raises an AssertionError unless the condition holds.",
      example: "try { assert(1 > 2) } catch e { e.kind }   #=> \"AssertionError\""
    ) { call in
      guard try Comparison.condition(call["condition"], "the condition") else {
        throw ScriptError(.assertion, try call.string("message"))
      }
      return .nil
    },
    Builtin(
      "range(start: number, stop: number = nil, step: number = 1) -> range", purity: .pure,
      "The numbers from `start` up to, but not including, `stop`; with one argument, from 0.",
      example: "[x for x in range(1, 6, 2)]   #=> [1, 3, 5]", shortcut: .range
    ) { call in
      let first = try call.number("start")
      let stop = try call.optionalNumber("stop")
      return .range(
        try NumberRange(stop == nil ? 0 : first, stop ?? first, step: try call.number("step")))
    },
    Builtin(
      "type(x: any) -> string", purity: .pure, "The name of the type of a value.",
      example: "type([1, 2])   #=> \"list\""
    ) { call in .string(try call["x"].typeName) },
  ]

  private static let lists: [Builtin] = [
    Builtin(
      "append(items: list, value)", "Adds a value at the end of a list.",
      example: "let xs = [1]; xs.append(2); xs   #=> [1, 2]",
      methodOnly: true
    ) { call in
      let list = try call.list("items")
      guard list.count < Session.maximumListCount else {
        throw ScriptError.limit("this list is full", isCatchable: true)
      }
      try call.session.watch(call["items"], storing: call["value"])
      list.append(try call["value"])
      return .nil
    },
    Builtin(
      "pop(items: list, index: number = -1)", purity: .changing,
      "Takes an element out of a list; the last by default.",
      example: "let xs = [1, 2]; xs.pop()   #=> 2",
      methodOnly: true
    ) { call in
      let list = try call.list("items")
      let position = try Indexing.position(call["index"], count: list.count, "a list")
      return list.remove(at: position)
    },
    Builtin(
      "insert(items: list, index: number, value)", purity: .changing,
      "Inserts a value before the element at `index`.",
      example: "let xs = [1, 3]; xs.insert(1, 2); xs   #=> [1, 2, 3]",
      methodOnly: true
    ) { call in
      let list = try call.list("items")
      let count = list.count
      let index = try call.integer("index")
      let position = index < 0 ? index + count : index
      guard position >= 0, position <= count else {
        throw call.failure(
          .index, "there is no place \(index) in a list of \(counted(count, "element"))",
          argument: "index")
      }
      try call.session.claim(elements: count + 1)
      try call.session.watch(call["items"], storing: call["value"])
      list.insert(try call["value"], at: position)
      return .nil
    },
    Builtin(
      "index(items: list, value)", purity: .pure,
      "The position of the first element equal to `value`.",
      details: "Gives `nil` if there is none.", example: "[5, 7].index(7)   #=> 1",
      methodOnly: true
    ) { call in
      let place = try Comparison.position(of: call["value"], in: call.list("items"), call.session)
      return place.map { .integer($0) } ?? .nil
    },
    Builtin(
      "reverse(items: list)", "Reverses a list in place.",
      example: "let xs = [1, 2]; xs.reverse(); xs   #=> [2, 1]",
      methodOnly: true
    ) { call in
      try call.list("items").reverse()
      return .nil
    },
  ]

  /// Visits the parts between separators, empty ones included, and polls for interrupts.
  private static func forEachPart(
    of text: String, separatedBy separator: String, _ call: Call,
    _ body: (Substring) throws -> Void
  ) throws {
    var search = try TextSearch(separator, in: call.text("text"), call.session)
    var polling = call.polling
    var start = text.startIndex
    while let range = try search.first(from: start) {
      try polling.turn()
      try body(text[start..<range.lowerBound])
      start = range.upperBound
    }
    try body(text[start...])
  }

  private static let strings: [Builtin] = [
    Builtin(
      "split(text: string, separator: string = nil) -> list", purity: .pure,
      "The parts of a string between separators; between blanks by default.",
      example: "\"a,b\".split(\",\")   #=> [\"a\", \"b\"]",
      methodOnly: true
    ) { call in
      let text = try call.string("text")
      try call.session.claim(elements: text.utf8.count, bytesEach: Session.objectBytes)
      guard let separator = try call.optionalString("separator") else {
        var polling = call.polling
        let parts = try text.split { letter in
          try polling.turn()
          return letter.isWhitespace
        }
        return .strings(try parts.map(checking: call.session, String.init))
      }
      guard !separator.isEmpty else {
        throw call.failure(.value, "the separator cannot be empty", argument: "separator")
      }
      var parts: [Value] = []
      try forEachPart(of: text, separatedBy: separator, call) { parts.append(.string(String($0))) }
      return .list(parts)
    },
    Builtin(
      "join(separator: string, parts: list) -> string", purity: .pure,
      "The parts joined, with this string in between.",
      example: "\", \".join([1, 2])   #=> \"1, 2\"", methodOnly: true
    ) { call in
      let parts = try call.values("parts").map(checking: call.session) {
        try Display.whole($0, call.session)
      }
      let separator = try call.string("separator")
      let size = parts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }
      try call.session.claim(stringBytes: size)
      return .string(parts.joined(separator: separator))
    },
    Builtin(
      "replace(text: string, old: string, new: string) -> string", purity: .pure,
      "The string with every `old` replaced by `new`.",
      example: "\"banana\".replace(\"an\", \"o\")   #=> \"booa\"",
      methodOnly: true
    ) { call in
      let (text, old, new) = (
        try call.string("text"), try call.string("old"), try call.string("new")
      )
      guard !old.isEmpty else {
        throw call.failure(.value, "the part to replace cannot be empty", argument: "old")
      }
      try call.session.claim(stringBytes: text.utf8.count)
      var result = ""
      var unclaimed = 0
      try forEachPart(of: text, separatedBy: old, call) { part in
        // Between this part and the previous one; the first has none before it.
        if part.startIndex > text.startIndex { result += new }
        result += part
        unclaimed += part.utf8.count + new.utf8.count
        guard unclaimed >= 1 << 16 else { return }
        try call.session.claim(bytes: unclaimed)
        if result.utf8.count > Session.maximumStringBytes {
          try call.session.claim(stringBytes: result.utf8.count)
        }
        unclaimed = 0
      }
      try call.session.claim(bytes: unclaimed)
      return .string(result)
    },
    Builtin(
      "strip(text: string) -> string", purity: .pure, "The string without blanks at both ends.",
      example: "\"  hi \".strip()   #=> \"hi\"",
      methodOnly: true
    ) { call in
      var text = try call.string("text")[...]
      var polling = call.polling
      while text.first?.isWhitespace ?? false {
        try polling.turn()
        text.removeFirst()
      }
      while text.last?.isWhitespace ?? false {
        try polling.turn()
        text.removeLast()
      }
      return .string(String(text))
    },
    Builtin(
      "lower(text: string) -> string", purity: .pure, "The string in small letters.",
      example: "\"Hi\".lower()   #=> \"hi\"",
      methodOnly: true
    ) { call in .string(try call.string("text").lowercased()) },
    Builtin(
      "upper(text: string) -> string", purity: .pure, "The string in capital letters.",
      example: "\"Hi\".upper()   #=> \"HI\"",
      methodOnly: true
    ) { call in .string(try call.string("text").uppercased()) },
  ]

  private static let records: [Builtin] = [
    Builtin(
      "get(r: record, name: string, default = nil)", purity: .pure,
      "The value of a field, or `default` if there is none.",
      example: "{a: 1}.get(\"b\", 0)   #=> 0",
      methodOnly: true
    ) { call in try call.record("r")[call.string("name")] ?? call["default"] },
    Builtin(
      "has(r: record, name: string) -> bool", purity: .pure, "Whether a record has a field.",
      example: "{a: 1}.has(\"a\")   #=> true",
      methodOnly: true
    ) { call in .bool(try call.record("r")[call.string("name")] != nil) },
    Builtin(
      "remove(r: record, name: string)", purity: .changing,
      "Takes a field out of a record and returns its value.",
      example: "let r = {a: 1, b: 2}; r.remove(\"a\")   #=> 1",
      methodOnly: true
    ) { call in
      let record = try call.record("r")
      if let title = record.title { throw ScriptError.type("\(title) cannot be changed") }
      guard let value = record.remove(try call.string("name")) else {
        throw call.failure(
          .index, "there is no field \"\(try call.string("name"))\"", argument: "name")
      }
      return value
    },
  ]
}
