// SPDX-License-Identifier: Apache-2.0
//
// Tensors from rules. Steps are computed in double precision from the index, so that errors do not
// accumulate.

extension Tensor {
  /// The identity matrix.
  public static func eye(_ size: Int) throws -> Tensor {
    let result = try zeros([size, size])
    for i in 0..<size { result.pointer[i * (size + 1)] = 1 }
    return result
  }

  /// The numbers from `start` to before `stop`, with step `step`.
  ///
  /// Throws a ValueError for a step of 0 and for bounds that are not finite.
  public static func arange(
    _ start: Double, _ stop: Double, step: Double = 1
  ) throws -> Tensor {
    guard start.isFinite, stop.isFinite, step.isFinite, step != 0 else {
      throw TensorError.value(
        "arange from \(TensorError.words(start)) to \(TensorError.words(stop)) by "
          + "\(TensorError.words(step)) has no end",
        hint: "bounds must be finite, and the step not 0")
    }
    let length = max(((stop - start) / step).rounded(.up), 0)
    guard let count = Int(exactly: length) else {
      throw TensorError.limit("arange of \(length) numbers is larger than memory can be")
    }
    let result = try Tensor(uninitialized: [count])
    for i in 0..<count {
      try Stop.check(at: i)
      result.pointer[i] = Float(start + Double(i) * step)
    }
    return result
  }

  /// `count` evenly spaced numbers from `start` to `stop`, both included.
  public static func linspace(_ start: Double, _ stop: Double, count: Int = 50) throws -> Tensor {
    guard count >= 0 else { throw TensorError.value("linspace cannot have \(count) numbers") }
    let result = try Tensor(uninitialized: [count])
    let step = count > 1 ? (stop - start) / Double(count - 1) : 0
    for i in 0..<count {
      try Stop.check(at: i)
      result.pointer[i] = Float(start + Double(i) * step)
    }
    if count > 1 { result.pointer[count - 1] = Float(stop) }
    return result
  }

  /// `count` evenly spaced numbers between differentiable bounds.
  public static func linspace(from start: Tensor, to stop: Tensor, count: Int) throws -> Tensor {
    let shares = try linspace(0, 1, count: count)
    return try start * (1 - shares) + stop * shares
  }
}
