// SPDX-License-Identifier: Apache-2.0
//
// `data.`: where data sets come from, and batches of them.

import Files
import Images
import Runtime
import Tensors

/// The functions of `data`.
enum DataFunctions {
  static let functions: [Builtin] =
    [emoji, letters, shapes, folder, loadImages, batches] + DatasetFunctions.functions

  private static let emoji = Builtin(
    "data.emoji32(split = \"train\") -> dataset",
    "Emoji of 32 x 32 pixels in 22 classes, which come with smap.",
    details: """
      Splits are "train" (2,714 pictures) and "val" (308), which has concepts that "train" has not. Groups are \
      concepts: variants of skin tone and gender belong together.
      """,
    example: "data.emoji32(\"val\").images.shape   #=> [308, 3, 32, 32]",
    choices: ["split": DatasetSplit.words],
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
    choices: ["split": DatasetSplit.words],
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
    "data.folder(path: string, *, size = 32, fit = \"crop\", split = nil, labels = nil, cache = true) "
      + "-> dataset",
    "Reads your own pictures: PNG, JPEG and WebP files, in one folder per class.",
    details: """
      Pictures become squares: fit = "crop" takes the middle, "pad" adds white, "stretch" changes the \
      proportions. Transparent parts become white, 16 bits become 8, photographs are turned as their Exif \
      data say. Files may lie in folders of any depth; the class is the first one. A folder without folders \
      is one class. `split` names a folder within `path`.
      `labels` is a .csv file with the columns file and label, and group if there are groups; it lies \
      within `path` or where its path leads from the working folder. A label is the place of a class in \
      the order of names, so "train" and "val" with the same folders have the same labels: a folder \
      without pictures is a class too. Other files and damaged pictures are skipped, and a note names them.
      The finished pixels are kept in a hidden file in the folder, so that the second start takes no time; \
      it is made anew when a file or an option changes. cache = false neither reads nor writes it. More \
      than 256 MB of pixels are not held in memory: they stay in that file, and each batch reads its own. If \
      the file cannot be written, a note says why, and the pixels take memory.
      """,
    example: """
      image.save(zeros(3, 4, 4), "pets/cat/one.png")
      data.folder("pets", size = 8).images.shape   #=> [1, 3, 8, 8]
      """,
    choices: ["fit": PictureFit.words],
    body: { call in
      var path = try call.string("path")
      if let split = try call.optionalString("split") { path += "/\(split)" }
      let table = try call.optionalString("labels")
      let options = FolderOptions(
        size: try call.integer("size", in: 1...4096),
        fit: try call.choice("fit", as: PictureFit.self),
        labels: try table.map { try labels(inFolder: path, $0, call) },
        labelFile: table.map { below(path, $0) }, usesCache: try call.bool("cache"))
      let task = LongTask("reading pictures", call)
      if FileReader.exists(path), !FileReader.isFolder(path) {
        throw ScriptError.data(
          "'\(PathText.printable(path))' is a file, not a folder",
          hint: "data.load_images reads data sets that are one file")
      }
      let outcome = try task.run {
        try FolderDataset.load(folder: path, options: options) { try task.report($0, of: $1) }
      }
      if let summary = outcome.skipped.summary {
        call.session.note("'\(PathText.printable(path))': \(summary)")
      }
      if let reason = outcome.unkept {
        call.session.note(
          "'\(PathText.printable(path))': the pixels could not be kept in a file and take "
            + "\(describeBytes(outcome.dataset.byteCount)) of memory: \(reason)")
      }
      return outcome.dataset.value
    })

  /// The path of a table of labels below the folder in which it may lie.
  private static func below(_ folder: String, _ name: String) -> String {
    for start in ["./", "\(folder)/"] where name.hasPrefix(start) {
      return String(name.dropFirst(start.count))
    }
    return name
  }

  /// The lines of a table of labels.
  private static func labels(
    inFolder folder: String, _ name: String, _ call: Call
  ) throws -> [PictureLabel] {
    let within = "\(folder)/\(name)"
    let path = !name.hasPrefix("/") && FileReader.exists(within) ? within : name
    var labels: [PictureLabel] = []
    try TextFiles.forEachRow(of: path, call) { names, cells in
      guard let file = names.firstIndex(of: "file"), let label = names.firstIndex(of: "label")
      else {
        throw ScriptError.data(
          "'\(path)' cannot be used: it has no columns `file` and `label`",
          hint: "its first line names the columns, such as file,label")
      }
      guard !cells[file].isEmpty, !cells[label].isEmpty else {
        throw ScriptError.data(
          "'\(path)' cannot be used: record \(labels.count + 1) lacks its file or its label")
      }
      labels.append(
        PictureLabel(
          file: cells[file], className: cells[label],
          group: names.firstIndex(of: "group").map { cells[$0] }))
    }
    return labels
  }

  private static let loadImages = Builtin(
    "data.load_images(path: string, *, size = nil, fit = \"crop\", split = nil, labels = nil, "
      + "classes = nil) -> dataset",
    "Reads a data set from the files in which public ones come, recognised by their content.",
    details: """
      These are IDX (MNIST, Fashion-MNIST, EMNIST), the binary version of CIFAR-10 and CIFAR-100, .npy and \
      .npz arrays of bytes (N, H, W), (N, H, W, C) or (N, C, H, W), and WebDataset, a .tar of pictures and \
      .cls files; all but .npz also compressed by gzip. A folder may hold the files of MNIST or CIFAR. \
      `split` is "train" (what is read without it), "val" or "test", where there are several.
      Labels are found beside the pictures, or in the file `labels`. `classes` names the classes. Pictures \
      keep their size unless `size` is given; those of a .tar become 32 x 32. `fit` is as in data.folder.
      """,
    example: """
      data.save({images: zeros(2, 8, 8), labels: [0, 1]}, "own.npz")
      try { data.load_images("own.npz") } catch e { e.kind }   #=> "IOError"
      """,
    choices: ["fit": PictureFit.words, "split": ["train", "val", "test"]],
    body: { call in
      let classes = try call["classes"].isNil ? nil : call.strings("classes")
      if let classes,
        let twice = classes.first(where: { name in
          classes.filter { $0 == name }.count > 1
        })
      {
        throw call.failure(
          .value, "two classes are called \"\(twice)\"", argument: "classes")
      }
      let files = PictureFiles(
        path: try call.string("path"),
        size: try call["size"].isNil ? nil : try call.integer("size", in: 1...4096),
        fit: try call.choice("fit", as: PictureFit.self),
        split: try call["split"].isNil
          ? nil : try call.choice("split"),
        labelPath: try call.optionalString("labels"),
        classes: classes,
        task: LongTask("reading pictures", call))
      let (dataset, note) = try files.load()
      if let note { call.session.note("'\(PathText.printable(files.path))': \(note)") }
      return dataset.value
    })

  private static let batches = Builtin(
    "data.batches(dataset, batch_size: number, *, shuffle = true, seed = 0) -> list",
    "Splits a data set into records {images, labels} of `batch_size` pictures.",
    details: "The last one may be smaller.",
    example: "len(data.batches(data.shapes(10, size = 8), 4))   #=> 3",
    body: { call in
      let size = try call.integer("batch_size", in: 1...Int.max)
      let source = try BatchSource(call)
      var order = Array(0..<source.count)
      if try call.bool("shuffle") {
        var draws = RandomStream(seed: try call.seed("seed"), 0xBA7C)
        order = try draws.permutation(source.count)
      }
      return .list(
        try stride(from: 0, to: source.count, by: min(size, max(source.count, 1))).map { start in
          try call.checkInterrupt()
          let chosen = Array(order[start..<min(start + min(size, source.count), source.count)])
          let (images, labels) = try source.pictures(chosen)
          return .record(["images": .tensor(images), "labels": .tensor(labels)])
        })
    })
}

/// Where batches are taken from: a data set, whose floats are made for one batch at a time, or the
/// tensors of a record.
private enum BatchSource {
  case dataset(ImageDataset)
  case tensors(images: Tensor, labels: Tensor)

  init(_ call: Call) throws {
    if let dataset = try call.datasetIfGiven("dataset") {
      self = .dataset(dataset)
      return
    }
    let dataset = try call.datasetRecord("dataset")
    let images = try call.tensorField("images", of: dataset, "dataset")
    let labels = try call.tensorField("labels", of: dataset, "dataset")
    guard images.rank > 0, labels.rank == 1, images.shape[0] == labels.shape[0] else {
      throw call.failure(
        .shape,
        "a data set has as many labels as pictures, not \(labels.shape) for "
          + "\(images.shape)", argument: "dataset")
    }
    self = .tensors(images: images, labels: labels)
  }

  var count: Int {
    switch self {
    case .dataset(let dataset): dataset.count
    case .tensors(let images, _): images.shape[0]
    }
  }

  func pictures(_ chosen: [Int]) throws -> (images: Tensor, labels: Tensor) {
    switch self {
    case .dataset(let dataset):
      let part = try dataset.subset(chosen)
      return (try part.images(), try part.labelTensor())
    case .tensors(let images, let labels):
      return (try images.taking(chosen, dim: 0), try labels.taking(chosen, dim: 0))
    }
  }
}
