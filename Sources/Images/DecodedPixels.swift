// SPDX-License-Identifier: Apache-2.0
//
// Decoding many pictures to small squares. Each thread decodes one at a time and keeps the square
// only, so memory is bounded by the result. A picture that cannot be decoded leaves no pixels but a
// fault; a stop or a lack of memory ends the whole.

import Files
import Tensors

/// The pixels of the pictures that could be decoded, one after the other.
struct DecodedPixels {
  /// A picture that could not be decoded.
  struct Fault {
    /// Its place among all of them.
    let item: Int
    let message: String
  }

  /// 1 if all are grey, else 3.
  let channels: Int
  var bytes: [UInt8]
  let faults: [Fault]
  /// Whether the same files give the same again: no fault was one of the disk or of rights.
  let isRepeatable: Bool

  /// The most bytes of pixels that a data set may take: 2 GiB.
  private static let byteLimit = 1 << 31

  /// Decodes `count` pictures to opaque squares of `size` x `size` pixels.
  ///
  /// - Parameters:
  ///   - report: called between groups with how many are done, of how many.
  ///   - square: makes one square, on any thread.
  /// - Throws: `ImageError` when they would be too many, and what a stop or `report` throws.
  static func decoded(
    count: Int, size: Int, _ report: (Int, Int) throws -> Void,
    _ square: (Int) throws -> Picture
  ) throws -> DecodedPixels {
    let pictureSize = size * size * 3
    guard count <= min(byteLimit, MemoryBudget.limit) / pictureSize else {
      throw ImageError.limit(
        "\(count) pictures of \(size) x \(size) pixels are too many", hint: "choose a smaller size")
    }
    try MemoryBudget.requireRoom(forArrays: count * pictureSize)
    var outcomes = [Outcome](repeating: .colour, count: count)
    var bytes = try [UInt8](unsafeUninitializedCapacity: count * pictureSize) { pixels, filled in
      try outcomes.withUnsafeMutableBufferPointer { outcomes in
        let group = 16 * ThreadPool.threadCount
        for start in stride(from: 0, to: count, by: group) {
          try report(start, count)
          let range = start..<min(start + group, count)
          ThreadPool.forEachBlock(rows: range.count, rowsPerBlock: 1) { rows in
            for index in rows.lowerBound + start..<rows.upperBound + start {
              let slot = pixels[index * pictureSize..<(index + 1) * pictureSize]
              outcomes[index] = Outcome(into: UnsafeMutableBufferPointer(rebasing: slot)) {
                try square(index)
              }
            }
          }
          for outcome in outcomes[range] {
            if case .stopped(let error) = outcome { throw error }
          }
        }
      }
      filled = count * pictureSize
    }
    let isGrey = outcomes.allSatisfy { $0.isFault || $0.isGrey }
    let kept = compact(&bytes, pictureSize, isGrey: isGrey) { !outcomes[$0].isFault }
    bytes.removeLast(bytes.count - kept * (isGrey ? pictureSize / 3 : pictureSize))
    let faults = outcomes.enumerated().compactMap { index, outcome -> Fault? in
      guard case .fault(let message, _) = outcome else { return nil }
      return Fault(item: index, message: message)
    }
    return DecodedPixels(
      channels: isGrey ? 1 : 3, bytes: bytes, faults: faults,
      isRepeatable: outcomes.allSatisfy { outcome in
        if case .fault(_, let isOfContent) = outcome { isOfContent } else { true }
      })
  }

  /// Moves the kept pictures of RGB to the front, as grey if all of them are, and returns how many.
  private static func compact(
    _ bytes: inout [UInt8], _ pictureSize: Int, isGrey: Bool, keeping isKept: (Int) -> Bool
  ) -> Int {
    bytes.withUnsafeMutableBufferPointer { bytes in
      var (kept, target) = (0, 0)
      for index in 0..<bytes.count / pictureSize where isKept(index) {
        kept += 1
        let start = index * pictureSize
        if !isGrey, target == start {
          target += pictureSize
          continue
        }
        for source in stride(from: start, to: start + pictureSize, by: isGrey ? 3 : 1) {
          bytes[target] = bytes[source]
          target += 1
        }
      }
      return kept
    }
  }
}

/// What became of one picture.
private enum Outcome {
  case grey
  case colour
  /// It cannot be used, for a reason.
  case fault(String, isOfContent: Bool)
  /// The work must end: it was stopped, or memory is short.
  case stopped(any Error)

  /// Writes a square of RGB to `pixels`.
  init(into pixels: UnsafeMutableBufferPointer<UInt8>, _ square: () throws -> Picture) {
    do {
      try Stop.check()
      let square = try square()
      _ = pixels.update(fromContentsOf: square.pixels)
      self = square.isGrey ? .grey : .colour
    } catch let error as ImageError where error.exitCode == 65 {
      self = .fault(error.message, isOfContent: true)
    } catch let error as FileError {
      self = .fault(error.description, isOfContent: false)
    } catch {
      self = .stopped(error)
    }
  }

  var isFault: Bool { if case .fault = self { true } else { false } }

  var isGrey: Bool { if case .grey = self { true } else { false } }
}
