// SPDX-License-Identifier: Apache-2.0
//
// Data sets made of data sets: laws of splits, balances and joins, and the shipped letters against
// sums that NumPy and Pillow give.

import Files
import Images
import Tensors
import Testing

@Suite struct DatasetSelectionTests {
  private static let letters = TestFolder.root() + "/Examples/Data/letters32"

  private static func numbered(
    _ count: Int, classes: Int, groups: [String] = []
  ) throws -> ImageDataset {
    try ImageDataset(
      store: try PictureStore(side: 1, channels: 1, bytes: (0..<count).map { UInt8($0 % 256) }),
      labels: (0..<count).map { $0 % classes }, classNames: (0..<classes).map { "c\($0)" },
      groups: groups)
  }

  @Test func theLettersAreWhole() throws {
    let training = try LettersDataset.load(folder: Self.letters, split: .train)
    let validation = try LettersDataset.load(folder: Self.letters, split: .val)
    #expect(training.count == 27_586 && validation.count == 3_068)
    #expect(training.channels == 1 && training.byteCount == 27_586 * 1024)
    #expect(Set(training.groups).isDisjoint(with: Set(validation.groups)))
    #expect(validation.classCounts == [Int](repeating: 118, count: 26))
    // Sums of bytes, as Pillow reads the atlas.
    let sum = try validation.pictures().reduce(0) { total, picture in
      total + picture.pixels.reduce(0) { $0 + Int($1) } / 3
    }
    #expect(sum == 699_693_190)
    let row = try validation.picture(27)
    #expect(
      (0..<32).map { Int(row[$0, 16].red) } == [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 251, 255, 160, 1, 117, 220, 216, 220, 220,
        219, 178, 52, 101, 242, 254, 254, 255, 255, 255, 255, 255, 255,
      ])
  }

  @Test func lettersWhoseFilesDisagreeAreRefused() throws {
    let folder = try TestFolder()
    let index = try FileReader.read(path: Self.letters + "/index.tsv")
    let atlas = try FileReader.read(path: Self.letters + "/letters32_val.png")
    try AtomicFile.write(path: folder.path + "/letters32_val.png", bytes: atlas)
    for bad in [Array(index.dropLast(80)), [UInt8]("val\tonly three\tcolumns\n".utf8), [0xFF, 10]] {
      try AtomicFile.write(path: folder.path + "/index.tsv", bytes: bad)
      #expect(throws: ImageError.self) {
        try LettersDataset.load(folder: folder.path, split: .val)
      }
    }
    #expect(throws: (any Error).self) {
      try LettersDataset.load(folder: folder.path, split: .train)
    }
  }

  @Test(arguments: [0.1, 0.25, 0.5, 0.9]) func splitsAreDisjointWholeAndEven(fraction: Double)
    throws
  {
    let set = try Self.numbered(200, classes: 4)
    for seed: UInt64 in 0..<5 {
      let (first, second) = try set.split(fraction, by: .name, seed: seed)
      #expect(first.count == Int((fraction * 200).rounded()))
      let all = try (first.pictures() + second.pictures()).map { Int($0[0, 0].red) }
      #expect(all.sorted() == Array(0..<200))
      // In proportion to within one picture a class.
      for count in first.classCounts { #expect(abs(Double(count) - fraction * 50) <= 1) }
    }
  }

  @Test func groupsStayTogether() throws {
    let groups = (0..<120).map { "g\($0 / 7)" }
    let set = try Self.numbered(120, classes: 3, groups: groups)
    for seed: UInt64 in 0..<20 {
      let (first, second) = try set.split(0.7, by: .group, seed: seed)
      #expect(Set(first.groups).isDisjoint(with: Set(second.groups)))
      #expect(first.count + second.count == 120 && (84..<91).contains(first.count))
    }
    #expect(throws: ImageError.self) {
      try Self.numbered(4, classes: 2).split(0.5, by: .group, seed: 0)
    }
    let one = try Self.numbered(4, classes: 2, groups: ["a", "a", "a", "a"])
    #expect(throws: ImageError.self) { try one.split(0.5, by: .group, seed: 0) }
  }

  @Test func balancingTakesEveryPictureBeforeAnyTwice() throws {
    let set = try Self.numbered(13, classes: 5)
    #expect(try set.balanced(seed: 1).classCounts == [2, 2, 2, 2, 2])
    let more = try set.balanced(perClass: 7, seed: 1)
    #expect(more.classCounts == [7, 7, 7, 7, 7])
    var times: [Int: Int] = [:]
    for picture in try more.pictures() { times[Int(picture[0, 0].red), default: 0] += 1 }
    #expect(times.count == 13)
    for (pixel, count) in times {
      let members = pixel % 5 < 3 ? 3 : 2
      #expect((7 / members...(7 + members - 1) / members).contains(count))
    }
    #expect(throws: ImageError.self) { try set.balanced(perClass: .max, seed: 1) }
  }

  @Test func joiningMatchesClassesByName() throws {
    let grey = try Self.numbered(4, classes: 2)
    let colour = try ImageDataset(
      store: try PictureStore(side: 1, channels: 3, bytes: [1, 2, 3, 4, 5, 6]), labels: [0, 1],
      classNames: ["c1", "new"])
    let joined = try ImageDataset.joined([grey, colour])
    #expect(joined.classNames == ["c0", "c1", "new"] && joined.labels == [0, 1, 0, 1, 1, 2])
    #expect(joined.channels == 3)
    #expect(try joined.picture(1)[0, 0] == Color(1, 1, 1))
    #expect(try joined.picture(5)[0, 0] == Color(4, 5, 6))
    #expect(try ImageDataset.joined([grey, grey]).channels == 1)
    #expect(throws: ImageError.self) { try ImageDataset.joined([]) }
  }

  @Test func selectionsShareTheirPixels() throws {
    let set = try LettersDataset.load(folder: Self.letters, split: .val)
    let part = try set.subset([5, 5, 3])
    #expect(part.names == [set.names[5], set.names[5], set.names[3]])
    #expect(part.byteCount == 3 * 1024)
    #expect(try part.picture(2) == set.picture(3))
    #expect(try part.images().shape == [3, 3, 32, 32])
    #expect(try part == set.subset([5, 4, 3]).subset([0, 0, 2]))
    #expect(throws: ImageError.self) { try set.subset([3068]) }
    #expect(throws: ImageError.self) { try set.subset([-1]) }
  }

  @Test func meansAreExact() throws {
    let set = try Self.numbered(256, classes: 1)
    #expect(try set.meanImage().toArray() == [0.5, 0.5, 0.5])
    #expect(throws: ImageError.self) { try set.subset([]).meanImage() }
  }

  @Test func restrictingRenumbersClasses() throws {
    let set = try Self.numbered(9, classes: 3)
    let part = try set.restricted(toClasses: [2, 0])
    #expect(part.classNames == ["c2", "c0"] && part.labels == [1, 0, 1, 0, 1, 0])
    #expect(throws: ImageError.self) { try set.restricted(toClasses: [3]) }
  }
}
