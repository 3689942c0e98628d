// SPDX-License-Identifier: Apache-2.0
//
// Decoding many pictures to small squares, a group at a time: each thread decodes one picture and
// keeps the square only. A picture that cannot be decoded leaves no pixels but a fault; a stop or a
// lack of memory ends the whole.

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
  let pixels: PixelBytes
  let faults: [Fault]
  /// Whether the same files give the same again: no fault was one of the disk or of rights.
  let isRepeatable: Bool

  /// The most bytes of pixels that a data set may take in memory: 2 GiB.
  private static let byteLimit = 1 << 31

  /// Whether so many pictures may be decoded to memory.
  static func fitsMemory(count: Int, size: Int) -> Bool {
    count <= min(byteLimit, MemoryBudget.limit) / (3 * size * size)
  }

  /// Decodes pictures to memory.
  ///
  /// - Throws: `ImageError` when they would be too many, and what `decoding` throws.
  static func decoded(_ decoding: PictureDecoding) throws -> DecodedPixels {
    let (count, size) = (decoding.count, decoding.size)
    let pictureSize = 3 * size * size
    guard fitsMemory(count: count, size: size) else {
      throw ImageError.limit(
        "\(count) pictures of \(size) x \(size) pixels are too many",
        hint:
          "choose a smaller size; data.folder keeps more of them in a file if the folder can be "
          + "written to and cache = true")
    }
    let charge = try MemoryCharge(bytes: count * pictureSize)
    var outcome = PictureDecoding.Outcome()
    var bytes = try [UInt8](unsafeUninitializedCapacity: count * pictureSize) { pixels, filled in
      outcome = try decoding.run { square in
        let slot = UnsafeMutableBufferPointer(rebasing: pixels[filled..<filled + pictureSize])
        _ = slot.update(fromContentsOf: square)
        filled += pictureSize
      }
    }
    if outcome.isGrey { reduceToGrey(&bytes) }
    return DecodedPixels(
      channels: outcome.isGrey ? 1 : 3, pixels: .array(bytes, charge),
      faults: outcome.faults,
      isRepeatable: outcome.isRepeatable)
  }

  /// Keeps the first of every three bytes.
  static func reduceToGrey(_ bytes: inout [UInt8]) {
    let count = bytes.count / 3
    bytes.withUnsafeMutableBufferPointer { bytes in
      for index in 0..<count { bytes[index] = bytes[3 * index] }
    }
    bytes.removeLast(bytes.count - count)
  }
}

/// Pictures that are to become opaque squares of `size` x `size` pixels.
struct PictureDecoding {
  let count: Int
  let size: Int
  /// Called between groups with how many are done, of how many; what it throws ends the work.
  let report: (Int, Int) throws -> Void
  /// Makes one square, on any thread.
  let square: (Int) throws -> Picture

  /// What is known of the pictures beside their pixels.
  struct Outcome {
    /// Whether all sound pictures are grey.
    var isGrey = true
    var faults: [DecodedPixels.Fault] = []
    var isRepeatable = true
  }

  /// Decodes all pictures and hands the RGB bytes of the sound ones to `take`, in their order.
  ///
  /// - Throws: what a stop, `report` or `take` throws.
  func run(_ take: (UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Outcome {
    let pictureSize = 3 * size * size
    // A few pictures for each thread, so that none waits long for the others of its group.
    let group = max(1, min(count, 16 * ThreadPool.threadCount))
    try MemoryBudget.requireRoom(forArrays: group * pictureSize)
    let pixels = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: group * pictureSize)
    defer { pixels.deallocate() }
    var states = [DecodingState](repeating: .colour, count: group)
    var outcome = Outcome()
    for start in stride(from: 0, to: count, by: group) {
      try report(start, count)
      let members = min(group, count - start)
      states.withUnsafeMutableBufferPointer { states in
        let states = states
        ThreadPool.forEachBlock(rows: members, rowsPerBlock: 1) { rows in
          for index in rows {
            let slot = pixels[index * pictureSize..<(index + 1) * pictureSize]
            states[index] = DecodingState(into: UnsafeMutableBufferPointer(rebasing: slot)) {
              try square(start + index)
            }
          }
        }
      }
      for (index, state) in states[..<members].enumerated() {
        switch state {
        case .stopped(let error): throw error
        case .fault(let message, let isOfContent):
          outcome.faults.append(DecodedPixels.Fault(item: start + index, message: message))
          if !isOfContent { outcome.isRepeatable = false }
        case .grey, .colour:
          if case .colour = state { outcome.isGrey = false }
          let slot = pixels[index * pictureSize..<(index + 1) * pictureSize]
          try take(UnsafeBufferPointer(rebasing: slot))
        }
      }
    }
    return outcome
  }
}

/// What became of one picture.
private enum DecodingState {
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
}
