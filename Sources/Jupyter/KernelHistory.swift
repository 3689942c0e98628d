// SPDX-License-Identifier: Apache-2.0
//
// The inputs of this run with their results, and those of earlier runs, which a file keeps in the
// same form as the prompt's. Front ends ask for the latest, for a range, or for those that match a
// pattern.

import Console
import Files
import Runtime

/// The inputs that a front end may recall.
struct KernelHistory {
  private struct Entry {
    let session: Int
    let line: Int
    let source: String
    var output: String?
  }

  private let file: History
  private var entries: [Entry]
  private let session: Int

  /// The most answers to one request.
  private static let mostAnswers = 10_000

  /// Loads the inputs of earlier runs.
  init(path: String? = KernelHistory.defaultPath()) {
    file = History(path: path)
    session = file.entries.isEmpty ? 1 : 2
    entries = file.entries.enumerated().map {
      Entry(session: 1, line: $0.offset + 1, source: $0.element, output: nil)
    }
  }

  /// Beside the history of the prompt.
  private static func defaultPath() -> String? {
    History.defaultPath().map { $0.split(separator: "/").dropLast() }
      .map { "/" + $0.joined(separator: "/") + "/notebooks.jsonl" }
  }

  /// Adds an input with its line number.
  mutating func append(_ source: String, line: Int) {
    file.append(source)
    entries.append(Entry(session: session, line: line, source: source, output: nil))
  }

  /// Adds the result of the latest input.
  mutating func setOutput(_ text: String) {
    guard !entries.isEmpty else { return }
    entries[entries.count - 1].output = text
  }

  /// The content of a reply.
  ///
  /// - Throws: `RequestFault` for a kind of access that there is not.
  func answer(_ content: JSON) throws -> JSON {
    let most = KernelHistory.mostAnswers
    let count = min(max(content["n"]?.integer ?? most, 0), most)
    let found: [Entry]
    switch content["hist_access_type"]?.text {
    case "tail": found = entries.suffix(count)
    case "range": found = range(content)
    case "search":
      let pattern = Array((content["pattern"]?.text ?? "*").utf8.prefix(1000))
      let isUnique = content["unique"]?.flag ?? false
      found = search(pattern, count: count, isUnique: isUnique)
    default: throw RequestFault("hist_access_type is tail, range or search")
    }
    let withOutput = content["output"]?.flag ?? false
    return [
      "status": "ok", "history": .array(found.map { KernelHistory.row($0, withOutput) }),
    ]
  }

  private static func row(_ entry: Entry, _ withOutput: Bool) -> JSON {
    let source = JSON.string(entry.source)
    let text: JSON = withOutput ? [source, entry.output.map { .string($0) } ?? .null] : source
    return [.integer(entry.session), .integer(entry.line), text]
  }

  /// Session 0 is this run, -1 the ones before it.
  private func range(_ content: JSON) -> [Entry] {
    let asked = content["session"]?.integer ?? 0
    let wanted = asked <= 0 ? session + max(asked, -session) : asked
    let start = content["start"]?.integer ?? 0
    let stop = content["stop"]?.integer ?? .max
    return Array(
      entries.filter { $0.session == wanted && $0.line >= start && $0.line < stop }
        .suffix(KernelHistory.mostAnswers))
  }

  private func search(_ pattern: [UInt8], count: Int, isUnique: Bool) -> [Entry] {
    var seen: Set<String> = []
    var found: [Entry] = []
    for entry in entries.reversed() where found.count < count {
      guard KernelHistory.matches(Array(entry.source.utf8), pattern) else { continue }
      if isUnique, !seen.insert(entry.source).inserted { continue }
      found.append(entry)
    }
    return found.reversed()
  }

  /// Whether a text is what a pattern describes, in which `*` is any text and `?` any byte. The
  /// time is the product of the lengths at most.
  static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var (place, wanted) = (0, 0)
    var retry: (place: Int, wanted: Int)?
    while place < text.count {
      if wanted < pattern.count, pattern[wanted] == UInt8(ascii: "*") {
        retry = (place, wanted)
        wanted += 1
      } else if wanted < pattern.count,
        pattern[wanted] == text[place] || pattern[wanted] == UInt8(ascii: "?")
      {
        (place, wanted) = (place + 1, wanted + 1)
      } else if let (start, star) = retry {
        retry = (start + 1, star)
        (place, wanted) = (start + 1, star + 1)
      } else {
        return false
      }
    }
    return pattern[wanted...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
