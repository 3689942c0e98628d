// SPDX-License-Identifier: Apache-2.0
//
// A data set as an object of scripts: bytes inside, tensors on demand. Functions that learn from or
// look at a data set also take a record {images, labels, classes}, which a script may build itself.

import Images
import Runtime
import Tensors

/// A data set behind a script's value.
final class DatasetObject {
  let dataset: ImageDataset
  private var knownHash: String?

  init(_ dataset: ImageDataset) { self.dataset = dataset }

  /// The hash of its content, which is computed once: a data set never changes.
  func contentHash() throws -> String {
    if let knownHash { return knownHash }
    let hash = try dataset.contentHash()
    knownHash = hash
    return hash
  }
}

extension ImageDataset {
  /// The data set as a script's value.
  var value: Value { .object(ForeignObject(DatasetTypes.dataset, DatasetObject(self))) }

  /// The classes of the pictures as a tensor [N].
  func labelTensor() throws -> Tensor {
    try Tensor(shape: [count], values: labels.map { Float($0) })
  }

  /// The fields of the record that scripts may also build themselves.
  func record() throws -> Record {
    let record = Record()
    record["images"] = .tensor(try images())
    record["labels"] = .tensor(try labelTensor())
    record["classes"] = .strings(classNames)
    record["names"] = .strings(names)
    if let vectors = try vectorTensor() { record["condition"] = .tensor(vectors) }
    return record
  }

  /// What is known of a picture: {label, class, name, group}, after its image if that is wanted.
  func description(of index: Int, withImage: Bool) throws -> Value {
    let record = Record()
    if withImage { record["image"] = .tensor(try images(at: [index])) }
    record["label"] = .integer(labels[index])
    record["class"] = .string(classNames[labels[index]])
    record["name"] = names.isEmpty ? .nil : .string(names[index])
    record["group"] = groups.isEmpty ? .nil : .string(groups[index])
    if let vector = try vector(of: index) { record["condition"] = .tensor(vector) }
    return .record(record)
  }
}

/// The descriptor of data sets.
enum DatasetTypes {
  static let dataset = ForeignType(
    "dataset",
    "Labelled pictures of one size, kept as bytes; `d[:10]`, `d[[1, 5]]` and `d[mask]` select.",
    fields: [
      field("images", "All pictures as a tensor [N, 3, H, W] of values from 0 to 1.") {
        .tensor(try $0.images())
      },
      field("labels", "The class of each picture as a tensor [N].") {
        .tensor(try $0.labelTensor())
      },
      field("classes", "The names of the classes.") { .strings($0.classNames) },
      field("class_counts", "The number of pictures of each class, as a record.") { dataset in
        let record = Record()
        for (name, count) in zip(dataset.classNames, dataset.classCounts) {
          record[name] = .integer(count)
        }
        return .record(record)
      },
      field("names", "The name of each picture; empty if they have none.") { .strings($0.names) },
      field("groups", "The group of each picture, such as its family; empty if not known.") {
        .strings($0.groups)
      },
      field(
        "typefaces", "The typefaces of letters, each once; empty if the pictures are no letters."
      ) {
        .strings($0.naming == .typefaces ? $0.distinctNames : [])
      },
      field("condition", "The vector of each picture [N, D] that a script has supplied, or nil.") {
        try $0.vectorTensor().map { .tensor($0) } ?? .nil
      },
      field("size", "The width and height of a picture in pixels.") { .integer($0.size) },
      field("channels", "1 if all pictures are grey, else 3.") { .integer($0.channels) },
      field("mean_image", "The mean of all pictures as a tensor [1, 3, H, W].") {
        .tensor(try $0.meanImage())
      },
    ],
    display: { object in
      guard let dataset = (object.payload as? DatasetObject)?.dataset else { return "dataset" }
      return describe(dataset)
    },
    bundle: { object, _ in
      let dataset = try object.payload(as: DatasetObject.self).dataset
      guard dataset.count > 0 else { return Bundle(text: describe(dataset)) }
      return try scripted {
        Bundle(
          text: describe(dataset), picture: try dataset.sheet(), textAccompaniesPicture: true)
      }
    },
    index: { object, entries, _ in
      let dataset = try object.payload(as: DatasetObject.self).dataset
      return try scripted {
        switch try ElementSelection(entries, count: dataset.count, of: "a data set") {
        case .one(let index): return try dataset.description(of: index, withImage: true)
        case .many(let indices): return try dataset.subset(indices).value
        }
      }
    },
    count: { ($0.payload as? DatasetObject)?.dataset.count ?? 0 },
    bytes: { ($0.payload as? DatasetObject)?.dataset.byteCount ?? 0 },
    record: { object, _ in
      let dataset = try object.payload(as: DatasetObject.self).dataset
      return try scripted { try dataset.record() }
    },
    equals: { a, b in
      guard let a = a.payload as? DatasetObject, let b = b.payload as? DatasetObject else {
        return false
      }
      return a.dataset == b.dataset
    })

  private static func field(
    _ name: String, _ summary: String, _ get: @escaping @Sendable (ImageDataset) throws -> Value
  ) -> ForeignType.Field {
    .init(
      name, summary,
      get: { object, _ in
        let dataset = try object.payload(as: DatasetObject.self).dataset
        return try scripted { try get(dataset) }
      })
  }

  private static func scripted<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      throw ScriptError(anything: error)
    }
  }

  /// `dataset(308 pictures of 32 x 32, 22 classes)`.
  static func describe(_ dataset: ImageDataset) -> String {
    let pictures = counted(dataset.count, "picture")
    let classes =
      counted(dataset.classNames.count, "class")
    let grey = dataset.channels == 1 ? ", grey" : ""
    let vectors = dataset.vectorSize.map { ", vectors of \($0)" } ?? ""
    return "dataset(\(pictures) of \(dataset.size) x \(dataset.size)\(grey), \(classes)\(vectors))"
  }
}

extension Call {
  /// A data set that came from `data.`; records do not count.
  func dataset(_ name: String) throws -> ImageDataset {
    try object(name, DatasetTypes.dataset, as: DatasetObject.self).dataset
  }

  /// A data set that came from `data.`, or nil if the argument is something else.
  func datasetIfGiven(_ name: String) throws -> ImageDataset? {
    guard case .object(let object) = try self[name], object.type === DatasetTypes.dataset else {
      return nil
    }
    return try dataset(name)
  }

  /// A data set, or a record {images, labels, ...} that serves as one, as a record.
  func datasetRecord(_ name: String) throws -> Record {
    if let dataset = try datasetIfGiven(name) { return try dataset.record() }
    guard case .record(let record) = try self[name] else {
      throw wrongType(name, "a dataset, or a record {images, labels}")
    }
    return record
  }
}
