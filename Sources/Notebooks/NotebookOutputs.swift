// SPDX-License-Identifier: Apache-2.0
//
// Outputs of cells in the form of notebook files.

import Files

/// Writes outputs of cells as nbformat has them.
enum NotebookOutputs {
  /// One output of a cell with that execution count.
  static func json(_ output: CellOutput, number: JSON) -> JSON {
    switch output {
    case .text(let text): return stream("stdout", text)
    case .note(let text): return stream("stderr", "note: \(text)\n")
    case .error(let error):
      return .object([
        ("ename", .string(error.kind)), ("evalue", .string(error.message)),
        ("output_type", .string("error")),
        (
          "traceback",
          .array(
            error.text.split(separator: "\n", omittingEmptySubsequences: false)
              .map { .string(String($0)) })
        ),
      ])
    case .value(let media, let isResult):
      var entries: [(key: String, value: JSON)] = [("data", data(media))]
      if isResult { entries.append(("execution_count", number)) }
      entries.append(("metadata", metadata(media)))
      entries.append(("output_type", .string(isResult ? "execute_result" : "display_data")))
      return .object(entries)
    }
  }

  private static func stream(_ name: String, _ text: String) -> JSON {
    .object([
      ("name", .string(name)), ("output_type", .string("stream")),
      ("text", NotebookFile.lines(text)),
    ])
  }

  private static func data(_ media: Media) -> JSON {
    var data: [(key: String, value: JSON)] = []
    if let png = media.png ?? media.raster {
      data.append(("image/png", .string(Base64.encode(png))))
    }
    if let svg = media.svg { data.append(("image/svg+xml", NotebookFile.lines(svg))) }
    if let html = media.html { data.append(("text/html", NotebookFile.lines(html))) }
    let text = (media.title.map { $0 + "\n" } ?? "") + media.text
    data.append(("text/plain", NotebookFile.lines(text)))
    return .object(data)
  }

  /// The size at which a picture is shown, where that is not its own.
  private static func size(_ media: Media) -> (width: Int, height: Int)? {
    if let size = media.png.flatMap(PictureSize.init), size.scale > 1 {
      return (size.width * size.scale, size.height * size.scale)
    }
    guard media.png == nil, media.control == nil, let size = media.raster.flatMap(PictureSize.init)
    else { return nil }
    return (size.width / FigureRaster.scale, size.height / FigureRaster.scale)
  }

  /// What Jupyter shows small pictures with: pixels as squares, large enough to see. Figures have
  /// more pixels than the units that they are shown in.
  private static func metadata(_ media: Media) -> JSON {
    guard let size = size(media) else { return .object([]) }
    let shown: JSON = .object([
      ("height", .number(Double(size.height))), ("width", .number(Double(size.width))),
    ])
    return .object([("image/png", shown)])
  }
}

/// The size of a picture, and how much a page enlarges it.
struct PictureSize {
  let width: Int
  let height: Int

  /// Reads the header of a PNG file; nil for anything else.
  init?(png: [UInt8]) {
    guard png.count > 24, png[1...3].elementsEqual("PNG".utf8) else { return nil }
    func number(at place: Int) -> Int {
      png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    (width, height) = (number(at: 16), number(at: 20))
    guard (1...1 << 20).contains(width), (1...1 << 20).contains(height) else { return nil }
  }

  /// A whole factor by which small pictures are drawn larger, each pixel as a square.
  var scale: Int { max(1, min(8, 192 / max(width, height))) }
}
