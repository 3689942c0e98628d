// SPDX-License-Identifier: Apache-2.0
//
// PNG must restore every picture unchanged, and must reject everything else with a message.

import Files
import Images
import Testing

@Suite struct PNGTests {
  private static func sample(channels: Int) throws -> Picture {
    let (width, height) = (13, 7)
    var generator = SplitMix64(seed: 5)
    let pixels = (0..<width * height * channels).map { _ in
      UInt8(truncatingIfNeeded: generator.next())
    }
    return try Picture(width: width, height: height, channels: channels, pixels: pixels)
  }

  @Test(arguments: [3, 4]) func roundTripKeepsEveryByte(channels: Int) throws {
    let picture = try PNGTests.sample(channels: channels)
    let bytes = try PNG.encode(picture)
    #expect(try PNG.decode(bytes) == picture)
    #expect(try PNG.encode(picture) == bytes)
  }

  @Test func noiseFitsTheBuffer() throws {
    var generator = SplitMix64(seed: 1)
    let pixels = (0..<300 * 300 * 3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    let picture = try Picture(width: 300, height: 300, pixels: pixels)
    #expect(try PNG.decode(PNG.encode(picture)) == picture)
  }

  @Test func greyAndPaletteBecomeColor() throws {
    let digits = try PNG.load(path: TestFolder.data("digits8.png"))
    #expect(digits.width == 384 && digits.height == 304 && !digits.hasAlpha)
    #expect(digits[0, 0].red == digits[0, 0].green)
  }

  /// Values of 16 bits are as bright as with 8, interlaced or not. `Tests/Files` has all kinds.
  @Test func sixteenBitsKeepTheirBrightness() throws {
    let grey = try PNG.load(path: TestFolder.data("grey16.png"))
    #expect((0..<4).map { grey[$0, 0].red } == [0, 64, 128, 255])
    let plain = try PNG.load(path: TestFolder.data("rgb16.png"))
    let mean = plain.pixels.reduce(0) { $0 + Double($1) } / Double(plain.pixels.count * 255)
    #expect(abs(mean - 0.3765) < 1 / 255)
    #expect(try PNG.load(path: TestFolder.data("rgb16-interlaced.png")) == plain)
  }

  /// A tensor holds the stored values divided by 65,535; the greys are 0, 16384, 32768 and 65535.
  @Test func sixteenBitsReachATensorUnrounded() throws {
    let grey = try PNG.loadTensor(path: TestFolder.data("grey16.png"))
    #expect(grey.shape == [1, 3, 1, 4])
    let stored: [Float] = [0, 16_384, 32_768, 65_535]
    #expect(grey.toArray() == (stored + stored + stored).map { $0 / 65_535 })
    let plain = try PNG.loadTensor(path: TestFolder.data("rgb16.png"))
    let values = plain.toArray()
    // The second and third sample of the first pixel are 0xAB4B and 0x1616; a plane has 63 values.
    let second: Float = 43_851 / 65_535
    let third: Float = 5_654 / 65_535
    #expect(values[63] == second && values[126] == third)
    let interlaced = try PNG.loadTensor(path: TestFolder.data("rgb16-interlaced.png"))
    #expect(interlaced.toArray() == values)
  }

  /// Eight bits give the same tensor as through a picture.
  @Test(arguments: [3, 4]) func eightBitsReachATensorAsTheyWere(channels: Int) throws {
    let folder = try TestFolder()
    let path = folder.path + "/sample.png"
    let picture = try PNGTests.sample(channels: channels)
    try PNG.save(picture, path: path)
    #expect(try PNG.loadTensor(path: path).toArray() == picture.tensor().toArray())
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try PNG.encode(try PNGTests.sample(channels: 3))
    for count in 0..<bytes.count - 12 {
      let error = #expect(throws: ImageError.self) { try PNG.decode(Array(bytes[..<count])) }
      #expect(error?.exitCode == 65)
    }
  }

  @Test func mutationsNeverCrash() throws {
    let bytes = try PNG.encode(try PNGTests.sample(channels: 4))
    var generator = SplitMix64(seed: 9)
    for _ in 0..<3000 {
      var mutated = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<mutated.count, using: &generator)
        mutated[place] = UInt8(truncatingIfNeeded: generator.next())
      }
      // Either a picture or an `ImageError`; another error would fail the test.
      do { _ = try PNG.decode(mutated) } catch is ImageError {}
    }
  }

  @Test func hugeHeadersAreRefusedBeforeMemoryIsTaken() throws {
    var bytes = try PNG.encode(try PNGTests.sample(channels: 3))
    let million: [UInt8] = [0x00, 0x0F, 0x42, 0x40]
    bytes.replaceSubrange(16..<24, with: million + million)
    let error = #expect(throws: ImageError.self) { try PNG.decode(bytes, name: "bomb.png") }
    #expect(error?.message.contains("1000000 x 1000000") == true)
    #expect(error?.exitCode == 65)
  }

  @Test func missingFilesAreNamed() throws {
    let error = #expect(throws: FileError.self) { try PNG.load(path: "/nowhere/cat.png") }
    #expect(error?.kind == .notFound)
    #expect(error?.exitCode == 66)
    #expect(error?.description == "cannot read '/nowhere/cat.png': No such file or directory")
  }

  @Test func foldersAreNoPictures() throws {
    let error = #expect(throws: FileError.self) { try PNG.load(path: "/tmp") }
    #expect(error?.kind == .isDirectory)
  }

  @Test func otherFilesAreNoPictures() throws {
    let error = #expect(throws: ImageError.self) { try PNG.decode(Array("GIF89a".utf8)) }
    #expect(error?.message.contains("not a PNG") == true)
  }
}
