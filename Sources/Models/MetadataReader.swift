// SPDX-License-Identifier: Apache-2.0
//
// Reads typed values from the text metadata of a checkpoint; a missing or malformed one is an error
// that names the file and the entry.

import Networks
import Tensors
import Training

struct MetadataReader {
  let checkpoint: Checkpoint
  let path: String

  func fail(_ key: String, _ problem: String) -> CheckpointError {
    CheckpointError(
      path: path, message: "its metadata entry `\(key)` \(problem)",
      hint: "was it written by smap?")
  }

  func text(_ key: String) throws -> String {
    guard let text = checkpoint.text(key) else { throw fail(key, "is missing") }
    return text
  }

  func flag(_ key: String) throws -> Bool {
    switch try text(key) {
    case "true": return true
    case "false": return false
    default: throw fail(key, "is neither true nor false")
    }
  }

  func integer(_ key: String) throws -> Int {
    let text = try text(key)
    if let value = MetadataReader.integer(text) { return value }
    let isLarge = Double(text).map { abs($0) >= 0x1p63 } ?? false
    throw fail(key, isLarge ? "is too large a number" : "is not a whole number")
  }

  /// Whole numbers with commas between them; none for an empty text.
  func integers(_ key: String) throws -> [Int] {
    let text = try text(key)
    guard !text.isEmpty else { return [] }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let value = MetadataReader.integer(String(part)) else {
        throw fail(key, "is not a list of whole numbers")
      }
      return value
    }
  }

  /// The number that is written as `text` and in no other way.
  private static func integer(_ text: String) -> Int? {
    guard let value = Int(text), "\(value)" == text else { return nil }
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
    let word = try word(key, among: Choice.allCases.map(\.rawValue))
    guard let value = Choice(rawValue: word) else { throw fail(key, "is unknown") }
    return value
  }

  func word(_ key: String, among words: [String]) throws -> String {
    let word = try text(key)
    guard words.contains(word) else {
      throw fail(key, "is not one of \(words.joined(separator: ", "))")
    }
    return word
  }

  func expect(kind: String) throws {
    let found = checkpoint.text("smap_kind")
    guard found == kind else {
      let hints = [
        "generator": "open it with card.load", "tokenizer": "open it with smap.load",
        "training": "make the model again and train it with resume = \"\(path)\"; smap.save then "
          + "keeps the model alone",
      ]
      throw CheckpointError(
        path: path, message: "this holds \(found.map { "a \($0)" } ?? "no model"), not a \(kind)",
        hint: found.map { hints[$0] ?? "" } ?? "data.load gives its tensors")
    }
  }

  /// Runs the construction of a configuration from metadata; invalid values are faults of the file.
  func validated<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TensorError {
      throw CheckpointError(
        path: path, message: "its metadata are invalid: \(error.message)", hint: error.hint)
    }
  }

  /// Rejects options that need more numbers than the file has, before such a model is created.
  func expect(_ sizes: [SizePart]) throws {
    let held = checkpoint.tensors.reduce(0) { $0 + $1.tensor.count }
    for part in sizes where part.count > held {
      throw fail(
        part.options[0], "asks for \(part.count) numbers or more, but the file holds \(held)")
    }
  }
}

extension MetadataReader {
  /// The value of an option's type under a key.
  fileprivate func value(_ key: String, _ type: OptionType) throws -> OptionValue {
    switch type {
    case .integer: .integer(try integer(key))
    case .number: .number(try number(key))
    case .flag: .flag(try flag(key))
    case .word(let words): .word(try word(key, among: words))
    case .integers: .integers(try integers(key))
    case .path, .pathOrFlag: .word(try text(key))
    case .twoShares, .interval, .integerOrIntegers, .amounts:
      throw fail(key, "is of a type that models do not have")
    case .optional(let inner): try text(key).isEmpty ? .none : value(key, inner)
    }
  }
}

extension OptionTable {
  /// Takes from the metadata of a checkpoint all options that its format has.
  mutating func read(_ metadata: MetadataReader) throws {
    let format = try metadata.formatVersion()
    for option in Self.options where option.since <= format {
      option.store(&self, try metadata.value(option.key, option.type))
    }
  }
}
