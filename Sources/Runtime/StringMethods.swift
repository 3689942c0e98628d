// SPDX-License-Identifier: Apache-2.0
//
// More methods of strings, under the names that Python's have. Positions count characters as a
// reader sees them, as everywhere in the language.

/// Methods that every string has beside those in `CoreFunctions`.
enum StringMethods {
  static let functions: [Builtin] = questions + parts + layout

  private static let questions: [Builtin] = [
    Builtin(
      "startswith(text: string, prefix: string) -> bool", "Whether a string begins with another.",
      example: "\"smap\".startswith(\"sm\")   #=> true", methodOnly: true
    ) { call in .bool(try call.string(0).hasPrefix(call.string(1))) },
    Builtin(
      "endswith(text: string, suffix: string) -> bool", "Whether a string ends with another.",
      example: "\"a.png\".endswith(\".png\")   #=> true", methodOnly: true
    ) { call in .bool(try call.string(0).hasSuffix(call.string(1))) },
    Builtin(
      "contains(text: string, part: string) -> bool",
      "Whether a string holds another, as `part in text` does.",
      example: "\"banana\".contains(\"nan\")   #=> true", methodOnly: true
    ) { call in
      .bool(try Comparison.contains(call.string(1), in: call.string(0), call.session))
    },
    Builtin(
      "find(text: string, part: string) -> number",
      "The position of the first place where `part` stands, or `nil` if there is none.",
      example: "\"banana\".find(\"na\")   #=> 2", methodOnly: true
    ) { call in
      let (text, part) = (try call.string(0), try call.string(1))
      if part.isEmpty { return .integer(0) }
      var search = try TextSearch(part, in: text, call.session)
      guard let range = try search.first(from: text.startIndex) else { return .nil }
      return .integer(try TextWalk.distance(in: text, to: range.lowerBound, call.session))
    },
    Builtin(
      "count(text: string, part: string) -> number",
      "How often a string stands in another, without overlaps.",
      example: "\"banana\".count(\"an\")   #=> 2", methodOnly: true
    ) { call in
      let (text, part) = (try call.string(0), try call.string(1))
      guard !part.isEmpty else {
        throw call.failure(.value, "the part to count cannot be empty", argument: 1)
      }
      var search = try TextSearch(part, in: text, call.session)
      var (count, start) = (0, text.startIndex)
      while let range = try search.first(from: start) {
        count += 1
        start = range.upperBound
      }
      return .integer(count)
    },
  ]

  private static let parts: [Builtin] = [
    Builtin(
      "chars(text: string) -> list", "The characters of a string.",
      example: "\"abc\".chars()   #=> [\"a\", \"b\", \"c\"]", methodOnly: true
    ) { call in
      let text = try call.string(0)
      try call.session.claim(elements: text.utf8.count, bytesEach: Session.objectBytes)
      return .strings(try text.map(checking: call.session) { String($0) })
    },
    Builtin(
      "lines(text: string) -> list", "The lines of a string, without what ends them.",
      example: "\"a\\nb\\n\".lines()   #=> [\"a\", \"b\"]", methodOnly: true
    ) { call in
      let text = try call.string(0)
      try call.session.claim(bytes: 2 * text.utf8.count)
      var polling = call.polling
      var lines = try text.split(omittingEmptySubsequences: false) { letter in
        try polling.turn()
        return letter.isNewline
      }
      if lines.last?.isEmpty ?? false { lines.removeLast() }
      return .strings(try lines.map(checking: call.session, String.init))
    },
  ]

  private static let layout: [Builtin] = [
    Builtin(
      "repeat(text: string, times: number) -> string", "The string so many times in a row.",
      example: "\"ab\".repeat(3)   #=> \"ababab\"", methodOnly: true
    ) { call in
      let text = try call.string(0)
      let times = try call.integer(1, in: 0...Int.max)
      let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: times)
      try call.session.claim(stringBytes: overflow ? Int.max : size)
      return .string(text.isEmpty ? "" : String(repeating: text, count: times))
    },
    Builtin(
      "ljust(text: string, width: number, fill: string = \" \") -> string",
      "The string with `fill` behind it, up to `width` characters.",
      example: "\"ab\".ljust(4, \".\")   #=> \"ab..\"", methodOnly: true
    ) { call in
      let (text, filling) = try padded(call)
      return .string(text + filling)
    },
    Builtin(
      "rjust(text: string, width: number, fill: string = \" \") -> string",
      "The string with `fill` in front of it, up to `width` characters.",
      example: "\"7\".rjust(3, \"0\")   #=> \"007\"", methodOnly: true
    ) { call in
      let (text, filling) = try padded(call)
      return .string(filling + text)
    },
  ]

  private static func padded(_ call: Call) throws -> (text: String, filling: String) {
    let (text, fill) = (try call.string(0), try call.string(2))
    guard fill.count == 1 else {
      throw call.failure(.value, "fill must be one character, not \"\(fill)\"", argument: 2)
    }
    let length = try TextWalk.count(text, call.session)
    let missing = max(0, try call.integer(1).subtractingReportingOverflow(length).partialValue)
    let (size, overflow) = missing.multipliedReportingOverflow(by: fill.utf8.count)
    try call.session.claim(stringBytes: overflow ? Int.max : size)
    return (text, String(repeating: fill, count: missing))
  }
}
