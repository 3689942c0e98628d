// SPDX-License-Identifier: Apache-2.0
//
// One adversarial file in memory, handed to the reader of its format. Check sums are corrected
// first where a format has them, since otherwise nearly every mutant would be refused for its sum
// and nothing behind it would be tried.

import Files
import Images
import Networks
import Tensors

/// Reads untrusted files.
public enum FileTrial: String, CaseIterable, Sendable {
  case safetensors, npy, npz, idx, gzip, tar, cifar, png, jpeg, webp

  /// Prepares the process: little memory, one thread.
  public static func prepare() {
    MemoryBudget.limit = 1 << 20
    FileReader.largestFile = 1 << 20
    ThreadPool.threadCount = 1
  }

  /// Reads the bytes of a file; any outcome is fine, as long as this returns.
  ///
  /// Returns whether the file was sound.
  @discardableResult
  public func run(_ bytes: [UInt8]) -> Bool {
    do {
      try read(bytes)
      return true
    } catch {
      _ = "\(error)"
      return false
    }
  }

  private func read(_ bytes: [UInt8]) throws {
    let name = "input"
    switch self {
    case .safetensors: _ = try Checkpoint.decode(bytes, path: name)
    case .npy: _ = try NumPyFile.content(bytes, path: name)
    case .npz:
      let archive = try ZipArchive(bytes, path: name, limit: 1 << 20)
      for entry in archive.entries {
        _ = try NumPyFile.content(archive.content(of: entry), path: name)
      }
    case .gzip: _ = try Gzip.content(bytes, path: name, limit: 1 << 20)
    case .tar:
      _ = try ShardDataset.load(FileTrial.withSums(ofTar: bytes), name: name, size: 4, fit: .crop)
    case .idx:
      let file = try IDXFile(bytes, name: name)
      _ = try? file.labels()
      _ = try file.pictures(isTransposed: bytes.count % 2 == 0).store(
        size: 4, fit: .stretch, name: name)
    case .cifar:
      let file = try CIFARFile(bytes, name: name)
      _ = try file.pictures().store(size: nil, fit: .crop, name: name)
    case .png: try FileTrial.readPicture(FileTrial.withSums(ofPNG: bytes))
    case .jpeg, .webp: try FileTrial.readPicture(bytes)
    }
  }

  private static func readPicture(_ bytes: [UInt8]) throws {
    let least = bytes.count % 2 == 0 ? 4 : nil
    _ = try PictureFile.decode(bytes, name: "input", least: least).fitted(to: 4, .pad)
  }

  /// The file with the check sum of each chunk made right.
  private static func withSums(ofPNG bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard position + 12 + length <= bytes.count else { break }
      let sum = bytes[position + 4..<position + 8 + length].withUnsafeBytes { Checksum.crc32($0) }
      for index in 0..<4 {
        bytes[position + 8 + length + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * index))
      }
      position += 12 + length
    }
    return bytes
  }

  /// The archive with the check sum of each block made right that could be a header.
  private static func withSums(ofTar bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for start in stride(from: 0, to: bytes.count - 511, by: 512)
    where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
      for index in 148..<156 { bytes[start + index] = 32 }
      var sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
      for index in stride(from: 153, through: 148, by: -1) {
        bytes[start + index] = UInt8(48 + (sum & 7))
        sum >>= 3
      }
    }
    return bytes
  }
}
