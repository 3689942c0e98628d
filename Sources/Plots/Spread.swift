// SPDX-License-Identifier: Apache-2.0
//
// Repetitions of a curve, such as trainings with several seeds, as one curve and a band.

extension Figure {
  /// What the band around a mean shows.
  public enum Spread: String, Sendable, CaseIterable {
    /// From the smallest to the largest value.
    case range
    /// One standard deviation of the values to each side, with n - 1 in the denominator.
    case std
    /// One standard error of the mean to each side.
    case sem

    /// The mean of the finite values and the band around it; NaN where there are none.
    func summary(of all: [Double]) -> (middle: Double, low: Double, high: Double) {
      let values = all.filter(\.isFinite)
      guard let low = values.min(), let high = values.max() else { return (.nan, .nan, .nan) }
      let count = Double(values.count)
      // Divided first: the sum of large values may overflow.
      let mean = values.reduce(0) { $0 + $1 / count }
      guard self != .range else { return (mean, low, high) }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : 0
      let reach = self == .std ? deviation : deviation / count.squareRoot()
      return (mean, mean - reach, mean + reach)
    }
  }
}
