// SPDX-License-Identifier: Apache-2.0
//
// `live.`: controls for tokenizers in one line. The pictures are encoded once; a frame decodes
// tokens only.

import Images
import Models
import Runtime
import Tensors

/// The functions of `live`.
enum LiveFunctions {
  static let functions: [Builtin] = [ladder, classes]

  private static let ladder = Builtin(
    "live.ladder(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "lengths = nil, scale = 2) -> control",
    "A slider over the token budget: the pictures above, decoded from their first tokens below.",
    details: """
      `label` and `condition` are as in smap.encode. `lengths` are the token budgets, 1, 2, 4 and so on up to all tokens \
      without it. The PSNR stands above the pictures of each frame; a terminal that draws with characters also \
      says budget and PSNR of all frames in words.
      """,
    example: TokenizerFunctions.tinyExample
      + "len(live.ladder(tok, zeros(2, 3, 16, 16), lengths = [1, 4]))   #=> 2",
    pictures: "images",
    body: { call in
      let job = try LiveJob(call)
      return try ControlMaker(call, [job.budget]).make { values in
        try job.frame(length: LiveJob.length(values[0]))
      }
    })

  private static let classes = Builtin(
    "live.classes(tok: tokenizer, images: [B, C, H, W], *, label = nil, lengths = nil, "
      + "scale = 2) -> control",
    "Two controls, class and token budget: the tokens of the pictures, decoded as each class.",
    details: """
      The pictures are encoded with `label`, as in smap.encode, and their first tokens are decoded as the \
      chosen class. `lengths` are the token budgets. With few tokens the class determines the picture, with many \
      the tokens do.
      """,
    example: TokenizerFunctions.tinyExample
      + "live.classes(tok, zeros(1, 3, 16, 16), lengths = [1, 4]).names   #=> [\"class\", \"tokens\"]",
    pictures: "images",
    body: { call in
      let job = try LiveJob(call)
      let axis = try job.classes()
      return try ControlMaker(call, [axis, job.budget]).make { values in
        try job.frame(
          length: LiveJob.length(values[1]), decodedAs: Conversion.integer(values[0]))
      }
    })
}

/// Pictures, their tokens, and what a frame shows of them.
private struct LiveJob {
  private let call: Call
  private let tokenizer: any PictureCode
  private let images: Tensor
  private let tokens: Tokens
  private let scale: Int
  /// The axis of token budgets.
  let budget: Axis

  init(_ call: Call) throws {
    self.call = call
    tokenizer = try call.code("tok")
    let given = try call.pictures()
    images = given.images
    scale = try call.integer("scale", in: 1...64)
    let condition = try call.condition(tokenizer, of: given)
    tokens = try TokenizerFunctions.encode(images, condition, tokenizer, call)
    let lengths = try LiveJob.lengths(call, most: tokens.length)
    budget = Axis(
      "tokens", lengths.map { .integer($0) }, labels: lengths.map { String($0) }, style: .slider,
      start: lengths.count / 2)
  }

  /// The given budgets, or powers of two and all tokens.
  private static func lengths(_ call: Call, most: Int) throws -> [Int] {
    if try !call["lengths"].isNil {
      let lengths = try call.integers("lengths")
      guard !lengths.isEmpty, lengths.allSatisfy({ (1...most).contains($0) }) else {
        throw call.failure(
          .value, "lengths are token budgets from 1 to \(most)", argument: "lengths")
      }
      return lengths
    }
    var lengths: [Int] = []
    var next = 1
    while next < most {
      lengths.append(next)
      next *= 2
    }
    return lengths + [most]
  }

  /// The length in a value of the axis.
  static func length(_ value: Value) -> Int { Conversion.integer(value) ?? 1 }

  /// The axis of all classes.
  func classes() throws -> Axis {
    let count = tokenizer.numClasses
    guard count > 0, tokenizer.conditionDim == 0 else {
      throw call.failure(
        .value, "this tokenizer has no classes", hint: "live.ladder needs none", argument: "tok")
    }
    let names = tokenizer.classNames
    return Axis(
      "class", (0..<count).map { .integer($0) },
      labels: names.count == count ? names : (0..<count).map { String($0) }, style: .choice)
  }

  /// The pictures above, and below what the first tokens decode to.
  func frame(length: Int, decodedAs label: Int? = nil) throws -> Value {
    do {
      let prefix = try tokens.prefix(length)
      let condition =
        try label.map {
          try Condition(
            [Int?](repeating: $0, count: tokens.count), classCount: tokenizer.numClasses)
        } ?? tokens.condition
      let decoded = try TokenizerFunctions.decode(prefix, condition, tokenizer, call)
      var sheet = PictureGrid(
        try Picture.pictures(of: images) + Picture.pictures(of: decoded),
        columns: images.shape[0], padding: 2, scale: scale)
      var quality: String?
      if label == nil {
        quality = "PSNR \(Formatting.fixed(try psnr(decoded, images), decimals: 2)) dB"
        sheet.title = quality ?? ""
      }
      return ImageObject(try sheet.render(), caption: quality).value
    } catch {
      throw ScriptError(anything: error)
    }
  }
}
