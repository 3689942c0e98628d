// SPDX-License-Identifier: Apache-2.0
//
// The probability of each length 1...K at a point of training. Sampling a length, the probability
// that a token is kept and the expected budget all derive from that one table (docs/Method.md,
// section 4).

import Glibc
import Tensors

extension TailDrop {
  /// The probability of each length 1...K (element k - 1) when `progress` (0...1) of the
  /// training is done.
  public func lengthProbabilities(numTokens: Int, progress: Double = 1) throws -> [Double] {
    try checkFit(numTokens)
    var weights = [Double](repeating: 0, count: numTokens)
    guard progress >= start else {
      weights[numTokens - 1] = 1
      return weights
    }
    let (low, high) = bounds(numTokens: numTokens, progress: progress)
    for k in low...high { weights[k - 1] = weight(k, low: low, high: high, of: numTokens) }
    let sum = weights.reduce(0, +)
    guard sum > 0 else {
      // A curriculum has left none of the lengths: the nearest one that it allows.
      weights[high - 1] = 1
      return weights
    }
    weights = weights.map { $0 / sum }
    if kind.isMixture {
      weights = weights.map { $0 * (1 - full) }
      weights[numTokens - 1] += full
    }
    return weights
  }

  /// The probability that each token is kept: token j is kept when the length is at least j.
  public func keepProbabilities(numTokens: Int, progress: Double = 1) throws -> [Double] {
    var tail = 0.0
    return try lengthProbabilities(numTokens: numTokens, progress: progress).reversed().map {
      tail += $0
      return min(tail, 1)
    }.reversed()
  }

  /// The length for a uniform sample from 0..<1.
  public func length(for draw: Double, numTokens: Int, progress: Double = 1) throws -> Int {
    var tail = draw
    let probabilities = try lengthProbabilities(numTokens: numTokens, progress: progress)
    for (i, probability) in probabilities.enumerated() {
      if tail < probability { return i + 1 }
      tail -= probability
    }
    return (probabilities.lastIndex { $0 > 0 } ?? numTokens - 1) + 1
  }

  /// The moving budget b(u), from K at `start` to `minKeep` at `end`.
  public func budget(numTokens: Int, progress: Double) -> Int {
    let u = min(max((progress - start) / (end - start), 0), 1)
    let (top, bottom) = (Double(numTokens), Double(minKeep))
    let value: Double
    switch curriculum {
    case nil: value = bottom
    case .linear: value = top - (top - bottom) * u
    case .cosine: value = bottom + (top - bottom) * 0.5 * (1 + cos(u * .pi))
    case .exponential: value = top * pow(bottom / top, u)
    case .power: value = top - (top - bottom) * pow(u, exponent)
    case .step:
      var halvings = 0
      while numTokens >> (halvings + 1) >= minKeep { halvings += 1 }
      let step = min(Int(u * Double(halvings + 1)), halvings)
      value = Double(numTokens >> step)
    }
    return min(max(Int(value.rounded()), minKeep), numTokens)
  }

  /// Throws a ValueError if a length of the list can never be sampled. Files are not held to it.
  public func checkList(_ numTokens: Int) throws {
    guard kind == .list, let size = sizes.first(where: { $0 > numTokens }) else { return }
    throw TensorError.value(
      "the length \(size) of sizes does not fit \(numTokens) tokens",
      hint: "lengths are from 1 to \(numTokens)")
  }

  /// Throws a ValueError if the lengths of the schedule are none of K tokens.
  func checkFit(_ numTokens: Int) throws {
    guard numTokens >= 1, minKeep <= numTokens else {
      throw TensorError.value(
        "min_keep \(minKeep) does not fit into \(numTokens) tokens",
        hint: kind == .mostlyFull ? "mostly-full starts at 4 tokens unless min_keep is given" : "")
    }
    guard kind != .list || sizes.contains(where: { $0 >= minKeep && $0 <= numTokens }) else {
      throw TensorError.value(
        "none of sizes = \(sizes) is a length from \(minKeep) to \(numTokens)")
    }
  }

  private func bounds(numTokens: Int, progress: Double) -> (Int, Int) {
    guard curriculum != nil else { return (minKeep, numTokens) }
    let moving = budget(numTokens: numTokens, progress: progress)
    switch envelope {
    case .lower: return (moving, numTokens)
    case .upper: return (minKeep, moving)
    case .hard: return (moving, moving)
    }
  }

  /// The weight of length k among `low...high`.
  private func weight(_ k: Int, low: Int, high: Int, of numTokens: Int) -> Double {
    switch kind {
    case .none: return k == high ? 1 : 0
    case .fixed: return k == low ? 1 : 0
    case .uniform, .mixture: return 1
    case .pow2, .mixturePow2: return k == high || isPowerOfTwo(k, times: low) ? 1 : 0
    case .mostlyFull:
      guard k < numTokens, isPowerOfTwo(k, times: minKeep) else { return 0 }
      return Double(k / minKeep)
    case .uniformPow2:
      guard k == high || isPowerOfTwo(k, times: 1) else { return 0 }
      var below = 1
      while below * 2 < k { below *= 2 }
      return Double(k - (k == 1 ? 0 : max(below, low - 1)))
    case .list: return sizes.contains(k) ? 1 : 0
    case .loguniform: return log(Double(k + 1) / Double(k))
    case .geometric: return pow(ratio, Double(k - low))
    case .fraction:
      let total = Double(numTokens)
      return cumulativeBeta(Double(k) / total, alpha, beta)
        - cumulativeBeta(Double(k - 1) / total, alpha, beta)
    }
  }

  private func isPowerOfTwo(_ k: Int, times base: Int) -> Bool {
    k % base == 0 && (k / base) & (k / base - 1) == 0
  }
}

/// The distribution function of Beta(a, b): the regularised incomplete beta function, by its
/// continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22), evaluated with the
/// algorithm of Lentz where it converges fast.
func cumulativeBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  let isEarly = x <= (a + 1) / (a + b + 2)
  return isEarly ? lowerBeta(x, a, b) : 1 - lowerBeta(1 - x, b, a)
}

private func lowerBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let front = exp(
    lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
  let tiny = 1e-300
  func notZero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / notZero(1 - (a + b) * x / (a + 1))
  var fraction = d
  for step in 1...500 {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    var change = 1.0
    for term in [even, odd] {
      d = 1 / notZero(1 + term * d)
      c = notZero(1 + term / c)
      change = c * d
      fraction *= change
    }
    if abs(change - 1) < 1e-14 { break }
  }
  return front * fraction / a
}
