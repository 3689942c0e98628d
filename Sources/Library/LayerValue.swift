// SPDX-License-Identifier: Apache-2.0
//
// Layers as values of the language: callable objects that own parameters.

import Networks
import Runtime
import Tensors

/// A layer behind a script's value.
final class LayerValue: Module {
  /// The forward pass of a layer.
  typealias Forward = (Tensor) throws -> Tensor

  /// The layer as it prints: `linear(3, 2)`.
  let title: String
  let namedParameters: [NamedParameter]
  /// The nesting depth of layers.
  let depth: Int
  /// Nil if it calls the values that its object holds, one after another.
  private let forward: Forward?

  /// A bound on `depth`: nested layers are called recursively.
  static let maximumDepth = 64

  /// A layer with a forward pass of its own.
  convenience init(
    _ title: String, _ parameters: [NamedParameter], forward: @escaping Forward
  ) {
    self.init(title, parameters, depth: 1, forward: forward)
  }

  private init(_ title: String, _ parameters: [NamedParameter], depth: Int, forward: Forward?) {
    self.title = title
    self.depth = depth
    namedParameters = parameters
    self.forward = forward
  }

  /// A script value of a layer that calls `parts`, layers or functions, one after another.
  ///
  /// A parameter that occurs twice is listed once, under its first name.
  static func sequence(
    _ title: String, _ parameters: [NamedParameter], depth: Int, parts: [Value]
  ) -> Value {
    var seen: Set<ObjectIdentifier> = []
    let named = parameters.filter { seen.insert(ObjectIdentifier($0.tensor)).inserted }
    let layer = LayerValue(title, named, depth: depth, forward: nil)
    return .object(ForeignObject(type, layer, holding: parts))
  }

  /// The output of the layer for a tensor; `object` is the one that wraps it.
  private func result(_ x: Tensor, _ object: ForeignObject, _ session: Session) throws -> Tensor {
    if let forward { return try forward(x) }
    let result = try object.heldValues.reduce(Value.tensor(x)) {
      try session.invoke($1, [$0], named: [:])
    }
    return try Conversion.tensor(result)
  }

  /// The script value of a layer with a forward pass of its own.
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
      return .tensor(try layer.result(Conversion.tensor(arguments[0]), object, session))
    },
    bytes: { (($0.payload as? LayerValue)?.parameterCount ?? 0) * 4 })

  private static func parameter(_ name: String, of object: ForeignObject) throws -> Value {
    let layer = try object.payload(as: LayerValue.self)
    let found = layer.namedParameters.first { $0.name == name }
    return found.map { .tensor($0.tensor) } ?? .nil
  }
}
