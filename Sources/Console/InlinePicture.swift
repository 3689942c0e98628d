// SPDX-License-Identifier: Apache-2.0
//
// Pictures for terminals with graphics. kitty and iTerm2 accept a PNG in base 64; sixel is
// run-length encoded in strips of six rows, one pass per colour of a palette.

import Files
import Images

/// The protocols that transfer a whole PNG.
enum InlinePicture {
  /// The number under which kitty keeps the picture of a frame, so that it can be removed.
  static let frameNumber = 7301

  /// The graphics protocol of kitty: base 64 in chunks of at most 4,096 bytes. With `rows`, the
  /// picture is that of a frame and takes so many lines.
  static func kitty(_ picture: Picture, rows: Int? = nil) throws -> String {
    let encoded = Array(Base64.encode(try PNG.encode(picture)).utf8)
    var text = ""
    for start in stride(from: 0, to: encoded.count, by: 4096) {
      let end = min(start + 4096, encoded.count)
      let place = rows.map { "i=\(frameNumber),r=\($0)," } ?? ""
      let head = start == 0 ? "a=T,f=100,q=2,\(place)" : ""
      let more = end < encoded.count ? 1 : 0
      let chunk = String(decoding: encoded[start..<end], as: UTF8.self)
      text += "\u{1B}_G\(head)m=\(more);\(chunk)\u{1B}\\"
    }
    return text + "\n"
  }

  /// The inline images of iTerm2, in so many lines if `rows` says so.
  static func iterm2(_ picture: Picture, rows: Int? = nil) throws -> String {
    let bytes = try PNG.encode(picture)
    let extent =
      rows.map { "height=\($0)" } ?? "width=\(picture.width)px;height=\(picture.height)px"
    let size = "size=\(bytes.count);\(extent)"
    return "\u{1B}]1337;File=inline=1;\(size):\(Base64.encode(bytes))\u{07}\n"
  }
}

/// Escape sequences that tmux hands on to the terminal around it.
enum Passthrough {
  /// Each sequence of `text` in an envelope of its own, since long ones are not passed on.
  static func tmux(_ text: String) -> String {
    var result = ""
    for part in text.split(separator: "\u{1B}\\", omittingEmptySubsequences: true) {
      let sequence = part.hasPrefix("\n") ? part.dropFirst() : part
      guard !sequence.isEmpty else { continue }
      let whole = sequence.contains("_G") ? sequence + "\u{1B}\\" : sequence
      let doubled = whole.split(separator: "\u{1B}", omittingEmptySubsequences: false)
        .joined(separator: "\u{1B}\u{1B}")
      let bare = doubled.hasSuffix("\n") ? String(doubled.dropLast()) : doubled
      result += "\u{1B}Ptmux;\(bare)\u{1B}\\"
    }
    return result
  }
}

/// Bitmaps for DEC terminals, in a palette of 6 x 6 x 6 colours with ordered dithering.
enum Sixel {
  /// Thresholds of a 4 x 4 Bayer matrix, in sixteenths.
  private static let bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

  /// The escape sequence that draws an opaque picture.
  static func text(_ picture: Picture) -> String {
    var text = "\u{1B}Pq\"1;1;\(picture.width);\(picture.height)"
    for number in 0..<216 {
      let levels = [number / 36, number / 6 % 6, number % 6].map { $0 * 20 }
      text += "#\(number);2;\(levels[0]);\(levels[1]);\(levels[2])"
    }
    for top in stride(from: 0, to: picture.height, by: 6) {
      text += strip(picture, top: top) + "-"
    }
    return text + "\u{1B}\\\n"
  }

  /// Six rows: for each colour in them a line of bit patterns over the columns.
  private static func strip(_ picture: Picture, top: Int) -> String {
    var patterns: [Int: [UInt8]] = [:]
    for row in top..<min(top + 6, picture.height) {
      for column in 0..<picture.width {
        let number = dithered(picture[column, row], x: column, y: row)
        patterns[number, default: [UInt8](repeating: 0, count: picture.width)][column] |=
          1 << UInt8(row - top)
      }
    }
    let lines = patterns.sorted { $0.key < $1.key }.map { "#\($0.key)" + runs($0.value) }
    return lines.joined(separator: "$")
  }

  private static func dithered(_ color: Color, x: Int, y: Int) -> Int {
    let threshold = bayer[y % 4 * 4 + x % 4]
    func step(_ channel: UInt8) -> Int {
      let sixteenths = Int(channel) * 5 * 16 / 255
      return min(5, (sixteenths + threshold) / 16)
    }
    return step(color.red) * 36 + step(color.green) * 6 + step(color.blue)
  }

  private static func runs(_ pattern: [UInt8]) -> String {
    var text = ""
    var start = 0
    while start < pattern.count {
      var end = start
      while end < pattern.count && pattern[end] == pattern[start] { end += 1 }
      let character = String(UnicodeScalar(63 + pattern[start]))
      let count = end - start
      text += count > 3 ? "!\(count)\(character)" : String(repeating: character, count: count)
      start = end
    }
    return text
  }
}
