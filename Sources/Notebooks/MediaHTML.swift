// SPDX-License-Identifier: Apache-2.0
//
// Values in a page: a figure as SVG, a picture as the bytes of its PNG, a table as a table, all
// else as text.

import Files

/// Values as HTML.
enum MediaHTML {
  /// The element of a value; `caption` describes a frame of a control.
  static func text(of media: Media, caption: String = "") -> String {
    let title = media.title.map { "<figcaption>\(HTML.escaped($0))</figcaption>\n" } ?? ""
    let label = [media.title ?? "", caption].filter { !$0.isEmpty }.joined(separator: ", ")
    return title.isEmpty
      ? body(of: media, label: label)
      : "<figure>\n\(title)\(body(of: media, label: label))</figure>\n"
  }

  private static func body(of media: Media, label: String) -> String {
    let description = label.isEmpty ? firstLine(media.text) : label
    if let html = media.html { return "<div class=\"table\">\(allowed(html))</div>\n" }
    if let svg = media.svg {
      return "<div role=\"img\" aria-label=\"\(HTML.escaped(description))\">\(unique(svg))</div>\n"
    }
    if let png = media.png {
      let words =
        media.textAccompaniesPicture
        ? "<pre class=\"text\">\(HTML.escaped(media.text))</pre>\n" : ""
      return picture(png, description) + words
    }
    return "<pre class=\"text\">\(HTML.escaped(media.text))</pre>\n"
  }

  private static func picture(_ png: [UInt8], _ description: String) -> String {
    let size = PictureSize(png: png)
    let scale = size?.scale ?? 1
    let extent = size.map { " width=\"\($0.width * scale)\" height=\"\($0.height * scale)\"" } ?? ""
    // What the column must shrink would lose rows of pixels, and letters of captions with them.
    let fits = size.map { $0.width * scale <= columnWidth } ?? true
    let style = fits ? " class=\"pixels\"" : ""
    return "<img\(style) alt=\"\(HTML.escaped(description))\"\(extent) "
      + "src=\"data:image/png;base64,\(Base64.encode(png))\">\n"
  }

  /// Pixels that the text column of a page is wide, inside the frame of a control.
  private static let columnWidth = 640

  private static func firstLine(_ text: String) -> String {
    String((text.split(separator: "\n").first ?? "output").prefix(200))
  }

  /// A fragment of the library without styles of its own, which the policy forbids.
  private static func allowed(_ html: String) -> String {
    html.replacing(" style=\"text-align: right\"", with: " class=\"number\"")
  }

  /// A drawing whose ids no other drawing of the page has.
  private static func unique(_ svg: String) -> String {
    guard svg.contains("clipPath") else { return svg }
    let own = "s" + String(contentName(svg)) + "-"
    return svg.replacing("<clipPath id=\"", with: "<clipPath id=\"\(own)")
      .replacing("url(#", with: "url(#\(own)")
  }

  private static func contentName(_ text: String) -> Substring {
    var hash = ContentHash()
    hash.add(text)
    return hash.hexadecimal.prefix(12)
  }
}

/// A control in a page: inputs that the script shows, and all frames.
struct ControlHTML {
  private let control: MediaControl
  private let number: Int
  private let title: String?

  init(_ control: MediaControl, number: Int, title: String?) {
    (self.control, self.number, self.title) = (control, number, title)
  }

  var text: String {
    let names = control.axes.map(\.name).joined(separator: " by ")
    let label = HTML.escaped(title ?? names)
    let size = control.frames.reduce(0) { $0 + $1.size }
    return """
      <div class="control" role="group" aria-label="\(label)">
      \(title.map { "<p>\(HTML.escaped($0))</p>\n" } ?? "")\
      <div class="axes" hidden>
      \(control.axes.indices.map(input).joined())</div>
      <div class="frames">
      \(control.frames.indices.map(frame).joined())</div>
      <p class="record">\(control.frames.count) frames, \(PageSize.words(size))</p>
      </div>

      """
  }

  private func input(_ index: Int) -> String {
    let axis = control.axes[index]
    let id = "control-\(number)-\(index)"
    let labels = HTML.escaped(JSON.array(axis.labels.map { .string($0) }).rendered)
    let common = "id=\"\(id)\" data-labels=\"\(labels)\" data-start=\"\(start(of: index))\""
    let label = "<label for=\"\(id)\">\(HTML.escaped(axis.name))</label>"
    switch axis.style {
    case .slider:
      return label
        + "<input type=\"range\" \(common) min=\"0\" max=\"\(axis.labels.count - 1)\" step=\"1\" "
        + "value=\"\(start(of: index))\"><output for=\"\(id)\">\(HTML.escaped(axis.labels[start(of: index)]))"
        + "</output>\n"
    case .choice:
      let options = axis.labels.enumerated().map {
        "<option value=\"\($0.offset)\">\(HTML.escaped($0.element))</option>"
      }
      return label + "<select \(common)>\(options.joined())</select><span></span>\n"
    }
  }

  /// The position of an axis in the frame that is shown first.
  private func start(of axis: Int) -> Int {
    let width = control.axes[0].labels.count
    return axis == 0 ? control.start % width : control.start / width
  }

  private func frame(_ index: Int) -> String {
    let caption = control.captions[index]
    let isPrinted = printed.contains(index)
    return "<figure class=\"frame\(isPrinted ? " printed" : "")\">\n"
      + "<figcaption class=\"value\">\(HTML.escaped(caption))</figcaption>\n"
      + MediaHTML.text(of: control.frames[index], caption: caption) + "</figure>\n"
  }

  /// The frames that paper shows: at most eight of an axis, evenly spread.
  private var printed: Set<Int> {
    func spread(_ count: Int) -> [Int] {
      count <= 8 ? Array(0..<count) : (0..<8).map { $0 * (count - 1) / 7 }
    }
    let width = control.axes[0].labels.count
    let rows = control.axes.count == 2 ? spread(control.axes[1].labels.count) : [0]
    return Set(rows.flatMap { row in spread(width).map { row * width + $0 } })
  }
}

/// Sizes for readers.
enum PageSize {
  /// `48 kB`.
  static func words(_ bytes: Int) -> String {
    bytes < 1000
      ? "\(bytes) bytes" : bytes < 1_000_000 ? "\(bytes / 1000) kB" : "\(bytes / 1_000_000) MB"
  }
}
