// SPDX-License-Identifier: Apache-2.0
//
// Tar archives, as data sets come: headers of 512 bytes, each before its content, until a block of
// zeros. Long names come in entries of their own, of POSIX (pax) or of GNU. Nothing is unpacked, so
// a name can lead nowhere. Public description: POSIX.1-2017, pax; the GNU tar manual.

/// The ordinary files of a tar archive in memory.
public struct TarArchive: Sendable {
  /// One file.
  public struct Entry: Sendable {
    /// The name, with folders before slashes.
    public let name: String
    /// Where its content lies.
    public let content: Range<Int>
  }

  /// The files in their order.
  public private(set) var entries: [Entry] = []

  private static let blockSize = 512
  /// Bytes of the longest name.
  private static let nameLimit = 1 << 16

  /// Whether bytes begin with the header of a tar archive.
  public static func isTar(_ bytes: [UInt8]) -> Bool {
    bytes.count >= blockSize && bytes[257..<262].elementsEqual("ustar".utf8)
  }

  /// Reads the headers of an archive.
  ///
  /// - Throws: `ArchiveError` if it is damaged, or holds what is not read.
  public init(_ bytes: [UInt8], path: String) throws {
    func fault(_ problem: String) -> ArchiveError { ArchiveError(path: path, message: problem) }
    var position = 0
    var longName: String?
    var longSize: Int?
    while true {
      guard bytes.count - position >= TarArchive.blockSize else {
        throw fault("it ends too early")
      }
      let header = Header(bytes[position..<position + TarArchive.blockSize])
      if header.isZero { break }
      guard header.isSound else { throw fault("the header at byte \(position) is invalid") }
      guard let size = longSize ?? header.size else {
        throw fault("the file at byte \(position) has no sound size")
      }
      let start = position + TarArchive.blockSize
      guard size <= bytes.count - start else { throw fault("it ends too early") }
      let content = start..<start + size
      position = min(bytes.count, start + (size + TarArchive.blockSize - 1) / 512 * 512)
      switch header.kind {
      case "x":
        guard size <= TarArchive.nameLimit, let fields = TarArchive.fields(bytes[content]) else {
          throw fault("it has a malformed name")
        }
        longName = fields["path"].map { PathText.text(of: Array($0)) } ?? longName
        if let text = fields["size"] {
          guard let number = Int(String(decoding: text, as: UTF8.self)), number >= 0 else {
            throw fault("it has a malformed size")
          }
          longSize = number
        }
        continue
      case "L":
        guard size <= TarArchive.nameLimit else { throw fault("it has a name that is too long") }
        longName = PathText.text(of: Array(bytes[content].prefix { $0 != 0 }))
        continue
      case "K", "g": continue
      case "S": throw fault("it holds a file with holes, which is not read")
      case "0", "\0", "7": entries.append(Entry(name: longName ?? header.name, content: content))
      default: break  // folders, links, devices
      }
      (longName, longSize) = (nil, nil)
    }
  }

  /// The fields of a pax header: lines of length, space, name, equals sign, value.
  private static func fields(_ bytes: ArraySlice<UInt8>) -> [String: ArraySlice<UInt8>]? {
    var fields: [String: ArraySlice<UInt8>] = [:]
    var rest = bytes
    while !rest.isEmpty {
      guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
        let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
        length > space - rest.startIndex + 1, length <= rest.count
      else { return nil }
      let line = rest[(space + 1)..<(rest.startIndex + length)]
      guard line.last == UInt8(ascii: "\n"), let equals = line.firstIndex(of: UInt8(ascii: "="))
      else { return nil }
      fields[String(decoding: line[..<equals], as: UTF8.self)] =
        line[(equals + 1)..<(line.endIndex - 1)]
      rest = rest[(rest.startIndex + length)...]
    }
    return fields
  }
}

/// The fields of a header.
private struct Header {
  private let bytes: [UInt8]

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

  var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

  /// Whether the sum of all bytes, with blanks for the sum itself, is the one that is stored.
  var isSound: Bool {
    var sum = 8 * 32
    for (index, byte) in bytes.enumerated() where !(148..<156).contains(index) { sum += Int(byte) }
    return number(148..<156) == sum
  }

  var kind: Character { Character(UnicodeScalar(bytes[156])) }

  /// Bytes of content; nil when the field holds no number.
  var size: Int? { number(124..<136) }

  var name: String {
    let isPOSIX = bytes[257..<263].elementsEqual("ustar\0".utf8)
    let folder = isPOSIX ? text(345..<500) : []
    return PathText.text(of: folder + (folder.isEmpty ? [] : [UInt8(ascii: "/")]) + text(0..<100))
  }

  private func text(_ range: Range<Int>) -> [UInt8] { Array(bytes[range].prefix { $0 != 0 }) }

  /// Octal digits between blanks and zeros; or, after a first byte of 128, a binary number.
  private func number(_ range: Range<Int>) -> Int? {
    let field = bytes[range]
    if field.first == 0x80 {
      guard field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
      return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
    guard digits.allSatisfy({ $0 >= 48 && $0 < 56 }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
  }
}
