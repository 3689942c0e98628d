// SPDX-License-Identifier: Apache-2.0
//
// A table of options. Signatures and arguments of scripts, their errors, validation, checkpoint
// metadata in both directions, the settings that a checkpoint of a training must agree with, fields
// of models and the help derive from it.

import Tensors

/// A configuration or a recipe whose options are declared in a table.
public protocol OptionTable: Sendable {
  /// The options, in the order of signatures and checkpoints.
  static var options: [OptionRow<Self>] { get }
}

/// Why a call may not give an option.
public struct OptionRefusal: Sendable {
  /// Why an option has no effect, in words as a script writes them.
  package enum Reason: Sendable {
    /// It needs something, of this call or of the model that was made before.
    case without(String, model: String?)
    /// Something else takes its place.
    case beside(String)
  }

  /// The option.
  public let name: String
  private let reason: Reason

  /// The refusal of an option for a reason.
  package init(_ name: String, _ reason: Reason) { (self.name, self.reason) = (name, reason) }

  /// What is wrong.
  public var message: String {
    switch reason {
    case .without(let words, let model):
      "\(name) has no effect" + (model.map { " on a \($0)" } ?? "") + " without \(words)"
    case .beside(let words): "\(name) has no effect beside \(words)"
    }
  }

  /// What to do.
  public var hint: String {
    switch reason {
    case .without(let words, nil): "leave \(name) out, or give \(words)"
    case .without(let words, let model?):
      "leave \(name) out, or make the \(model) with \(words)"
    case .beside: "leave \(name) out"
    }
  }
}

extension OptionTable {
  /// `image_size = 32, patch_size = 8`: the part of a signature that declares the options, with the
  /// values of this table as defaults.
  public var signature: String { signature() }

  /// The part of a signature that declares some of the options.
  public func signature(
    of options: [OptionRow<Self>] = Self.options, without fixed: [String] = []
  ) -> String {
    options.filter { !fixed.contains($0.name) }
      .map { "\($0.name) = \($0.isDecidedByOthers ? "nil" : $0.value(self).source)" }
      .joined(separator: ", ")
  }

  /// The words that each option may be which is one of some words.
  public static var choices: [String: [String]] {
    options.reduce(into: [:]) { $0[$1.name] = $1.type.words }
  }

  /// What help says about the options, in one paragraph.
  public static var summary: String { summary(without: []) }

  /// What help says about the options but those in `fixed`.
  public static func summary(without fixed: [String]) -> String {
    options.filter { !fixed.contains($0.name) }.map(\.described).joined(separator: " ")
  }

  /// Throws a ValueError that names the first option whose value is out of range.
  package func validateOptions() throws {
    for option in Self.options { try option.type.validate(option.value(self), of: option.name) }
  }

  /// The first of the options that a call has given which has no effect in this table.
  public func refusal(
    of given: [(row: OptionRow<Self>, value: OptionValue)]
  ) -> OptionRefusal? {
    for (row, value) in given where value != .none {
      let need = row.requirements.first { value != $0.neutral && !$0.holds(self) }
      if let need { return OptionRefusal(row.name, need.reason) }
    }
    return nil
  }

  /// The metadata entries of all options.
  package var optionMetadata: [(key: String, value: String)] {
    Self.options.map { ($0.key, $0.stored(self)) }
  }

  /// What decides the bits of a training, as scripts name it; a checkpoint must agree with it.
  package var settings: [(key: String, value: String)] {
    Self.options.filter(\.isSetting).map { ($0.name, $0.stored(self)) }
  }

  /// What older checkpoints say by not mentioning some settings.
  package static var impliedSettings: [String: String] {
    options.reduce(into: [:]) { $0[$1.name] = $1.impliedByOlderFiles }
  }
}
