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
    #expect(try few.pictures() == Array(many.pictures().prefix(20)))
    #expect(few.labels.prefix(11) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
    #expect(try ShapesDataset.make(count: 20, seed: 5).pictures() != few.pictures())
    #expect(Set(try few.pictures()).count == 20)
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: -1) }
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: 1, size: 0) }
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: 1, classes: 11) }
    #expect(throws: ImageError.self) { try ShapesDataset.make(count: .max) }
  }

  @Test func everyShapeShowsInkAndPaper() throws {
    for picture in try ShapesDataset.make(count: 100, size: 24, seed: 1).pictures() {
      #expect(Set((0..<24 * 24).map { picture[$0 % 24, $0 / 24] }).count > 5)
    }
  }

  @Test func splitMixFollowsItsReference() {
    // The first values for seed 1234567 as published with the algorithm's reference code.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }
}
