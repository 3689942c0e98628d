// SPDX-License-Identifier: Apache-2.0
//
// Figures of schedules and codes, in one call.

import Images
import Models
import Plots
import Runtime
import Tensors
import Training

/// The functions of `plot` that draw schedules and measures of codes.
enum ModelPlots {
  static let functions: [Builtin] = [schedule, prefixCurve]

  private static let schedule = Builtin(
    "plot.schedule(schedule, num_tokens: number, *, progress = nil, \(PlotFunctions.frame)) -> figure",
    "Draws a schedule of tail dropping: how likely each token is kept, and how likely each length is.",
    details: """
      `schedule` is one of smap.tail_drop or the name of its kind. `progress` lists parts of the training, \
      from 0 to 1; a schedule with a curriculum is drawn at 0, 0.5 and 1 unless it is given.
      """,
    example: "plot.schedule(\"pow2\", 16)   #=> figure(2 plots)",
    choices: ["schedule": DropKind.words],
    body: { call in
      guard let drop = try ScheduleFunctions.optional(call, "schedule") else {
        throw call.wrongType("schedule", "a schedule or the name of its kind")
      }
      let count = try call.integer("num_tokens", in: 1...4096)
      try call.blaming("schedule") { try drop.checkList(count) }
      let changes =
        try drop.keepProbabilities(numTokens: count, progress: 0)
        != drop.keepProbabilities(numTokens: count, progress: 1)
      let progress =
        try call["progress"].isNil
        ? (changes ? [0, 0.5, 1] : [1]) : call.numbers("progress")
      guard !progress.isEmpty, progress.allSatisfy({ (0...1).contains($0) }) else {
        throw call.failure(
          .value, "progress lists numbers from 0 to 1", argument: "progress")
      }
      let labels = progress.count == 1 ? [] : progress.map { "progress \(decimal($0))" }
      let places = (1...count).map(Double.init)
      var kept = try Figure.line(
        y: progress.map { try drop.keepProbabilities(numTokens: count, progress: $0) }, x: places,
        labels: labels)
      (kept.xLabel, kept.yLabel) = ("token", "probability to be kept")
      var lengths =
        try progress.count == 1
        ? Figure.bar(
          values: drop.lengthProbabilities(numTokens: count, progress: progress[0]), x: places)
        : Figure.line(
          y: progress.map { try drop.lengthProbabilities(numTokens: count, progress: $0) },
          x: places, labels: labels)
      (lengths.xLabel, lengths.yLabel) = ("length", "probability")
      return FigureObject(
        try [kept, lengths].map { try PlotFunctions.framed($0, call) }, columns: 2
      ).value
    })

  private static let prefixCurve = Builtin(
    "plot.prefix_curve(tok: tokenizer, dataset, *, lengths = nil, label = nil, "
      + "\(PlotFunctions.frame)) -> figure",
    "Draws the quality of reconstructions over the number of tokens: the median picture, and the band "
      + "that holds four fifths of them.",
    details: """
      `label` names the curve in the legend. `lengths` are 1, 2, 4, ... and all tokens unless given. metrics.prefix_curve gives the means as a table.
      """,
    example: """
      let set = data.shapes(8, size = 16)
      plot.prefix_curve(smap.linear_code(set, num_tokens = 4), set)   #=> figure(1 curve, 3 points)
      """,
    body: { call in
      let test = try CodeTest(call)
      var decibels = test.lengths.map { _ in [Double]() }
      try test.forEachGroup(title: "prefix curve", encodedAs: { try test.right($0) }) { group in
        for (place, keep) in test.lengths.enumerated() {
          let pictures = try test.decode(
            group.tokens, keep: keep, as: test.right(Array(group.range)))
          decibels[place] += try psnrPerPicture(pictures, group.images)
        }
      }
      var figure = try Figure.line(
        y: [decibels.map { quantile($0, 0.5) }], x: test.lengths.map(Double.init),
        labels: call["label"].isNil ? [] : [call.string("label")],
        low: [decibels.map { quantile($0, 0.1) }], high: [decibels.map { quantile($0, 0.9) }])
      (figure.xLabel, figure.yLabel) = ("tokens", "PSNR, dB")
      if test.lengths.count > 2 { figure.xScale = .log }
      return FigureObject([try PlotFunctions.framed(figure, call)]).value
    })

  /// The value below which a share of the values lies, between neighbours.
  private static func quantile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.last else { return .nan }
    let place = share * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}
