// SPDX-License-Identifier: Apache-2.0
//
// Data sets made of data sets, as methods: `train.split(0.9)`, `train.filter(f)`. The pixels are
// shared; only `concat` copies them.

import Images
import Models
import Runtime
import Syntax
import Tensors

/// The methods of data sets.
enum DatasetFunctions {
  static let functions: [Builtin] = [
    split, filter, subset, concat, balanced, shuffle, record, withCondition,
  ]

  private static let split = Builtin(
    "data.split(dataset: dataset, fraction = 0.9, *, by = \"name\", seed = 0) -> list",
    "Splits a data set into two, such as [train, val], of which the first has `fraction`.",
    details: """
      Classes are spread evenly over both. by = "group" keeps pictures of one group together, such as \
      letters of one family of typefaces, so that the second part has groups that the first has not.
      """,
    example: "let [a, b] = data.shapes(20, size = 8).split(0.8); [len(a), len(b)]   #=> [16, 4]",
    choices: ["by": SplitUnit.words],
    body: { call in
      let fraction = try call.number("fraction")
      guard fraction > 0, fraction < 1 else {
        throw call.failure(
          .value, "fraction must be between 0 and 1, not \(Display.number(fraction))",
          argument: "fraction")
      }
      let unit = try call.choice("by", as: SplitUnit.self)
      let parts = try call.dataset("dataset").split(
        fraction, by: unit, seed: call.seed("seed"))
      return .list([parts.first.value, parts.second.value])
    })

  private static let filter = Builtin(
    "data.filter(dataset: dataset, keep) -> dataset",
    "Keeps the pictures for which a function of their record gives true.",
    details: """
      The record is {label, class, name, group}; it has no image, so that filtering by class or name reads no \
      pixels. A mask selects as well: d[d.labels == 3].
      """,
    example: "let d = data.shapes(20, size = 8); "
      + "len(d.filter(fn(item) = item.class == \"ring\"))   #=> 2",
    body: { call in
      let dataset = try call.dataset("dataset")
      let keep = try call.function("keep")
      var chosen: [Int] = []
      for index in 0..<dataset.count {
        try call.checkInterrupt()
        let item = try dataset.description(of: index, withImage: false)
        let answer = try call.invoke(keep, [item])
        guard case .bool(let isKept) = answer else {
          throw call.failure(
            .type, "`keep` must give true or false, not \(answer.typePhrase)", argument: "keep")
        }
        if isKept { chosen.append(index) }
      }
      return try dataset.subset(chosen).value
    })

  private static let subset = Builtin(
    "data.subset(dataset: dataset, classes: list) -> dataset",
    "Keeps the pictures of the given classes, names or numbers, and only these classes.",
    details: "Classes are renumbered in the order given.",
    example:
      "data.shapes(20, size = 8).subset([\"ring\", \"star\"]).classes   #=> [\"ring\", \"star\"]",
    body: { call in
      let dataset = try call.dataset("dataset")
      var labels: [Int] = []
      for item in try call.values("classes") {
        let label = try classIndex(item, of: dataset, call)
        guard !labels.contains(label) else {
          throw call.failure(
            .value, "class \"\(dataset.classNames[label])\" is named twice", argument: "classes")
        }
        labels.append(label)
      }
      guard !labels.isEmpty else {
        throw call.failure(.value, "no class is named", argument: "classes")
      }
      return try dataset.restricted(toClasses: labels).value
    })

  private static func classIndex(
    _ item: Value, of dataset: ImageDataset, _ call: Call
  ) throws -> Int {
    if let name = item.asString {
      guard let label = dataset.classNames.firstIndex(of: name) else {
        let near = Spelling.nearest(to: name, in: dataset.classNames)
        throw call.failure(
          .value, "there is no class \"\(name)\"",
          hint: near.map { "did you mean \"\($0)\"?" } ?? "d.classes lists them",
          argument: "classes")
      }
      return label
    }
    guard let number = Conversion.number(item), let label = Int(exactly: number),
      dataset.classNames.indices.contains(label)
    else {
      throw call.failure(
        .value, "classes are names, or numbers from 0 to \(dataset.classNames.count - 1)",
        argument: "classes")
    }
    return label
  }

  private static let concat = Builtin(
    "data.concat(dataset: dataset, ...others) -> dataset",
    "Joins data sets of one size; classes are matched by name, new ones appended.",
    example: "len(data.shapes(3, size = 8).concat(data.shapes(4, size = 8)))   #=> 7",
    body: { call in
      var sets = [try call.dataset("dataset")]
      for item in try call.values("others") {
        guard case .object(let object) = item, object.type === DatasetTypes.dataset else {
          throw call.failure(
            .type, "only data sets can be joined, not \(item.typePhrase)", argument: "others")
        }
        sets.append(try object.payload(as: DatasetObject.self).dataset)
      }
      return try ImageDataset.joined(sets).value
    })

  private static let balanced = Builtin(
    "data.balanced(dataset: dataset, per_class = nil, *, seed = 0) -> dataset",
    "Takes equally many pictures of every class: `per_class`, or as many as the smallest has.",
    details:
      "Classes with fewer pictures than `per_class` repeat theirs; empty classes stay empty.",
    example: "len(data.shapes(25, size = 8).balanced())   #=> 20",
    body: { call in
      let perClass =
        try call.isGiven("per_class") && !call["per_class"].isNil
        ? call.integer("per_class", in: 1...1 << 28) : nil
      return try call.dataset("dataset").balanced(perClass: perClass, seed: call.seed("seed"))
        .value
    })

  private static let shuffle = Builtin(
    "data.shuffle(dataset: dataset, *, seed = nil) -> dataset",
    "The same pictures in a random order.",
    example: "data.shapes(3, size = 8).shuffle(seed = 2).labels   #=> tensor([1, 2, 0])",
    body: { call in
      try call.dataset("dataset").shuffled(seed: call.seed("seed")).value
    })

  private static let record = Builtin(
    "data.record(dataset: dataset) -> record",
    "The data set as a record {images, labels, classes, names} of tensors and lists, to change.",
    details: "With vectors of data.with_condition, the record has the field `condition` as well.",
    example: "keys(data.shapes(3, size = 8).record())   "
      + "#=> [\"images\", \"labels\", \"classes\", \"names\"]",
    body: { call in .record(try call.dataset("dataset").record()) })

  private static let withCondition = Builtin(
    "data.with_condition(dataset: dataset, vectors: [N, D]) -> dataset",
    "The same pictures with a vector each, for tokenizers that are conditioned by vectors.",
    details: """
      `vectors` are any embeddings, such as metrics.features of other pictures or rows of a file; \
      each number should have a deviation of about 1. They stay with their pictures in splits, \
      selections and other orders, and `d.condition` gives them. smap.train of a tokenizer made with \
      `condition_dim` reads them.
      """,
    example: "data.shapes(3, size = 8).with_condition(ones(3, 5))[1:].condition.shape   #=> [2, 5]",
    body: { call in
      let dataset = try call.dataset("dataset")
      let vectors = try call.tensor("vectors")
      try call.blaming("vectors") {
        try TrainingData.checkVectors(vectors, count: dataset.count)
      }
      return try dataset.with(vectors: vectors).value
    })
}
