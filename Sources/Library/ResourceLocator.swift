// SPDX-License-Identifier: Apache-2.0
//
// Finds the data sets and models shipped with smap, from any working directory: in the folder that
// SMAP_HOME names; the share folder next to an installed executable; the source tree that the
// executable was built in; the source tree around the working directory.

import Files
import Glibc
import Images
import Metrics
import Models
import Runtime
import Syntax

/// Finds the shipped resources.
public enum ResourceLocator {
  /// The folder of a data set, such as `emoji32`.
  ///
  /// - Throws: an IOError that lists the folders searched.
  public static func data(_ name: String) throws -> String {
    try ResourceSearch().find("Data/\(name)", what: "the data set \"\(name)\"")
  }

  /// The file of a model, such as `emoji-kl`.
  ///
  /// - Throws: an IOError that lists the folders searched.
  public static func model(_ name: String) throws -> String {
    try ResourceSearch().find("Models/\(name).safetensors", what: "the model \"\(name)\"")
  }

  /// The folders of all shipped data sets and models, which a sandbox allows to be read.
  public static var shippedFolders: [String] {
    ResourceSearch().candidates.flatMap { ["\($0)/Data", "\($0)/Models", "\($0)/Metrics"] }
      .filter(FileReader.isFolder)
  }

  /// The models shipped with smap.
  public static let modelNames = [
    "emoji-kl", "emoji-vq", "emoji-card", "letters-kl", "letters-vq", "letters-card",
  ]

  /// Reads all shipped resources and returns for each what is wrong with it, or nil.
  public static func check() -> [(name: String, problem: String?)] {
    func problem(_ body: () throws -> Void) -> String? {
      do { try body() } catch { return ScriptError(anything: error).message }
      return nil
    }
    let models = modelNames.map { name in
      (
        name,
        problem {
          let path = try model(name)
          if name.hasSuffix("-card") {
            _ = try CARDGenerator.load(path: path)
          } else {
            _ = try SMAPTokenizer.load(path: path)
          }
        }
      )
    }
    let emoji = problem {
      _ = try EmojiDataset.load(folder: data("emoji32"), split: .val)
    }
    let letters = problem {
      _ = try LettersDataset.load(folder: data("letters32"), split: .val)
    }
    let network = problem {
      _ = try FeatureNetwork(
        weights: metric("efficientnet-lite0.safetensors"),
        plan: metric("efficientnet-lite0.json"))
    }
    return [("emoji32", emoji), ("letters32", letters)] + models + [
      ("network for metrics", network)
    ]
  }

  /// A file of the network behind `metrics.features`.
  ///
  /// - Throws: an IOError that lists the folders searched.
  static func metric(_ name: String) throws -> String {
    try ResourceSearch().find("Metrics/\(name)", what: "the network for metrics")
  }

  /// The path for a model argument: a bare word names a shipped model, unless a file of that name
  /// exists.
  static func modelPath(_ path: String) throws -> String {
    let isBare = !path.isEmpty && !path.contains("/") && !path.contains(".")
    guard isBare, !FileReader.exists(path) else { return path }
    do {
      return try model(path)
    } catch var error as ScriptError {
      // A bare word that names no shipped model is probably a typing mistake, not a missing folder.
      if !modelNames.contains(path) {
        let near = Spelling.nearest(to: path, in: modelNames)
        error.hint =
          near.map { "did you mean \"\($0)\"?" }
          ?? "the models are \(modelNames.joined(separator: ", ")); those of SMAP_HOME, and files by "
          + "their path, can be loaded too"
      }
      throw error
    }
  }
}

/// A search with its environment, which tests replace.
struct ResourceSearch {
  var home = ResourceSearch.variable("SMAP_HOME")
  var executable = ResourceSearch.executablePath()
  var workingDirectory = ResourceSearch.currentFolder()

  /// The most parent folders that are searched.
  private static let maximumDepth = 64

  /// The first candidate that contains `path`.
  func find(_ path: String, what: String) throws -> String {
    for folder in candidates where FileReader.exists("\(folder)/\(path)") {
      return "\(folder)/\(path)"
    }
    let places = candidates.isEmpty ? "nowhere" : candidates.joined(separator: ", ")
    throw ScriptError.missing(
      "\(what) is not here; it was looked for in \(places)",
      hint: "set SMAP_HOME to the folder that holds smap's Examples")
  }

  /// Folders that may contain `Data` and `Models`, without duplicates, in search order.
  var candidates: [String] {
    var folders: [String] = []
    if let home, !home.isEmpty { folders += inside(home) }
    if let executable {
      let folder = ResourceSearch.parent(of: executable)
      if let folder {
        folders += inside(ResourceSearch.joined(ResourceSearch.parent(of: folder), "share/smap"))
        folders += sourceTree(around: folder)
      }
    }
    if let workingDirectory { folders += sourceTree(around: workingDirectory) }
    var seen: Set<String> = []
    return folders.filter { seen.insert($0).inserted }
  }

  private func inside(_ root: String) -> [String] { [root, "\(root)/Examples"] }

  /// The examples of the nearest folder above that has them.
  private func sourceTree(around start: String) -> [String] {
    var folder: String? = start
    for _ in 0..<ResourceSearch.maximumDepth {
      guard let here = folder else { break }
      let examples = ResourceSearch.joined(here, "Examples")
      if FileReader.isFolder("\(examples)/Data") { return [examples] }
      folder = ResourceSearch.parent(of: here)
    }
    return []
  }

  private static func joined(_ folder: String?, _ name: String) -> String {
    guard let folder else { return "/" + name }
    return folder == "/" ? "/" + name : "\(folder)/\(name)"
  }

  /// The folder that holds an absolute path, nil for the root.
  private static func parent(of path: String) -> String? {
    guard path != "/", let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static func executablePath() -> String? {
    resolved("/proc/self/exe")
  }

  private static func currentFolder() -> String? { resolved(".") }

  private static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(PathText.systemName(path), nil) else { return nil }
    defer { free(pointer) }
    return PathText.text(of: pointer)
  }
}
