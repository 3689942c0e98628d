// SPDX-License-Identifier: Apache-2.0
//
// Sampling of places in proportion to weights, such as pictures by how rare their class is.

/// Samples indices in proportion to weights.
struct WeightedChoice {
  private let cumulative: [Double]

  init(_ weights: [Double]) {
    var sum = 0.0
    cumulative = weights.map {
      sum += $0
      return sum
    }
  }

  /// The index that a uniform number from 0..<1 selects.
  func index(_ draw: Double) -> Int {
    let wanted = draw * (cumulative.last ?? 0)
    var (low, high) = (0, max(cumulative.count - 1, 0))
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > wanted { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
