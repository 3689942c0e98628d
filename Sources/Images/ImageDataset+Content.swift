// SPDX-License-Identifier: Apache-2.0
//
// What a data set holds as one hash: pixels, labels, names, groups and vectors. Where the bytes
// lie, and which other selections share them, does not matter.

import Files
import Tensors

extension ImageDataset {
  /// The SHA-256 of everything that the data set holds, in hexadecimal.
  ///
  /// - Throws: `FileError` when pixels lie in a file that cannot be read, `TensorError` when it is
  ///   interrupted.
  public func contentHash() throws -> String {
    var hash = ContentHash()
    for number in [count, size, channels] { hash.add(number) }
    for label in labels { hash.add(label) }
    for list in [classNames, names, groups] {
      hash.add(list.count)
      for text in list { hash.add(text) }
    }
    hash.add("\(naming)")
    if let vectors = try vectorTensor() {
      for size in vectors.shape { hash.add(size) }
      vectors.withValues { hash.add(UnsafeRawBufferPointer($0)) }
    }
    for (index, place) in places.enumerated() {
      try Stop.check(at: index)
      try store.withBytes(of: place) { hash.add(UnsafeRawBufferPointer($0)) }
    }
    return hash.hexadecimal
  }
}
