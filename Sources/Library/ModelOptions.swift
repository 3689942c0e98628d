// SPDX-License-Identifier: Apache-2.0
//
// The options of models as arguments of scripts and as fields of models, derived from their tables.

import Models
import Runtime
import Tensors

extension OptionValue {
  /// The value of an option as a script sees it.
  var scriptValue: Value {
    switch self {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .flag(let value): .bool(value)
    case .word(let value): value.map { .string($0) } ?? .nil
    case .integers(let values): .numbers(values.map(Double.init))
    }
  }
}

extension Call {
  /// Takes the options of a model from the arguments of their names.
  func read<Configuration: OptionTable>(
    _ configuration: inout Configuration, without fixed: [String] = []
  ) throws {
    for option in Configuration.options where !fixed.contains(option.name) {
      let name = option.name
      if option.isDecidedByOthers, try self[name].isNil { continue }
      let value: OptionValue
      switch option.type {
      case .integer(let bounds): value = .integer(try integer(name, in: bounds))
      case .number(let bounds): value = .number(try number(name, in: bounds))
      case .flag: value = .flag(try bool(name))
      case .word(let words, let orNil):
        value = .word(try orNil && self[name].isNil ? nil : choice(name, among: words))
      case .integers: value = .integers(try integers(name))
      }
      option.store(&configuration, value)
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
