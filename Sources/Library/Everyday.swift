// SPDX-License-Identifier: Apache-2.0
//
// What every script uses: printing, showing, counting, the seed of the session. Raising errors,
// ranges and `type` are part of the language itself and not of these tables.

import Runtime
import Syntax
import Tensors

/// Everyday functions.
enum Everyday {
  static let functions: [Builtin] = [
    Builtin(
      "print(...values, sep = \" \", end = \"\\n\")",
      "Prints values with `sep` between them and `end` after them.",
      details:
        "It displays them as the prompt does: of a list of more than 100 elements both ends, "
        + "tensors rounded. `print(string(x))` prints the whole value.",
      example: "print(\"k is\", 3)   #=> k is 3"
    ) { call in
      let session = call.session
      let texts = try call.values("values").map(checking: session) { Display.plain($0, session) }
      try call.write(texts.joined(separator: try call.string("sep")) + (try call.string("end")))
      return .nil
    },
    Builtin(
      "show(value: any, title = nil, *, live = false)",
      "Shows a value in its richest form: picture, figure or text.",
      details:
        "A tensor of pictures, such as [B, 3, H, W] with values from about 0 to 1, is shown as "
        + "pictures; print(x) writes its numbers.\n"
        + "With `live`, it takes the place of what was shown so before: a picture that changes while "
        + "long work goes on. What is shown last stays; where no terminal can redraw, or a "
        + "picture is taller than it, only that is written.",
      example: "show([1, 2])   #=> [1, 2]"
    ) { call in
      let title = try call.optionalString("title")
      if try call.bool("live") {
        try call.session.showFrame(call["value"], title: title)
      } else {
        try call.session.show(call["value"], title: title)
      }
      return .nil
    },
    Builtin(
      "string(x: any) -> string", purity: .pure,
      "Gives the whole text of a value, as a hole `{x}` has it.",
      details:
        "Long lists and tensors are not shortened and numbers not rounded, as they are where "
        + "`print` or the prompt displays them. A tensor without dimensions is its number.",
      example: "string([1, 2])   #=> \"[1, 2]\""
    ) { call in .string(try Display.whole(call["x"], call.session)) },
    Builtin(
      "len(x: any) -> number", purity: .pure,
      "Counts the elements of a list, the fields of a record, the characters of a string.",
      details: "The length of a tensor is the size of its first dimension.",
      example: "len([3, 1, 2])   #=> 3", shortcut: .length
    ) { call in .integer(try length(call)) },
    Builtin(
      "seed(value: number, *, draws = 0)", "Restarts the random stream of the session.",
      details: "With `draws`, continues as if so many random functions had been called since.",
      example: "seed(7); let a = rand(2); seed(7); allclose(a, rand(2))   #=> true"
    ) { call in
      let draws = try call.integer("draws", in: 0...(1 << 53))
      call.session.seed(try RandomKey(number: call.number("value")).seed, draws: UInt64(draws))
      return .nil
    },
  ]

  private static func length(_ call: Call) throws -> Int {
    switch try call["x"] {
    case .list(let list): return list.count
    case .record(let record): return record.count
    case .range(let range): return range.count
    case .text(let text): return try text.characterCount(call.session)
    case .tensor(let tensor) where tensor.rank > 0: return tensor.shape[0]
    case .tensor:
      throw call.failure(.type, "a tensor without dimensions has no length", argument: "x")
    case .object(let object):
      if let count = object.type.count { return max(0, count(object)) }
    default: break
    }
    let value = try call["x"]
    throw call.failure(
      .type, "\(value.typePhrase) has no length", hint: value.isNil ? Hints.forNil : "",
      argument: "x")
  }
}
