// SPDX-License-Identifier: Apache-2.0
//
// Options as arguments of scripts and as fields of models, derived from their tables.

import Models
import Runtime
import Tensors
import Training

extension OptionValue {
  /// The value of an option as a script sees it.
  var scriptValue: Value {
    switch self {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .flag(let value): .bool(value)
    case .word(let value): .string(value)
    case .integers(let values): .numbers(values.map(Double.init))
    case .numbers(let values): .numbers(values)
    case .amounts(let values): .record(Record(values.map { ($0.name, .number($0.value)) }))
    case .none: .nil
    }
  }
}

extension Call {
  /// Takes options, or some of them, from the arguments of their names.
  ///
  /// - Throws: an ArgumentError for an option that was given but has no effect.
  func read<Table: OptionTable>(
    _ table: inout Table, _ options: [OptionRow<Table>] = Table.options,
    without fixed: [String] = []
  ) throws {
    var given: [(row: OptionRow<Table>, value: OptionValue)] = []
    for option in options where !fixed.contains(option.name) {
      if option.isDecidedByOthers, try self[option.name].isNil { continue }
      let value = try value(option)
      option.store(&table, value)
      if try isGiven(option.name) { given.append((option, value)) }
    }
    if let refusal = table.refusal(of: given) { throw failure(refusal) }
  }

  /// The error about an option that has no effect.
  func failure(_ refusal: OptionRefusal) -> ScriptError {
    failure(.argument, refusal.message, hint: refusal.hint, argument: refusal.name)
  }

  /// The argument for an option. An error of its type says what the option takes.
  private func value<Owner>(_ option: OptionRow<Owner>) throws -> OptionValue {
    do {
      return try value(option.name, option.type)
    } catch var error as ScriptError where error.kind == .type {
      error.hint =
        "\(option.name) takes \(option.type.phrase); ?\(builtin.qualifiedName) explains all options"
      throw error
    }
  }

  private func value(_ name: String, _ type: OptionType) throws -> OptionValue {
    switch type {
    case .integer(let bounds): return .integer(try integer(name, in: bounds))
    case .number(let bounds): return .number(try number(name, in: bounds))
    case .flag: return .flag(try bool(name))
    case .word: return .word(try choice(name))
    case .integers: return .integers(try integers(name))
    case .integerOrIntegers(let bounds, _):
      if Conversion.number(try self[name]) != nil {
        return .integer(try integer(name, in: bounds))
      }
      let values = try integers(name)
      guard !values.isEmpty else {
        throw failure(
          .value, "\(name) is an empty list", hint: "\(name) takes \(type.phrase)", argument: name)
      }
      return .integers(values)
    case .interval(let bounds):
      let values = try numbers(name)
      guard values.count == 2, values.allSatisfy(bounds.contains), values[0] <= values[1] else {
        throw failure(.value, "\(name) must be \(type.phrase)", argument: name)
      }
      return .numbers(values)
    case .twoShares:
      let values = try numbers(name)
      guard values.count == 2, values.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
        throw failure(.value, "\(name) must be two numbers from 0 to below 1", argument: name)
      }
      return .numbers(values)
    case .amounts(let kind, let entry, let types):
      return .amounts(try amounts(name, kind, of: entry, types))
    case .path: return .word(try string(name))
    case .pathOrFlag:
      if case .bool(let value) = try self[name] { return .flag(value) }
      return .word(try string(name))
    case .optional(let inner): return try self[name].isNil ? .none : value(name, inner)
    }
  }

  /// A record of numbers, each of which is a `kind` of an `entry`.
  private func amounts(
    _ name: String, _ kind: String, of entry: String, _ types: [AmountType]
  ) throws -> [NamedAmount] {
    let record = try record(name)
    return try record.keys.map { key in
      guard let type = types.first(where: { $0.name == key }) else {
        throw failure(
          .value, "\(name) has no \(entry) `\(key)`",
          hint: "it has \(types.map(\.name).joined(separator: ", "))", argument: name)
      }
      guard let value = record[key].flatMap(Conversion.number), (0...type.most).contains(value)
      else {
        throw failure(
          .value, "the \(kind) of `\(key)` is a number from 0 to \(decimal(type.most))",
          argument: name)
      }
      return NamedAmount(key, value)
    }
  }
}

extension OptionTable {
  /// The options as fields of a model, whose configuration `get` finds.
  static func fields(
    without fixed: [String] = [], of get: @escaping @Sendable (ForeignObject) throws -> Self
  ) -> [ForeignType.Field] {
    options.filter { !fixed.contains($0.name) }.map { option in
      .init(
        option.name, option.summary,
        get: { object, _ in option.value(try get(object)).scriptValue })
    }
  }
}
