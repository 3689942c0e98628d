// SPDX-License-Identifier: Apache-2.0
//
// Files of JSON lines (.jsonl): a value on each line. Such a file can grow by a line without being
// read, so results of experiments are kept in it: `data.append`.

import Files
import Runtime

/// Loading, saving and extending .jsonl files.
enum JSONLines {
  static let append = Builtin(
    "data.append(x, path: string)",
    "Adds a value as a line at the end of a .jsonl file, which is created if it is missing.",
    details: """
      A killed process leaves the whole line or none, and several processes may add lines to one \
      file. A last line that a power failure has cut short is removed. data.load gives the list of all \
      values.
      """,
    example: """
      data.save([], "rows.jsonl")
      for k in [1, 2] { data.append({k: k, db: 18.5 + k}, "rows.jsonl") }
      data.load("rows.jsonl")[-1].db   #=> 20.5
      """,
    body: { call in
      let path = try call.path("path", endingIn: [".jsonl"])
      let line = try TextFiles.json(call["x"], call, depth: 0).rendered
      try LineFile.append(path: path, line: Array(line.utf8)) { rest in
        (try? JSON.parse(rest)) != nil
      }
      return .nil
    })

  static let load: @Sendable (Call, String) throws -> Value = { call, path in
    let bytes = TextFiles.withoutByteOrderMark(try FileReader.read(path: path))
    try call.session.claim(bytes: bytes.count * 8)
    let newline = UInt8(ascii: "\n")
    var values: [Value] = []
    var (start, number) = (bytes.startIndex, 0)
    while start < bytes.endIndex {
      try call.checkInterrupt()
      number += 1
      let end = bytes[start...].firstIndex(of: newline) ?? bytes.endIndex
      let line = bytes[start..<end]
      start = end < bytes.endIndex ? end + 1 : end
      if line.allSatisfy({ [9, 13, 32].contains($0) }) { continue }
      do {
        values.append(
          try TextFiles.value(JSON.parse(line, check: call.checkInterrupt), call))
      } catch let error as JSON.ParseError {
        guard end < bytes.endIndex else {
          call.session.note(
            "'\(path)': line \(number), the last one, is cut short and left out")
          break
        }
        throw ScriptError.data(
          "'\(path)' cannot be used: \(error.message) at byte \(error.offset) of line \(number)",
          hint: TextFiles.isUTF16(bytes)
            ? "it is UTF-16; save it as UTF-8" : "a .jsonl file has a JSON value on each line")
      }
    }
    return .list(values)
  }

  static let save: @Sendable (Call, String) throws -> Void = { call, path in
    let newline = UInt8(ascii: "\n")
    let rows = try call.values("x")
    try AtomicFile.write(path: path) { writer in
      for row in rows {
        try call.checkInterrupt()
        try writer.append(Array(TextFiles.json(row, call, depth: 0).rendered.utf8) + [newline])
      }
    }
  }
}
