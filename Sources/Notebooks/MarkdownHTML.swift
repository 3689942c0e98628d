// SPDX-License-Identifier: Apache-2.0
//
// Markdown cells as HTML through cmark-gfm, without raw HTML. Headings get names, for the table of
// contents. A picture beside the notebook becomes part of the page; one of another place would be
// loaded from there, so it stays a link.

import CMarkdown
import Files
import Glibc

/// Turns Markdown into HTML.
enum MarkdownHTML {
  /// A heading with its place in the page.
  struct Heading: Equatable {
    let level: Int
    /// The text, without markup.
    let text: String
    /// The id of its element.
    let id: String
  }

  /// The HTML of Markdown, and its headings, which get ids from `names`.
  static func render(
    _ text: String, folder: String, names: inout HeadingNames
  ) -> (html: String, headings: [Heading]) {
    withPictures(html(of: text), folder: folder, names: &names)
  }

  private static func html(of text: String) -> String {
    var text = text
    return text.withUTF8 { bytes -> String in
      let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
      guard let start, let html = smap_markdown_html(start, bytes.count) else { return "" }
      defer { free(html) }
      return String(cString: html)
    }
  }

  /// Whether Markdown has HTML that is left out, other than comments.
  static func losesTags(of text: String) -> Bool {
    text.split(separator: "\n").contains(where: hasTag)
      && html(of: text).contains("<!-- raw HTML omitted -->")
  }

  /// Whether a line has what looks like a tag.
  static func hasTag(_ line: Substring) -> Bool {
    zip(line, line.dropFirst()).contains { $0 == "<" && ($1.isLetter || $1 == "/") }
  }

  /// The paths of the pictures beside the notebook that Markdown shows.
  static func pictures(in text: String) -> [String] {
    var (found, rest): ([String], Substring) = ([], html(of: text)[...])
    while let start = rest.firstRange(of: "<img src=\"")?.lowerBound {
      rest = rest[start...]
      let tag = String(rest.prefix { $0 != ">" })
      if let source = attribute("src", of: tag), isLocal(source) { found.append(decoded(source)) }
      rest = rest.dropFirst(tag.count)
    }
    return found
  }

  /// Why a picture beside the notebook cannot be part of a page; nil if it can.
  static func problem(ofPicture name: String, folder: String) -> String? {
    let path = folder.isEmpty ? name : folder + "/" + name
    guard FileReader.exists(path) else { return "the picture '\(name)' does not exist" }
    let bytes = try? FileReader.read(path: path, limit: largestPicture)
    return bytes.flatMap(mediaType) == nil
      ? "'\(name)' is no PNG, JPEG or WebP file, so a page has a link to it" : nil
  }

  /// The bytes of the largest picture that a page holds.
  private static let largestPicture = 16 << 20

  private static func isLocal(_ source: String) -> Bool {
    !source.isEmpty && !source.contains(":") && !source.hasPrefix("/")
  }

  private static func withPictures(
    _ html: String, folder: String, names: inout HeadingNames
  ) -> (html: String, headings: [Heading]) {
    var (result, headings, rest): (String, [Heading], Substring) = ("", [], html[...])
    while let open = rest.firstIndex(of: "<") {
      result += rest[..<open]
      rest = rest[open...]
      if let (heading, length) = heading(at: rest, &names) {
        result += "<h\(heading.level) id=\"\(heading.id)\">"
        headings.append(heading)
        rest = rest.dropFirst(length)
      } else if rest.hasPrefix("<img src=\""), let end = rest.firstIndex(of: ">") {
        result += picture(String(rest[...end]), folder: folder)
        rest = rest[rest.index(after: end)...]
      } else if rest.hasPrefix("<input type=\"checkbox\"") {
        // A task list: the box has no label of its own.
        result += "<input aria-label=\"done\" type=\"checkbox\""
        rest = rest.dropFirst("<input type=\"checkbox\"".count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return (result + rest, headings)
  }

  /// The heading that begins here, and the length of its tag.
  private static func heading(
    at text: Substring, _ names: inout HeadingNames
  ) -> (Heading, Int)? {
    guard text.hasPrefix("<h"), let level = text.dropFirst(2).first?.wholeNumberValue,
      (1...6).contains(level), text.dropFirst(3).first == ">",
      let end = text.firstRange(of: "</h\(level)>")
    else { return nil }
    let inner = text[text.index(text.startIndex, offsetBy: 4)..<end.lowerBound]
    let words = plain(inner)
    return (Heading(level: level, text: words, id: names.id(for: words)), 4)
  }

  /// The text of HTML, without tags.
  private static func plain(_ html: Substring) -> String {
    var (text, isTag) = ("", false)
    for character in html {
      if character == "<" { isTag = true }
      if !isTag { text.append(character) }
      if character == ">" { isTag = false }
    }
    for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
      text = text.replacing(entity, with: character)
    }
    return text
  }

  /// The element of a picture: its bytes if it is a file beside the notebook, else a link.
  private static func picture(_ tag: String, folder: String) -> String {
    guard let source = attribute("src", of: tag) else { return "" }
    let label = attribute("alt", of: tag) ?? ""
    let name = decoded(source)
    let path = folder.isEmpty ? name : folder + "/" + name
    if isLocal(source), let bytes = try? FileReader.read(path: path, limit: largestPicture),
      let type = mediaType(of: bytes)
    {
      return "<img src=\"data:\(type);base64,\(Base64.encode(bytes))\" alt=\"\(label)\">"
    }
    return "<a href=\"\(source)\">\(label.isEmpty ? source : label)</a>"
  }

  /// The path in an attribute: cmark writes blanks and letters beyond ASCII as `%20`.
  private static func decoded(_ source: String) -> String {
    var (bytes, rest): ([UInt8], Substring) = ([], source.replacing("&amp;", with: "&")[...])
    while let character = rest.first {
      if character == "%", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16), rest.count > 2 {
        bytes.append(byte)
        rest = rest.dropFirst(3)
      } else {
        bytes += Array(String(character).utf8)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value of an attribute, still escaped.
  private static func attribute(_ name: String, of tag: String) -> String? {
    guard let start = tag.firstRange(of: "\(name)=\"")?.upperBound else { return nil }
    return tag[start...].firstIndex(of: "\"").map { String(tag[start..<$0]) }
  }

  private static func mediaType(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
    if bytes.starts(with: Array("RIFF".utf8)), bytes.count > 12,
      bytes[8..<12].elementsEqual("WEBP".utf8)
    {
      return "image/webp"
    }
    return nil
  }
}

/// Ids of headings, each used once.
struct HeadingNames {
  private var used: Set<String> = []

  /// An id for a heading with that text: `prefix-ladder`, `prefix-ladder-2`.
  mutating func id(for text: String) -> String {
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
    let base = words.isEmpty ? "section" : words.joined(separator: "-")
    var (id, number) = (base, 2)
    while !used.insert(id).inserted {
      id = "\(base)-\(number)"
      number += 1
    }
    return id
  }
}
