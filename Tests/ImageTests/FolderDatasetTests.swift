// SPDX-License-Identifier: Apache-2.0
//
// Folders of pictures are read with care; `Tests/Files/test_datasets.py` compares what is read with
// Pillow, and hands over damaged files.

import Files
import Glibc
import Images
import Tensors
import Testing

@Suite struct FolderDatasetTests {
  private func load(
    _ folder: TestFolder, _ path: String = "",
    report: @escaping (Int, Int) throws -> Void = { _, _ in }
  ) throws -> FolderDataset.Outcome {
    try FolderDataset.load(
      folder: folder.path + path, options: FolderOptions(size: 8), report: report)
  }

  private func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 else { throw TestFolder.Failure.noFolder }
  }

  @Test func foldersBecomeClasses() throws {
    let folder = try TestFolder()
    #expect(throws: ImageError.self) { try load(folder) }
    for (name, color) in [("sea", Color(0, 0, 255)), ("fire", Color(255, 0, 0))] {
      try makeFolder(folder.path + "/" + name)
      let picture = try Picture(width: 20, height: 10, fill: color)
      try PNG.save(picture, path: folder.path + "/\(name)/1.png")
      try AtomicFile.write(path: folder.path + "/\(name)/notes.txt", bytes: [1])
    }
    let (data, skipped) = try { ($0.dataset, $0.skipped) }(load(folder))
    #expect(skipped.summary == "skipped: 2 .txt (PNG, JPEG and WebP are read)")
    #expect(data.classNames == ["fire", "sea"] && data.labels == [0, 1])
    #expect(try data.picture(0) == Picture(width: 8, height: 8, fill: Color(255, 0, 0)))
    #expect(data.names == ["fire/1.png", "sea/1.png"])
  }

  @Test func foldersSayWhatTheySkip() throws {
    let folder = try TestFolder()
    try makeFolder(folder.path + "/sea")
    for name in ["2.png", "a.GIF", "b.gif", "c.tiff", ".hidden"] {
      try AtomicFile.write(path: folder.path + "/sea/" + name, bytes: [1, 2])
    }
    let nothing = #expect(throws: ImageError.self) { try load(folder) }
    #expect(nothing?.message.contains("no pictures that can be read") == true)
    #expect(nothing?.hint.contains("2 .gif") == true)
    try PNG.save(try Picture(width: 4, height: 4, fill: .black), path: folder.path + "/sea/1.png")
    let outcome = try load(folder)
    #expect(outcome.dataset.names == ["sea/1.png"])
    let summary = try #require(outcome.skipped.summary)
    for words in ["2 .gif, 1 .tiff (PNG, JPEG", "1 unusable ('\(folder.path)/sea/2.png'"] {
      #expect(summary.contains(words), "\(summary)")
    }
  }

  /// The table of labels in use is not among what is skipped.
  @Test func theTableOfLabelsIsNotSkipped() throws {
    let folder = try TestFolder()
    try PNG.save(try Picture(width: 4, height: 4, fill: .black), path: folder.path + "/1.png")
    for name in ["half.csv", "other.csv"] {
      try AtomicFile.write(path: folder.path + "/" + name, bytes: [1])
    }
    let options = FolderOptions(
      size: 4, labels: [PictureLabel(file: "1.png", className: "a")], labelFile: "half.csv",
      usesCache: false)
    let found = try FolderDataset.load(folder: folder.path, options: options)
    #expect(found.skipped.summary?.hasPrefix("skipped: 1 .csv") == true)
  }

  /// A picture next to the class folders has no class, and the note says so.
  @Test func picturesOutsideTheClassesAreNamed() throws {
    let folder = try TestFolder()
    let picture = try Picture(width: 4, height: 4, fill: .black)
    try makeFolder(folder.path + "/sea")
    for name in ["sea/1.png", "stray.PNG"] {
      try PNG.save(picture, path: folder.path + "/" + name)
    }
    let outcome = try load(folder)
    #expect(outcome.dataset.names == ["sea/1.png"])
    #expect(
      outcome.skipped.summary == "skipped: 1 outside the class folders (stray.PNG)")
  }

  @Test func aFolderWithoutFoldersIsOneClass() throws {
    let folder = try TestFolder()
    for name in ["b.png", "a.png"] {
      try PNG.save(
        try Picture(width: 4, height: 4, fill: .black), path: folder.path + "/" + name)
    }
    let data = try load(folder).dataset
    #expect(data.names == ["a.png", "b.png"] && data.labels == [0, 0])
    #expect(data.classNames == [folder.path.split(separator: "/").last.map(String.init)])
    #expect(data.channels == 1)
  }

  /// Two splits with the same folders have the same labels, though one folder of a split is empty.
  @Test func classesWithoutPicturesKeepTheirLabels() throws {
    let folder = try TestFolder()
    let picture = try Picture(width: 4, height: 4, fill: .black)
    for name in ["a", "b", "c"] {
      try makeFolder("\(folder.path)/\(name)")
      if name != "b" { try PNG.save(picture, path: "\(folder.path)/\(name)/1.png") }
    }
    let outcome = try load(folder)
    #expect(outcome.dataset.classNames == ["a", "b", "c"] && outcome.dataset.labels == [0, 2])
    #expect(outcome.skipped.summary == "1 class without pictures (b), which keeps its label")
  }

  /// The second start reads the pixels of the first, and decodes nothing.
  @Test func theSecondStartDecodesNothing() throws {
    let folder = try TestFolder()
    try makeFolder(folder.path + "/sea")
    for index in 0..<3 {
      let color = Color(UInt8(index * 20), 100, 0)
      try PNG.save(
        try Picture(width: 9, height: 9, fill: color), path: folder.path + "/sea/\(index).png")
    }
    var calls = 0
    let first = try load(folder) { _, _ in calls += 1 }
    #expect(calls > 0 && !first.isCached)
    let second = try load(folder) { _, _ in calls = -1 }
    #expect(calls > 0 && second.isCached && second.dataset == first.dataset)
    unlink(folder.path + "/sea/1.png")
    let third = try load(folder)
    #expect(!third.isCached && third.dataset.count == 2)
  }

  /// An error of the disk or of rights may be gone the next time, so nothing is kept then.
  @Test func passingFaultsAreNotKept() throws {
    let folder = try TestFolder()
    try makeFolder(folder.path + "/sea")
    let picture = try Picture(width: 4, height: 4, fill: .black)
    try PNG.save(picture, path: folder.path + "/sea/1.png")
    // A file of two gibibytes, mostly a hole, is more than a picture may take.
    let large = open(folder.path + "/sea/2.png", O_WRONLY | O_CREAT, 0o600)
    ftruncate(large, (1 << 30) + 1)
    close(large)
    let outcome = try load(folder)
    #expect(outcome.skipped.summary?.contains("1 unusable (cannot read") == true)
    #expect(folder.names == ["sea"])
  }

  @Test func aStopEndsTheReading() throws {
    struct Stopped: Error {}
    let folder = try TestFolder()
    try makeFolder(folder.path + "/sea")
    try PNG.save(try Picture(width: 4, height: 4, fill: .black), path: folder.path + "/sea/1.png")
    #expect(throws: Stopped.self) { try load(folder) { _, _ in throw Stopped() } }
    #expect(folder.names == ["sea"])
  }

  @Test func resultsDoNotDependOnThreads() throws {
    let folder = try TestFolder()
    try makeFolder(folder.path + "/sea")
    for index in 0..<40 {
      var picture = try Picture(width: 20, height: 15, fill: Color(UInt8(index), 50, 0))
      picture.fill(.white, x: index % 10, y: 2, width: 5, height: 5)
      try PNG.save(picture, path: folder.path + "/sea/\(index).png")
    }
    let before = ThreadPool.threadCount
    defer { ThreadPool.threadCount = before }
    let options = FolderOptions(size: 8, usesCache: false)
    let sets = try [1, 3].map { count in
      ThreadPool.threadCount = count
      return try FolderDataset.load(folder: folder.path, options: options).dataset
    }
    #expect(sets[0] == sets[1] && sets[0].count == 40)
  }
}
