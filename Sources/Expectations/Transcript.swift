// SPDX-License-Identifier: Apache-2.0
//
// A session at the prompt, as it appears on the screen:
//
//     smap> let x = [1,
//       ... 2]
//     smap> x
//     [1, 2]
//     smap> :time 1 + 1
//     2
//     took ... us
//
// Lines before the first prompt are remarks. The text after a line of input is the expected output,
// compared line by line; `...` matches any text, and alone any number of lines. The prompts
// themselves are part of the test: they show whether a statement is continued.

import Syntax

/// The interface of a prompt that a transcript runs at.
public protocol TranscriptPrompt {
  /// The prompt before the next line of input.
  var prompt: String { get }

  /// Processes a line of input and returns the output, or nil once the session has ended.
  func enter(_ line: String) throws -> String?
}

/// A session at the prompt with the expected output.
public struct Transcript: Sendable {
  /// A line of input and what follows it.
  private struct Entry: Sendable {
    /// The line of the file, counted from 1.
    var line: Int
    /// The prompt before the input.
    var prompt: String
    var input: String
    var expected: [String]
  }

  /// The prompts that begin a line of input.
  public static let prompts = ["smap> ", "  ... "]

  /// The text of the file.
  public let source: Source
  /// The options that lines such as `#: --max-steps 1000` at the top set.
  public let flags: [String]
  private let remarks: [String]
  private let entries: [Entry]

  /// Reads a transcript; nil if the text has no line with the first prompt.
  public init?(_ source: Source) {
    self.source = source
    var remarks: [String] = []
    var entries: [Entry] = []
    for number in 1...source.lineCount {
      let line = source.text(ofLine: number)
      if let prompt = Transcript.prompts.first(where: { (line + " ").hasPrefix($0) }) {
        entries.append(
          Entry(
            line: number, prompt: prompt, input: String(line.dropFirst(prompt.count)), expected: [])
        )
      } else if entries.isEmpty {
        remarks.append(line)
      } else {
        entries[entries.count - 1].expected.append(line)
      }
    }
    guard let first = entries.first, first.prompt == Transcript.prompts.first else { return nil }
    self.remarks = remarks
    self.entries = entries
    flags = ExpectationDocument.flags(in: remarks)
  }

  /// Enters all lines and compares the output.
  public func run(at prompt: some TranscriptPrompt) -> ExpectationReport {
    var report = ExpectationReport(path: source.path)
    var updated = remarks
    for entry in entries {
      let shown = prompt.prompt
      if shown != entry.prompt {
        report.failures.append(
          ExpectationFailure(
            line: entry.line, expected: ["the prompt \(entry.prompt)"],
            found: ["the prompt \(shown)"]))
      }
      updated.append(Transcript.line(shown + entry.input))
      do {
        let answer = try prompt.enter(entry.input)
        updated += check(
          entry, Transcript.withoutBlankEnd(Comparison.lines(of: answer ?? "")), &report)
      } catch {
        report.failures.append(
          ExpectationFailure(line: entry.line, expected: entry.expected, found: ["\(error)"]))
        return report
      }
    }
    if !report.failures.isEmpty { report.updated = bytes(of: updated) }
    return report
  }

  /// Compares output and returns the lines that should follow the input.
  private func check(
    _ entry: Entry, _ lines: [String], _ report: inout ExpectationReport
  ) -> [String] {
    let expected = Transcript.withoutBlankEnd(entry.expected)
    if Comparison.holds(patterns: expected, lines) {
      report.passed += 1
      return entry.expected
    }
    report.failures.append(
      ExpectationFailure(line: entry.line, expected: expected, found: lines))
    return lines + entry.expected.suffix(entry.expected.count - expected.count)
  }

  private func bytes(of lines: [String]) -> [UInt8] {
    Array((lines.joined(separator: "\n")).utf8)
  }

  private static func line(_ text: String) -> String {
    text.hasSuffix(" ") ? String(text.dropLast()) : text
  }

  private static func withoutBlankEnd(_ lines: [String]) -> [String] {
    var lines = lines
    while lines.last?.allSatisfy(\.isWhitespace) ?? false { lines.removeLast() }
    return lines
  }
}
