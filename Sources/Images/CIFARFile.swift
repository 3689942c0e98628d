// SPDX-License-Identifier: Apache-2.0
//
// The binary version of CIFAR-10 and CIFAR-100: records of labels and 32 x 32 pixels, red, green
// and blue one after the other. CIFAR-10 has one byte of label, CIFAR-100 two: a coarse and a fine
// one, of which the fine one is used. There is no header, so the length and the labels tell which
// it is. Public description: www.cs.toronto.edu/~kriz/cifar.html.

/// A file of the binary version of CIFAR.
public struct CIFARFile: Sendable {
  /// Which of the two data sets it is of.
  public enum Kind: Sendable, CaseIterable {
    case ten
    case hundred

    /// Bytes of label before each picture.
    var labelSize: Int { self == .ten ? 1 : 2 }
    /// The largest label in each of these bytes.
    var largest: [UInt8] { self == .ten ? [9] : [19, 99] }
    /// The names of the classes, where they are known without a file.
    public var classNames: [String] {
      switch self {
      case .ten:
        [
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
        ]
      case .hundred: (0..<100).map(String.init)
      }
    }
    /// The file beside it that names the classes, one a line.
    public var namesFile: String { self == .ten ? "batches.meta.txt" : "fine_label_names.txt" }
  }

  /// The width and height of a picture.
  static let side = 32
  /// The data set that the file is of.
  public let kind: Kind
  private let bytes: [UInt8]
  private let name: String

  /// Recognises a file by its length and its labels.
  ///
  /// - Throws: `ImageError` if it is neither.
  public init(_ bytes: [UInt8], name: String) throws {
    let pixels = CIFARFile.side * CIFARFile.side * 3
    let kind = Kind.allCases.first { kind in
      let record = kind.labelSize + pixels
      guard !bytes.isEmpty, bytes.count % record == 0 else { return false }
      return stride(from: 0, to: bytes.count, by: record).allSatisfy { start in
        zip(bytes[start...], kind.largest).allSatisfy { $0 <= $1 }
      }
    }
    guard let kind else {
      throw ImageError.data(
        "'\(name)' is no file of pictures that is known, nor whole records of CIFAR",
        hint: "of CIFAR, the binary version is read")
    }
    (self.kind, self.bytes, self.name) = (kind, bytes, name)
  }

  /// The pictures.
  ///
  /// - Throws: `ImageError` when there are too many.
  public func pictures() throws -> PictureArray {
    let record = kind.labelSize + CIFARFile.side * CIFARFile.side * 3
    return try PictureArray(
      bytes, from: kind.labelSize, gap: kind.labelSize, count: bytes.count / record,
      height: CIFARFile.side, width: CIFARFile.side, channels: 3, layout: .planar, name: name)
  }

  /// The class of each picture.
  public func labels() -> [Int] {
    let record = kind.labelSize + CIFARFile.side * CIFARFile.side * 3
    return stride(from: kind.labelSize - 1, to: bytes.count, by: record).map { Int(bytes[$0]) }
  }
}
