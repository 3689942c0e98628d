// SPDX-License-Identifier: Apache-2.0
//
// A data set is pictures of one size with a class each. It is stored as bytes, a quarter of the
// size of a float tensor, and converts to tensors on demand.

import Tensors

/// Labelled pictures of one size.
public struct ImageDataset: Sendable {
  /// The width and height of every picture in pixels.
  public let size: Int
  /// The pictures, all opaque and `size` x `size`.
  public let pictures: [Picture]
  /// The class of each picture, an index into `classNames`.
  public let labels: [Int]
  /// The names of the classes.
  public let classNames: [String]
  /// The name of each picture, or empty when pictures have no names.
  public let names: [String]

  /// Makes a data set.
  ///
  /// - Throws: `ImageError` when counts, sizes or labels do not agree.
  public init(
    size: Int, pictures: [Picture], labels: [Int], classNames: [String], names: [String] = []
  ) throws {
    guard pictures.count == labels.count else {
      throw ImageError.data("\(pictures.count) pictures have \(labels.count) labels")
    }
    guard names.isEmpty || names.count == pictures.count else {
      throw ImageError.data("\(pictures.count) pictures have \(names.count) names")
    }
    for picture in pictures
    where picture.width != size || picture.height != size || picture.hasAlpha {
      throw ImageError.data(
        "a data set of size \(size) has a picture of \(picture.sizeText)")
    }
    if let label = labels.first(where: { !classNames.indices.contains($0) }) {
      throw ImageError.data("label \(label) has no name among the \(classNames.count) classes")
    }
    self.size = size
    self.pictures = pictures
    self.labels = labels
    self.classNames = classNames
    self.names = names
  }

  /// The number of pictures.
  public var count: Int { pictures.count }

  /// All pictures as a tensor [N, 3, size, size] of values from 0 to 1.
  ///
  /// - Throws: `ImageError` when the data set is empty.
  public func images() throws -> Tensor {
    try Picture.tensor(of: pictures)
  }

  /// The pictures at the given indices as a tensor [n, 3, size, size].
  ///
  /// - Throws: `ImageError` when an index is out of range or there are none.
  public func images(at indices: [Int]) throws -> Tensor {
    try Picture.tensor(
      of: indices.map { index in
        guard pictures.indices.contains(index) else {
          throw ImageError(
            kind: "IndexError", message: "picture \(index) of a data set of \(count)")
        }
        return pictures[index]
      })
  }

  /// The indices of the pictures of one class.
  public func indices(ofClass label: Int) -> [Int] {
    labels.indices.filter { labels[$0] == label }
  }
}
