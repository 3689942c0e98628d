// SPDX-License-Identifier: Apache-2.0
//
// `image.`: loading, saving, resizing, making and tiling pictures. Tensors of pictures have the
// shape [B, C, H, W] and values from 0 to 1.

import Images
import Runtime
import Tensors

/// The functions of `image`.
enum MediaFunctions {
  static let functions: [Builtin] = [load, save, resize, flatten, make, show, grid]

  private static let load = Builtin(
    "image.load(path: string) -> [1, C, H, W]",
    "Reads a PNG, JPEG or WebP file as a tensor of values from 0 to 1.",
    details: """
      There are 3 channels, or 4 if the picture has transparency. A value is the stored number divided \
      by the largest: 255, or 65535 in a file of 16 bits. A photograph is turned as its Exif data say. \
      The format follows from the content, not from the name. An image that is shown or saved has 8 bits.
      """,
    example: "image.save(zeros(3, 8, 8), \"black.png\"); image.load(\"black.png\").shape   "
      + "#=> [1, 3, 8, 8]",
    body: { call in .tensor(try PictureFile.loadTensor(path: call.string("path"))) })

  private static let save = Builtin(
    "image.save(x, path: string)",
    "Writes one picture to a PNG file.",
    details: "`x` is an image, a figure, or a tensor that holds one picture.",
    example: "image.save(ones(3, 2, 2), \"white.png\"); image.load(\"white.png\").shape   "
      + "#=> [1, 3, 2, 2]",
    body: { call in
      let path = try call.path("path", endingIn: [".png"])
      let pictures = try call.pictureList("x")
      guard pictures.count == 1 else {
        throw call.failure(
          .value, "a file holds one picture, not \(pictures.count)",
          hint: "put them on one sheet: image.save(image.grid(x), path)", argument: "x")
      }
      try PNG.save(pictures[0], path: path)
      return .nil
    })

  private static let resize = Builtin(
    "image.resize(x: [B, C, H, W], height: number, width: number, *, clamp = false) -> tensor",
    purity: .pure(.product),
    "Resizes pictures.",
    details: """
      The Lanczos filter keeps edges sharp, and passes a little beyond them: beside black and white \
      there are values below 0 and above 1. `clamp = true` limits them to 0 and 1.
      """,
    example: "image.resize(zeros(1, 3, 8, 8), 4, 2).shape   #=> [1, 3, 4, 2]",
    body: { call in
      let (height, width) = (
        try call.integer("height", in: 1...16_384), try call.integer("width", in: 1...16_384)
      )
      let pictures = try Images.resize(call.tensor("x"), height: height, width: width)
      let isClamped = try call.bool("clamp")
      return .tensor(isClamped ? try pictures.clamp(min: 0, max: 1) : pictures)
    })

  private static let flatten = Builtin(
    "image.flatten(x: [B, C, H, W], background = 1) -> tensor", purity: .pure,
    "Puts pictures with transparency on a grey background, white by default: [B, 3, H, W].",
    details:
      "Pictures of 3 channels stay as they are, grey ones become coloured. A tokenizer takes "
      + "what this gives.",
    example: "image.flatten(zeros(1, 4, 2, 2), 0.5)[0, :, 0, 0]   #=> tensor([0.5, 0.5, 0.5])",
    body: { call in
      let pictures = try call.tensor("x")
      let background = Float(try call.number("background", in: 0...1))
      let shape = pictures.shape
      switch shape[1] {
      case 1: return .tensor(try pictures.expand([shape[0], 3, shape[2], shape[3]]))
      case 3: return .tensor(pictures)
      case 4:
        let alpha = try pictures.narrow(dim: 1, start: 3, count: 1)
        let colour = try pictures.narrow(dim: 1, start: 0, count: 3).sub(background)
        return .tensor(try colour.mul(alpha).add(background))
      default:
        throw call.failure(
          .shape, "pictures have 1, 3 or 4 channels; \(shape) has \(shape[1])", argument: "x")
      }
    })

  private static let make = Builtin(
    "image.make(x, scale = 1) -> image",
    "Makes an image of a tensor; several pictures go side by side.",
    details: """
      A tensor [H, W] is grey, [C, H, W] one picture, [B, C, H, W] several. `scale` draws every \
      pixel as a square of that size. To look at pictures, show(x) is enough.
      """,
    example: "image.make(zeros(8, 16))   #=> image(16 x 8)",
    body: { call in try image(call) })

  private static let show = Builtin(
    "image.show(x, scale = 1) -> image",
    "The former name of image.make, which makes an image and does not show it.",
    details: "show(x) shows a tensor of pictures at once.",
    example: "image.show(zeros(8, 16))   #=> image(16 x 8)",
    body: { call in
      if call.session.attachments[formerName] == nil {
        call.session.attachments[formerName] = FormerName()
        call.session.note(
          "image.show makes an image and does not show it, so it is called image.make now; "
            + "show(x) shows a tensor of pictures")
      }
      return try image(call)
    })

  /// Where a session remembers that the note has been made.
  private static let formerName = "image.show"

  private final class FormerName {}

  private static func image(_ call: Call) throws -> Value {
    let scale = try call.integer("scale", in: 1...256)
    let pictures = try call.pictureList("x")
    if pictures.count == 1 { return ImageObject(try pictures[0].enlarged(by: scale)).value }
    return ImageObject(try PictureGrid(pictures, padding: 2, scale: scale).render()).value
  }

  private static let grid = Builtin(
    "image.grid(images, *, cols = nil, padding = 2, captions = nil, scale = 1, title = nil) "
      + "-> image",
    "Puts pictures on one sheet, `cols` in a row.",
    details: """
      `images` is a tensor [B, C, H, W] or a list of tensors and images; `captions` is a list of \
      texts under the pictures.
      """,
    example: "image.grid(zeros(4, 3, 8, 8), cols = 2)   #=> image(22 x 22)",
    body: { call in
      let pictures = try call.pictureList("images")
      var sheet = PictureGrid(pictures)
      if try !call["cols"].isNil { sheet.columns = try call.integer("cols", in: 1...100_000) }
      sheet.padding = try call.integer("padding", in: 0...1024)
      sheet.scale = try call.integer("scale", in: 1...256)
      if try !call["captions"].isNil {
        sheet.captions = try call.strings("captions")
        guard sheet.captions.count <= pictures.count else {
          throw call.failure(
            .value, misfit(sheet.captions.count, "caption", pictures.count, "picture"),
            argument: "captions")
        }
      }
      sheet.title = try call.optionalString("title") ?? ""
      return ImageObject(try sheet.render()).value
    })
}

extension Call {
  /// The pictures in a tensor, an image, a figure, or a list of these.
  func pictureList(_ name: String) throws -> [Picture] {
    let pictures = try pictureList(of: self[name], name)
    guard !pictures.isEmpty else {
      throw failure(.value, "there are no pictures", argument: name)
    }
    return pictures
  }

  private func pictureList(of value: Value, _ name: String) throws -> [Picture] {
    if let picture = try Drawable.picture(of: value) { return [picture] }
    if case .list(let list) = value, list.count == 0 { return [] }
    if case .list(let list) = value, list.items.contains(where: \.holdsPictures) {
      return try list.items.flatMap { item -> [Picture] in
        try checkInterrupt()
        guard item.holdsPictures else { throw wrongType(name, "pictures") }
        if let picture = try Drawable.picture(of: item) { return [picture] }
        return try Picture.pictures(of: Conversion.tensor(item))
      }
    }
    return try Picture.pictures(of: tensor(name))
  }

  /// A list of strings.
  func strings(_ name: String) throws -> [String] {
    try values(name).map { item in
      guard let text = item.asString else { throw wrongType(name, "a list of strings") }
      return text
    }
  }

  /// A path for a model, which does not end like a file of another format.
  func modelPath(_ name: String) throws -> String {
    let path = try string(name)
    let foreign = [
      ".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".pt", ".pth", ".ckpt", ".onnx", ".pkl",
      ".zip", ".gz", ".smap",
    ]
    let lowered = path.lowercased()
    if let ending = (DataFiles.endingsOfOthers + foreign).first(where: lowered.hasSuffix) {
      throw failure(
        .value, "models are written as .safetensors, and \(ending) means another format",
        hint: "end the path in .safetensors", argument: name)
    }
    return path
  }

  /// A path with one of the given suffixes.
  func path(_ name: String, endingIn suffixes: [String]) throws -> String {
    let path = try string(name)
    let lowered = path.lowercased()
    guard suffixes.contains(where: { lowered.hasSuffix($0) }) else {
      throw failure(
        .value,
        path.isEmpty
          ? "the path is empty" : "the path must end in \(suffixes.joined(separator: " or "))",
        hint: "for example \"result\(suffixes.first ?? "")\"", argument: name)
    }
    return path
  }
}

extension Value {
  /// Whether this is a tensor of pictures or can be drawn, rather than a vector of numbers.
  fileprivate var holdsPictures: Bool {
    switch self {
    case .tensor(let tensor): tensor.rank >= 2
    case .object(let object): object.payload is ImageObject || object.payload is FigureObject
    default: false
    }
  }
}
