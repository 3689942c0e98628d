// SPDX-License-Identifier: Apache-2.0
//
// The values of options and their types, whatever has the option: a model, a schedule of tail
// dropping or a training.

import Tensors

/// The value of an option.
public enum OptionValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case word(String)
  case integers([Int])
  case numbers([Double])
  /// Numbers by name.
  case amounts([NamedAmount])
  /// No value, where the type permits that.
  case none

  /// The value as checkpoint metadata hold it.
  public var stored: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): value ? "true" : "false"
    case .word(let value): value
    case .integers(let values): values.map { "\($0)" }.joined(separator: ",")
    case .numbers(let values): values.map { "\($0)" }.joined(separator: ",")
    case .amounts(let values): values.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    case .none: ""
    }
  }

  /// The value as a script writes it.
  public var source: String {
    switch self {
    case .word(let value): "\"\(value)\""
    case .integers(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    case .numbers(let values): "[" + values.map(\.inWords).joined(separator: ", ") + "]"
    case .number(let value): value.inWords
    case .amounts(let values):
      "{" + values.map { "\($0.name): \($0.value.inWords)" }.joined(separator: ", ") + "}"
    case .none: "nil"
    case .integer, .flag: stored
    }
  }
}

/// A number of a record of options.
public struct NamedAmount: Sendable, Equatable {
  /// The name in the record.
  public let name: String
  /// The number.
  public let value: Double

  /// A number by its name.
  public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
}

/// What a record of options may hold under a name.
public struct AmountType: Sendable {
  /// The name.
  public let name: String
  /// The largest number; the smallest is 0.
  public let most: Double

  /// Numbers from 0 to `most` under a name.
  public init(_ name: String, most: Double) { (self.name, self.most) = (name, most) }
}

/// The type of an option and which values it can have.
public indirect enum OptionType: Sendable {
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
  /// A whole number within bounds, or at most so many of them.
  case integerOrIntegers(each: ClosedRange<Int>, atMost: Int)
  /// Two numbers within bounds, the second not below the first.
  case interval(within: ClosedRange<Double>)
  /// Two numbers from 0 to below 1.
  case twoShares
  /// A record of numbers, each of which is a `kind`, such as the weight, of an `entry`, such as a
  /// term.
  case amounts(kind: String, of: String, [AmountType])
  /// The path of a file.
  case path
  /// The path of a file, or `true` or `false`.
  case pathOrFlag
  /// What another type permits, or `nil`.
  case optional(OptionType)

  /// The words that it permits, if it permits only some.
  var words: [String]? {
    switch self {
    case .word(let words): words
    case .optional(let type): type.words
    default: nil
    }
  }

  /// The type in words, with its range.
  public var phrase: String {
    switch self {
    case .integer(let bounds): "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
    case .number(let bounds):
      "a number from \(bounds.lowerBound.inWords) to \(bounds.upperBound.inWords)"
    case .flag: "true or false"
    case .word(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
    case .integers(let bounds, _):
      "a list of whole numbers from \(bounds.lowerBound) to \(bounds.upperBound)"
    case .integerOrIntegers(let bounds, _):
      "a whole number from \(bounds.lowerBound) to \(bounds.upperBound), or a list of them"
    case .interval(let bounds):
      "a list of two numbers from \(bounds.lowerBound.inWords) to \(bounds.upperBound.inWords), the "
        + "smaller first"
    case .twoShares: "a list of two numbers from 0 to below 1"
    case .amounts(let kind, _, let types):
      "a record of a \(kind) for some of \(types.map(\.name).joined(separator: ", "))"
    case .path: "the path of a file"
    case .pathOrFlag: "the path of a file, or true"
    case .optional(let type): type.phrase + ", or nil"
    }
  }

  /// Throws a ValueError that names the option if a value is out of range.
  func validate(_ value: OptionValue, of name: String) throws {
    func outOfRange(_ least: String, _ most: String, _ value: String) -> TensorError {
      TensorError.value("\(name) must be between \(least) and \(most), not \(value)")
    }
    switch (self, value) {
    case (.integer(let bounds), .integer(let value)) where !bounds.contains(value),
      (.integerOrIntegers(let bounds, _), .integer(let value)) where !bounds.contains(value):
      throw outOfRange("\(bounds.lowerBound)", "\(bounds.upperBound)", "\(value)")
    case (.number(let bounds), .number(let value)) where !bounds.contains(value):
      throw outOfRange(bounds.lowerBound.inWords, bounds.upperBound.inWords, value.inWords)
    case (.integers(let bounds, let most), .integers(let values)),
      (.integerOrIntegers(let bounds, let most), .integers(let values)):
      if values.count > most {
        throw TensorError.value("\(name) has \(values.count) numbers; \(most) are the most")
      }
      guard let place = values.firstIndex(where: { !bounds.contains($0) }) else { return }
      throw TensorError.value(
        "each number of \(name) must be between \(bounds.lowerBound) and \(bounds.upperBound), "
          + "but element \(place) is \(values[place])")
    case (.interval(let bounds), .numbers(let values)):
      guard values.count == 2, values.allSatisfy(bounds.contains), values[0] <= values[1] else {
        throw TensorError.value("\(name) must be \(phrase)")
      }
    case (.twoShares, .numbers(let values)):
      guard values.count == 2, values.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
        throw TensorError.value("\(name) must be two numbers from 0 to below 1")
      }
    case (.optional(let type), let value) where value != .none: try type.validate(value, of: name)
    default: return
    }
  }
}
