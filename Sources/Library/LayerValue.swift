// SPDX-License-Identifier: Apache-2.0
//
// Layers as values of the language: objects that can be called and own parameters.

import Networks
import Runtime
import Tensors

/// A layer behind a script's value.
final class LayerValue: Module {
  /// What a layer does with its input.
  typealias Forward = (Tensor) throws -> Tensor

  /// The layer as it prints: `linear(3, 2)`.
  let title: String
  let namedParameters: [NamedParameter]
  /// How many layers lie within each other.
  let depth: Int
  private let forward: Forward
  private let parts: HeldValues?

  /// A bound on `depth`: layers are called, and freed, recursively.
  static let maximumDepth = 64

  /// A layer that computes by itself.
  init(
    _ title: String, _ parameters: [NamedParameter], forward: @escaping Forward
  ) {
    self.title = title
    depth = 1
    namedParameters = parameters
    self.forward = forward
    parts = nil
  }

  /// A layer that calls `parts`, layers or functions, one after the other.
  ///
  /// A parameter that occurs twice is listed once, under its first name.
  init(_ title: String, _ parameters: [NamedParameter], depth: Int, parts: HeldValues) {
    self.title = title
    self.depth = depth
    var seen: Set<ObjectIdentifier> = []
    namedParameters = parameters.filter { seen.insert(ObjectIdentifier($0.tensor)).inserted }
    forward = { $0 }
    self.parts = parts
  }

  private func callAsFunction(_ x: Tensor, _ session: Session) throws -> Tensor {
    guard let parts else { return try forward(x) }
    let result = try parts.items.reduce(Value.tensor(x)) {
      try session.invoke($1, [$0], named: [:])
    }
    return try Conversion.tensor(result)
  }

  /// The layer as a script's value.
  var value: Value { .object(ForeignObject(LayerValue.type, self)) }

  static let type = ForeignType(
    "layer", "A part of a network: it can be called and has parameters.",
    fields: [
      .init("weight", "The parameter called `weight`, or `nil`.") { object, _ in
        try parameter("weight", of: object)
      },
      .init("bias", "The parameter called `bias`, or `nil`.") { object, _ in
        try parameter("bias", of: object)
      },
      .init("num_parameters", "The number of trainable numbers.") { object, _ in
        .integer(try object.payload(as: LayerValue.self).parameterCount)
      },
    ],
    display: { ($0.payload as? LayerValue)?.title ?? "layer" },
    call: { object, arguments, session in
      let layer = try object.payload(as: LayerValue.self)
      guard arguments.count == 1 else {
        throw ScriptError.argument(
          "\(layer.title) takes one tensor, not \(arguments.count) arguments")
      }
      return .tensor(try layer(Conversion.tensor(arguments[0]), session))
    })

  private static func parameter(_ name: String, of object: ForeignObject) throws -> Value {
    let layer = try object.payload(as: LayerValue.self)
    let found = layer.namedParameters.first { $0.name == name }
    return found.map { .tensor($0.tensor) } ?? .nil
  }
}
