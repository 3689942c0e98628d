// SPDX-License-Identifier: Apache-2.0
//
// The language on one card: what there is, a line or two of code each, and the meaning of every
// keyword and operator. The code is run by the tests, and the words are compared with the tables of
// the lexer and the parser.

import Syntax

/// The chapter on the language itself.
enum LanguageCard {
  static let chapter = Manual.Chapter(
    title: "The language", page: .language,
    text: "A program is a sequence of statements, each ended by a line end or a semicolon. The "
      + "code below shows results after `#=>` and errors after `#!`.",
    sections: [
      Manual.Section(title: "On one card", entries: topics),
      Manual.Section(title: "Keywords", rows: keywords),
      Manual.Section(
        title: "Operators",
        text: "From the one that binds most tightly to the loosest. Assignments are statements.",
        rows: operators),
    ])

  private static func topic(_ title: String, _ text: String, _ example: String) -> Manual.Entry {
    Manual.Entry(title: title, isCode: false, text: text, example: example)
  }

  static let topics = [
    topic(
      "Names",
      "`let` introduces a name and `=` changes it, so a misspelt assignment is an error.",
      """
      let width = 8
      width += 1
      width   #=> 9
      """),
    topic(
      "Values",
      "There is one kind of number. Conditions must be `true` or `false`. Lists and records are "
        + "references; tensors behave as values.",
      """
      let values = [nil, true, 2.5, "text", [1, 2], {x: 1}]
      map(values, type)   #=> ["nil", "bool", "number", "string", "list", "record"]
      """),
    topic(
      "Strings",
      "Double quotes fill in values, with a format after a colon; single quotes do not.",
      """
      let share = 2 / 3
      "{share:.2f} or {share:.0%}"   #=> "0.67 or 67%"
      """),
    topic(
      "Patterns and spreads",
      "Lists and records are taken apart by patterns and put together with `...`.",
      """
      let [first, ...others] = [1, 2, 3]
      let {x, y} = {x: 3, y: 4}
      [first, x, ...others]   #=> [1, 3, 2, 3]
      """),
    topic(
      "Control flow",
      "`if`, `try` and blocks have values; `for` and `while` do not.",
      """
      let size = if 3 > 2 { "large" } else { "small" }
      for [i, name] in enumerate(["a", "b"]) { print(i, name, size) }   #=> 0 a large
                                                                        #=> 1 b large
      """),
    topic(
      "Functions",
      "One form, with `=` for an expression or a block for more; without a name it is a value. "
        + "Arguments go by position, then by name; defaults see the parameters before them.",
      """
      fn area(width, height = width) = width * height
      area(3)   #=> 9
      area(3, height = 2)   #=> 6
      map([1, 2], fn(k) = k ** 2)   #=> [1, 4]
      """),
    topic(
      "Pipelines and methods",
      "`x |> f(a)` is `f(x, a)`, and `x.f(a)` calls the function `f` that belongs to the type "
        + "of `x`.",
      """
      range(1, 6) |> filter(fn(k) = k % 2 == 1)   #=> [1, 3, 5]
      "a,b".split(",")   #=> ["a", "b"]
      """),
    topic(
      "Comprehensions",
      "Lists from loops, with any number of `for` and `if`.",
      """
      [a * b for a in [1, 2] for b in [10, 20] if a * b > 10]   #=> [20, 20, 40]
      """),
    topic(
      "Tensors",
      "`[1, 2; 3, 4]` is a matrix. Operators work element by element and broadcast as in NumPy; "
        + "`@` is the matrix product. Indices count from 0, negative ones from the end.",
      """
      let m = [1, 2; 3, 4]
      m @ [1, 1]   #=> tensor([3, 7])
      m[:, -1]   #=> tensor([2, 4])
      m[m > 2]   #=> tensor([3, 4])
      """),
    topic(
      "Shapes",
      "A signature may say shapes; they are checked at each call, and their names can be used.",
      """
      fn center(x: [N, D]) -> [N, D] = x - x.mean(dim = 0)
      center([1, 2, 3])   #! ShapeError
      """),
    topic(
      "Errors",
      "`error` and `assert` raise errors; `try` takes them as records of kind, message, hint, "
        + "file, line and trace.",
      """
      try { zeros(2, 3) @ zeros(4, 5) } catch e { e.kind }   #=> "ShapeError"
      """),
    topic(
      "Gradients",
      "`param` marks what is to be learned, `backward` fills in gradients, and `grad` makes the "
        + "derivative of a function.",
      """
      grad(fn(x) = sum(x ** 3))([1, 2])   #=> tensor([3, 12])
      """),
    topic(
      "Seeds",
      "Whatever is random takes `seed`, a plain number; without it, draws come from the stream "
        + "of the session, which starts anew with `seed(n)`.",
      """
      allclose(randn(3, seed = 7), randn(3, seed = 7))   #=> true
      """),
    topic(
      "Modules and comments",
      "`import \"tools.smap\"` runs a file once and gives its names as a record; names that "
        + "begin with `_` stay private. `#` begins a comment, `##` the documentation of the next "
        + "declaration; a `;` at the end of a line keeps its value from being shown.",
      """
      ## Doubles a number.
      fn double(x) = 2 * x   # help(double) shows the line above
      double(4);
      """),
  ]

  static let keywords: [Manual.Row] = Token.Kind.keywords.keys.sorted().map { word in
    Manual.Row(word, meanings[word] ?? "")
  }

  /// What each keyword is for.
  static let meanings = [
    "and": "True if both sides are; the right one is looked at only if the left one is true.",
    "break": "Leaves the innermost loop.",
    "catch": "Introduces the name of an error and the block that handles it.",
    "continue": "Goes on with the next turn of the innermost loop.",
    "else": "Introduces what happens if a condition does not hold.",
    "false": "The truth value.",
    "fn": "Defines a function, or is one.",
    "for": "Repeats a block for each element, or a comprehension's value.",
    "if": "Chooses between blocks, or keeps elements of a comprehension.",
    "import": "Runs a file and gives its names as a record.",
    "in": "Asks whether a list, a string or a record contains something; part of `for`.",
    "let": "Introduces a name.",
    "nil": "The value that stands for none.",
    "not": "True if its operand is false.",
    "or": "True if one side is; the right one is looked at only if the left one is false.",
    "return": "Leaves a function, with a value or with `nil`.",
    "true": "The truth value.",
    "try": "Runs a block whose errors `catch` takes.",
    "while": "Repeats a block as long as a condition holds.",
  ]

  static let operators = [
    Manual.Row("f(..)  x[..]  x.name", "Calls, indices, fields and methods."),
    Manual.Row("**", "Power; `-x ** 2` is `-(x ** 2)`. Groups from the right."),
    Manual.Row("-", "The negative, in front of its operand."),
    Manual.Row(
      "*  /  //  %  @", "Product, quotient, quotient rounded down, remainder, matrix product."),
    Manual.Row("+  -", "Sum and difference; `+` joins strings and lists."),
    Manual.Row("==  !=  <  <=  >  >=  in", "Comparisons, which do not chain."),
    Manual.Row("not", "`not x in xs` is `not (x in xs)`."),
    Manual.Row("and", "Both."),
    Manual.Row("or", "Either."),
    Manual.Row("|>", "`x |> f(a)` is `f(x, a)`; a new line may begin with it."),
    Manual.Row("fn(..) = ..", "A function; its body reaches as far as it can."),
    Manual.Row("=  +=  -=  *=  /=", "Assignments to names, fields and elements."),
  ]
}
