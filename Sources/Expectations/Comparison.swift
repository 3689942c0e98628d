// SPDX-License-Identifier: Apache-2.0
//
// Compares output with expectations. One marker corresponds to one line, compared exactly except
// for trailing spaces. There is one convenience: a single `#=>` may contain several lines of output
// joined into one, where runs of spaces and newlines count as one space and none follows a bracket,
// so that a small matrix fits after the statement that shows it.

enum Comparison {
  /// Whether lines of output match the markers.
  static func holds(_ markers: [Marker], _ lines: [String]) -> Bool {
    let holds = { (marker: Marker, line: String) in Comparison.holds(marker, line) }
    if matches(markers[...], lines[...], isAnything: \.isAnything, holds) { return true }
    guard markers.count == 1, lines.count > 1, let marker = markers.first else { return false }
    let joined = folded(lines.joined(separator: " "))
    switch marker.kind {
    case .output: return folded(marker.text) == joined
    case .pattern: return matches(pattern: folded(marker.text), joined)
    case .error: return false
    }
  }

  /// Whether a line matches a marker.
  static func holds(_ marker: Marker, _ line: String) -> Bool {
    let line = trimmed(line)
    switch marker.kind {
    case .output: return marker.text == line
    case .pattern: return matches(pattern: marker.text, line)
    case .error: return false
    }
  }

  /// The output as lines; a final newline begins no further line.
  static func lines(of output: String) -> [String] {
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines.map(trimmed)
  }

  /// Whether lines of output match a transcript, where `...` matches any text.
  static func holds(patterns: [String], _ lines: [String]) -> Bool {
    matches(patterns[...], lines[...], isAnything: { $0 == "..." }) { pattern, line in
      let (pattern, line) = (trimmed(pattern), trimmed(line))
      return pattern == line || matches(pattern: pattern, line)
    }
  }

  /// Whether lines match expectations one by one; some match any number of lines.
  private static func matches<Expected>(
    _ expected: ArraySlice<Expected>, _ lines: ArraySlice<String>,
    isAnything: (Expected) -> Bool, _ holds: (Expected, String) -> Bool
  ) -> Bool {
    guard let first = expected.first else { return lines.isEmpty }
    let rest = expected.dropFirst()
    if isAnything(first) {
      return (lines.startIndex...lines.endIndex).contains {
        matches(rest, lines[$0...], isAnything: isAnything, holds)
      }
    }
    guard let line = lines.first, holds(first, line) else { return false }
    return matches(rest, lines.dropFirst(), isAnything: isAnything, holds)
  }

  /// Whether a text matches a pattern, in which `...` matches any text, even an empty one.
  private static func matches(pattern: String, _ text: String) -> Bool {
    let pieces = pattern.split(separator: "...", omittingEmptySubsequences: false)
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last else {
      return pattern == text
    }
    guard text.hasPrefix(first) else { return false }
    var rest = text.dropFirst(first.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let found = rest.firstRange(of: piece) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.count >= last.count && rest.hasSuffix(last)
  }

  /// A pattern that matches a line and is as similar to an old one as possible: the text before the
  /// first `...` and after the last has the same length, text in between is kept if it occurs.
  static func pattern(like old: String, for line: String) -> String {
    let pieces = old.split(separator: "...", omittingEmptySubsequences: false)
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last,
      first.count + last.count < line.count
    else { return line }
    let head = line.prefix(first.count)
    let tail = line.suffix(last.count)
    var rest = line.dropFirst(head.count).dropLast(tail.count)
    var new = [head]
    for piece in pieces.dropFirst().dropLast() {
      guard let found = rest.firstRange(of: piece) else { continue }
      new.append(piece)
      rest = rest[found.upperBound...]
    }
    let pattern = (new + [tail]).joined(separator: "...")
    return matches(pattern: pattern, line) ? pattern : line
  }

  private static func folded(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.split(separator: "[ ", omittingEmptySubsequences: false).joined(separator: "[")
  }

  private static func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last?.isWhitespace ?? false { line.removeLast() }
    return String(line)
  }
}
