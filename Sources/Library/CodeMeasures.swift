// SPDX-License-Identifier: Apache-2.0
//
// Measures of codes on whole data sets, as tables with a row for each prefix length: quality, what
// the class is worth, what tokens say about the class (docs/Method.md, section 7).

import Glibc
import Images
import Metrics
import Models
import Runtime
import Tensors

/// The functions of `metrics` that measure a code on a data set.
enum CodeMeasures {
  static let functions: [Builtin] = [prefixCurve, orderTest, reliance, tokenProbe]

  private static let example =
    "let set = data.shapes(40, size = 16)\nlet code = smap.linear_code(set, num_tokens = 4)\n"

  private static let prefixCurve = Builtin(
    "metrics.prefix_curve(tok: tokenizer, dataset, *, lengths = nil, label = \"right\", "
      + "features = false) -> table",
    "Measures reconstructions from prefixes of a code: a row for each length.",
    details: """
      `lengths` are 1, 2, 4, ... and all tokens unless given. Columns are `tokens`, their rate \
      (`numbers`, or `bits` of a discrete code; the class comes on top), `psnr` in decibels and \
      `ssim`, means over the pictures. With `features`, also `fd`, `kid`, `precision` and `recall` of \
      all reconstructions against the originals, on the features of metrics.features: their values \
      depend on the number of pictures. `label` is "right", or "null" to encode and decode without \
      class. `summary` has `psnr_mean`, the mean over the logarithm of the length, and `violations`, \
      how often a longer prefix is worse. plot.table draws it.
      """,
    example: example
      + "metrics.prefix_curve(code, set, lengths = [1, 4])[\"numbers\"]   #=> [6, 24]",
    choices: ["label": ["right", "null"]],
    body: { call in
      let test = try CodeTest(call)
      let isRight = try call.choice("label") == "right"
      let network = try call.bool("features") ? FeatureFunctions.network(of: call.session) : nil
      let condition = { try isRight ? test.right($0) : test.null($0) }
      let quality = test.lengths.map { _ in Quality(test, network) }
      // Features of the originals are the same at every length.
      var originals: [Tensor] = []
      try test.forEachGroup(title: "prefix curve", encodedAs: condition) { group in
        if let network { originals.append(try network.features(of: group.images)) }
        for (quality, keep) in zip(quality, test.lengths) {
          let pictures = try test.decode(
            group.tokens, keep: keep, as: condition(Array(group.range)))
          try quality.add(pictures, group.images)
        }
      }
      let decibels = quality.map(\.psnr)
      return try TableFunctions.table(
        zip(quality, test.lengths).map { try Record(test.rate($1) + $0.columns(originals)) },
        summary: Record([
          ("psnr_mean", .number(meanOverLogarithm(decibels, test.lengths))),
          ("violations", .integer(zip(decibels, decibels.dropFirst()).filter { $0 > $1 }.count)),
        ]), call.session)
    })

  /// The mean of values over the logarithm of the length, by trapezoids.
  private static func meanOverLogarithm(_ values: [Double], _ lengths: [Int]) -> Double {
    guard values.count > 1 else { return values.first ?? .nan }
    var sum = 0.0
    for i in 1..<values.count {
      sum += (values[i] + values[i - 1]) / 2 * log2(Double(lengths[i]) / Double(lengths[i - 1]))
    }
    return sum / log2(Double(lengths[lengths.count - 1]) / Double(lengths[0]))
  }

  private static let orderTest = Builtin(
    "metrics.order_test(tok: tokenizer, dataset, *, lengths = nil, seed = 0) -> table",
    "Compares prefixes of a code with as many tokens at random places, and with suffixes.",
    details: """
      Columns are `tokens`, and the psnr in decibels of `prefix` (the first k tokens), `random` (k of \
      all, chosen anew for every 32 pictures by `seed`) and `suffix` (the last k), with the right class. \
      Tokens in order of information give prefix > random > suffix at every k but the last, where all \
      are the same. `summary` has `violations`, at how many lengths that does not hold.
      """,
    example: example
      + "metrics.order_test(code, set, lengths = [1]).columns   "
      + "#=> [\"tokens\", \"prefix\", \"random\", \"suffix\"]",
    body: { call in
      let test = try CodeTest(call)
      let total = test.code.numTokens
      var draws = RandomStream(seed: try call.seed("seed"), 0x0DE5)
      var found = test.lengths.map { _ in [Average(), Average(), Average()] }
      try test.forEachGroup(title: "order test", encodedAs: { try test.right($0) }) { group in
        for start in stride(from: 0, to: group.labels.count, by: 32) {
          let range = start..<min(start + 32, group.labels.count)
          let images = try group.images.narrow(dim: 0, start: start, count: range.count)
          let tokens = try group.tokens.pictures(range)
          for (row, keep) in test.lengths.enumerated() {
            let random = try draws.permutation(total).prefix(keep).sorted()
            let choices = [Array(0..<keep), random, Array(total - keep..<total)]
            for (kind, positions) in choices.enumerated() {
              let pictures = try test.decode(tokens, at: positions)
              found[row][kind].add(try psnrPerPicture(pictures, images))
            }
          }
        }
      }
      let decibels = found.map { $0.map(\.value) }
      let violations = zip(decibels, test.lengths).filter { values, keep in
        keep < total && !(values[0] > values[1] && values[1] > values[2])
      }.count
      return try TableFunctions.table(
        zip(decibels, test.lengths).map { values, keep in
          Record([
            ("tokens", .integer(keep)), ("prefix", .number(values[0])),
            ("random", .number(values[1])), ("suffix", .number(values[2])),
          ])
        }, summary: Record([("violations", .integer(violations))]), call.session)
    })

  private static let reliance = Builtin(
    "metrics.reliance(tok: tokenizer, dataset, *, lengths = nil, classifier = nil, "
      + "encoder = \"right\") -> table",
    "Measures what the class is worth: the same tokens decoded with the right class, none, another.",
    details: """
      Columns are `tokens`, `right`, `null` and `swapped` (psnr in decibels, decoded as the class of the \
      picture, as none, as the next class; with a tokenizer that takes vectors: as the vector of the \
      next picture), `over_null` and `over_swapped`, the gains of the right \
      class. A class that is necessary gains much with few tokens and less with many. With \
      `encoder = "same"`, the encoder is told what the decoder is; else always the right class. With a \
      `classifier`, made by metrics.classifier, further columns say how many reconstructions it takes \
      for the class of the picture (`class_right`, `class_null`, `class_swapped`), and for the class \
      that they were decoded as (`label_swapped`): whether content follows the tokens or the label.
      """,
    example: example
      + "metrics.reliance(code, set, lengths = [1])[0].over_null   #=> 0",
    choices: ["encoder": ["right", "same"]],
    body: { call in
      let test = try CodeTest(call)
      let isSame = try call.choice("encoder") == "same"
      let classifier = try call.classifier(for: test)
      guard test.code.numClasses > 1 || test.code.conditionDim > 0 && test.data.count > 1 else {
        throw call.failure(.value, "with one class there is no other", argument: "tok")
      }
      let variants: [([Int]) throws -> Condition] = [
        { try test.right($0) }, { try test.null($0) }, { try test.swapped($0) },
      ]
      // The classes of what pictures are swapped with.
      let shifted = { (group: CodeTest.Group) -> [Int] in
        test.code.conditionDim > 0
          ? group.range.map { test.data.labels[($0 + 1) % test.data.count] }
          : group.labels.map { ($0 + 1) % test.code.numClasses }
      }
      var rows = test.lengths.map { _ in variants.map { _ in Told() } }
      for (variant, condition) in variants.enumerated() {
        let encoding = isSame ? condition : variants[0]
        try test.forEachGroup(title: "reliance", encodedAs: encoding) { group in
          for (row, keep) in test.lengths.enumerated() {
            let told = try condition(Array(group.range))
            let pictures = try test.decode(group.tokens, keep: keep, as: told)
            rows[row][variant].decibels.add(try psnrPerPicture(pictures, group.images))
            guard let classifier else { continue }
            let found = try classifier.classes(pictures, call)
            rows[row][variant].count(found, group.labels, shifted: shifted(group))
          }
        }
      }
      return try TableFunctions.table(
        zip(rows, test.lengths).map { row, keep in
          Told.record(keep, row, withClasses: classifier != nil)
        }, call.session)
    })

  private static let tokenProbe = Builtin(
    "metrics.token_probe(tok: tokenizer, dataset, test, *, lengths = nil, label = nil, "
      + "penalty = 0.1) -> table",
    "Tells how well a linear map predicts the class from prefixes of tokens.",
    details: """
      The probe (metrics.linear_probe) is fitted to the tokens of `dataset` and measured on those of \
      `test`; columns are `tokens` and `accuracy`. The encoder is told no class. An encoder that reads \
      the class may copy it into the tokens: with `label = "right"` the probe would measure that leak, \
      which a note says. A class that the decoder is told need not be in the tokens at all, so a good \
      tokenizer may have a low accuracy here.
      """,
    example: example
      + "len(metrics.token_probe(code, set, set, lengths = [1, 2]))   #=> 2",
    choices: ["label": ["right"]],
    body: { call in
      let test = try CodeTest(call)
      let isRight = try !call["label"].isNil
      if isRight {
        _ = try call.choice("label")
        call.session.note(
          "the encoder is told the class, so this probe may measure a leak: label = nil avoids it")
      }
      let held = try call.testData("test", for: test.code)
      let penalty = try call.number("penalty", in: 0...Double.greatestFiniteMagnitude)
      let known = try tokens(test, isRight)
      let asked = try tokens(CodeTest(test, on: held), isRight)
      return try TableFunctions.table(
        test.lengths.map { keep in
          let probe = try LinearProbe(
            features: rows(known, keep), labels: tensor(test.data.labels), penalty: penalty)
          let found = try probe.predict(rows(asked, keep))
          let right = zip(found, held.labels).filter { $0 == Float($1) }.count
          return Record([
            ("tokens", .integer(keep)), ("accuracy", .number(Double(right) / Double(held.count))),
          ])
        }, call.session)
    })

  /// The tokens of all pictures: [N, K, T].
  private static func tokens(_ test: CodeTest, _ isRight: Bool) throws -> Tensor {
    var parts: [Tensor] = []
    try test.forEachGroup(
      title: "tokens", encodedAs: { try isRight ? test.right($0) : test.null($0) }
    ) { parts.append($0.tokens.latents) }
    return try Tensor.cat(parts, dim: 0)
  }

  private static func rows(_ tokens: Tensor, _ keep: Int) throws -> Tensor {
    try tokens.narrow(dim: 1, start: 0, count: keep).flatten(start: 1)
  }

  private static func tensor(_ labels: [Int]) throws -> Tensor {
    try Tensor(shape: [labels.count], values: labels.map { Float($0) })
  }
}

extension CodeTest {
  /// The same code on other pictures.
  init(_ test: CodeTest, on data: TrainingData) {
    self.init(call: test.call, code: test.code, data: data, lengths: test.lengths)
  }

  private init(call: Call, code: any PictureCode, data: TrainingData, lengths: [Int]) {
    (self.call, self.code, self.data, self.lengths) = (call, code, data, lengths)
  }
}

/// The quality of reconstructions, as they come in.
private final class Quality {
  private var decibels = Average()
  private var similarity = Average()
  private let hasSimilarity: Bool
  private let network: FeatureNetwork?
  /// Features of reconstructions.
  private var found: [Tensor] = []

  init(_ test: CodeTest, _ network: FeatureNetwork?) {
    self.network = network
    hasSimilarity = test.code.imageSize >= 11
  }

  var psnr: Double { decibels.value }

  func add(_ pictures: Tensor, _ images: Tensor) throws {
    decibels.add(try psnrPerPicture(pictures, images))
    if hasSimilarity { similarity.add(try ssimPerPicture(pictures, images)) }
    guard let network else { return }
    found.append(try network.features(of: pictures))
  }

  /// The columns of a row, given the features of the originals.
  func columns(_ originals: [Tensor]) throws -> [(String, Value)] {
    var columns: [(String, Value)] = [("psnr", .number(psnr))]
    if hasSimilarity { columns.append(("ssim", .number(similarity.value))) }
    guard network != nil else { return columns }
    let (x, y) = (try Tensor.cat(originals), try Tensor.cat(found))
    columns.append(("fd", .number(try FeatureDistances.frechet(x, y))))
    columns.append(("kid", .number(try FeatureDistances.kernel(x, y))))
    guard x.shape[0] > 3 else { return columns }
    let shares = try FeatureDistances.precisionRecall(x, y, neighbours: 3)
    return columns + [
      ("precision", .number(shares.precision)), ("recall", .number(shares.recall)),
    ]
  }
}

/// What reconstructions under one condition are worth.
private struct Told {
  var decibels = Average()
  private var ownClass = Average()
  private var nextClass = Average()

  mutating func count(_ found: [Int], _ labels: [Int], shifted: [Int]) {
    ownClass.add(zip(found, labels).map { $0 == $1 ? 1 : 0 })
    nextClass.add(zip(found, shifted).map { $0 == $1 ? 1 : 0 })
  }

  /// A row for `keep` tokens, from what was found for the right class, none and the next one.
  static func record(_ keep: Int, _ told: [Told], withClasses: Bool) -> Record {
    let decibels = told.map(\.decibels.value)
    var fields: [(String, Value)] = [("tokens", .integer(keep))]
    fields += zip(["right", "null", "swapped"], decibels).map { ($0, .number($1)) }
    fields += [
      ("over_null", .number(decibels[0] - decibels[1])),
      ("over_swapped", .number(decibels[0] - decibels[2])),
    ]
    guard withClasses else { return Record(fields) }
    fields += zip(["class_right", "class_null", "class_swapped"], told).map {
      ($0, .number($1.ownClass.value))
    }
    return Record(fields + [("label_swapped", .number(told[2].nextClass.value))])
  }
}

extension Record {
  /// A record of the given fields in order.
  convenience init(_ fields: [(String, Value)]) {
    self.init()
    for (name, value) in fields { self[name] = value }
  }
}
