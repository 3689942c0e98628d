// SPDX-License-Identifier: Apache-2.0
//
// The pictures of a data set as rows of numbers, for what has a closed form. The floats of a large
// set would not fit into memory, so its rows are made again for each pass, a group at a time; those
// of a small one are one group and are made once.

import Tensors

/// Rows of numbers, read a group at a time and in the same order each time.
struct RowGroups {
  /// The number of rows.
  let count: Int
  /// The numbers of a row.
  let width: Int
  /// Makes the rows of a range.
  private let read: (Range<Int>) throws -> Tensor
  private let size: Int

  /// The most floats of a group: 32 MiB, of which a pass has several copies at a time.
  private static let largestGroup = 1 << 23

  /// The rows [count, width] of a tensor, as one group.
  init(_ rows: Tensor) {
    (count, width, size) = (rows.shape[0], rows.shape[1], max(rows.shape[0], 1))
    read = { _ in rows }
  }

  /// So many rows, in groups of `size`.
  private init(count: Int, width: Int, size: Int, _ read: @escaping (Range<Int>) throws -> Tensor) {
    (self.count, self.width, self.size, self.read) = (count, width, size, read)
  }

  /// The pictures of a data set, [side * side * 3] each, in groups of at most `largest` floats.
  init(of data: TrainingData, largest: Int = largestGroup) throws {
    let width = 3 * data.pictures.side * data.pictures.side
    let groups = RowGroups(
      count: data.count, width: width, size: max(1, largest / width)
    ) { range in
      try PixelLayout.channelsLast(data.pictures.images(range)).reshape([range.count, width])
    }
    self = try groups.mapped { _, rows in rows }
  }

  /// Rows made from these, each group by `change`.
  func mapped(_ change: @escaping (Range<Int>, Tensor) throws -> Tensor) throws -> RowGroups {
    guard count > size else { return RowGroups(try change(0..<count, read(0..<count))) }
    let read = read
    return RowGroups(count: count, width: width, size: size) { try change($0, read($0)) }
  }

  /// Calls `body` with every group in turn and the numbers of its rows.
  ///
  /// - Throws: what reading, a stop or `body` throws.
  func forEach(_ body: (Range<Int>, Tensor) throws -> Void) throws {
    for start in stride(from: 0, to: count, by: size) {
      try Stop.check()
      let range = start..<min(start + size, count)
      try body(range, try read(range))
    }
  }

  /// The sum of what `term` makes of each group.
  func sum(_ term: (Range<Int>, Tensor) throws -> Tensor) throws -> Tensor {
    var sum: Tensor?
    try forEach { range, rows in
      let term = try term(range, rows)
      sum = try sum?.add(term) ?? term
    }
    return try sum ?? Tensor.zeros([0])
  }
}
