// SPDX-License-Identifier: Apache-2.0
//
// Drawings side by side in one SVG document, each with a caption above it: the frames of a control,
// where nothing can be moved.

/// Puts SVG documents of this library on one sheet.
public enum SVGSheet {
  private static let head = "<svg xmlns=\"http://www.w3.org/2000/svg\" "
  /// The height of a caption.
  private static let captionHeight = 18

  /// One document with `columns` of the drawings in a row; nil if one of them is none of this
  /// library.
  public static func render(
    _ drawings: [(svg: String, caption: String)], columns: Int
  ) -> String? {
    let sizes = drawings.compactMap { size(of: $0.svg) }
    guard columns > 0, !sizes.isEmpty, sizes.count == drawings.count else { return nil }
    let width = sizes.map(\.width).max() ?? 0
    let height = (sizes.map(\.height).max() ?? 0) + captionHeight
    let (across, down) = (min(columns, drawings.count), (drawings.count + columns - 1) / columns)
    var text = "\(head)width=\"\(across * width)\" height=\"\(down * height)\" "
    text += "viewBox=\"0 0 \(across * width) \(down * height)\" "
    text += "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">\n"
    text += "<rect width=\"\(across * width)\" height=\"\(down * height)\" fill=\"#ffffff\"/>\n"
    for (place, drawing) in drawings.enumerated() {
      let (x, y) = (place % columns * width, place / columns * height)
      text += "<text x=\"\(x + width / 2)\" y=\"\(y + 13)\" text-anchor=\"middle\">"
      text += "\(escaped(drawing.caption))</text>\n"
      text += "<svg x=\"\(x)\" y=\"\(y + captionHeight)\" "
      text += own(drawing.svg, number: place).dropFirst(head.count)
    }
    return text + "</svg>\n"
  }

  /// The size in the head of a document.
  private static func size(of svg: String) -> (width: Int, height: Int)? {
    guard svg.hasPrefix(head) else { return nil }
    func number(_ name: String) -> Int? {
      guard let start = svg.firstRange(of: " \(name)=\"")?.upperBound else { return nil }
      return Int(svg[start...].prefix { $0 != "\"" })
    }
    guard let width = number("width"), let height = number("height"),
      (1...1 << 16).contains(width), (1...1 << 16).contains(height)
    else { return nil }
    return (width, height)
  }

  /// A drawing whose ids no other one of the sheet has.
  private static func own(_ svg: String, number: Int) -> String {
    svg.replacing("<clipPath id=\"", with: "<clipPath id=\"f\(number)-")
      .replacing("url(#", with: "url(#f\(number)-")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
