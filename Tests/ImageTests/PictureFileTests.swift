// SPDX-License-Identifier: Apache-2.0
//
// Pictures of every format; `Tests/Files/test_pictures.py` compares them with Pillow.

import Files
import Images
import Testing

@Suite struct PictureFileTests {
  @Test(arguments: [
    ("letter.jpg", 24, 16, 3), ("letter-progressive.jpg", 24, 16, 3),
    ("letter-grey.jpg", 24, 16, 3), ("letter-turned.jpg", 16, 24, 3), ("letter.webp", 24, 16, 3),
    ("letter-transparent.webp", 24, 16, 4), ("grey16.png", 4, 1, 3),
  ])
  func everyFormatIsRead(_ name: String, _ width: Int, _ height: Int, _ channels: Int) throws {
    let picture = try PictureFile.load(path: TestFolder.data(name))
    #expect([picture.width, picture.height, picture.channels] == [width, height, channels])
    let shape = try PictureFile.loadTensor(path: TestFolder.data(name)).shape
    #expect(shape == [1, channels, height, width])
  }

  @Test func photographsAreTurned() throws {
    let plain = try PictureFile.load(path: TestFolder.data("letter.jpg"))
    let turned = try PictureFile.load(path: TestFolder.data("letter-turned.jpg"))
    // A quarter turn clockwise: what was on the left is on top.
    for (x, y) in [(0, 0), (15, 0), (0, 23), (15, 23), (7, 11)] {
      #expect(turned[x, y] == plain[y, 15 - x])
    }
  }

  /// A JPEG is decoded smaller where the wanted size allows it, and shows the same.
  @Test func largePhotographsAreReduced() throws {
    let bytes = try FileReader.read(path: TestFolder.data("letter.jpg"))
    let sizes = try [nil, 16, 9, 8, 5, 4, 2, 1].map { least -> Int in
      try JPEG.decode(bytes, least: least).height
    }
    #expect(sizes == [16, 16, 16, 8, 8, 4, 2, 2])
    let whole = try JPEG.decode(bytes).resized(width: 12, height: 8, filter: .area)
    let half = try JPEG.decode(bytes, least: 8)
    let differences = zip(whole.pixels, half.pixels).map { abs(Int($0) - Int($1)) }
    let mean = differences.reduce(0, +) / differences.count
    #expect(half.width == 12 && mean <= 12, "\(mean)")
  }

  @Test(arguments: [
    ("letter-cmyk.jpg", "CMYK colours"), ("letter-moving.webp", "is an animation"),
    ("digits8.bin", "is not a PNG, JPEG or WebP file"),
  ])
  func refusalsSayWhy(_ name: String, _ words: String) throws {
    let error = #expect(throws: ImageError.self) {
      try PictureFile.load(path: TestFolder.data(name))
    }
    #expect(error?.message.contains(words) == true && error?.exitCode == 65)
  }
}
