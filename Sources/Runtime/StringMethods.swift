// SPDX-License-Identifier: Apache-2.0
//
// More methods of strings, under Python's names. Positions count characters as users see them, as
// everywhere in the language.

/// Methods of strings in addition to those in `CoreFunctions`.
enum StringMethods {
  static let functions: [Builtin] = questions + codes + parts + layout

  private static let questions: [Builtin] = [
    Builtin(
      "startswith(text: string, prefix: string) -> bool", purity: .pure,
      "Whether a string begins with another.",
      example: "\"smap\".startswith(\"sm\")   #=> true", methodOnly: true
    ) { call in .bool(try call.string("text").hasPrefix(call.string("prefix"))) },
    Builtin(
      "endswith(text: string, suffix: string) -> bool", purity: .pure,
      "Whether a string ends with another.",
      example: "\"a.png\".endswith(\".png\")   #=> true", methodOnly: true
    ) { call in .bool(try call.string("text").hasSuffix(call.string("suffix"))) },
    Builtin(
      "contains(text: string, part: string) -> bool", purity: .pure,
      "Whether a string holds another, as `part in text` does.",
      example: "\"banana\".contains(\"nan\")   #=> true", methodOnly: true
    ) { call in
      .bool(try Comparison.contains(call.string("part"), in: call.text("text"), call.session))
    },
    Builtin(
      "find(text: string, part: string, start: number = 0)", purity: .pure,
      "The position of the first occurrence of `part`, or `nil` if there is none.",
      details: "The search begins at `start`; a negative one counts from the end.",
      example: "\"banana\".find(\"na\", 3)   #=> 4", methodOnly: true
    ) { call in
      let (text, part) = (try call.string("text"), try call.string("part"))
      guard let from = try start("start", of: text, call) else { return .nil }
      var place = from.index
      if !part.isEmpty {
        var search = try TextSearch(part, in: call.text("text"), call.session)
        guard let range = try search.first(from: from.index) else { return .nil }
        place = range.lowerBound
      }
      // The characters before `start` have been counted already.
      let rest = String(text[from.index..<place])
      return .integer(try from.position + TextWalk.count(rest, call.session))
    },
    Builtin(
      "rfind(text: string, part: string)", purity: .pure,
      "The position of the last occurrence of `part`, or `nil` if there is none.",
      example: "\"banana\".rfind(\"na\")   #=> 4", methodOnly: true
    ) { call in
      let (text, part) = (try call.string("text"), try call.string("part"))
      if part.isEmpty { return .integer(try TextWalk.count(text, call.session)) }
      var search = try TextSearch(part, in: call.text("text"), call.session)
      guard let last = try search.last() else { return .nil }
      return .integer(try call.text("text").position(of: last, call.session))
    },
    Builtin(
      "count(text: string, part: string, start: number = 0) -> number", purity: .pure,
      "The number of occurrences of a string from `start` on, without overlaps.",
      example: "\"banana\".count(\"an\")   #=> 2", methodOnly: true
    ) { call in
      let (text, part) = (try call.string("text"), try call.string("part"))
      guard !part.isEmpty else {
        throw call.failure(.value, "the part to count cannot be empty", argument: "part")
      }
      guard let from = try start("start", of: text, call) else { return .integer(0) }
      var search = try TextSearch(part, in: call.text("text"), call.session)
      var (count, start) = (0, from.index)
      var polling = call.polling
      while let range = try search.first(from: start) {
        try polling.turn()
        count += 1
        start = range.upperBound
      }
      return .integer(count)
    },
  ]

  /// Where a search begins: a position from 0, or from the end if it is negative. Nil when it is
  /// beyond the end.
  private static func start(_ argument: String, of text: String, _ call: Call) throws -> (
    position: Int, index: String.Index
  )? {
    let asked = try call.integer(argument)
    guard asked != 0, case .text(let characters) = try call["text"] else {
      return (0, text.startIndex)
    }
    let count = try characters.characterCount(call.session)
    let position = asked > 0 ? asked : max(0, asked + count)
    guard position <= count else { return nil }
    return (position, try characters.index(of: position, call.session))
  }

  private static let codes: [Builtin] = [
    Builtin(
      "ord(text: string) -> number", purity: .pure,
      "The code point of a character, a whole number.",
      details:
        "A character that consists of several code points, such as a flag, has no single one.",
      example: "ord(\"a\")   #=> 97"
    ) { call in
      let text = try call.string("text")
      guard text.count == 1 else {
        throw call.failure(
          .value, "takes one character, but this has \(text.count)",
          hint: "[ord(c) for c in text] gives all", argument: "text")
      }
      guard let code = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
        throw call.failure(
          .value, "\"\(text)\" consists of \(text.unicodeScalars.count) code points",
          argument: "text")
      }
      return .integer(Int(code.value))
    },
    Builtin(
      "chr(code: number) -> string", purity: .pure, "The character of a code point.",
      example: "chr(97)   #=> \"a\""
    ) { call in
      let code = try call.integer("code", in: 0...0x10FFFF)
      guard let scalar = Unicode.Scalar(UInt32(code)) else {
        throw call.failure(
          .value, "\(code) is no character", hint: "55296 to 57343 are halves of UTF-16",
          argument: "code")
      }
      return .string(String(scalar))
    },
  ]

  private static let parts: [Builtin] = [
    Builtin(
      "chars(text: string) -> list", purity: .pure, "The characters of a string.",
      example: "\"abc\".chars()   #=> [\"a\", \"b\", \"c\"]", methodOnly: true
    ) { call in
      let text = try call.string("text")
      try call.session.claim(elements: text.utf8.count, bytesEach: Session.objectBytes)
      return .strings(try text.map(checking: call.session) { String($0) })
    },
    Builtin(
      "lines(text: string) -> list", purity: .pure,
      "The lines of a string, without what ends them.",
      example: "\"a\\nb\\n\".lines()   #=> [\"a\", \"b\"]", methodOnly: true
    ) { call in
      let text = try call.string("text")
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
      "repeat(text: string, times: number) -> string", purity: .pure(.product),
      "The string so many times in a row.",
      example: "\"ab\".repeat(3)   #=> \"ababab\"", methodOnly: true
    ) { call in
      let text = try call.string("text")
      let times = try call.integer("times", in: 0...Int.max)
      let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: times)
      try call.session.claim(stringBytes: overflow ? Int.max : size)
      return .string(try TextWalk.repeated(text, times, call.session))
    },
    Builtin(
      "ljust(text: string, width: number, fill: string = \" \") -> string", purity: .pure(.product),
      "The string padded with `fill` on the right, up to `width` characters.",
      example: "\"ab\".ljust(4, \".\")   #=> \"ab..\"", methodOnly: true
    ) { call in
      let (text, filling) = try padded(call)
      return .string(text + filling)
    },
    Builtin(
      "rjust(text: string, width: number, fill: string = \" \") -> string", purity: .pure(.product),
      "The string padded with `fill` on the left, up to `width` characters.",
      example: "\"7\".rjust(3, \"0\")   #=> \"007\"", methodOnly: true
    ) { call in
      let (text, filling) = try padded(call)
      return .string(filling + text)
    },
  ]

  private static func padded(_ call: Call) throws -> (text: String, filling: String) {
    let (text, fill) = (try call.string("text"), try call.string("fill"))
    guard fill.count == 1 else {
      throw call.failure(.value, "fill must be one character, not \"\(fill)\"", argument: "fill")
    }
    let length = try TextWalk.count(text, call.session)
    let missing = max(
      0, try call.integer("width").subtractingReportingOverflow(length).partialValue)
    let (size, overflow) = missing.multipliedReportingOverflow(by: fill.utf8.count)
    try call.session.claim(stringBytes: overflow ? Int.max : size)
    return (text, String(repeating: fill, count: missing))
  }
}
