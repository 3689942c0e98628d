// SPDX-License-Identifier: Apache-2.0
//
// Sheets have the size that their parts determine, and captions are drawn in them.

import Images
import Testing

@Suite struct GridTests {
  private static func pictures(_ count: Int) throws -> [Picture] {
    try (0..<count).map { try Picture(width: 8, height: 6, fill: Color(UInt8($0 * 10), 0, 0)) }
  }

  @Test func sizeAndPlacesFollowFromTheParts() throws {
    let grid = PictureGrid(try GridTests.pictures(5), columns: 3, padding: 2, scale: 2)
    let sheet = try grid.render()
    #expect(sheet.width == 2 + 3 * (16 + 2))
    #expect(sheet.height == 2 + 2 * (12 + 2))
    #expect(sheet[0, 0] == .white)
    #expect(sheet[2, 2] == Color(0, 0, 0))
    #expect(sheet[2 + 18, 2 + 14] == Color(40, 0, 0))
    #expect(sheet[2 + 36, 2 + 14] == .white)
  }

  @Test func withoutColumnsTheSheetIsSquare() throws {
    let sheet = try PictureGrid(try GridTests.pictures(9), padding: 0).render()
    #expect(sheet.width == 24 && sheet.height == 18)
  }

  @Test func captionsAndLabelsTakeRoom() throws {
    let bare = try PictureGrid(try GridTests.pictures(2), columns: 2, scale: 4).render()
    let grid = PictureGrid(
      try GridTests.pictures(2), columns: 2, scale: 4, captions: ["one", "two"],
      rowLabels: ["row"])
    let sheet = try grid.render()
    #expect(sheet.height == bare.height + 2 + (BitmapFont.height + 1))
    #expect(sheet.width > bare.width + BitmapFont.width(of: "row"))
    #expect(sheet.pixels.contains(grid.textColor.red))
  }

  @Test func impossibleOptionsAreRefused() throws {
    let pictures = try GridTests.pictures(1)
    #expect(throws: ImageError.self) { try PictureGrid([]).render() }
    #expect(throws: ImageError.self) { try PictureGrid(pictures, columns: 0).render() }
    #expect(throws: ImageError.self) { try PictureGrid(pictures, padding: -1).render() }
    #expect(throws: ImageError.self) { try PictureGrid(pictures, scale: 100_000).render() }
  }

  // MARK: - Typeface

  @Test func theTypefaceCoversASCII() throws {
    var seen: Set<[UInt8]> = []
    for code in UInt8(33)..<127 {
      var sheet = try Picture(width: 8, height: 9, fill: .white)
      sheet.write(String(UnicodeScalar(code)), x: 0, y: 0)
      #expect(sheet.pixels.contains(0), "character \(code) is blank")
      #expect(seen.insert(sheet.pixels).inserted, "character \(code) looks like another")
    }
    #expect(BitmapFont.width(of: " ") > 0)
  }

  @Test func digitsAreEquallyWide() {
    for digit in 0..<10 { #expect(BitmapFont.width(of: "\(digit)") == 5) }
  }

  @Test func longTextsAreShortenedAndBroken() {
    let text = "grinning squinting face"
    let short = BitmapFont.fitting(text, width: 60)
    #expect(short.hasSuffix("..") && BitmapFont.width(of: short) <= 60)
    let lines = BitmapFont.wrapped(text, width: 60, lines: 3)
    #expect(lines == ["grinning", "squinting", "face"])
    #expect(lines.allSatisfy { BitmapFont.width(of: $0) <= 60 })
    #expect(BitmapFont.wrapped("", width: 60, lines: 2).isEmpty)
    #expect(BitmapFont.fitting(text, width: 0) == "")
  }
}
