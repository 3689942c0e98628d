// SPDX-License-Identifier: Apache-2.0
//
// Pictures, their conversion to tensors and back, and resizing with results known in advance.

import Images
import Tensors
import Testing

@Suite struct PictureTests {
  @Test func bytesSurviveTensors() throws {
    let pixels: [UInt8] = (UInt8.min...UInt8.max).flatMap { [$0, 255 - $0, 7] as [UInt8] }
    let picture = try Picture(width: 16, height: 16, pixels: pixels)
    let tensor = try picture.tensor()
    #expect(tensor.shape == [1, 3, 16, 16])
    #expect(tensor.toArray()[5] == Float(5) / 255)
    #expect(try Picture(tensor) == picture)
  }

  @Test func valuesAreClampedAndRounded() throws {
    let values: [Float] = [-1, 0.5, 2, .nan, .infinity, 0.4999 / 255]
    let picture = try Picture(try Tensor(shape: [1, 1, 2, 3], values: values))
    #expect((0..<6).map { picture[$0 % 3, $0 / 3].red } == [0, 128, 255, 0, 255, 0])
  }

  @Test func batchesStackAndComeApart() throws {
    let a = try Picture(width: 2, height: 3, fill: .black)
    let b = try Picture(width: 2, height: 3, fill: .white)
    let tensor = try Picture.tensor(of: [a, b])
    #expect(tensor.shape == [2, 3, 3, 2])
    #expect(try Picture.pictures(of: tensor) == [a, b])
    let c = try Picture(width: 3, height: 3, fill: .white)
    #expect(throws: ImageError.self) { try Picture.tensor(of: [a, c]) }
    #expect(throws: ImageError.self) { try Picture.tensor(of: []) }
  }

  @Test(arguments: [[4], [1, 2, 4, 4], [1, 1, 3, 4, 4], [0, 3, 4, 4], [1, 3, 0, 4]])
  func otherShapesAreRefused(shape: [Int]) throws {
    let tensor = try Tensor(
      shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
    #expect(throws: ImageError.self) { try Picture(tensor) }
  }

  @Test func sizesAreChecked() {
    #expect(throws: ImageError.self) { try Picture(width: 0, height: 1, fill: .white) }
    #expect(throws: ImageError.self) { try Picture(width: .max, height: .max, fill: .white) }
    #expect(throws: ImageError.self) { try Picture(width: 1 << 14, height: 1 << 13, fill: .white) }
    #expect(throws: ImageError.self) { try Picture(width: 2, height: 2, pixels: [0]) }
  }

  @Test func alphaIsMixed() throws {
    var sheet = try Picture(width: 2, height: 1, fill: .white)
    sheet.blend(Color(0, 0, 0, alpha: 128), x: 0, y: 0)
    sheet.blend(.black, x: 5, y: 5)
    #expect(sheet[0, 0] == Color(127, 127, 127))
    let clear = try Picture(width: 1, height: 1, fill: Color(10, 20, 30, alpha: 0))
    #expect(clear.flattened()[0, 0] == .white)
  }

  // MARK: - Resizing

  @Test(arguments: ResamplingFilter.allCases) func flatAreasStayFlat(filter: ResamplingFilter)
    throws
  {
    let picture = try Picture(width: 7, height: 5, fill: Color(200, 100, 50))
    for (width, height) in [(3, 2), (14, 11), (1, 1), (7, 9)] {
      let resized = try picture.resized(width: width, height: height, filter: filter)
      #expect(resized == (try Picture(width: width, height: height, fill: Color(200, 100, 50))))
    }
  }

  @Test func areaTakesMeans() throws {
    let values: [Float] = [0, 1, 2, 3, 4, 5]
    let row = try Tensor(shape: [1, 1, 1, 6], values: values)
    #expect(try resize(row, height: 1, width: 3, filter: .area).toArray() == [0.5, 2.5, 4.5])
    // Three halves a pixel: (0 + 1 / 2) / 1.5, and so on.
    let four = try resize(row, height: 1, width: 4, filter: .area).toArray()
    for (value, expected) in zip(four, [1.0 / 3, 5.0 / 3, 10.0 / 3, 14.0 / 3]) {
      #expect(abs(Double(value) - expected) < 1e-6)
    }
  }

  @Test func bilinearInterpolates() throws {
    let row = try Tensor(shape: [1, 1, 1, 2], values: [0, 1])
    let four = try resize(row, height: 1, width: 4, filter: .bilinear).toArray()
    #expect(four == [0, 0.25, 0.75, 1])
  }

  @Test func nearestRepeatsPixels() throws {
    let row = try Tensor(shape: [1, 1, 1, 3], values: [1, 2, 3])
    let six = try resize(row, height: 2, width: 6, filter: .nearest).toArray()
    #expect(six == [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3])
    let dot = try Picture(width: 1, height: 2, pixels: [1, 2, 3, 4, 5, 6])
    let large = try dot.enlarged(by: 3)
    #expect(large.width == 3 && large.height == 6 && large[2, 3] == Color(4, 5, 6))
    #expect(throws: ImageError.self) { try dot.enlarged(by: 0) }
    #expect(throws: ImageError.self) { try dot.enlarged(by: .max) }
  }

  @Test func lanczosKeepsRampsInTheMiddle() throws {
    let values = (0..<64).map { Float($0) }
    let row = try Tensor(shape: [1, 1, 1, 64], values: values)
    let half = try resize(row, height: 1, width: 32, filter: .lanczos).toArray()
    for index in 6..<26 { #expect(abs(half[index] - (Float(index) * 2 + 0.5)) < 1e-3) }
  }

  @Test func invisibleColorsDoNotBleed() throws {
    let pixels: [UInt8] = [255, 0, 0, 255, 0, 255, 0, 0]
    let picture = try Picture(width: 2, height: 1, channels: 4, pixels: pixels)
    let one = try picture.resized(width: 1, height: 1, filter: .area)
    #expect(one[0, 0] == Color(255, 0, 0, alpha: 128))
  }
}
