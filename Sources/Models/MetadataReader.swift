// SPDX-License-Identifier: Apache-2.0
//
// Reads typed values from the text metadata of a checkpoint; a missing or odd one is an error that
// names the file and the entry.

import Networks

struct MetadataReader {
  let checkpoint: Checkpoint
  let path: String

  private func fail(_ key: String, _ problem: String) -> CheckpointError {
    CheckpointError(
      path: path, message: "its metadata entry `\(key)` \(problem)",
      hint: "was it written by smap?")
  }

  func text(_ key: String) throws -> String {
    guard let text = checkpoint.text(key) else { throw fail(key, "is missing") }
    return text
  }

  func integer(_ key: String) throws -> Int {
    guard let value = Int(try text(key)) else { throw fail(key, "is not a whole number") }
    return value
  }

  func number(_ key: String) throws -> Double {
    guard let value = Double(try text(key)), value.isFinite else {
      throw fail(key, "is not a number")
    }
    return value
  }

  func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> Choice
  where Choice.RawValue == String {
    guard let value = Choice(rawValue: try text(key)) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw fail(key, "is not one of \(known)")
    }
    return value
  }

  func expect(kind: String) throws {
    let found = checkpoint.text("smap_kind") ?? "something else"
    guard found == kind else {
      throw CheckpointError(
        path: path, message: "this holds \(found), not a \(kind)",
        hint: kind == "tokenizer" ? "open it with card.load" : "open it with smap.load")
    }
  }
}
