// SPDX-License-Identifier: Apache-2.0
//
// Shipped data sets keep each split as an atlas, one PNG of equally large cells in rows: thousands
// of small files would cost more to open than to decode. Counts and sizes of an atlas and the files
// beside it must agree.

import Files

/// One PNG that holds many pictures of one size.
enum PictureAtlas {
  /// Loads the first `count` cells, row by row.
  ///
  /// - Parameters:
  ///   - path: the PNG.
  ///   - side: the width and height of a cell in pixels.
  ///   - columns: cells in a row.
  /// - Throws: `FileError` when the file is missing, `ImageError` when its size is not that of
  ///   `count` cells.
  static func load(path: String, side: Int, columns: Int, count: Int) throws -> PictureStore {
    let atlas = try PNG.load(path: path).flattened()
    let rows = (count + columns - 1) / columns
    guard count > 0, atlas.width == columns * side, atlas.height == rows * side else {
      throw ImageError.data(
        "'\(path)' has \(atlas.width) x \(atlas.height) pixels; \(count) labels need "
          + "\(columns * side) x \(rows * side)")
    }
    let channels = atlas.isGrey ? 1 : 3
    let pictureSize = side * side * channels
    let bytes = [UInt8](unsafeUninitializedCapacity: count * pictureSize) { buffer, filled in
      atlas.pixels.withUnsafeBufferPointer { pixels in
        for index in 0..<count {
          let (left, top) = (index % columns * side, index / columns * side)
          for row in 0..<side {
            let source = ((top + row) * atlas.width + left) * 3
            let target = index * pictureSize + row * side * channels
            for position in 0..<side * channels {
              buffer[target + position] = pixels[source + (channels == 1 ? 3 : 1) * position]
            }
          }
        }
      }
      filled = count * pictureSize
    }
    return try PictureStore(side: side, channels: channels, bytes: bytes)
  }

  /// The lines of a text file beside an atlas.
  static func lines(of path: String) throws -> [String] {
    let bytes = try FileReader.read(path: path, limit: 1 << 24)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ImageError.data("'\(path)' is not UTF-8 text")
    }
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }

  /// The tab-separated fields of a line, which must have `count` of them.
  static func fields(of line: String, count: Int, path: String) throws -> [String] {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == count else {
      throw ImageError.data("'\(path)' has a line without its \(count) columns: \(line)")
    }
    return fields
  }
}

/// The parts of a shipped data set.
public enum DatasetSplit: String, Sendable, CaseIterable {
  /// The pictures to train on.
  case train
  /// Pictures of groups that training does not contain.
  case val
}
