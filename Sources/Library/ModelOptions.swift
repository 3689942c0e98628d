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
    case .flag(let value): .bool(value)
    case .word(let value): .string(value)
    }
  }
}

extension Call {
  /// Takes the options of a model from the arguments of their names.
  func read<Configuration: OptionTable>(
    _ configuration: inout Configuration, without fixed: [String] = []
  ) throws {
    for option in Configuration.options where !fixed.contains(option.name) {
      let index = try at(option.name)
      let value: OptionValue
      switch option.type {
      case .integer(let bounds): value = .integer(try integer(index, in: bounds))
      case .flag: value = .flag(try bool(index))
      case .word(let words): value = .word(try choice(index, among: words))
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
