// SPDX-License-Identifier: Apache-2.0
//
// The shipped data is complete, synthetic data is reproducible, and folders are read with care.

import Files
import Glibc
import Images
import Testing

@Suite struct DatasetTests {
  private static let emoji = TestFolder.root() + "/Examples/Data/emoji32"

  @Test func theShippedDataIsWhole() throws {
    let training = try EmojiDataset.load(folder: DatasetTests.emoji, split: .train)
    let validation = try EmojiDataset.load(folder: DatasetTests.emoji, split: .val)
    #expect(training.count == 2714 && validation.count == 308)
    #expect(training.classNames.count == 22 && training.classNames[16] == "clock")
    #expect(training.indices(ofClass: 16).count == 27)
    #expect(validation.names[0] == "grinning squinting face")
    #expect(try validation.images().shape == [308, 3, 32, 32])
    #expect(try training.images(at: [3, 5]).shape == [2, 3, 32, 32])
    #expect(throws: ImageError.self) { try training.images(at: [2714]) }
  }

  @Test func disagreeingFilesAreRefused() throws {
    let folder = try TestFolder()
    for name in ["classes.txt", "index.tsv", "emoji32_val.png", "emoji32_val.labels"] {
      let bytes = try FileReader.read(path: DatasetTests.emoji + "/" + name)
      try AtomicFile.write(path: folder.path + "/" + name, bytes: bytes)
    }
    #expect(try EmojiDataset.load(folder: folder.path, split: .val).count == 308)
    let labels = folder.path + "/emoji32_val.labels"
    let good = try FileReader.read(path: labels)
    for bad in [good + [0], Array(good.dropLast()), [255] + good.dropFirst(), []] {
      try AtomicFile.write(path: labels, bytes: bad)
      #expect(throws: ImageError.self) { try EmojiDataset.load(folder: folder.path, split: .val) }
    }
    #expect(throws: FileError.self) { try EmojiDataset.load(folder: folder.path, split: .train) }
  }

  @Test func shapesAreReproducible() throws {
    let few = try ShapesDataset.make(count: 20, seed: 4)
    let many = try ShapesDataset.make(count: 30, seed: 4)
    #expect(few.pictures == Array(many.pictures.prefix(20)))
    #expect(few.labels.prefix(11) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
    #expect(try ShapesDataset.make(count: 20, seed: 5).pictures != few.pictures)
    #expect(Set(few.pictures).count == 20)
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: -1) }
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: 1, size: 0) }
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: 1, classes: 11) }
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: .max) }
  }

  @Test func everyShapeShowsInkAndPaper() throws {
    for picture in try ShapesDataset.make(count: 100, size: 24, seed: 1).pictures {
      #expect(Set((0..<24 * 24).map { picture[$0 % 24, $0 / 24] }).count > 5)
    }
  }

  @Test func foldersBecomeClasses() throws {
    let folder = try TestFolder()
    #expect(throws: ImageError.self) { try FolderDataset.load(folder: folder.path, size: 8) }
    for (name, color) in [("sea", Color(0, 0, 255)), ("fire", Color(255, 0, 0))] {
      try makeFolder(folder.path + "/" + name)
      let picture = try Picture(width: 20, height: 10, fill: color)
      try PNG.save(picture, path: folder.path + "/\(name)/1.png")
      try AtomicFile.write(path: folder.path + "/\(name)/notes.txt", bytes: [1])
    }
    let (data, skipped) = try FolderDataset.load(folder: folder.path, size: 8)
    #expect(skipped.summary == "skipped: 2 .txt (only PNG is read)")
    #expect(data.classNames == ["fire", "sea"] && data.labels == [0, 1])
    #expect(data.pictures[0] == (try Picture(width: 8, height: 8, fill: Color(255, 0, 0))))
    #expect(data.names == ["fire/1.png", "sea/1.png"])
  }

  @Test func foldersSayWhatTheySkip() throws {
    let folder = try TestFolder()
    try makeFolder(folder.path + "/sea")
    for name in ["2.png", "a.JPG", "b.jpg", "c.jpeg", ".hidden"] {
      try AtomicFile.write(path: folder.path + "/sea/" + name, bytes: [1, 2])
    }
    let nothing = #expect(throws: ImageError.self) {
      try FolderDataset.load(folder: folder.path, size: 8)
    }
    #expect(nothing?.message.contains("no PNG files that can be read") == true)
    #expect(nothing?.hint.contains("2 .jpg") == true)
    try PNG.save(try Picture(width: 4, height: 4, fill: .black), path: folder.path + "/sea/1.png")
    let (data, skipped) = try FolderDataset.load(folder: folder.path, size: 8)
    #expect(data.names == ["sea/1.png"])
    let summary = try #require(skipped.summary)
    for words in ["2 .jpg, 1 .jpeg (only PNG is read)", "1 unusable ('\(folder.path)/sea/2.png'"] {
      #expect(summary.contains(words), "\(summary)")
    }
  }

  /// A picture next to the class folders has no class, and the note says so.
  @Test func picturesOutsideTheClassesAreNamed() throws {
    let folder = try TestFolder()
    let picture = try Picture(width: 4, height: 4, fill: .black)
    try makeFolder(folder.path + "/sea")
    for name in ["sea/1.png", "stray.PNG"] {
      try PNG.save(picture, path: folder.path + "/" + name)
    }
    try AtomicFile.write(path: folder.path + "/notes.txt", bytes: [1])
    let (data, skipped) = try FolderDataset.load(folder: folder.path, size: 8)
    #expect(data.names == ["sea/1.png"])
    #expect(
      skipped.summary
        == "skipped: 1 .txt (only PNG is read), 1 .png outside the class folders (stray.PNG)")
  }

  /// Two splits with the same folders have the same labels, though one folder of a split is empty.
  @Test func classesWithoutPicturesKeepTheirLabels() throws {
    let folder = try TestFolder()
    let picture = try Picture(width: 4, height: 4, fill: .black)
    for (split, filled) in [("train", ["a", "b", "c"]), ("val", ["a", "c"])] {
      try makeFolder(folder.path + "/" + split)
      for name in ["a", "b", "c"] {
        let place = "\(folder.path)/\(split)/\(name)"
        try makeFolder(place)
        if filled.contains(name) { try PNG.save(picture, path: place + "/1.png") }
      }
    }
    let (train, nothing) = try FolderDataset.load(folder: folder.path + "/train", size: 8)
    let (val, skipped) = try FolderDataset.load(folder: folder.path + "/val", size: 8)
    #expect(train.classNames == val.classNames)
    #expect(train.labels == [0, 1, 2] && val.labels == [0, 2])
    #expect(nothing.summary == nil)
    #expect(skipped.summary == "1 class without pictures (b), which keeps its label")
  }

  private func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 else { throw TestFolder.Failure.noFolder }
  }

  @Test func splitMixFollowsItsReference() {
    // The first values for seed 1234567 as published with the algorithm's reference code.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }
}
