// SPDX-License-Identifier: Apache-2.0
//
// Style consistency: where pictures of several classes share a design, as the letters of a typeface
// do, the tokens of one of them, decoded as another class, should give the typeface's own picture
// of that class. It is compared with what needs no tokens: the mean of the class, and the same
// class in another design.

import Glibc
import Images
import Models
import Runtime
import Tensors

/// The function `metrics.style`.
enum StyleMeasure {
  static let functions: [Builtin] = [style]

  private static let style = Builtin(
    "metrics.style(tok: tokenizer, dataset: dataset, *, lengths = nil, sources = 2, seed = 0) "
      + "-> table",
    "Decodes the tokens of one letter as every other, and compares with the typeface's own letters.",
    details: """
      Pictures of one name, such as a typeface, share a design. Of each name, `sources` pictures are \
      chosen at random by `seed` and encoded with their classes; their tokens are decoded as each \
      other class that the name has. Columns are `tokens`, `style`, the psnr in decibels against the \
      name's own picture of that class, and `own`, that of the source itself. `summary` has what needs \
      no tokens: `class_mean`, the mean of the class in this data set, and `other_name`, the same \
      class of another name chosen at random. Tokens that carry the design give a `style` above both.
      """,
    example: """
      let set = data.letters32("val")[:52]
      let code = smap.linear_code(set, num_tokens = 2)
      metrics.style(code, set, lengths = [1], sources = 1)["tokens"]   #=> [1]
      """,
    body: { call in
      let test = try CodeTest(call)
      guard test.code.conditionDim == 0 else {
        throw call.failure(
          .value, "style decodes tokens as other classes, and this tokenizer is told vectors",
          argument: "tok")
      }
      let pairs = try StylePairs(
        call.dataset("dataset"), test, sources: call.integer("sources", in: 1...10_000),
        seed: call.seed("seed"), call)
      let task = LongTask("style", call)
      var (own, others) = (test.lengths.map { _ in Average() }, test.lengths.map { _ in Average() })
      var (mean, random) = (Average(), Average())
      let means = try pairs.classMeans()
      try task.run {
        for (done, source) in pairs.sources.enumerated() {
          let image = try pairs.images([source.picture])
          let targets = try pairs.images(source.targets)
          let labels = source.targets.map { test.data.labels[$0] }
          let tokens = try test.code.encode(
            image, condition: test.classes([test.data.labels[source.picture]]))
          let repeated = Tokens(
            latents: try Tensor.cat(
              [Tensor](repeating: tokens.latents, count: labels.count), dim: 0), ids: nil,
            condition: try test.classes(labels), maker: tokens.maker)
          for (row, keep) in test.lengths.enumerated() {
            let again = try test.decode(tokens, keep: keep, as: tokens.condition)
            own[row].add(try psnrPerPicture(again, image))
            let decoded = try test.decode(repeated, keep: keep, as: repeated.condition)
            others[row].add(try psnrPerPicture(decoded, targets))
          }
          mean.add(try psnrPerPicture(means.taking(labels, dim: 0), targets))
          random.add(try psnrPerPicture(pairs.images(source.strangers), targets))
          try task.report(done + 1, of: pairs.sources.count)
        }
      }
      return try TableFunctions.table(
        test.lengths.enumerated().map { row, keep in
          Record([
            ("tokens", .integer(keep)), ("style", .number(others[row].value)),
            ("own", .number(own[row].value)),
          ])
        },
        summary: Record([
          ("class_mean", .number(mean.value)), ("other_name", .number(random.value)),
        ]), call.session)
    })
}

/// Which pictures are encoded, and what they are compared with.
private struct StylePairs {
  /// A picture, those of its name in other classes, and for each of these the same class of another
  /// name.
  struct Source {
    let picture: Int
    let targets: [Int]
    let strangers: [Int]
  }

  private let dataset: ImageDataset
  private(set) var sources: [Source] = []

  init(_ dataset: ImageDataset, _ test: CodeTest, sources count: Int, seed: UInt64, _ call: Call)
    throws
  {
    self.dataset = dataset
    guard !dataset.names.isEmpty else {
      throw call.failure(
        .value, "the pictures of this data set have no names", hint: "data.letters32 has typefaces",
        argument: "dataset")
    }
    var draws = RandomStream(seed: seed, 0x57E1)
    let members = Dictionary(grouping: 0..<dataset.count) { dataset.names[$0] }
    let byClass = Dictionary(grouping: 0..<dataset.count) { dataset.labels[$0] }
    for name in members.keys.sorted() {
      let own = members[name] ?? []
      for position in try draws.permutation(own.count).prefix(count) {
        let picture = own[position]
        var (targets, strangers): ([Int], [Int]) = ([], [])
        for target in own where dataset.labels[target] != dataset.labels[picture] {
          let others = (byClass[dataset.labels[target]] ?? []).filter { dataset.names[$0] != name }
          guard !others.isEmpty else { continue }
          targets.append(target)
          strangers.append(
            others[min(Int(draws.uniform() * Double(others.count)), others.count - 1)])
        }
        guard !targets.isEmpty else { continue }
        sources.append(Source(picture: picture, targets: targets, strangers: strangers))
      }
    }
    guard !sources.isEmpty else {
      throw call.failure(
        .value,
        "no name of this data set has pictures of two classes, of which another name has one, too",
        hint:
          "the same letter in two typefaces, and each typeface with several letters, for instance",
        argument: "dataset")
    }
  }

  func images(_ places: [Int]) throws -> Tensor { try dataset.images(at: places) }

  /// The mean picture of each class: [classes, 3, H, W].
  func classMeans() throws -> Tensor {
    let parts = try (0..<dataset.classNames.count).map { label in
      let places = dataset.indices(ofClass: label)
      return try places.isEmpty ? dataset.meanImage() : dataset.subset(places).meanImage()
    }
    return try Tensor.cat(parts, dim: 0)
  }
}
