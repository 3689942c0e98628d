// SPDX-License-Identifier: Apache-2.0
//
// Transcripts against a prompt that repeats what is typed and waits for a closing bracket.

import Expectations
import Syntax
import Testing

/// Repeats statements; `(` needs a `)`; `silent` says nothing; `leave` ends the session.
private final class EchoPrompt: TranscriptPrompt {
  private var unfinished = ""
  private var isDone = false
  var prompt: String { Transcript.prompts[unfinished.isEmpty ? 0 : 1] }

  func enter(_ line: String) throws -> String? {
    guard !isDone else { return nil }
    let text = unfinished + line
    unfinished = text.contains("(") && !text.contains(")") ? text : ""
    isDone = text == "leave"
    return unfinished.isEmpty && text != "silent" ? "<\(text)>\nend\n\n" : ""
  }
}

@Suite struct TranscriptTests {
  private func run(_ text: String) throws -> ExpectationReport {
    let transcript = try #require(Transcript(Source(path: "t.txt", text: text)))
    return transcript.run(at: EchoPrompt())
  }

  @Test func answersAreCompared() throws {
    let report = try run(
      "Remark.\n\nsmap> 1\n<1>\nend\nsmap> silent\nsmap> (\n  ... )\n<()>\nend\n")
    #expect(report.descriptions == [])
    #expect(report.passed == 4)
    #expect(report.updated == nil)
  }

  @Test func dotsStandForAnything() throws {
    #expect(try run("smap> 12\n<...>\nend\nsmap> 3\n...\n").descriptions == [])
    #expect(try run("smap> 12\n<...\n").failures.count == 1)
  }

  @Test func wrongAnswersAreFailuresAndRewritten() throws {
    let report = try run("smap> 1\n<2>\n\nsmap> silent\nno\n")
    #expect(report.failures.map(\.line) == [1, 4])
    #expect(report.failures.first?.found == ["<1>", "end"])
    let updated = report.updated.map { String(decoding: $0, as: UTF8.self) }
    #expect(updated == "smap> 1\n<1>\nend\n\nsmap> silent\n")
  }

  @Test func promptsAreCompared() throws {
    let report = try run("smap> (\nsmap> )\n<()>\nend")
    #expect(report.failures.map(\.line) == [2])
    #expect(try run("smap> 1\n<1>\nend\n  ... 2\n<2>\nend").failures.map(\.line) == [4])
  }

  @Test func aSessionCanBeLeft() throws {
    #expect(try run("smap> leave\n<leave>\nend\nsmap> 1\n").descriptions == [])
  }

  @Test func otherTextsAreNoTranscripts() {
    #expect(Transcript(Source(path: "t.txt", text: "just text\n")) == nil)
    #expect(Transcript(Source(path: "t.txt", text: "  ... 1\nsmap> 2")) == nil)
  }
}
