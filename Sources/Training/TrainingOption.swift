// SPDX-License-Identifier: Apache-2.0
//
// The options of trainings, each declared once: name, type, range, sentence, where its value is
// kept, and whether it decides the bits. Signatures and arguments of scripts, their errors, the
// help and the settings that a checkpoint must agree with derive from the table. The default is the
// value in a fresh recipe.

/// The value of an option of trainings.
public enum TrainingValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case numbers([Double])
  case flag(Bool)
  case word(String)
  /// No value, where the type permits that.
  case none
}

/// The type of an option of trainings and which values it can have.
public enum TrainingValueType: Sendable {
  /// A whole number within bounds.
  case integer(ClosedRange<Int>)
  /// A whole number within bounds, or none.
  case optionalInteger(ClosedRange<Int>)
  /// A finite number within bounds.
  case number(ClosedRange<Double>)
  /// Two numbers from 0 to below 1.
  case twoShares
  /// `true` or `false`.
  case flag
  /// One of some words.
  case word(among: [String])
  /// The path of a file, or none.
  case path
  /// The path of a file, or a boolean, or none.
  case pathOrTrue
}

/// One option of the trainings that a recipe describes.
public struct TrainingOption<Recipe: Sendable>: Sendable {
  /// The name in scripts and in checkpoints.
  public let name: String
  /// A sentence that says what it does and names it.
  public let summary: String
  /// Its type and range.
  public let type: TrainingValueType
  /// Whether it decides the bits of a training, so that a checkpoint must agree with it.
  public let isSetting: Bool
  /// What older checkpoints say by not mentioning the option; nil if all mention it.
  public let impliedByOlderFiles: String?
  /// The value in a recipe as a script writes it.
  public let source: @Sendable (Recipe) -> String
  /// The value in a recipe as a checkpoint holds it.
  public let stored: @Sendable (Recipe) -> String
  /// Stores a value of the right type; other values change nothing.
  public let store: @Sendable (inout Recipe, TrainingValue) -> Void

  /// Declares an option whose value `text` writes.
  public init(
    _ name: String, _ type: TrainingValueType, _ summary: String, isSetting: Bool = true,
    impliedByOlderFiles: String? = nil, source: @escaping @Sendable (Recipe) -> String,
    stored: (@Sendable (Recipe) -> String)? = nil,
    store: @escaping @Sendable (inout Recipe, TrainingValue) -> Void
  ) {
    (self.name, self.type, self.summary) = (name, type, summary)
    (self.isSetting, self.source, self.store) = (isSetting, source, store)
    self.stored = stored ?? source
    self.impliedByOlderFiles = impliedByOlderFiles
  }

  /// A whole number.
  public static func integer(
    _ name: String, _ path: WritableKeyPath<Recipe, Int> & Sendable, _ bounds: ClosedRange<Int>,
    isSetting: Bool = true, impliedByOlderFiles: String? = nil, _ summary: String
  ) -> TrainingOption {
    TrainingOption(
      name, .integer(bounds), summary, isSetting: isSetting,
      impliedByOlderFiles: impliedByOlderFiles, source: { "\($0[keyPath: path])" },
      store: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A number.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Recipe, Float> & Sendable,
    _ bounds: ClosedRange<Double>, _ summary: String, impliedByOlderFiles: String? = nil
  ) -> TrainingOption {
    TrainingOption(
      name, .number(bounds), summary, impliedByOlderFiles: impliedByOlderFiles,
      source: { $0[keyPath: path].inWords },
      stored: { "\($0[keyPath: path])" },
      store: { if case .number(let value) = $1 { $0[keyPath: path] = Float(value) } })
  }

  /// A number of double precision.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Recipe, Double> & Sendable,
    _ bounds: ClosedRange<Double>, _ summary: String,
    impliedByOlderFiles: String? = nil
  ) -> TrainingOption {
    TrainingOption(
      name, .number(bounds), summary, impliedByOlderFiles: impliedByOlderFiles,
      source: { Float($0[keyPath: path]).inWords },
      stored: { "\($0[keyPath: path])" },
      store: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// One of the words of an enumeration.
  public static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Recipe, Word> & Sendable, isSetting: Bool = true,
    impliedByOlderFiles: String? = nil, _ summary: String
  ) -> TrainingOption {
    TrainingOption(
      name, .word(among: Word.allCases.map(\.rawValue)), summary, isSetting: isSetting,
      impliedByOlderFiles: impliedByOlderFiles,
      source: { "\"\($0[keyPath: path].rawValue)\"" }, stored: { $0[keyPath: path].rawValue },
      store: {
        guard case .word(let word) = $1, let value = Word(rawValue: word) else { return }
        $0[keyPath: path] = value
      })
  }

  /// The path of a file, which is never a setting.
  public static func path(
    _ name: String, get: @escaping @Sendable (Recipe) -> String?,
    set: @escaping @Sendable (inout Recipe, String) -> Void, _ summary: String
  ) -> TrainingOption {
    TrainingOption(
      name, .path, summary, isSetting: false,
      source: { get($0).map { "\"\($0)\"" } ?? "nil" },
      store: { if case .word(let path) = $1 { set(&$0, path) } })
  }
}

/// A recipe whose options are declared in a table.
public protocol TrainingOptionTable: Sendable {
  /// The options, in the order of signatures.
  static var options: [TrainingOption<Self>] { get }
}

extension TrainingOptionTable {
  /// `lr = 0.001, clip = 1`: the part of a signature that declares the options, with the values of
  /// this recipe as defaults.
  public var signature: String { signature(of: Self.options) }

  /// The part of a signature that declares some of the options.
  public func signature(of options: [TrainingOption<Self>]) -> String {
    options.map { "\($0.name) = \($0.source(self))" }.joined(separator: ", ")
  }

  /// What decides the bits of a training, as scripts name it; a checkpoint must agree with it.
  package var settings: [(key: String, value: String)] {
    Self.options.filter(\.isSetting).map { ($0.name, $0.stored(self)) }
  }

  /// What older checkpoints say by not mentioning some settings.
  package static var impliedSettings: [String: String] {
    options.reduce(into: [:]) { $0[$1.name] = $1.impliedByOlderFiles }
  }

  /// What help says about the options, in one paragraph.
  public static var summary: String { options.map(\.summary).joined(separator: " ") }
}
