// SPDX-License-Identifier: Apache-2.0
//
// How the files of public data sets are named: which hold the pictures of a split, and which lie
// beside them.

import Files
import Runtime

/// The names of MNIST and its relatives, such as `train-images-idx3-ubyte.gz`.
enum IDXNames {
  /// The last part of a path.
  static func entry(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  /// The path of another file in the same folder.
  static func sibling(_ name: String, of path: String) -> String {
    String(path.dropLast(entry(path).count)) + name
  }

  /// The one file among `names` with the pictures of a split, or nil.
  ///
  /// - Throws: an IOError when there are several.
  static func pictures(among names: [String], split: String, _ folder: String) throws -> String? {
    let marks: [String: [String]] = [
      "train": ["train"], "test": ["t10k", "test"], "val": ["val"],
    ]
    let found = names.filter { name in
      let lowered = name.lowercased()
      return lowered.contains("images") && (lowered.contains("idx3") || lowered.contains("idx4"))
        && (marks[split] ?? []).contains { lowered.hasPrefix($0) || lowered.contains("-\($0)") }
    }
    // A file and its compressed form are the same.
    let distinct = found.filter { !($0.hasSuffix(".gz") && found.contains(String($0.dropLast(3)))) }
    guard distinct.count <= 1 else {
      throw ScriptError.data(
        "'\(PathText.printable(folder))' holds several data sets: "
          + distinct.map { PathText.printable($0) }.joined(separator: ", "),
        hint: "name the file of pictures")
    }
    return distinct.first
  }

  /// The names under which the labels of a file of pictures may lie beside it.
  static func labels(_ pictures: String) -> [String] {
    let name =
      pictures.replacing("images", with: "labels").replacing("idx3", with: "idx1")
      .replacing("idx4", with: "idx1")
    let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    return [name, plain, plain + ".gz"]
  }

  /// The classes of EMNIST: lines of a label and the codes of its characters.
  ///
  /// - Throws: an IOError if the file is malformed.
  static func mapping(beside path: String) throws -> (labels: [Int], names: [String])? {
    let name = entry(path)
    guard let end = name.firstRange(of: "-train") ?? name.firstRange(of: "-test") else {
      return nil
    }
    let file = sibling(name[..<end.lowerBound] + "-mapping.txt", of: path)
    guard FileReader.exists(file) else { return nil }
    let text = String(decoding: try FileReader.read(path: file, limit: 1 << 16), as: UTF8.self)
    var (labels, names) = ([Int](), [String]())
    for line in text.split(whereSeparator: \.isNewline) {
      let numbers = line.split(separator: " ").map { UInt32($0) }
      guard numbers.count >= 2, let label = numbers[0], let code = numbers[1],
        let character = UnicodeScalar(code)
      else { throw ScriptError.data("'\(PathText.printable(file))' has a malformed line: \(line)") }
      labels.append(Int(label))
      names.append(String(Character(character)))
    }
    return (labels, names)
  }
}

/// The names of the binary version of CIFAR.
enum CIFARNames {
  /// Whether a file holds pictures of a split.
  static func isBatch(_ name: String, of split: String) -> Bool {
    switch split {
    case "train": name.hasPrefix("data_batch_") && name.hasSuffix(".bin") || name == "train.bin"
    case "test": name == "test_batch.bin" || name == "test.bin"
    default: false
    }
  }
}

/// The names of NumPy's files of pictures and labels.
enum ArrayNames {
  private static let pairs = [
    ("images", "labels"), ("image", "label"), ("x", "y"), ("X", "y"), ("X", "Y"),
    ("data", "labels"),
  ]

  /// The names under which the labels of a file of pictures may lie beside it.
  static func labels(_ pictures: String) -> [String] {
    let stem = pictures.hasSuffix(".npy") ? String(pictures.dropLast(4)) : pictures
    return pairs.compactMap { picture, label in
      if stem == picture { return "\(label).npy" }
      if stem.hasPrefix(picture + "_") {
        return "\(label)_\(stem.dropFirst(picture.count + 1)).npy"
      }
      if stem.hasSuffix("_" + picture) { return "\(stem.dropLast(picture.count))\(label).npy" }
      return nil
    }
  }
}
