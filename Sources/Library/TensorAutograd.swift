// SPDX-License-Identifier: Apache-2.0
//
// Gradients in two styles: parameters that accumulate them, and functions that return them. The
// result of `grad(f)` is a callable object, so no library function holds a script's value.

import Runtime
import Tensors

/// Functions about gradients.
enum TensorAutograd {
  static let functions: [Builtin] = parameters + transformations

  private static let parameters: [Builtin] = [
    Builtin(
      "param(x: tensor)", purity: .pure,
      "Makes a parameter: a tensor that accumulates gradients and can be trained.",
      example: "let w = param([1, 2]); (w ** 2).sum().backward(); w.grad   #=> tensor([2, 4])"
    ) { call in .tensor(try Tensor.parameter(call.tensor("x"))) },
    Builtin(
      "backward(loss: tensor)",
      "Adds the gradients of a single number to the `grad` of every parameter it depends on.",
      example: "let w = param(3); backward(w * w); w.grad.item()   #=> 6"
    ) { call in
      try call.tensor("loss").backward()
      return .nil
    },
    Builtin(
      "item(x: tensor) -> number", purity: .pure, "Gives the only element of a tensor as a number.",
      example: "item(tensor([[5]]))   #=> 5"
    ) { call in
      // A number is returned unchanged, with all its bits.
      if case .number = try call["x"] { return try call["x"] }
      return .number(try call.elements("x").onlyNumber())
    },
    Builtin(
      "detach(x: tensor)", purity: .pure,
      "Gives the values of a tensor without its recorded computation.",
      example: "detach(param([1, 2]))   #=> tensor([1, 2])"
    ) { call in
      let tensor = try call.elements("x")
      guard tensor.isParameter else { return .tensor(tensor.detached) }
      // An optimizer changes a parameter in place; the detached copy must not change with it.
      let copy = try Storage(copying: tensor.storage)
      return .tensor(Tensor(storage: copy, shape: tensor.shape))
    },
    Builtin(
      "no_grad(f: function)", "Calls `f` without recording for gradients, and gives its result.",
      example: "let w = param(3); no_grad(fn() = w * 2).item()   #=> 6"
    ) { call in
      let function = try call.function("f")
      return try Tensor.withoutGradients { try call.invoke(function, []) }
    },
  ]

  private static let transformations: [Builtin] = [
    Builtin(
      "grad(f: function, argnum = 0) -> function", purity: .untried,
      "Makes a function that gives the gradient of `f` with respect to one argument.",
      example: "grad(fn(x) = sum(x ** 2))([1, 2])   #=> tensor([2, 4])"
    ) { call in try differentiated(call, withValue: false) },
    Builtin(
      "value_and_grad(f: function, argnum = 0) -> function", purity: .untried,
      "Makes a function that gives a list of the value of `f` and its gradient.",
      example: "let [value, slope] = value_and_grad(fn(x) = x ** 2)(3); slope   #=> 6"
    ) { call in try differentiated(call, withValue: true) },
  ]

  private static func differentiated(_ call: Call, withValue: Bool) throws -> Value {
    let target = try call.function("f")
    if case .object(let object) = target, object.payload is GradientFunction {
      throw GradientFunction.noSecondDerivatives
    }
    let function = GradientFunction(
      argument: try call.integer("argnum", in: 0...255), withValue: withValue)
    return .object(ForeignObject(GradientFunction.type, function, holding: [target]))
  }
}

/// What `grad` and `value_and_grad` return; the object holds the function.
private final class GradientFunction {
  private let argument: Int
  private let withValue: Bool

  init(argument: Int, withValue: Bool) {
    self.argument = argument
    self.withValue = withValue
  }

  /// Backward passes are not recorded, so a second derivative would silently be 0.
  static var noSecondDerivatives: ScriptError {
    .value(
      "the gradient of a gradient is not recorded", hint: "only first derivatives are computed")
  }

  static let type = ForeignType(
    "function", "A function that gives the gradient of another.",
    display: { object in
      let isPair = (object.payload as? GradientFunction)?.withValue ?? false
      return isPair ? "fn value_and_grad(..)" : "fn grad(..)"
    },
    call: { object, arguments, session in
      try object.payload(as: GradientFunction.self)
        .call(object.heldValue(0), arguments, session)
    })

  private func call(_ function: Value, _ arguments: [Value], _ session: Session) throws -> Value {
    guard argument < arguments.count else {
      throw ScriptError.argument(
        "the gradient is wanted for argument \(argument), but there "
          + (arguments.count == 1 ? "is only 1" : "are only \(arguments.count)"),
        hint: "arguments count from 0")
    }
    let running = RunningGradients.of(session)
    if case .tensor(let tensor) = arguments[argument], running.count > 0, tensor.requiresGradient {
      throw GradientFunction.noSecondDerivatives
    }
    running.count += 1
    defer { running.count -= 1 }
    let target = try Tensor.parameter(try Conversion.tensor(arguments[argument]).detached)
    var inputs = arguments
    inputs[argument] = .tensor(target)
    let result = try session.invoke(function, inputs, named: [:])
    let value = try Conversion.tensor(result)
    let found = try value.gradients(for: [target])[0]
    let slope = try found ?? Tensor.zeros(target.shape)
    var gradient = Value.tensor(slope)
    if case .number = arguments[argument] { gradient = .number(Double(try slope.item())) }
    return withValue ? .list([.tensor(value.detached), gradient]) : gradient
  }
}

/// The number of gradient functions running in a session.
private final class RunningGradients {
  var count = 0

  static func of(_ session: Session) -> RunningGradients {
    if let known = session.attachments["gradients"] as? RunningGradients { return known }
    let fresh = RunningGradients()
    session.attachments["gradients"] = fresh
    return fresh
  }
}
