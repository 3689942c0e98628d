// SPDX-License-Identifier: Apache-2.0
//
// The options of a model, each declared once: name, type, range, sentence, and where its value is
// kept. Signatures and arguments of scripts, validation, checkpoint metadata in both directions,
// fields of models and the manual derive from the table. The default is the value in a fresh
// configuration.

import Tensors
import Training

/// The value of an option.
public enum OptionValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case flag(Bool)
  /// nil is the absence of a word, where the option allows it.
  case word(String?)
  case integers([Int])

  /// The value as checkpoint metadata hold it.
  var stored: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): value ? "true" : "false"
    case .word(let value): value ?? ""
    case .integers(let values): values.map { "\($0)" }.joined(separator: ",")
    }
  }

  /// The value as a script writes it.
  public var source: String {
    switch self {
    case .word(let value): value.map { "\"\($0)\"" } ?? "nil"
    case .integers(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    case .number(let value): value.inWords
    default: stored
    }
  }
}

/// The type of an option and which values it can have.
public enum OptionType: Sendable {
  /// A whole number within bounds.
  case integer(ClosedRange<Int>)
  /// A finite number within bounds.
  case number(ClosedRange<Double>)
  /// `true` or `false`.
  case flag
  /// One of some words, or none of them.
  case word(among: [String], orNil: Bool = false)
  /// At most so many whole numbers, each within bounds.
  case integers(each: ClosedRange<Int>, atMost: Int)
}

/// One option of a configuration.
public struct ModelOption<Configuration: Sendable>: Sendable {
  /// The name in scripts and in checkpoint metadata.
  public let name: String
  /// One sentence.
  public let summary: String
  /// Its type and range.
  public let type: OptionType
  /// Reads the value from a configuration.
  public let value: @Sendable (Configuration) -> OptionValue
  /// The format of checkpoints that first has the option; older ones mean the default.
  public let since: Int
  /// Stores a value of the right type; other values change nothing.
  public let store: @Sendable (inout Configuration, OptionValue) -> Void
  /// The name in checkpoint metadata.
  public private(set) var key: String
  /// Whether the default depends on other options: a signature says nil, which leaves it as it is.
  public private(set) var isDecidedByOthers = false

  private init(
    _ name: String, _ summary: String, _ type: OptionType, since: Int,
    value: @escaping @Sendable (Configuration) -> OptionValue,
    store: @escaping @Sendable (inout Configuration, OptionValue) -> Void
  ) {
    (self.name, self.summary, self.type, self.since) = (name, summary, type, since)
    (self.value, self.store, key) = (value, store, name)
  }

  /// The option under another name in checkpoint metadata.
  func stored(as key: String) -> ModelOption {
    var option = self
    option.key = key
    return option
  }

  /// The option with a default that depends on others.
  func decidedByOthers() -> ModelOption {
    var option = self
    option.isDecidedByOthers = true
    return option
  }

  /// A whole number.
  static func integer(
    _ name: String, _ path: WritableKeyPath<Configuration, Int> & Sendable,
    _ bounds: ClosedRange<Int>, _ summary: String, since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name, summary, .integer(bounds), since: since,
      value: { .integer($0[keyPath: path]) },
      store: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A number.
  static func number(
    _ name: String, _ path: WritableKeyPath<Configuration, Double> & Sendable,
    _ bounds: ClosedRange<Double>, _ summary: String, since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name, summary, .number(bounds), since: since,
      value: { .number($0[keyPath: path]) },
      store: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A list of whole numbers.
  static func integers(
    _ name: String, _ path: WritableKeyPath<Configuration, [Int]> & Sendable,
    each bounds: ClosedRange<Int>, atMost count: Int, _ summary: String, since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name, summary, .integers(each: bounds, atMost: count), since: since,
      value: { .integers($0[keyPath: path]) },
      store: { if case .integers(let values) = $1 { $0[keyPath: path] = values } })
  }

  /// A boolean.
  static func flag(
    _ name: String, _ path: WritableKeyPath<Configuration, Bool> & Sendable, _ summary: String,
    since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name, summary, .flag, since: since, value: { .flag($0[keyPath: path]) },
      store: { if case .flag(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// One of the words of an enumeration.
  static func word<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ name: String, _ path: WritableKeyPath<Configuration, Word> & Sendable, _ summary: String,
    since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name, summary, .word(among: Word.allCases.map(\.rawValue)), since: since,
      value: { .word($0[keyPath: path].rawValue) },
      store: {
        guard case .word(let word?) = $1, let value = Word(rawValue: word) else { return }
        $0[keyPath: path] = value
      })
  }

  /// One of the words of an enumeration, or nil.
  static func optionalWord<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ name: String, _ path: WritableKeyPath<Configuration, Word?> & Sendable, _ summary: String,
    since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name, summary, .word(among: Word.allCases.map(\.rawValue), orNil: true), since: since,
      value: { .word($0[keyPath: path]?.rawValue) },
      store: { if case .word(let word) = $1 { $0[keyPath: path] = word.flatMap(Word.init) } })
  }

  /// Throws a ValueError that names the option if its value in `configuration` is out of range.
  func validate(_ configuration: Configuration) throws {
    switch (type, value(configuration)) {
    case (.integer(let bounds), .integer(let value)) where !bounds.contains(value):
      throw outOfRange("\(bounds.lowerBound)", "\(bounds.upperBound)", "\(value)")
    case (.number(let bounds), .number(let value)) where !bounds.contains(value):
      throw outOfRange(bounds.lowerBound.inWords, bounds.upperBound.inWords, value.inWords)
    case (.integers(let bounds, let most), .integers(let values)):
      if values.count > most {
        throw TensorError.value("\(name) has \(values.count) numbers; \(most) are the most")
      }
      guard let wrong = values.first(where: { !bounds.contains($0) }) else { return }
      throw TensorError.value(
        "each number of \(name) must be between \(bounds.lowerBound) and \(bounds.upperBound), "
          + "not \(wrong)")
    default: return
    }
  }

  private func outOfRange(_ least: String, _ most: String, _ value: String) -> TensorError {
    TensorError.value("\(name) must be between \(least) and \(most), not \(value)")
  }
}

/// A configuration whose options are declared in a table.
public protocol OptionTable: Sendable {
  /// The options, in the order of signatures and checkpoints.
  static var options: [ModelOption<Self>] { get }
}

extension OptionTable {
  /// `image_size = 32, patch_size = 8`: the part of a signature that declares the options, with the
  /// defaults of `fresh`. Options in `fixed` are left out.
  public static func signature(defaults fresh: Self, without fixed: [String] = []) -> String {
    options.filter { !fixed.contains($0.name) }
      .map { "\($0.name) = \($0.isDecidedByOthers ? "nil" : $0.value(fresh).source)" }
      .joined(separator: ", ")
  }

  /// What help says about the options: each with its sentence and the words it can be.
  public static var summary: String { summary(without: []) }

  /// What help says about the options but those in `fixed`.
  public static func summary(without fixed: [String]) -> String {
    options.filter { !fixed.contains($0.name) }.map { option in
      guard case .word(let words, _) = option.type, words.count > 1 else {
        return "`\(option.name)`: \(option.summary)"
      }
      let choices = words.map { "\"\($0)\"" }.joined(separator: ", ")
      return "`\(option.name)` (\(choices)): \(option.summary)"
    }.joined(separator: " ")
  }

  /// Throws a ValueError that names the first option whose value is out of range.
  func validateOptions() throws {
    for option in Self.options { try option.validate(self) }
  }

  /// The metadata entries of all options.
  var optionMetadata: [(key: String, value: String)] {
    Self.options.map { ($0.key, $0.value(self).stored) }
  }

  /// Takes from the metadata of a checkpoint all options that its format has.
  mutating func read(_ metadata: MetadataReader) throws {
    let format = try metadata.formatVersion()
    for option in Self.options where option.since <= format {
      let value: OptionValue
      switch option.type {
      case .integer: value = .integer(try metadata.integer(option.key))
      case .number: value = .number(try metadata.number(option.key))
      case .flag: value = .flag(try metadata.flag(option.key))
      case .word(let words, let orNil):
        let isNil = try orNil && metadata.text(option.key).isEmpty
        value = .word(isNil ? nil : try metadata.word(option.key, among: words))
      case .integers: value = .integers(try metadata.integers(option.key))
      }
      option.store(&self, value)
    }
  }
}
