// SPDX-License-Identifier: Apache-2.0
//
// The common interface of layers: named parameters, in a fixed order. The order determines how an
// optimizer iterates over them and how a checkpoint is laid out.

import Tensors

/// A parameter with the path that names it in a checkpoint, such as `encoder.blocks.0.norm1.gain`.
public struct NamedParameter {
  /// Dotted path from the model.
  public let name: String
  /// The parameter itself; it is a reference, which optimizers change in place.
  public let tensor: Tensor

  /// Names a parameter.
  public init(_ name: String, _ tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }
}

/// A layer or model with parameters.
public protocol Module: AnyObject {
  /// All parameters, always in the same order.
  var namedParameters: [NamedParameter] { get }
}

extension Module {
  /// The parameters without their names.
  public var parameters: [Tensor] { namedParameters.map(\.tensor) }

  /// The number of trainable scalars.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// The parameters with a path in front of their names.
  package func named(under prefix: String) -> [NamedParameter] {
    namedParameters.map { NamedParameter("\(prefix).\($0.name)", $0.tensor) }
  }
}

/// Samples initial values: every call uses the next independent stream of one seed.
public struct Initializer {
  private let seed: UInt64
  private var drawn = 0

  /// Starts the streams of `seed`.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The next independent stream.
  private mutating func nextStream() -> RandomStream {
    drawn += 1
    return RandomStream(seed: seed, 0x1417, drawn)
  }

  private mutating func parameter(
    _ shape: [Int], _ draw: (inout RandomStream) -> Float
  ) throws -> Tensor {
    var stream = nextStream()
    let values = try Tensor(uninitialized: shape)
    for i in 0..<values.count {
      try Stop.check(at: i)
      values.pointer[i] = draw(&stream)
    }
    return try .parameter(values)
  }

  /// A weight sampled uniformly from ±sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010).
  public mutating func xavier(out: Int, in fanIn: Int, gain: Float = 1) throws -> Tensor {
    let bound = gain * (6 / Float(fanIn + out)).squareRoot()
    return try parameter([out, fanIn]) { $0.uniform(-bound, bound) }
  }

  /// Samples from a normal distribution around zero.
  public mutating func normal(_ shape: [Int], deviation: Float) throws -> Tensor {
    try parameter(shape) { $0.normal() * deviation }
  }

  /// The same value everywhere.
  public func constant(_ value: Float, _ shape: [Int]) throws -> Tensor {
    try .parameter(try Tensor(repeating: value, shape: shape))
  }
}

extension Tensor {
  /// Applies a function to every value of a tensor without gradient.
  package func mapped(_ transform: (Float) -> Float) throws -> Tensor {
    let result = try Tensor(uninitialized: shape)
    for i in 0..<count {
      try Stop.check(at: i)
      result.pointer[i] = transform(pointer[i])
    }
    return result
  }

  /// Replaces the values of a parameter in place.
  package func assign(_ values: Tensor) {
    pointer.update(from: values.pointer, count: min(count, values.count))
    ParameterChanges.note()
  }
}
