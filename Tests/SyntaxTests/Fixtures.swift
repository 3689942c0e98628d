// SPDX-License-Identifier: Apache-2.0
//
// Files next to the tests, and random numbers that are the same in every run.

import Glibc
import Syntax

/// Finds and reads the files of this package.
enum Fixtures {
  /// The folder of this file.
  static let folder = parent(#filePath)
  /// The root of the package.
  static let root = parent(parent(folder))
  /// Whether expectations are rewritten instead of checked.
  static let isUpdating = getenv("UPDATE") != nil

  static func parent(_ path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  /// The names of the files in a folder that end in `suffix`, sorted.
  static func names(in folder: String, suffix: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(suffix) { names.append(name) }
    }
    return names.sorted()
  }

  /// The paths of all files in a folder and the folders in it, sorted.
  static func paths(under folder: String) -> [String] {
    names(in: folder, suffix: "").filter { !$0.hasPrefix(".") }.flatMap { name -> [String] in
      let path = folder + "/" + name
      var status = stat()
      guard stat(path, &status) == 0 else { return [] }
      return status.st_mode & S_IFMT == S_IFDIR ? paths(under: path) : [path]
    }
  }

  /// The text of a file; empty if it cannot be read.
  static func read(_ path: String) -> String {
    guard let file = fopen(path, "rb") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// Replaces the text of a file.
  static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "wb") else { return }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }

  /// The programs that every test of the whole syntax uses, by name.
  static let corpus: [(name: String, text: String)] = names(in: folder + "/Corpus", suffix: ".smap")
    .map { ($0, read(folder + "/Corpus/" + $0)) }
}

/// SplitMix64: small, fast, and the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// The tree of a text in one line, or its first error.
func tree(_ text: String) -> String {
  let (program, diagnostics) = Parser.parse(Source(path: "test", text: text))
  if let first = diagnostics.first { return "\(first.kind.rawValue): \(first.message)" }
  return TreePrinter.text(of: program)
}
