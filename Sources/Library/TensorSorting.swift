// SPDX-License-Identifier: Apache-2.0
//
// Sorting, counting and searching.

import Runtime
import Tensors

/// Functions that sort, count and find.
enum TensorSorting {
  static let functions: [Builtin] = orders + quantiles + counts + places + runs

  private static let orders: [Builtin] = [
    Builtin(
      "sort(x: tensor, dim = -1, descending = false) -> record", purity: .pure,
      "Sorts along `dim`: the `values`, and their original `indices`.",
      details: "Equal elements keep their order, and nan comes last. `sorted` sorts lists.",
      example: "sort([3, 1, 2]).values   #=> tensor([1, 2, 3])",
      forLists: "sorted(xs) sorts lists of strings and of whatever else can be compared",
      takesNumbers: true
    ) { call in
      if let (plain, places) = try order(call) {
        return .record([
          "values": .tensor(try plain.tensor(at: places)),
          "indices": .tensor(try Tensor(wholeNumbers: places, shape: [plain.count])),
        ])
      }
      let found = try call.tensor("x").sorted(
        dim: call.integer("dim"), descending: call.bool("descending"))
      return .record(["values": .tensor(found.values), "indices": .tensor(found.indices)])
    },
    Builtin(
      "argsort(x: tensor, dim = -1, descending = false)", purity: .pure,
      "Gives the positions that would sort along `dim`.",
      example: "argsort([3, 1, 2])   #=> tensor([1, 2, 0])", takesNumbers: true
    ) { call in
      if let (plain, places) = try order(call) {
        return .tensor(try Tensor(wholeNumbers: places, shape: [plain.count]))
      }
      return .tensor(
        try call.tensor("x").argsort(dim: call.integer("dim"), descending: call.bool("descending")))
    },
    Builtin(
      "unique(x: tensor) -> record", purity: .ofElements,
      "Gives the distinct elements in ascending order as `values`, with `inverse` and `counts`.",
      details: "`inverse` tells for each element which of the values it is.",
      example: "unique([3, 1, 3]).counts   #=> tensor([1, 2])"
    ) { call in
      guard try !call.isRecording("x") else {
        throw call.failure(
          .value, "unique has no gradient", hint: "give it detach(x)", argument: "x")
      }
      let found = try call.tensor("x").unique()
      return .record([
        "values": .tensor(found.values), "inverse": .tensor(found.inverse),
        "counts": .tensor(found.counts),
      ])
    },
    Builtin(
      "searchsorted(sorted_sequence: tensor, values: tensor, right = false)", purity: .fallible,
      "Gives the index at which to insert each value into a sorted vector.",
      details: "With `right`, values are inserted after elements equal to them.",
      example: "searchsorted([1, 3, 5], [3, 4, 9])   #=> tensor([1, 2, 3])", takesNumbers: true
    ) { call in
      let right = try call.bool("right")
      if let plain = try NumberSequence(call, "sorted_sequence") {
        if case .number(let wanted) = try call["values"] {
          let place = plain.place(of: wanted, right: right)
          return .tensor(try Tensor(wholeNumbers: [place], shape: []))
        }
        if let wanted = try NumberSequence(call, "values") {
          let places = try (0..<wanted.count).map(checking: call.session) {
            plain.place(of: wanted[$0], right: right)
          }
          return .tensor(try Tensor(wholeNumbers: places, shape: [wanted.count]))
        }
      }
      return .tensor(
        try call.tensor("sorted_sequence").searchSorted(call.tensor("values"), right: right))
    },
  ]

  /// The sorting permutation of plain numbers in the first argument of `sort` and `argsort`; nil
  /// for tensors.
  private static func order(_ call: Call) throws -> (NumberSequence, [Int])? {
    guard -1...0 ~= (try call.integer("dim")), let plain = try NumberSequence(call, "x") else {
      return nil
    }
    // The numbers, their indices, and the merge buffer.
    try call.session.claim(bytes: 32 * plain.count)
    return (plain, try plain.order(descending: call.bool("descending")))
  }

  private static let quantiles: [Builtin] = [
    Builtin(
      "median(x: tensor, dim = nil, keepdim = false)", purity: .pure,
      "Gives the middle element; of an even number of elements, the mean of the middle two.",
      details: TensorReductions.numbersInFull, example: "median([1, 9, 2, 4])   #=> 3",
      takesNumbers: true
    ) { call in
      if let plain = try TensorReductions.plainNumbers(call) {
        return .number(try plain.quantile(0.5))
      }
      return .tensor(
        try call.tensor("x").median(dim: call.axis("dim"), keepDim: call.bool("keepdim")))
    },
    Builtin(
      "quantile(x: tensor, q: number, dim = nil, keepdim = false)", purity: .pure,
      "Gives the value below which the fraction `q` of the elements lies.",
      details: "Between two elements it is interpolated, as in NumPy. `q` goes from 0 to 1. "
        + TensorReductions.numbersInFull,
      example: "quantile([1, 2, 3, 4, 5], 0.25)   #=> 2", takesNumbers: true
    ) { call in
      let q = try call.number("q")
      if q >= 0, q <= 1, let plain = try TensorReductions.plainNumbers(call) {
        return .number(try plain.quantile(q))
      }
      return .tensor(
        try call.tensor("x").quantile(
          call.number("q"), dim: call.axis("dim"), keepDim: call.bool("keepdim")))
    },
  ]

  private static let counts: [Builtin] = [
    Builtin(
      "count_nonzero(x: tensor, dim = nil)", purity: .pure, "Counts the elements that are not 0.",
      details: TensorReductions.numbersInFull, example: "count_nonzero([1, 0, 5])   #=> 2",
      takesNumbers: true
    ) { call in
      if let plain = try TensorReductions.plainNumbers(call) {
        return .integer(try plain.nonzeroCount())
      }
      return .tensor(try call.tensor("x").countNonzero(dims: call.axes("dim")))
    },
    Builtin(
      "bincount(x: tensor, weights = nil, minlength = 0)", purity: .ofElements,
      "Counts the occurrences of each integer from 0 on.",
      example: "bincount([1, 3, 1])   #=> tensor([0, 2, 0, 1])"
    ) { call in
      .tensor(
        try call.tensor("x").binCount(
          weights: call.optionalTensor("weights"), minimumLength: call.integer("minlength")))
    },
    Builtin(
      "histogram(x: tensor, bins = 10, range = nil) -> record", purity: .ofElements,
      "Counts the elements in equal intervals of a range: `counts`, and the interval `edges`.",
      details: "`range` is a list of two bounds; by default the smallest and the largest element.",
      example: "histogram([0, 1, 1, 4], bins = 2).counts   #=> tensor([3, 1])"
    ) { call in
      var bounds: (Double, Double)?
      if try !call["range"].isNil {
        let numbers = try call.numbers("range")
        guard numbers.count == 2 else {
          throw call.failure(.value, "range must be two numbers, [low, high]", argument: "range")
        }
        bounds = (numbers[0], numbers[1])
      }
      let found = try call.tensor("x").histogram(bins: call.integer("bins"), range: bounds)
      return .record(["counts": .tensor(found.counts), "edges": .tensor(found.edges)])
    },
  ]

  private static let places: [Builtin] = [
    Builtin(
      "nonzero(x: tensor)", purity: .ofElements,
      "Gives the positions of the elements that are not 0, one row each.",
      example: "nonzero([0, 5, 0, 7]).T   #=> tensor([[1, 3]])", takesNumbers: true
    ) { call in .tensor(try (NumberSequence(call, "x")?.mask() ?? call.tensor("x")).nonzero()) },
    Builtin(
      "interp(x: tensor, xp: tensor, fp: tensor)", purity: .fallible,
      "Interpolates between the points (xp, fp), which are sorted; beyond them it stays constant.",
      example: "interp([0.5, 9], [0, 1, 2], [0, 10, 30])   #=> tensor([5, 30])"
    ) { call in .tensor(try interpolated(call)) },
  ]

  private static let runs: [Builtin] = [
    Builtin(
      "cumprod(x: tensor, dim)", purity: .pure, "Gives the cumulative products along `dim`.",
      example: "cumprod([1, 2, 3, 4], 0)   #=> tensor([1, 2, 6, 24])"
    ) { call in .tensor(try call.tensor("x").cumprod(dim: call.integer("dim"))) },
    Builtin(
      "diff(x: tensor, n = 1, dim = -1)", purity: .pure,
      "Gives the differences of adjacent elements along `dim`, `n` times.",
      example: "diff([1, 4, 9, 16])   #=> tensor([3, 5, 7])"
    ) { call in
      .tensor(try call.tensor("x").diff(times: call.integer("n"), dim: call.integer("dim")))
    },
  ]

  private static func interpolated(_ call: Call) throws -> Tensor {
    let (x, points, values) = (try call.tensor("x"), try call.tensor("xp"), try call.tensor("fp"))
    guard !x.requiresGradient, !points.requiresGradient, !values.requiresGradient else {
      throw call.failure(
        .value, "interp has no gradient", hint: "give it detach(x)", argument: "x")
    }
    guard points.rank == 1, points.count > 0, values.shape == points.shape else {
      throw call.failure(
        .shape, "xp and fp are two vectors of one length, not \(points.shape) and \(values.shape)",
        argument: "xp")
    }
    let (p, v) = (points.toArray(), values.toArray())
    guard zip(p, p.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw call.failure(.value, "xp must rise", argument: "xp")
    }
    let behind = try points.detached.searchSorted(x.detached, right: true).toArray()
    let found = try zip(x.toArray(), behind).map(checking: call.session) { value, place -> Float in
      let next = Int(place)
      if value.isNaN { return value }
      if next == 0 { return v[0] }
      if next == p.count { return v[p.count - 1] }
      let share = (value - p[next - 1]) / (p[next] - p[next - 1])
      return v[next - 1] + (v[next] - v[next - 1]) * share
    }
    return try Tensor(shape: x.shape, values: found)
  }
}
