// SPDX-License-Identifier: Apache-2.0
//
// Schedules of tail dropping against closed forms.

import Files
import Library
import Runtime
import Testing

@Suite struct ScheduleTests {
  @Test(arguments: [
    ("\"none\"", "[0, 0, 0, 1]"), ("\"fixed\", min_keep = 2", "[0, 1, 0, 0]"),
    ("\"uniform\"", "[0.25, 0.25, 0.25, 0.25]"), ("\"uniform\", min_keep = 3", "[0, 0, 0.5, 0.5]"),
    ("\"uniform-pow2\"", "[0.25, 0.25, 0, 0.5]"),
    ("\"mixture\"", "[0.1875, 0.1875, 0.1875, 0.4375]"),
    ("\"mixture-pow2\", full = 0.4", "[0.2, 0.2, 0, 0.6]"),
    ("\"geometric\", ratio = 0.5", "[0.5333, 0.2667, 0.1333, 0.0667]"),
    ("\"loguniform\"", "[0.4307, 0.2519, 0.1787, 0.1386]"),
  ])
  func lengthsInClosedForm(_ arguments: String, _ expected: String) throws {
    let session = ModelSession()
    let text = "smap.length_probs(smap.tail_drop(\(arguments)), 4)"
    let close = try session.shown("allclose(\(text), \(expected), atol = 1e-4)")
    let found = try session.shown(text)
    #expect(close == "true", "\(found)")
  }

  @Test func drawsFollowTheTable() throws {
    let session = ModelSession()
    _ = try session.value(
      """
      let s = smap.tail_drop("mixture", min_keep = 2)
      let draws = smap.sample_keep(s, 6, 20000, seed = 4)
      let kept = [mean(draws >= j).item() for j in range(1, 7)]
      """)
    #expect(try session.shown("allclose(kept, smap.keep_probs(s, 6), atol = 0.015)") == "true")
    let again = "smap.sample_keep(s, 6, 20000, seed = 4)"
    #expect(try session.shown("allclose(draws, \(again))") == "true")
  }

  @Test func theExampleRuns() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try FileReader.read(path: "/\(folder)/Examples/tail_drop.smap")
    let figure = try ModelSession().shown(String(decoding: text, as: UTF8.self))
    #expect(figure == "figure(32 bars)")
  }

  @Test func curriculumMovesTheBudget() throws {
    let session = ModelSession()
    _ = try session.value("let s = smap.tail_drop(\"uniform\", curriculum = \"linear\")")
    #expect(try session.shown("smap.keep_probs(s, 3, progress = 0)") == "tensor([1, 1, 1])")
    #expect(try session.shown("s.curriculum") == "\"linear\"")
  }

  @Test(arguments: [
    ("smap.tail_drop(\"unifrom\")", "did you mean \"uniform\"?"),
    ("smap.tail_drop(curriculum = \"cosin\")", "did you mean \"cosine\"?"),
    ("smap.tail_drop(min_keep = 0)", ""), ("smap.tail_drop(full = 2)", ""),
    ("smap.tail_drop(\"geometric\", ratio = 0)", ""), ("smap.tail_drop(full = nan)", ""),
    ("smap.keep_probs(smap.tail_drop(), 0)", ""),
    ("smap.keep_probs(smap.tail_drop(), 4, progress = nan)", ""),
    ("smap.keep_probs(smap.tail_drop(min_keep = 5), 4)", ""),
    ("smap.tokenizer(tail_drop = \"unifrom\")", "did you mean \"uniform\"?"),
  ])
  func wrongSchedules(_ text: String, _ hint: String) throws {
    let error = try ModelSession().error(text)
    #expect(error.kind == .value)
    if !hint.isEmpty { #expect(error.hint == hint) }
  }
}
