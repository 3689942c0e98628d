// SPDX-License-Identifier: Apache-2.0
//
// Which files of a folder are the pictures of a data set, and of which class. Names are sorted by
// bytes, so labels do not depend on the file system. The class is the first folder on the way to a
// file, or what a table says; a class without pictures stays a class, since a label is its place in
// the order: two splits with the same folders have the same labels, whatever the folders hold.

import Files

/// A line of a table of labels.
public struct PictureLabel: Sendable, Equatable {
  /// The path of the picture below the folder of the data set.
  public let file: String
  /// The name of its class.
  public let className: String
  /// Its group, or nil when the table has no groups.
  public let group: String?

  /// Makes a line.
  public init(file: String, className: String, group: String? = nil) {
    self.file = file
    self.className = className
    self.group = group
  }
}

/// How a folder becomes a data set.
public struct FolderOptions: Sendable {
  /// The width and height of every picture in pixels.
  public var size: Int
  /// How pictures of other sizes become squares.
  public var fit: PictureFit
  /// The classes of files; nil: they follow from the folders.
  public var labels: [PictureLabel]?
  /// The path of the table of labels below the folder, if it lies there: it is not skipped.
  public var labelFile: String?
  /// Whether a file with the finished pixels is kept in the folder for the next time.
  public var usesCache: Bool
  /// The most bytes of pixels that are kept in memory; more stay in that file.
  public var heapLimit = PixelBytes.usualHeapLimit

  /// Makes options; only the size has no default.
  public init(
    size: Int, fit: PictureFit = .crop, labels: [PictureLabel]? = nil, labelFile: String? = nil,
    usesCache: Bool = true
  ) {
    self.size = size
    self.fit = fit
    self.labels = labels
    self.labelFile = labelFile
    self.usesCache = usesCache
  }
}

/// The pictures to read from a folder, before any is opened.
struct FolderPlan {
  /// A picture to read.
  struct Item {
    let file: FolderTree.File
    let label: Int
    let group: String?
  }

  let classNames: [String]
  let items: [Item]
  /// What is passed over unread.
  let skipped: SkippedFiles

  /// Plans the reading of a folder that was listed.
  ///
  /// - Throws: `ImageError` when it holds no pictures, or the table names one in two ways.
  init(_ tree: FolderTree, folder: String, options: FolderOptions) throws {
    var skipped = SkippedFiles()
    for problem in tree.problems { skipped.add(unusable: problem.path, because: problem.reason) }
    var pictures: [FolderTree.File] = []
    for file in tree.files {
      if PictureFormat.isPicture(file.path) {
        pictures.append(file)
      } else if file.path != options.labelFile {
        skipped.add(file: file.path)
      }
    }
    if let labels = options.labels {
      (classNames, items) = try FolderPlan.items(pictures, labelled: labels, &skipped)
    } else {
      (classNames, items) = FolderPlan.items(pictures, tree.folders, folder: folder, &skipped)
    }
    guard !items.isEmpty else {
      throw ImageError.data(
        "'\(PathText.printable(folder))' holds no pictures that can be read",
        hint: skipped.summary ?? "put the pictures of each class into its own folder")
    }
    self.skipped = skipped
  }

  /// Classes from folders; pictures of a folder without folders are one class, named after it.
  private static func items(
    _ pictures: [FolderTree.File], _ folders: [String], folder: String,
    _ skipped: inout SkippedFiles
  ) -> ([String], [Item]) {
    guard !folders.isEmpty else {
      let name = folder.split(separator: "/").last { $0 != "." && $0 != ".." }
      let only = name.map { PathText.printable(String($0)) } ?? "all"
      return ([only], pictures.map { Item(file: $0, label: 0, group: nil) })
    }
    var labels: [String: Int] = [:]
    for (label, name) in folders.enumerated() { labels[name] = label }
    var items: [Item] = []
    for file in pictures {
      guard let slash = file.path.utf8.firstIndex(of: UInt8(ascii: "/")),
        let label = labels[String(file.path[..<slash])]
      else {
        skipped.add(outside: file.path)
        continue
      }
      items.append(Item(file: file, label: label, group: nil))
    }
    return (folders, items)
  }

  /// Classes from a table, numbers in the order of numbers.
  private static func items(
    _ pictures: [FolderTree.File], labelled rows: [PictureLabel], _ skipped: inout SkippedFiles
  ) throws -> ([String], [Item]) {
    var known: [String: PictureLabel] = [:]
    for row in rows {
      let path = row.file.hasPrefix("./") ? String(row.file.dropFirst(2)) : row.file
      if let other = known[path], other.className != row.className {
        throw ImageError.data(
          "the table of labels says both \"\(other.className)\" and \"\(row.className)\" "
            + "of '\(PathText.printable(path))'")
      }
      known[path] = row
    }
    let classNames = ClassNames.sorted(Set(rows.map(\.className)))
    var labels: [String: Int] = [:]
    for (label, name) in classNames.enumerated() { labels[name] = label }
    var items: [Item] = []
    for file in pictures {
      guard let row = known.removeValue(forKey: file.path), let label = labels[row.className]
      else {
        skipped.add(unlabelled: file.path)
        continue
      }
      items.append(Item(file: file, label: label, group: row.group))
    }
    for path in known.keys.sorted() { skipped.add(missing: path) }
    return (classNames, items)
  }

  /// Changes with every name, size, time and option that the finished pixels depend on.
  func fingerprint(_ options: FolderOptions) -> UInt64 {
    var print = Fingerprint()
    print.add(options.size)
    print.add(options.fit.rawValue)
    print.add(items.count)
    for item in items {
      print.add(item.file.path)
      print.add(item.file.size)
      print.add(item.file.modified)
    }
    return print.value
  }
}

/// The order of classes.
enum ClassNames {
  /// Whole numbers by size where all names are such, else texts by their bytes.
  static func sorted(_ names: some Sequence<String>) -> [String] {
    let texts = names.sorted { $0.precedesByBytes($1) }
    let numbers = texts.map { Int($0) }
    guard numbers.allSatisfy({ $0 != nil }) else { return texts }
    return zip(texts, numbers).sorted { ($0.1 ?? 0, $0.0) < ($1.1 ?? 0, $1.0) }.map(\.0)
  }
}
