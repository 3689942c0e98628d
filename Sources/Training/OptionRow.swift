// SPDX-License-Identifier: Apache-2.0
//
// One option of a model, a schedule or a training, declared once: name, type, range, sentence,
// where its value is kept, and what it needs to have an effect. The default is the value in a fresh
// owner.

import Tensors

/// One option of an `Owner`.
public struct OptionRow<Owner: Sendable>: Sendable {
  /// What must hold for an option to have an effect.
  struct Requirement: Sendable {
    let reason: OptionRefusal.Reason
    /// A value that asks for nothing, so that it may be given anywhere.
    let neutral: OptionValue?
    let holds: @Sendable (Owner) -> Bool
  }

  /// The name in scripts.
  public let name: String
  /// One sentence.
  public let summary: String
  /// Its type and range.
  public let type: OptionType
  /// Reads the value.
  public let value: @Sendable (Owner) -> OptionValue
  /// Stores a value of the right type; other values change nothing.
  public let store: @Sendable (inout Owner, OptionValue) -> Void
  /// The name in checkpoint metadata.
  public private(set) var key: String
  /// The format of model files that first has the option; older ones mean the default.
  public private(set) var since = 1
  /// Whether the default depends on other options: a signature says nil, which leaves it as it is.
  public private(set) var isDecidedByOthers = false
  /// Whether it decides the bits of a training, so that a checkpoint must agree with it.
  public private(set) var isSetting = true
  /// What older checkpoints of trainings say by not mentioning the option; nil if all mention it.
  public private(set) var impliedByOlderFiles: String?
  /// What it needs to have an effect.
  private(set) var requirements: [Requirement] = []
  private var text: (@Sendable (Owner) -> String)?

  /// Declares an option.
  public init(
    _ name: String, _ type: OptionType, _ summary: String, since: Int = 1, isSetting: Bool = true,
    impliedByOlderFiles: String? = nil, value: @escaping @Sendable (Owner) -> OptionValue,
    stored text: (@Sendable (Owner) -> String)? = nil,
    store: @escaping @Sendable (inout Owner, OptionValue) -> Void
  ) {
    (self.name, self.type, self.summary, key) = (name, type, summary, name)
    (self.value, self.store, self.text) = (value, store, text)
    (self.since, self.isSetting) = (since, isSetting)
    self.impliedByOlderFiles = impliedByOlderFiles
  }

  /// The option under another name in checkpoint metadata.
  public func stored(as key: String) -> OptionRow {
    var row = self
    row.key = key
    return row
  }

  /// The option with a default that depends on others.
  public func decidedByOthers() -> OptionRow {
    var row = self
    row.isDecidedByOthers = true
    return row
  }

  /// The option, which has an effect only if `holds`, which a script makes so by `words`, in this
  /// call or in the one that made the `model`. A call that gives it elsewhere is refused, unless it
  /// gives `neutral` or nil.
  public func needs(
    _ words: String, of model: String? = nil, orIs neutral: OptionValue? = nil,
    _ holds: @escaping @Sendable (Owner) -> Bool
  ) -> OptionRow {
    var row = self
    row.requirements.append(
      Requirement(reason: .without(words, model: model), neutral: neutral, holds: holds))
    return row
  }

  /// The option, which has no effect beside what a script gives by `words`, if that `holds`.
  public func isReplaced(
    by words: String, orIs neutral: OptionValue? = nil,
    _ holds: @escaping @Sendable (Owner) -> Bool
  ) -> OptionRow {
    var row = self
    row.requirements.append(
      Requirement(reason: .beside(words), neutral: neutral) { !holds($0) })
    return row
  }

  /// The value as a checkpoint holds it.
  public func stored(_ owner: Owner) -> String { text?(owner) ?? value(owner).stored }

  /// What help says: the sentence, with the name and the words that it can be.
  public var described: String {
    guard !summary.contains("`\(name)`") else { return summary }
    var type = type
    if case .optional(let inner) = type { type = inner }
    guard case .word(let words) = type, words.count > 1 else { return "`\(name)`: \(summary)" }
    let choices = words.map { "\"\($0)\"" }.joined(separator: ", ")
    return "`\(name)` (\(choices)): \(summary)"
  }
}

// MARK: - Rows of each type

extension OptionRow {
  /// A whole number.
  public static func integer(
    _ name: String, _ path: WritableKeyPath<Owner, Int> & Sendable, _ bounds: ClosedRange<Int>,
    _ summary: String, since: Int = 1, isSetting: Bool = true, impliedByOlderFiles: String? = nil
  ) -> OptionRow {
    OptionRow(
      name, .integer(bounds), summary, since: since, isSetting: isSetting,
      impliedByOlderFiles: impliedByOlderFiles, value: { .integer($0[keyPath: path]) },
      store: { if case .integer(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A number of double precision.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Owner, Double> & Sendable,
    _ bounds: ClosedRange<Double>, _ summary: String, since: Int = 1,
    impliedByOlderFiles: String? = nil
  ) -> OptionRow {
    OptionRow(
      name, .number(bounds), summary, since: since, impliedByOlderFiles: impliedByOlderFiles,
      value: { .number($0[keyPath: path]) },
      store: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// A number of single precision.
  public static func number(
    _ name: String, _ path: WritableKeyPath<Owner, Float> & Sendable,
    _ bounds: ClosedRange<Double>, _ summary: String, since: Int = 1,
    impliedByOlderFiles: String? = nil
  ) -> OptionRow {
    OptionRow(
      name, .number(bounds), summary, since: since, impliedByOlderFiles: impliedByOlderFiles,
      value: { .number($0[keyPath: path].asWritten) }, stored: { "\($0[keyPath: path])" },
      store: { if case .number(let value) = $1 { $0[keyPath: path] = Float(value) } })
  }

  /// A list of whole numbers.
  public static func integers(
    _ name: String, _ path: WritableKeyPath<Owner, [Int]> & Sendable,
    each bounds: ClosedRange<Int>, atMost count: Int, _ summary: String, since: Int = 1
  ) -> OptionRow {
    OptionRow(
      name, .integers(each: bounds, atMost: count), summary, since: since,
      value: { .integers($0[keyPath: path]) },
      store: { if case .integers(let values) = $1 { $0[keyPath: path] = values } })
  }

  /// A boolean.
  public static func flag(
    _ name: String, _ path: WritableKeyPath<Owner, Bool> & Sendable, _ summary: String,
    since: Int = 1, impliedByOlderFiles: String? = nil
  ) -> OptionRow {
    OptionRow(
      name, .flag, summary, since: since, impliedByOlderFiles: impliedByOlderFiles,
      value: { .flag($0[keyPath: path]) },
      store: { if case .flag(let value) = $1 { $0[keyPath: path] = value } })
  }

  /// One of the words of an enumeration.
  public static func word<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ name: String, _ path: WritableKeyPath<Owner, Word> & Sendable, _ summary: String,
    since: Int = 1, isSetting: Bool = true, impliedByOlderFiles: String? = nil
  ) -> OptionRow {
    OptionRow(
      name, .word(among: Word.allCases.map(\.rawValue)), summary, since: since,
      isSetting: isSetting, impliedByOlderFiles: impliedByOlderFiles,
      value: { .word($0[keyPath: path].rawValue) },
      store: {
        guard case .word(let word) = $1, let value = Word(rawValue: word) else { return }
        $0[keyPath: path] = value
      })
  }

  /// One of the words of an enumeration, or nil.
  public static func optionalWord<Word: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ name: String, _ path: WritableKeyPath<Owner, Word?> & Sendable, _ summary: String,
    since: Int = 1
  ) -> OptionRow {
    OptionRow(
      name, .optional(.word(among: Word.allCases.map(\.rawValue))), summary, since: since,
      value: { $0[keyPath: path].map { .word($0.rawValue) } ?? .none },
      store: {
        switch $1 {
        case .none: $0[keyPath: path] = nil
        case .word(let word): $0[keyPath: path] = Word(rawValue: word)
        default: return
        }
      })
  }
}

extension Float {
  /// The double that is written as this float is.
  package var asWritten: Double { Double("\(self)") ?? Double(self) }
}
