// SPDX-License-Identifier: Apache-2.0
//
// Optimizers over lists of parameters. All elements are independent: they are cut into blocks of
// equal size, which the threads share, and each block is one pass over memory.

import CKernels
import Tensors

/// Something that moves parameters along their gradients.
public protocol Optimizer: AnyObject {
  /// The parameters it moves.
  var parameters: [Tensor] { get }
  /// The step size of the next step.
  var learningRate: Float { get set }
  /// The number of steps taken, which corrects the bias of moving averages.
  var stepsTaken: Int { get set }
  /// What it keeps from step to step, one tensor for each parameter, by the name of the kind.
  var state: [(name: String, tensors: [Tensor])] { get }
  /// Moves all parameters; a nil gradient leaves its parameter alone.
  func step(gradients: [Tensor?], scale: Float) throws
}

extension Optimizer {
  /// Moves the parameters by the gradients that `backward()` left on them.
  public func step() throws { try step(gradients: parameters.map(\.grad), scale: 1) }

  /// Forgets the gradients left on the parameters.
  public func zeroGrad() {
    for parameter in parameters { parameter.grad = nil }
  }

  func checkFit(_ gradients: [Tensor?]) throws {
    for (parameter, gradient) in zip(parameters, gradients) {
      guard let gradient, gradient.shape != parameter.shape else { continue }
      throw TensorError.shape(
        "a gradient of shape \(gradient.shape) does not fit a parameter of \(parameter.shape)")
    }
  }
}

/// Parameters cut into blocks, so that one large matrix keeps all threads busy.
package struct ParameterBlocks {
  private struct Block {
    let parameter: Int
    let range: Range<Int>
  }

  /// Elements of a block: long enough to stream, short enough to balance threads.
  private static let size = 1 << 14

  private let blocks: [Block]

  package init(_ parameters: [Tensor]) {
    blocks = parameters.enumerated().flatMap { index, parameter in
      stride(from: 0, to: parameter.count, by: ParameterBlocks.size).map { start in
        Block(
          parameter: index, range: start..<min(parameter.count, start + ParameterBlocks.size))
      }
    }
  }

  /// The elements of all parameters together.
  package var elements: Int { blocks.reduce(0) { $0 + $1.range.count } }

  /// Calls `body` with the index of a parameter and a range of its elements, on any thread.
  ///
  /// A profile counts `bytesEach` bytes read and written for each element.
  package func forEach(_ stage: Profile.Stage, bytesEach: Int, _ body: (Int, Range<Int>) -> Void) {
    Profile.measure(stage, operations: elements, bytes: bytesEach &* elements) {
      ThreadPool.forEach(chunks: blocks.count) { body(blocks[$0].parameter, blocks[$0].range) }
    }
  }
}

/// Stochastic gradient descent with momentum.
public final class SGD: Optimizer {
  /// The parameters it moves.
  public let parameters: [Tensor]
  /// The step size of the next step.
  public var learningRate: Float
  /// The number of steps taken.
  public var stepsTaken = 0
  /// The velocity of each parameter; nothing without momentum.
  public var state: [(name: String, tensors: [Tensor])] {
    velocity.isEmpty ? [] : [("velocity", velocity)]
  }
  private let momentum: Float
  private let weightDecay: Float
  private let velocity: [Tensor]
  private let blocks: ParameterBlocks

  /// Plain descent unless `momentum` is given; `weightDecay` adds to the gradient.
  public init(
    _ parameters: [Tensor], learningRate: Float, momentum: Float = 0, weightDecay: Float = 0
  ) throws {
    self.parameters = parameters
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    velocity = momentum == 0 ? [] : try parameters.map { try Tensor.zeros($0.shape) }
    blocks = ParameterBlocks(parameters)
  }

  /// Moves all parameters; a nil gradient leaves its parameter alone.
  public func step(gradients: [Tensor?], scale: Float) throws {
    try checkFit(gradients)
    stepsTaken += 1
    blocks.forEach(.optimizer, bytesEach: velocity.isEmpty ? 12 : 20) { i, range in
      guard let gradient = gradients[i] else { return }
      let start = range.lowerBound
      smap_sgd(
        parameters[i].pointer + start, gradient.pointer + start,
        velocity.isEmpty ? nil : velocity[i].pointer + start, range.count, scale, learningRate,
        momentum, weightDecay)
    }
    ParameterChanges.note()
  }
}

/// AdamW (Loshchilov and Hutter, 2019): decay of matrices is separate from the gradient.
public final class AdamW: Optimizer {
  /// The parameters it moves.
  public let parameters: [Tensor]
  /// The step size of the next step.
  public var learningRate: Float
  /// The number of steps taken.
  public var stepsTaken = 0
  /// Moving averages of the gradients and of their squares.
  public var state: [(name: String, tensors: [Tensor])] {
    [("first", first), ("second", second)]
  }
  private let betas: (Float, Float)
  private let epsilon: Float
  private let weightDecay: Float
  private let decayVectors: Bool
  private let first: [Tensor]
  private let second: [Tensor]
  private let blocks: ParameterBlocks

  /// `decayVectors` extends the weight decay to parameters with fewer than two dimensions.
  public init(
    _ parameters: [Tensor], learningRate: Float, betas: (Float, Float) = (0.9, 0.999),
    epsilon: Float = 1e-8, weightDecay: Float = 0.01, decayVectors: Bool = true
  ) throws {
    self.parameters = parameters
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decayVectors = decayVectors
    first = try parameters.map { try Tensor.zeros($0.shape) }
    second = try parameters.map { try Tensor.zeros($0.shape) }
    blocks = ParameterBlocks(parameters)
  }

  /// Moves all parameters; a nil gradient leaves its parameter alone.
  public func step(gradients: [Tensor?], scale: Float) throws {
    try checkFit(gradients)
    stepsTaken += 1
    let correction1 = 1 - power(betas.0, stepsTaken)
    let correction2 = 1 - power(betas.1, stepsTaken)
    blocks.forEach(.optimizer, bytesEach: 28) { i, range in
      guard let gradient = gradients[i] else { return }
      let start = range.lowerBound
      let decays = decayVectors || parameters[i].rank > 1
      smap_adamw(
        parameters[i].pointer + start, gradient.pointer + start, first[i].pointer + start,
        second[i].pointer + start, range.count, scale,
        decays ? 1 - learningRate * weightDecay : 1, learningRate / correction1,
        correction2.squareRoot(), betas.0, betas.1, epsilon)
    }
    ParameterChanges.note()
  }

  private func power(_ base: Float, _ exponent: Int) -> Float {
    var result = 1.0
    var factor = Double(base)
    var left = exponent
    while left > 0 {
      if left & 1 == 1 { result *= factor }
      factor *= factor
      left >>= 1
    }
    return Float(result)
  }
}
