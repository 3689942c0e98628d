// SPDX-License-Identifier: Apache-2.0
//
// Pictures of what a tokenizer does, in one call: prefixes, classes, attention. `live.ladder` and
// `live.classes` show the same with controls; these are images for papers and terminals.

import Images
import Models
import Runtime
import Syntax
import Tensors

/// The functions that make sheets of a tokenizer's pictures.
enum ModelSheets {
  static let functions: [Builtin] = [ladder, classes, attention, attentionSheet]

  private static let ladder = Builtin(
    "smap.ladder_sheet(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "lengths = nil, scale = 2) -> image",
    "One row a picture: decoded from ever more of its tokens, and the original last.",
    details: "`lengths` are 1, 2, 4, ... and all tokens unless given.",
    example: TokenizerFunctions.tinyExample
      + "smap.ladder_sheet(tok, zeros(2, 3, 16, 16), lengths = [1, 4])   #=> image(104 x 81)",
    pictures: "images",
    body: { call in
      let code = try call.code("tok")
      let given = try call.pictures()
      let images = given.images
      let lengths = try call.lengths(of: code)
      let condition = try call.condition(code, of: given)
      let tokens = try TokenizerFunctions.encode(images, condition, code, call)
      let columns =
        try lengths.map { length in
          try TokenizerFunctions.decode(tokens.prefix(length), condition, code, call)
        } + [images]
      return try sheet(
        columns, labels: lengths.map { counted($0, "token") } + ["original"], call)
    })

  private static let classes = Builtin(
    "smap.class_sheet(tok: tokenizer, image: [1, C, H, W], *, label = nil, classes = nil, "
      + "lengths = nil, scale = 2) -> image",
    "Decodes the tokens of a picture as each class: a column for each class, a row for each budget.",
    details: """
      `label` is the class that the picture is encoded as; `classes` is a name or a number, or a list of \
      them, all classes unless given; `lengths` are as in smap.ladder_sheet.
      """,
    example: TokenizerFunctions.tinyExample
      + "smap.class_sheet(tok, zeros(1, 3, 16, 16), classes = [0, 5], lengths = [1]).height   #=> 47",
    pictures: "image",
    body: { call in
      let code = try call.code("tok")
      guard code.numClasses > 0 else {
        throw call.failure(
          .value, "this tokenizer has no classes", hint: "smap.ladder_sheet needs none",
          argument: "tok")
      }
      let image = try call.picture()
      let classes = try classes(of: code, call)
      let lengths = try call.lengths(of: code)
      let own = try call.condition(code, of: image)
      let tokens = try TokenizerFunctions.encode(image.images, own, code, call)
      let rows = try lengths.map { length in
        let prefix = try tokens.prefix(length)
        let each = Tokens(
          latents: try prefix.latents.expand([
            classes.count, prefix.latents.shape[1], prefix.latents.shape[2],
          ]), ids: nil,
          condition: try Condition(classes.map { $0 }, classCount: code.numClasses),
          maker: tokens.maker)
        return try TokenizerFunctions.decode(each, each.condition, code, call)
      }
      return try shown(call) {
        var grid = PictureGrid(
          try rows.flatMap { try Picture.pictures(of: $0) }, columns: classes.count, padding: 2,
          scale: try call.integer("scale", in: 1...64))
        grid.columnLabels = classes.map {
          code.classNames.indices.contains($0) ? code.classNames[$0] : "\($0)"
        }
        grid.rowLabels = lengths.map { counted($0, "token") }
        return grid
      }
    })

  private static let attention = Builtin(
    "smap.attention(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "block = nil) -> [B, K, G, G]",
    "How much each token attends to each patch of the pictures, in a block of the encoder.",
    details: """
      Probabilities after the softmax, means over the heads. `block` counts from 0; it is the last one unless \
      given. The numbers of a token add up to less than 1: it also attends to the class and to earlier tokens.
      """,
    example: TokenizerFunctions.tinyExample
      + "smap.attention(tok, zeros(2, 3, 16, 16)).shape   #=> [2, 16, 2, 2]",
    pictures: "images",
    body: { call in .tensor(try attention(call).maps) })

  private static let attentionSheet = Builtin(
    "smap.attention_sheet(tok: tokenizer, images: [B, C, H, W], *, label = nil, condition = nil, "
      + "block = nil, tokens = nil, scale = 2) -> image",
    "Pictures lit where each token attends to them: a row for each picture, a column for each token.",
    details: """
      A patch is as bright as its share of what the token attends to most. `tokens` are the positions that are \
      shown, at most the first eight unless given. The rest is as in smap.attention.
      """,
    example: TokenizerFunctions.tinyExample
      + "smap.attention_sheet(tok, zeros(1, 3, 16, 16), tokens = [0, 1]).width   #=> 104",
    pictures: "images",
    body: { call in
      let (maps, images) = try attention(call)
      let count = maps.shape[1]
      let wanted = try call["tokens"].isNil ? Array(0..<min(count, 8)) : call.integers("tokens")
      guard !wanted.isEmpty, wanted.allSatisfy({ (0..<count).contains($0) }) else {
        throw call.failure(
          .value, "tokens are positions from 0 to \(count - 1)", argument: "tokens")
      }
      let lit = try wanted.map { token in
        try lighted(images, by: maps.narrow(dim: 1, start: token, count: 1))
      }
      return try sheet([images] + lit, labels: ["picture"] + wanted.map { "token \($0)" }, call)
    })

  /// The maps of `smap.attention`, and the pictures.
  private static func attention(_ call: Call) throws -> (maps: Tensor, images: Tensor) {
    let tokenizer = try call.tokenizer("tok")
    let given = try call.pictures()
    let images = given.images
    let condition = try call.condition(tokenizer, of: given)
    let depth = tokenizer.configuration.depth
    guard depth > 0 else {
      throw call.failure(.value, "this tokenizer has no blocks", argument: "tok")
    }
    let block = try call["block"].isNil ? depth - 1 : call.integer("block", in: 0...depth - 1)
    let parts = try call.inGroups(images.shape[0]) { range in
      try tokenizer.attention(
        images.narrow(dim: 0, start: range.lowerBound, count: range.count),
        condition: condition.slice(range), block: block)
    }
    return (try Tensor.cat(parts, dim: 0), images)
  }

  /// Pictures [B, 3, H, W] that are dark where a map [B, 1, G, G] is small.
  private static func lighted(_ images: Tensor, by maps: Tensor) throws -> Tensor {
    let (batch, side, grid) = (images.shape[0], images.shape[2], maps.shape[2])
    let patch = side / grid
    let largest = try maps.reshape([batch, -1]).maximum(dims: [1]).clamp(min: 1e-12, max: 1)
      .reshape([batch, 1, 1, 1, 1, 1])
    let light = try maps.reshape([batch, 1, grid, 1, grid, 1]).div(largest)
      .expand([batch, 1, grid, patch, grid, patch]).reshape([batch, 1, side, side])
    return try images.detached.mul(light.mul(0.88).add(0.12))
  }

  /// The classes of a sheet.
  private static func classes(of code: any PictureCode, _ call: Call) throws -> [Int] {
    guard try !call["classes"].isNil else { return Array(0..<code.numClasses) }
    let given = try call["classes"]
    let isOne = given.asString != nil || Conversion.number(given) != nil
    let classes = try (isOne ? [given] : call.values("classes")).map { value -> Int in
      if let number = Conversion.integer(value), (0..<code.numClasses).contains(number) {
        return number
      }
      if let name = value.asString, let place = code.classNames.firstIndex(of: name) {
        return place
      }
      throw unknown(value, of: code, call)
    }
    guard !classes.isEmpty else {
      throw call.failure(.value, "no class is given", argument: "classes")
    }
    return classes
  }

  /// The error about what is no class of a code.
  private static func unknown(_ value: Value, of code: any PictureCode, _ call: Call) -> ScriptError
  {
    let names = code.classNames
    guard let name = value.asString, !names.isEmpty else {
      return call.failure(
        .value, "classes are names or numbers from 0 to \(code.numClasses - 1)",
        hint: names.isEmpty ? "" : "the classes are \(LabelArgument.listed(names))",
        argument: "classes")
    }
    let nearest = Spelling.nearest(to: name, in: names).map { "did you mean \"\($0)\"? " } ?? ""
    return call.failure(
      .value, "there is no class \"\(name)\"",
      hint: nearest + "the classes are \(LabelArgument.listed(names))", argument: "classes")
  }

  /// A sheet whose columns are tensors of as many pictures as there are rows.
  private static func sheet(_ columns: [Tensor], labels: [String], _ call: Call) throws -> Value {
    try shown(call) {
      let pictures = try columns.map { try Picture.pictures(of: $0) }
      var grid = PictureGrid(
        pictures[0].indices.flatMap { row in pictures.map { $0[row] } }, columns: columns.count,
        padding: 2, scale: try call.integer("scale", in: 1...64))
      grid.columnLabels = labels
      return grid
    }
  }

  private static func shown(_ call: Call, _ grid: () throws -> PictureGrid) throws -> Value {
    do {
      return ImageObject(try grid().render()).value
    } catch {
      throw ScriptError(anything: error)
    }
  }
}
