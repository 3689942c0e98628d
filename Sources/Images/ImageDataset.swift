// SPDX-License-Identifier: Apache-2.0
//
// A data set is a value: a selection of pictures from a store of bytes, with a class each and,
// where they are known, a name and a group. A group is what must not be split between training and
// validation: the family of a typeface, the variants of one emoji.

import Tensors

/// Labelled pictures of one size.
public struct ImageDataset: Sendable {
  /// The pixels, shared with other selections.
  let store: PictureStore
  /// The place of each picture in the store.
  let places: [Int]
  /// The class of each picture, an index into `classNames`.
  public let labels: [Int]
  /// The names of the classes.
  public let classNames: [String]
  /// The name of each picture, or empty when pictures have no names.
  public let names: [String]
  /// The group of each picture, or empty when nothing is known of groups.
  public let groups: [String]
  /// What the names are names of.
  public let naming: Naming
  /// The vector of each picture, if a script has supplied them.
  private(set) var vectors: PictureVectors?
  /// Counts places, labels, names and groups against the memory limit.
  let charge: MemoryCharge

  /// What a name of a picture names.
  public enum Naming: Sendable {
    /// The picture or its file.
    case pictures
    /// The typeface that the letter is of.
    case typefaces
  }

  /// Makes a data set of all pictures of a store.
  ///
  /// - Throws: `ImageError` when counts or labels do not agree, `TensorError` when memory is short.
  public init(
    store: PictureStore, labels: [Int], classNames: [String], names: [String] = [],
    groups: [String] = [], naming: Naming = .pictures
  ) throws {
    for (what, list) in [("names", names), ("groups", groups)]
    where !list.isEmpty && list.count != store.count {
      throw ImageError.data("\(store.count) pictures have \(list.count) \(what)")
    }
    guard store.count == labels.count else {
      throw ImageError.data("\(store.count) pictures have \(labels.count) labels")
    }
    if let label = labels.first(where: { !classNames.indices.contains($0) }) {
      throw ImageError.data("label \(label) has no name among the \(classNames.count) classes")
    }
    self.init(
      trusted: store, places: Array(0..<store.count), labels: labels, classNames: classNames,
      names: names, groups: groups, naming: naming,
      charge: try ImageDataset.charge(
        pictures: store.count, areNamed: !names.isEmpty, areGrouped: !groups.isEmpty))
  }

  /// Counts what a selection of so many pictures keeps beside their pixels.
  static func charge(pictures: Int, areNamed: Bool, areGrouped: Bool) throws -> MemoryCharge {
    let (integer, text) = (MemoryLayout<Int>.stride, MemoryLayout<String>.stride)
    return try MemoryCharge(
      bytes: pictures &* (2 * integer + (areNamed ? text : 0) + (areGrouped ? text : 0)))
  }

  /// Makes a data set of opaque pictures of `size` x `size` pixels.
  ///
  /// - Throws: `ImageError` when counts, sizes or labels do not agree, `TensorError` when memory is
  ///   short.
  public init(
    size: Int, pictures: [Picture], labels: [Int], classNames: [String], names: [String] = [],
    groups: [String] = []
  ) throws {
    try self.init(
      store: try PictureStore(side: size, pictures: pictures), labels: labels,
      classNames: classNames, names: names, groups: groups)
  }

  init(
    trusted store: PictureStore, places: [Int], labels: [Int], classNames: [String],
    names: [String], groups: [String], naming: Naming, vectors: PictureVectors? = nil,
    charge: MemoryCharge
  ) {
    (self.vectors, self.charge) = (vectors, charge)
    self.store = store
    self.places = places
    self.labels = labels
    self.classNames = classNames
    self.names = names
    self.groups = groups
    self.naming = naming
  }

  /// The data set with a vector for each picture [N, D], in place of those that it had.
  ///
  /// - Throws: `ImageError` when there are not as many rows as pictures.
  public func with(vectors: Tensor) throws -> ImageDataset {
    with(try PictureVectors(vectors, count: count))
  }

  /// The data set with other vectors, as many as pictures.
  func with(_ vectors: PictureVectors?) -> ImageDataset {
    var result = self
    result.vectors = vectors
    return result
  }

  /// The numbers of the vectors of pictures, or nil if they have none.
  public var vectorSize: Int? { vectors?.width }

  /// The vectors of all pictures [N, D], or nil.
  public func vectorTensor() throws -> Tensor? { try vectors?.tensor() }

  /// The vector of one picture [D], or nil; `index` must be one of `0..<count`.
  public func vector(of index: Int) throws -> Tensor? { try vectors?.row(index) }

  /// Every name once, in the order of their first pictures.
  public var distinctNames: [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// The number of pictures.
  public var count: Int { places.count }

  /// The width and height of every picture in pixels.
  public var size: Int { store.side }

  /// 1 if the pictures are grey, 3 if they have colours.
  public var channels: Int { store.channels }

  /// The pictures, all opaque and `size` x `size`.
  ///
  /// - Throws: `FileError` when pixels lie in a file that cannot be read.
  public func pictures() throws -> [Picture] { try places.map { try store.picture($0) } }

  /// All pictures as a tensor [N, 3, size, size] of values from 0 to 1.
  ///
  /// - Throws: `ImageError` when the data set is empty, `TensorError` when memory is short,
  ///   `FileError` when pixels lie in a file that cannot be read.
  public func images() throws -> Tensor {
    try images(at: Array(0..<count))
  }

  /// The pictures at the given indices as a tensor [n, 3, size, size] of values from 0 to 1.
  ///
  /// - Throws: `ImageError` when an index is out of range or there are none.
  public func images(at indices: [Int]) throws -> Tensor {
    guard !indices.isEmpty else { throw ImageError.value("no pictures to make a tensor of") }
    for index in indices where !places.indices.contains(index) {
      throw ImageError(kind: "IndexError", message: "picture \(index) of a data set of \(count)")
    }
    let result = try Tensor(uninitialized: [indices.count, 3, size, size])
    let pictureSize = 3 * size * size
    let (values, store, places) = (result.pointer, store, places)
    try ThreadPool.forEachBlock(trying: indices.count, rowsPerBlock: 64) { block in
      for row in block {
        try store.writePlanes(places[indices[row]], into: values + row * pictureSize)
      }
    }
    return result
  }

  /// Writes one picture as three planes [3, size, size] of values from 0 to 1; `index` must be one
  /// of `0..<count`.
  ///
  /// - Throws: `FileError` when the pixels lie in a file that cannot be read.
  public func writePlanes(of index: Int, into values: UnsafeMutablePointer<Float>) throws {
    try store.writePlanes(places[index], into: values)
  }

  /// Says that pictures, each one of `0..<count`, will be read soon.
  public func willUse(_ indices: [Int]) {
    for index in indices { store.willRead(places[index]) }
  }

  /// One picture.
  ///
  /// - Throws: `ImageError` when the index is out of range.
  public func picture(_ index: Int) throws -> Picture {
    guard places.indices.contains(index) else {
      throw ImageError(kind: "IndexError", message: "picture \(index) of a data set of \(count)")
    }
    return try store.picture(places[index])
  }

  /// The indices of the pictures of one class.
  public func indices(ofClass label: Int) -> [Int] {
    labels.indices.filter { labels[$0] == label }
  }

  /// The number of pictures of each class.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    for label in labels { counts[label] += 1 }
    return counts
  }

  /// The bytes that the pixels of this selection take, of which other selections share some.
  public var byteCount: Int { count * store.pictureSize }
}

extension ImageDataset: Equatable {
  /// Equal when pictures, labels and names are; where the bytes lie does not matter. Pictures that
  /// cannot be read equal none.
  public static func == (a: ImageDataset, b: ImageDataset) -> Bool {
    a.count == b.count && a.size == b.size && a.labels == b.labels
      && a.classNames == b.classNames && a.names == b.names && a.groups == b.groups
      && a.vectors == b.vectors
      && (a.store === b.store && a.places == b.places
        || zip(a.places, b.places).allSatisfy {
          (try? a.store.hasSamePixels($0, as: b.store, $1)) ?? false
        })
  }
}
