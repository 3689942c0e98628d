// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean": the nearest of some names by edit distance. The distance is the restricted
// Damerau-Levenshtein distance: an insertion, deletion, substitution or transposition of neighbours
// costs one, and a letter of the wrong case half.

/// Finds the name that was probably meant.
public enum Spelling {
  /// The candidate closest to `word`, or nil if none is close enough to be worth suggesting.
  ///
  /// Ties go to the alphabetically first candidate. Takes time proportional to the number of
  /// candidates; long words and words of very different length are skipped.
  public static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    if let same = equal(to: word, in: candidates) { return same }
    let wanted = Array(word.utf8)
    guard !wanted.isEmpty, wanted.count <= maximumLength else { return nil }
    var limit = max(2, wanted.count / 3 * 2) + 1
    if wanted.count <= 2 { limit = 2 }
    var best: String?
    for candidate in candidates where candidate != word {
      let letters = Array(candidate.utf8)
      guard letters.count <= maximumLength, abs(letters.count - wanted.count) * 2 < limit + 1
      else { continue }
      let distance = distance(wanted, letters)
      guard distance * 2 <= 2 * max(1, min(wanted.count, letters.count) - 1) else { continue }
      if distance < limit || distance == limit && best.map({ candidate < $0 }) ?? false {
        limit = distance
        best = candidate
      }
    }
    return best
  }

  /// The hint for an unknown name: the word for it here, or a similar name.
  ///
  /// A word of another language keeps its meaning there, unless the program has a similar name.
  public static func advice(
    on name: String, isAssigned: Bool, own: [String], library: [String]
  ) -> String? {
    if isAssigned {
      let near = nearest(to: name, in: own + library)
      return near.map { "did you mean `\($0)`? A new name needs `let`" } ?? "a new name needs `let`"
    }
    if let word = foreignWords[name], nearest(to: name, in: own) == nil {
      return "here it is \(word.contains(" ") ? word : "`\(word)`")"
    }
    return nearest(to: name, in: own + library).map { "did you mean `\($0)`?" } ?? habits[name]
  }

  /// Names from other languages with the equivalent keyword or literal.
  public static let foreignWords: [String: String] = [
    "True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "nil",
    "null": "nil", "NULL": "nil", "undefined": "nil", "Nil": "nil", "NaN": "nan", "Inf": "inf",
    "println": "print", "printf": "print", "echo": "print", "length": "len",
    "size": "len(x), or x.shape for a tensor",
    "str": "string", "float": "number", "int": "floor(x), or number(text)",
    "isinstance": "type(x) == \"number\"", "typeof": "type", "dict": "a record: {a: 1}",
    "tuple": "a list: [1, 2]", "array": "tensor", "disp": "print", "numel": "x.numel",
    "nothing": "nil", "missing": "nil", "NA": "nan", "Infinity": "inf", "raw_input": "input",
    "args": "sys.args()", "argv": "sys.args()", "ARGS": "sys.args()",
    "self": "a parameter like any other: fn area(r) = r.width * r.height",
    "this": "a parameter like any other: fn area(r) = r.width * r.height",
    "__name__": "not needed: a script runs from its first line",
  ]

  /// Fields and methods of other languages, with a sentence on what to write instead.
  public static let foreignMembers: [String: String] = [
    "reduce": "write `fold(xs, 0, fn(a, b) = a + b)`",
    "foldl": "write `fold(xs, 0, fn(a, b) = a + b)`", "some": "write `any([p(x) for x in xs])`",
    "every": "write `all([p(x) for x in xs])`", "slice": "write `xs[a:b]`",
    "substring": "write `text[a:b]`", "substr": "write `text[a:b]`", "charAt": "write `text[i]`",
    "items": "write `for [name, value] in r { .. }`",
    "iteritems": "write `for [name, value] in r { .. }`", "has_key": "write `\"name\" in r`",
    "hasOwnProperty": "write `\"name\" in r`", "isEmpty": "write `len(x) == 0`",
    "is_empty": "write `len(x) == 0`", "empty": "write `len(x) == 0`", "first": "write `xs[0]`",
    "last": "write `xs[-1]`", "clone": "write `xs.copy()`, or `{...r}` for a record",
    "deepcopy": "write `xs.copy()`, or `{...r}` for a record", "shift": "write `xs.pop(0)`",
    "unshift": "write `xs.insert(0, value)`", "popleft": "write `xs.pop(0)`",
    "appendleft": "write `xs.insert(0, value)`", "update": "write `{...a, ...b}`",
    "requires_grad": "write `param(x)`", "requires_grad_": "write `param(x)`",
    "data": "write `x.detach()`", "tolist": "write `tolist(x)`", "t": "write `x.T`",
    "rows": "write `x.shape[0]`", "cols": "write `x.shape[1]`",
    "isdigit": "write `number(text)` in a `try`",
    "log": "write `print(x)`", "parameters": "write `nn.params(layer)`",
    "length": "write `len(x)`", "size": "write `len(x)`, or `x.shape` for a tensor",
    "count": "write `len(x)`", "push": "write `xs.append(value)`",
    "push_back": "write `xs.append(value)`", "add": "write `xs.append(value)`",
    "extend": "write `[...a, ...b]`", "concat": "write `[...a, ...b]`",
    "contains": "write `value in x`", "includes": "write `value in x`",
    "indexOf": "write `xs.index(value)`, or `text.find(part)`", "find": "write `xs.index(value)`",
    "join": "the separator comes first: `\", \".join(texts)`",
    "zfill": "write `\"{n:05}\"`", "center": "write `\"{text:^10}\"`",
    "padStart": "write `text.rjust(n)`", "padEnd": "write `text.ljust(n)`",
    "trim": "write `text.strip()`", "toUpperCase": "write `text.upper()`",
    "toLowerCase": "write `text.lower()`", "toString": "write `\"{x}\"`",
    "format": "write `\"{x:.2f}\"`", "forEach": "write `for x in xs { .. }`",
    "each": "write `for x in xs { .. }`",
    "entries": "write `for [name, value] in r { .. }`", "view": "write `x.reshape(..)`",
    "dim": "write `x.ndim`", "mm": "write `a @ b`", "dot": "write `a @ b`",
    "astype": "tensors have one type of number", "dtype": "tensors have one type of number",
    "numpy": "tensors are arrays as they are", "cpu": "there is one device",
    "cuda": "there is one device", "device": "there is one device",
  ]

  /// Keywords of other languages, with a sentence on what to write instead. Here they are names, so
  /// they appear as unknown names or where a name is not allowed.
  public static let habits: [String: String] = [
    "def": "a function is written `fn name(x) = ..` or `fn name(x) { .. }`",
    "func": "a function is written `fn name(x) = ..` or `fn name(x) { .. }`",
    "function": "a function is written `fn name(x) = ..` or `fn name(x) { .. }`",
    "fun": "a function is written `fn name(x) = ..` or `fn name(x) { .. }`",
    "lambda": "a function without a name is written `fn(x) = x + 1`",
    "var": "a new name is written `let x = ..`",
    "const": "a new name is written `let x = ..`",
    "local": "a new name is written `let x = ..`",
    "global": "closures share variables as they are",
    "mut": "every name can be changed: write `let x = ..`",
    "nonlocal": "closures share variables as they are",
    "elif": "write `} else if p {`",
    "elsif": "write `} else if p {`",
    "elseif": "write `} else if p {`",
    "then": "a block stands in braces: `if p { .. } else { .. }`",
    "do": "a block stands in braces: `while p { .. }`, `for x in xs { .. }`",
    "begin": "a block stands in braces: `if p { .. }`",
    "from": "write `let {a, b} = import \"tools.smap\"`",
    "class": "there are no classes; a record `{a: 1}` or a function may do",
    "struct": "there are no type declarations; a record is written `{a: 1}`",
    "del": "write `r.remove(\"name\")` or `xs.pop(index)`; names go away at the end of their block",
    "delete": "write `r.remove(\"name\")` or `xs.pop(index)`",
    "raise": "write `error(\"..\")`",
    "throw": "write `error(\"..\")`",
    "except": "write `try { .. } catch e { .. }`",
    "finally": "write `try { .. } catch e { .. }`",
    "with": "a block needs no `with`",
    "switch": "write `if p { .. } else if q { .. }`",
    "match": "write `if p { .. } else if q { .. }`",
    "is": "write `==` to compare",
    "mod": "write `x % y`",
    "div": "write `x // y`",
    "xor": "write `p != q`",
    "end": "a block ends with `}`",
    "unless": "write `if not p { .. }`",
    "loop": "write `while true { .. }`",
    "until": "write `while not p { .. }`",
    "repeat": "write `while true { .. }` and `break`",
    "foreach": "write `for x in xs { .. }`",
    "case": "write `if p { .. } else if q { .. }`",
    "pass": "a block may be empty: `{ }`",
    "yield": "a function returns a list: `[f(x) for x in xs]`",
    "async": "there are no asynchronous functions",
    "await": "there are no asynchronous functions",
    "new": "there are no classes; a function is called by its name",
    "enum": "there are no type declarations; strings serve as names",
    "interface": "there are no type declarations",
    "trait": "there are no type declarations",
    "public": "names are visible to importers unless they start with `_`",
    "private": "names that start with `_` are private to their file",
    "export": "names are visible to importers unless they start with `_`",
    "static": "a new name is written `let x = ..`",
    "val": "a new name is written `let x = ..`",
    "auto": "a new name is written `let x = ..`",
    "int": "a new name is written `let x = ..`, without a type",
    "float": "a new name is written `let x = ..`, without a type",
    "double": "a new name is written `let x = ..`, without a type",
    "include": "write `let tools = import \"tools.smap\"`",
    "using": "write `let tools = import \"tools.smap\"`",
    "require": "write `let tools = import \"tools.smap\"`",
  ]

  private static let maximumLength = 64

  /// Twice the edit distance between two words, so that a wrong case counts one.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    if left.count == right.count, zip(left, right).allSatisfy({ substitution($0, $1) < 2 }) {
      return left == right ? 0 : 1
    }
    var beforePrevious: [Int] = []
    var previous = (0...right.count).map { $0 * 2 }
    for (row, letter) in left.enumerated() {
      var current = [(row + 1) * 2]
      for (column, other) in right.enumerated() {
        var cost = min(previous[column + 1], current[column]) + 2
        cost = min(cost, previous[column] + substitution(letter, other))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforePrevious[column - 1] + 2)
        }
        current.append(cost)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }

  private static func substitution(_ left: UInt8, _ right: UInt8) -> Int {
    if left == right { return 0 }
    let isLetter = Lexer.isWordByte(left) && left | 0x20 == right | 0x20
    return isLetter ? 1 : 2
  }
}
