// SPDX-License-Identifier: Apache-2.0
//
// Where training reads its pictures. A data set keeps bytes, in memory or in a file, a script may
// hand over floats; either way the floats of a picture exist only while a micro-batch uses them.

import Tensors

/// Pictures of one square size that are read one at a time, in any order and on any thread.
public protocol PictureSource {
  /// The number of pictures.
  var count: Int { get }
  /// The width and height of every picture in pixels.
  var side: Int { get }
  /// Runs `body` with the planes [3, side, side] of one picture, whose values are from 0 to 1.
  ///
  /// - Throws: an error of the file that a picture is read from, and what `body` throws.
  func withPlanes<Result>(
    of index: Int, _ body: (UnsafePointer<Float>) throws -> Result
  ) throws -> Result
  /// Says which pictures will be read soon, so that what is slow to read is fetched meanwhile.
  func willUse(_ indices: [Int])
}

extension PictureSource {
  /// Nothing to fetch.
  public func willUse(_ indices: [Int]) {}
}

/// Pictures of a tensor.
struct TensorPictures: PictureSource {
  /// [N, 3, side, side].
  let images: Tensor

  var count: Int { images.shape[0] }
  var side: Int { images.shape[2] }

  func withPlanes<Result>(
    of index: Int, _ body: (UnsafePointer<Float>) throws -> Result
  ) rethrows -> Result {
    try body(images.pointer + index * 3 * side * side)
  }
}

extension PictureSource {
  /// The pictures of a range as a tensor [n, 3, side, side].
  ///
  /// - Throws: `TensorError` when memory is short, and errors of the file that they are read from.
  public func images(_ range: Range<Int>) throws -> Tensor {
    let size = 3 * side * side
    let result = try Tensor(uninitialized: [range.count, 3, side, side])
    let values = result.pointer
    try ThreadPool.forEachBlock(trying: range.count, rowsPerBlock: 64) { block in
      for row in block {
        try withPlanes(of: range.lowerBound + row) {
          (values + row * size).update(from: $0, count: size)
        }
      }
    }
    return result
  }
}
