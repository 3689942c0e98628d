// SPDX-License-Identifier: Apache-2.0
//
// `rearrange` in the notation of einops: "b (h p) w -> b h p w". Both sides name the same
// dimensions; parentheses group the factors of one dimension. The operation is a reshape, a
// permutation and a reshape.

/// One side of a pattern: groups of names, one for each dimension.
private struct PatternSide {
  var groups: [[String]] = []
  /// The group that represents all further dimensions, each on its own.
  var dots: Int?
  var names: [String] { groups.flatMap { $0 } }

  init(_ text: Substring, _ pattern: String) throws {
    var open: [String]?
    for word in PatternSide.words(text) {
      switch word {
      case "(":
        guard open == nil else { throw PatternSide.invalid(pattern, "parentheses do not nest") }
        open = []
      case ")":
        guard let group = open else { throw PatternSide.invalid(pattern, "`)` without `(`") }
        groups.append(group)
        open = nil
      case "1":
        if open == nil { groups.append([]) }
      default:
        guard PatternSide.isName(word) else {
          throw PatternSide.invalid(pattern, "`\(word)` is not a name")
        }
        if open == nil, word == "..." { dots = groups.count }
        if open == nil { groups.append([word]) } else { open?.append(word) }
      }
    }
    guard open == nil else { throw PatternSide.invalid(pattern, "`(` without `)`") }
    guard Set(names).count == names.count else {
      throw PatternSide.invalid(pattern, "a name occurs twice on one side")
    }
  }

  private static func words(_ text: Substring) -> [String] {
    var spaced = ""
    for character in text {
      spaced += character == "(" || character == ")" ? " \(character) " : String(character)
    }
    return spaced.split(whereSeparator: \.isWhitespace).map(String.init)
  }

  private static func isName(_ word: String) -> Bool {
    if word == "..." { return true }
    guard let first = word.utf8.first, (first | 32) >= 97, (first | 32) <= 122 else { return false }
    return word.utf8.allSatisfy {
      ($0 | 32) >= 97 && ($0 | 32) <= 122 || $0 >= 48 && $0 <= 57 || $0 == 95
    }
  }

  /// Replaces `...` by as many names as there are further dimensions.
  mutating func fillDots(_ names: [String]) {
    if let dots { groups.replaceSubrange(dots...dots, with: names.map { [$0] }) }
    groups = groups.map { $0.flatMap { $0 == "..." ? names : [$0] } }
  }

  static func invalid(_ pattern: String, _ reason: String) -> TensorError {
    TensorError.value(
      "\"\(pattern)\" is not a pattern for rearrange: \(reason)",
      hint: "write it like \"b (h p) w -> b h p w\"")
  }
}

extension Tensor {
  /// Splits, reorders and joins dimensions by name.
  ///
  /// `sizes` gives sizes within parentheses on the left; one of each group may be omitted.
  public func rearrange(_ pattern: String, sizes: [String: Int] = [:]) throws -> Tensor {
    let sides = pattern.split(separator: "->", omittingEmptySubsequences: false)
    guard sides.count == 2 else {
      throw PatternSide.invalid(pattern, "it needs one `->`")
    }
    var (left, right) = (try PatternSide(sides[0], pattern), try PatternSide(sides[1], pattern))
    try checkNames(left, right, pattern)
    if left.names.contains("...") {
      guard left.dots != nil else {
        throw PatternSide.invalid(pattern, "`...` cannot stand in parentheses on the left")
      }
      let dots = (0..<max(rank - left.groups.count + 1, 0)).map { "...\($0)" }
      left.fillDots(dots)
      right.fillDots(dots)
    }
    guard left.groups.count == rank else {
      throw TensorError.shape(
        "\"\(pattern)\" describes \(left.groups.count) dimensions, but the shape is \(shape)")
    }
    let known = try solved(left.groups, sizes, pattern)
    let names = left.names
    let order = right.names.compactMap { names.firstIndex(of: $0) }
    let parts = try reshape(names.map { known[$0] ?? 1 })
    return try parts.permute(order).reshape(
      right.groups.map { $0.reduce(1) { $0 * (known[$1] ?? 1) } })
  }

  private func checkNames(_ left: PatternSide, _ right: PatternSide, _ pattern: String) throws {
    for name in left.names where !right.names.contains(name) {
      throw PatternSide.invalid(pattern, "`\(name)` is missing on the right")
    }
    for name in right.names where !left.names.contains(name) {
      throw PatternSide.invalid(pattern, "`\(name)` is missing on the left")
    }
  }

  /// The size of every name, from the shape and the given sizes.
  private func solved(
    _ groups: [[String]], _ sizes: [String: Int], _ pattern: String
  ) throws -> [String: Int] {
    var known: [String: Int] = [:]
    for name in sizes.keys.sorted() where !groups.joined().contains(name) {
      throw TensorError.value("\"\(pattern)\" has no dimension called `\(name)`")
    }
    for (group, size) in zip(groups, shape) {
      var (product, open) = (1, String?.none)
      for name in group {
        if let given = sizes[name] {
          let (next, overflow) = product.multipliedReportingOverflow(by: given)
          guard given >= 0, !overflow else {
            throw TensorError.value("`\(name)` cannot have the size \(given)")
          }
          product = next
          known[name] = given
        } else if open == nil {
          open = name
        } else {
          throw TensorError.value(
            "the sizes of (\(group.joined(separator: " "))) do not follow from \(size)",
            hint: "give all but one of them in `sizes`")
        }
      }
      if let open, product > 0, size % product == 0 {
        known[open] = size / product
      } else if open != nil || product != size {
        throw TensorError.shape(
          "a dimension of \(size) cannot be (\(group.joined(separator: " "))) with "
            + "\(product) for the given sizes")
      }
    }
    return known
  }
}
