// SPDX-License-Identifier: Apache-2.0
//
// Optimizers as objects: `step()` moves the parameters along their gradients, `zero_grad()` forgets
// the gradients, and the learning rate is the field `lr`, which a schedule may set in each step.

import Networks
import Runtime
import Tensors
import Training

/// An optimizer behind a script's value.
final class OptimizerValue {
  let name: String
  let optimizer: any Optimizer
  /// The learning rate as the script gave it, in full precision.
  var rate: Double

  init(_ name: String, _ optimizer: any Optimizer, rate: Double) {
    self.name = name
    self.optimizer = optimizer
    self.rate = rate
  }

  /// The optimizer as a script's value.
  var value: Value { .object(ForeignObject(OptimizerValue.type, self)) }

  static let type = ForeignType(
    "optimizer", "Moves parameters along their gradients.",
    fields: [
      .init("lr", "The learning rate of the next step.") { object, _ in
        .number(try object.payload(as: OptimizerValue.self).rate)
      } set: { object, value, _ in
        guard let rate = Conversion.number(value) else {
          throw ScriptError.type("lr must be a number, but this is \(value.typePhrase)")
        }
        guard rate.isFinite, rate >= 0 else {
          throw ScriptError.value("lr must be a number of at least 0")
        }
        let own = try object.payload(as: OptimizerValue.self)
        own.rate = rate
        own.optimizer.learningRate = Float(rate)
      }
    ],
    display: { object in
      guard let own = object.payload as? OptimizerValue else { return "optimizer" }
      let count = own.optimizer.parameters.count
      return "\(own.name)(\(count) \(count == 1 ? "parameter" : "parameters"), "
        + "lr = \(Display.number(own.rate)))"
    })
}

/// The functions of `optim`, and the methods of optimizers.
enum OptimizerFunctions {
  static let functions: [Builtin] = [
    Builtin(
      "optim.sgd(params: list, lr = 0.01, *, momentum = 0, weight_decay = 0)",
      "Makes an optimizer for stochastic gradient descent.",
      example: "let w = param(3); let opt = optim.sgd([w], lr = 0.1); (w * w).backward(); "
        + "opt.step(); w.item()   #=> 2.4000000953674316"
    ) { call in
      let rate = try atLeastZero(call, "lr")
      let optimizer = try SGD(
        parameters(call), learningRate: Float(rate), momentum: Float(atLeastZero(call, "momentum")),
        weightDecay: Float(atLeastZero(call, "weight_decay")))
      return OptimizerValue("sgd", optimizer, rate: rate).value
    },
    Builtin(
      "optim.adamw(params: list, lr = 1e-3, *, betas = [0.9, 0.999], eps = 1e-8, "
        + "weight_decay = 0.01)",
      "Makes an AdamW optimizer: steps scaled by running averages of gradients and their squares.",
      example: "optim.adamw([param(1)], lr = 3e-4).lr   #=> 0.0003"
    ) { call in
      let rate = try atLeastZero(call, "lr")
      let betas = try call.numbers("betas")
      guard betas.count == 2, betas.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
        throw call.failure(.value, "betas must be two numbers from 0 to below 1", argument: "betas")
      }
      let optimizer = try AdamW(
        parameters(call), learningRate: Float(rate), betas: (Float(betas[0]), Float(betas[1])),
        epsilon: Float(atLeastZero(call, "eps")),
        weightDecay: Float(atLeastZero(call, "weight_decay")))
      return OptimizerValue("adamw", optimizer, rate: rate).value
    },
    Builtin(
      "optim.clip_grad_norm(params: list, max_norm: number) -> number",
      "Scales all gradients down so that their norm is at most `max_norm`; gives the norm before.",
      example: "let w = param([3, 4]); (w * w / 2).sum().backward(); "
        + "optim.clip_grad_norm([w], 1)   #=> 5"
    ) { call in
      let gradients = try parameters(call).compactMap { tensor in tensor.grad.map { (tensor, $0) } }
      let most = try call.number("max_norm")
      guard most >= 0 else {
        throw call.failure(.value, "max_norm must be a number of at least 0", argument: "max_norm")
      }
      let norm = gradients.reduce(0.0) { total, pair in
        pair.1.withValues { $0.reduce(total) { $0 + Double($1) * Double($1) } }
      }.squareRoot()
      guard norm > most else { return .number(norm) }
      for (tensor, gradient) in gradients { tensor.grad = try gradient * Float(most / norm) }
      return .number(norm)
    },
    Builtin(
      "optim.cosine(step, total, peak, warmup = 0)", purity: .pure,
      "Gives the learning rate of a step: a linear warm-up to `peak`, then a half cosine to 0.",
      example: "optim.cosine(50, 100, 0.2)   #=> 0.1"
    ) { call in
      .number(
        try LearningRateSchedule<Double>(
          .cosine, peak: call.number("peak"), warmup: call.number("warmup")
        ).rate(step: call.number("step"), of: call.number("total")))
    },
    Builtin(
      "step(opt: optimizer)", "Moves the parameters by the gradients that `backward` left on them.",
      example: "let w = param(3); let opt = optim.adamw([w]); opt.step(); w.item()   #=> 3",
      methodOnly: true
    ) { call in
      try call.object("opt", OptimizerValue.type, as: OptimizerValue.self).optimizer.step()
      return .nil
    },
    Builtin(
      "zero_grad(opt: optimizer)", "Forgets the gradients on the parameters.",
      example: "let w = param(3); let opt = optim.sgd([w]); w.backward(); opt.zero_grad(); "
        + "w.grad == nil   #=> true",
      methodOnly: true
    ) { call in
      try call.object("opt", OptimizerValue.type, as: OptimizerValue.self).optimizer.zeroGrad()
      return .nil
    },
  ]

  private static func parameters(_ call: Call) throws -> [Tensor] {
    let tensors = try call.tensors("params")
    for (index, tensor) in tensors.enumerated() where !tensor.isParameter {
      throw call.failure(
        .value, "item \(index) of the list is not a parameter",
        hint: "make it with param(x), or take nn.params(layer)", argument: "params")
    }
    return tensors
  }

  private static func atLeastZero(_ call: Call, _ name: String) throws -> Double {
    let number = try call.number(name)
    guard number >= 0, number.isFinite else {
      throw call.failure(
        .value, "\(name) must be a number of at least 0",
        argument: name)
    }
    return number
  }
}
