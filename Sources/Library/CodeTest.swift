// SPDX-License-Identifier: Apache-2.0
//
// What the measures of codes share: pictures with classes, read and encoded a group at a time, and
// the averages of what their reconstructions are worth. Floats of one group exist at a time.

import Images
import Models
import Runtime
import Tensors

/// A code, the pictures that it is tested on, and the prefix lengths that are tried.
struct CodeTest {
  let call: Call
  let code: any PictureCode
  let data: TrainingData
  let lengths: [Int]

  /// The arguments `tok`, `dataset` and `lengths` of a measure.
  init(_ call: Call) throws {
    self.call = call
    code = try call.code("tok")
    data = try call.testData("dataset", for: code)
    lengths = try call.lengths(of: code)
  }

  /// Some pictures with their tokens.
  struct Group {
    let range: Range<Int>
    let images: Tensor
    let labels: [Int]
    let tokens: Tokens
  }

  /// Pictures whose floats exist at a time: a multiple of what one thread works on.
  private static let groupSize = 256

  /// Encodes all pictures under the condition that `condition` gives for their places.
  func forEachGroup(
    title: String, encodedAs condition: ([Int]) throws -> Condition,
    _ body: (Group) throws -> Void
  ) throws {
    let task = LongTask(title, call)
    try task.run {
      for start in stride(from: 0, to: data.count, by: CodeTest.groupSize) {
        let range = start..<min(start + CodeTest.groupSize, data.count)
        let images = try data.pictures.images(range)
        let labels = Array(data.labels[range])
        let tokens = try TokenizerFunctions.encode(images, condition(Array(range)), code, call)
        try body(Group(range: range, images: images, labels: labels, tokens: tokens))
        try task.report(range.upperBound, of: data.count)
      }
    }
  }

  /// The condition that names the class of each picture.
  func classes(_ labels: [Int]) throws -> Condition {
    try Condition(labels.map { $0 }, classCount: code.numClasses)
  }

  /// The class, or the vector, of the pictures at some places.
  func right(_ places: [Int]) throws -> Condition {
    try data.condition(of: places, vectorSize: code.conditionDim)
  }

  /// Another condition: the next class, or the vector of the next picture.
  func swapped(_ places: [Int]) throws -> Condition {
    guard code.conditionDim == 0 else { return try right(places.map { ($0 + 1) % data.count }) }
    return try classes(places.map { (data.labels[$0] + 1) % code.numClasses })
  }

  /// The condition that names no class.
  func null(_ places: [Int]) throws -> Condition {
    try .null(count: places.count, classCount: code.numClasses)
  }

  /// Pictures from a prefix of tokens, under a condition.
  func decode(_ tokens: Tokens, keep: Int, as condition: Condition) throws -> Tensor {
    try TokenizerFunctions.decode(tokens.prefix(keep), condition, code, call)
  }

  /// Pictures from the tokens at some positions, under the tokens' own condition.
  func decode(_ tokens: Tokens, at positions: [Int]) throws -> Tensor {
    let chosen = Tokens(
      latents: try tokens.latents.taking(positions, dim: 1), ids: nil, condition: tokens.condition,
      maker: tokens.maker)
    let parts = try call.inGroups(tokens.count) { range in
      try code.decode(
        chosen.pictures(range), condition: nil, places: TokenPlaces(at: positions))
    }
    return try Tensor.cat(parts, dim: 0)
  }

  /// `tokens` and the rate of a prefix: bits of a discrete code, numbers of a continuous one.
  func rate(_ keep: Int) -> [(String, Value)] {
    let (numbers, bits) = code.rate(ofPrefix: keep)
    let amount = bits.map { ("bits", Value.number($0)) } ?? ("numbers", .integer(numbers))
    return [("tokens", .integer(keep)), amount]
  }
}

/// A mean of numbers that arrive in groups.
struct Average {
  private var sum = 0.0
  private var count = 0

  mutating func add(_ values: [Double]) {
    for value in values { sum += value }
    count += values.count
  }

  /// The mean; nan of nothing.
  var value: Double { sum / Double(count) }

  /// The mean; nil of nothing.
  var optionalValue: Double? { count > 0 ? value : nil }
}

extension Call {
  /// A data set whose pictures and classes are those of a code.
  func testData(_ argument: String, for code: any PictureCode) throws -> TrainingData {
    try trainingData(argument, for: code.knownClasses, side: code.imageSize)
  }

  /// The argument `lengths`: prefix lengths in ascending order; powers of two and K if it is nil.
  func lengths(of code: any PictureCode) throws -> [Int] {
    guard try !self["lengths"].isNil else {
      let powers = (0..<13).map { 1 << $0 }.filter { $0 < code.numTokens }
      return powers + [code.numTokens]
    }
    let lengths = try numbers("lengths").map { number -> Int in
      guard let length = Int(exactly: number), (1...code.numTokens).contains(length) else {
        throw failure(
          .value, "lengths are whole numbers from 1 to \(code.numTokens), not \(decimal(number))",
          argument: "lengths")
      }
      return length
    }
    guard !lengths.isEmpty else { throw failure(.value, "no length is given", argument: "lengths") }
    return Set(lengths).sorted()
  }
}
