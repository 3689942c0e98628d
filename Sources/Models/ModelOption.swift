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
  case word(String)
  case integers([Int])

  /// The value as checkpoint metadata hold it.
  var stored: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): value ? "true" : "false"
    case .word(let value): value
    case .integers(let values): values.map(String.init).joined(separator: ",")
    }
  }

  /// The value as a script writes it.
  public var source: String {
    switch self {
    case .word(let value): "\"\(value)\""
    case .number(let value): value.inWords
    case .integers(let values): "[" + values.map(String.init).joined(separator: ", ") + "]"
    case .integer, .flag: stored
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
  /// One of some words.
  case word(among: [String])
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
  public var since = 1
  /// Stores a value of the right type; other values change nothing.
  public let store: @Sendable (inout Configuration, OptionValue) -> Void

  /// A whole number.
  static func integer(
    _ name: String, _ path: WritableKeyPath<Configuration, Int> & Sendable,
    _ bounds: ClosedRange<Int>, _ summary: String, since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name: name, summary: summary, type: .integer(bounds),
      value: { .integer($0[keyPath: path]) }, since: since,
      store: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A finite number.
  static func number(
    _ name: String, _ path: WritableKeyPath<Configuration, Double> & Sendable,
    _ bounds: ClosedRange<Double>, _ summary: String, since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name: name, summary: summary, type: .number(bounds),
      value: { .number($0[keyPath: path]) }, since: since,
      store: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A list of whole numbers.
  static func integers(
    _ name: String, _ path: WritableKeyPath<Configuration, [Int]> & Sendable,
    each bounds: ClosedRange<Int>, atMost count: Int, _ summary: String, since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name: name, summary: summary, type: .integers(each: bounds, atMost: count),
      value: { .integers($0[keyPath: path]) }, since: since,
      store: { if case .integers(let values) = $1 { $0[keyPath: path] = values } })
  }

  /// A boolean.
  static func flag(
    _ name: String, _ path: WritableKeyPath<Configuration, Bool> & Sendable, _ summary: String,
    since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name: name, summary: summary, type: .flag, value: { .flag($0[keyPath: path]) },
      since: since,
      store: { if case .flag(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// One of some words, which `set` makes a value of the configuration.
  static func word(
    _ name: String, among words: [String], get: @escaping @Sendable (Configuration) -> String,
    set: @escaping @Sendable (inout Configuration, String) -> Void, _ summary: String,
    since: Int = 1
  ) -> ModelOption {
    ModelOption(
      name: name, summary: summary, type: .word(among: words), value: { .word(get($0)) },
      since: since, store: { if case .word(let word) = $1 { set(&$0, word) } })
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
      .map { "\($0.name) = \($0.value(fresh).source)" }.joined(separator: ", ")
  }

  /// Throws a ValueError that names the first option whose value is out of range.
  func validateOptions() throws {
    for option in Self.options { try option.validate(self) }
  }

  /// The metadata entries of all options.
  var optionMetadata: [(key: String, value: String)] {
    Self.options.map { ($0.name, $0.value(self).stored) }
  }

  /// Takes from the metadata of a checkpoint all options that its format has.
  mutating func read(_ metadata: MetadataReader) throws {
    let format = try metadata.formatVersion()
    for option in Self.options where option.since <= format {
      let value: OptionValue
      switch option.type {
      case .integer: value = .integer(try metadata.integer(option.name))
      case .number: value = .number(try metadata.number(option.name))
      case .flag: value = .flag(try metadata.flag(option.name))
      case .word(let words): value = .word(try metadata.word(option.name, among: words))
      case .integers: value = .integers(try metadata.integers(option.name))
      }
      option.store(&self, value)
    }
  }
}
