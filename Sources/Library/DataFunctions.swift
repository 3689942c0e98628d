// SPDX-License-Identifier: Apache-2.0
//
// `data.`: where data sets come from, and batches of them.

import Images
import Runtime
import Tensors

/// The functions of `data`.
enum DataFunctions {
  static let functions: [Builtin] =
    [emoji, letters, shapes, folder, batches] + DatasetFunctions.functions

  private static let emoji = Builtin(
    "data.emoji32(split = \"train\") -> dataset",
    "Emoji of 32 x 32 pixels in 22 classes, which come with smap.",
    details: """
      Splits are "train" (2,714 pictures) and "val" (308), which has concepts that "train" has not. Groups are \
      concepts: variants of skin tone and gender belong together.
      """,
    example: "data.emoji32(\"val\").images.shape   #=> [308, 3, 32, 32]",
    body: { call in
      let split = try call.choice("split", as: DatasetSplit.self)
      let path = try ResourceLocator.data("emoji32")
      return try EmojiDataset.load(folder: path, split: split).value
    })

  private static let letters = Builtin(
    "data.letters32(split = \"train\") -> dataset",
    "Letters A to Z of 32 x 32 pixels in 1,179 free typefaces, which come with smap.",
    details: """
      The class is the letter; what is left for the tokens is the design. Splits are "train" (27,586 pictures \
      of 1,061 typefaces) and "val" (3,068 of 118), whose families "train" does not contain. Picture \
      26 t + l is letter l of typeface t; names are typefaces, groups are families.
      """,
    example: "len(data.letters32(\"val\"))   #=> 3068",
    body: { call in
      let split = try call.choice("split", as: DatasetSplit.self)
      let path = try ResourceLocator.data("letters32")
      return try LettersDataset.load(folder: path, split: split).value
    })

  private static let shapes = Builtin(
    "data.shapes(count: number, *, size = 32, num_classes = 10, seed = 0) -> dataset",
    "Draws a data set of ten kinds of shapes, which needs no files.",
    example: "data.shapes(20, size = 16).images.shape   #=> [20, 3, 16, 16]",
    body: { call in
      let count = try call.integer("count", in: 1...1_000_000)
      return try ShapesDataset.make(
        count: count, size: call.integer("size", in: 4...1024),
        classes: call.integer("num_classes", in: 1...10), seed: call.seed("seed")
      ).value
    })

  private static let folder = Builtin(
    "data.folder(path: string, *, size = 32, split = nil) -> dataset",
    "Reads a data set from a folder with one folder of PNG files per class.",
    details: """
      Pictures are cut to squares and resized; transparent parts become white, and 16 bits become 8. \
      `split` names a folder within `path`. A label is the place of the class folder in the order of \
      names, so "train" and "val" with the same folders have the same labels: a folder without pictures \
      is a class too. Other files, folders within the classes and damaged pictures are skipped. A note \
      names what was skipped, and classes without pictures.
      """,
    example: """
      image.save(zeros(3, 4, 4), "pets/cat/one.png")
      data.folder("pets", size = 8).images.shape   #=> [1, 3, 8, 8]
      """,
    body: { call in
      var path = try call.string("path")
      if let split = try call.optionalString("split") { path += "/\(split)" }
      let size = try call.integer("size", in: 1...4096)
      let (dataset, skipped) = try FolderDataset.load(folder: path, size: size)
      if let summary = skipped.summary { call.session.note("'\(path)': \(summary)") }
      return dataset.value
    })

  private static let batches = Builtin(
    "data.batches(dataset, batch_size: number, *, shuffle = true, seed = 0) -> list",
    "Splits a data set into records {images, labels} of `batch_size` pictures.",
    details: "The last one may be smaller.",
    example: "len(data.batches(data.shapes(10, size = 8), 4))   #=> 3",
    body: { call in
      let dataset = try call.datasetRecord("dataset")
      let images = try call.tensorField("images", of: dataset, "dataset")
      let labels = try call.tensorField("labels", of: dataset, "dataset")
      let size = try call.integer("batch_size", in: 1...Int.max)
      guard images.rank > 0, labels.rank == 1, images.shape[0] == labels.shape[0] else {
        throw call.failure(
          .shape,
          "a data set has as many labels as pictures, not \(labels.shape) for "
            + "\(images.shape)", argument: "dataset")
      }
      let count = images.shape[0]
      var order = Array(0..<count)
      if try call.bool("shuffle") {
        var draws = RandomStream(seed: try call.seed("seed"), 0xBA7C)
        order = try draws.permutation(count)
      }
      return .list(
        try stride(from: 0, to: count, by: min(size, max(count, 1))).map { start in
          try call.checkInterrupt()
          let chosen = Array(order[start..<min(start + min(size, count), count)])
          return .record([
            "images": .tensor(try images.taking(chosen, dim: 0)),
            "labels": .tensor(try labels.taking(chosen, dim: 0)),
          ])
        })
    })
}
