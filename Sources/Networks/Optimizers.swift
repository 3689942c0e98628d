// SPDX-License-Identifier: Apache-2.0
//
// Optimizers over lists of parameters. Parameters are independent, so they are shared out over
// threads; each is one pass over memory.

import CKernels
import Glibc
import Tensors

/// Something that moves parameters along their gradients.
public protocol Optimizer: AnyObject {
  /// The parameters it moves.
  var parameters: [Tensor] { get }
  /// The step size of the next step.
  var learningRate: Float { get set }
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

/// Stochastic gradient descent with momentum.
public final class SGD: Optimizer {
  /// The parameters it moves.
  public let parameters: [Tensor]
  /// The step size of the next step.
  public var learningRate: Float
  private let momentum: Float
  private let weightDecay: Float
  private var velocity: [Tensor]

  /// Plain descent unless `momentum` is given; `weightDecay` adds to the gradient.
  public init(
    _ parameters: [Tensor], learningRate: Float, momentum: Float = 0, weightDecay: Float = 0
  ) throws {
    self.parameters = parameters
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    velocity = momentum == 0 ? [] : try parameters.map { try Tensor.zeros($0.shape) }
  }

  /// Moves all parameters; a nil gradient leaves its parameter alone.
  public func step(gradients: [Tensor?], scale: Float) throws {
    try checkFit(gradients)
    for (i, parameter) in parameters.enumerated() {
      guard let gradient = gradients[i] else { continue }
      let (p, g) = (parameter.pointer, gradient.pointer)
      for j in 0..<parameter.count {
        var slope = g[j] * scale + weightDecay * p[j]
        if momentum != 0 {
          slope += momentum * velocity[i].pointer[j]
          velocity[i].pointer[j] = slope
        }
        p[j] -= learningRate * slope
      }
    }
  }
}

/// AdamW (Loshchilov and Hutter, 2019): decay of matrices is separate from the gradient.
public final class AdamW: Optimizer {
  /// The parameters it moves.
  public let parameters: [Tensor]
  /// The step size of the next step.
  public var learningRate: Float
  private let betas: (Float, Float)
  private let epsilon: Float
  private let weightDecay: Float
  private let decayVectors: Bool
  private let first: [Tensor]
  private let second: [Tensor]
  private var stepsTaken = 0

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
  }

  /// Moves all parameters; a nil gradient leaves its parameter alone.
  public func step(gradients: [Tensor?], scale: Float) throws {
    try checkFit(gradients)
    stepsTaken += 1
    let correction1 = 1 - power(betas.0, stepsTaken)
    let correction2 = 1 - power(betas.1, stepsTaken)
    ThreadPool.forEach(chunks: parameters.count) { i in
      guard let gradient = gradients[i] else { return }
      let parameter = parameters[i]
      let decays = decayVectors || parameter.rank > 1
      smap_adamw(
        parameter.pointer, gradient.pointer, first[i].pointer, second[i].pointer, parameter.count,
        scale, decays ? 1 - learningRate * weightDecay : 1, learningRate / correction1,
        correction2.squareRoot(), betas.0, betas.1, epsilon)
    }
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

/// The learning rate of a step: linear warm-up to `peak`, then a half cosine to `floor`.
public func cosineRate(
  step: Int, total: Int, peak: Float, warmup: Int = 0, floor: Float = 0
) -> Float {
  if step < warmup { return peak * Float(step + 1) / Float(max(warmup, 1)) }
  let progress = Float(step - warmup) / Float(max(total - warmup, 1))
  let bounded = min(max(progress, 0), 1)
  return floor + (peak - floor) * 0.5 * (1 + cosf(Float.pi * bounded))
}

/// A running average of parameters, which generalises better than the last step.
public final class ExponentialAverage {
  private let parameters: [Tensor]
  private let averages: [Tensor]
  private let decay: Float
  private var updates = 0

  /// Starts at the present values; early on the decay is min(decay, (1 + n) / (10 + n)).
  public init(of parameters: [Tensor], decay: Float) throws {
    self.parameters = parameters
    self.decay = decay
    averages = try parameters.map {
      Tensor(storage: try Storage(copying: $0.storage), shape: $0.shape)
    }
  }

  /// Takes in the present values.
  public func update() {
    updates += 1
    let ramped = min(decay, Float(1 + updates) / Float(10 + updates))
    ThreadPool.forEach(chunks: parameters.count) { i in
      smap_moving_average(averages[i].pointer, parameters[i].pointer, averages[i].count, ramped)
    }
  }

  /// Exchanges the parameters' values with the averages; a second call undoes it.
  public func swap() {
    for (parameter, average) in zip(parameters, averages) {
      for i in 0..<parameter.count {
        let value = parameter.pointer[i]
        parameter.pointer[i] = average.pointer[i]
        average.pointer[i] = value
      }
    }
  }
}
