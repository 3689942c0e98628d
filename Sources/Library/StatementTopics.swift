// SPDX-License-Identifier: Apache-2.0
//
// Topics on names, functions, control flow, errors and modules, including all keywords.

/// Topics on statements.
enum StatementTopics {
  static let all: [Topic] = names + flow + failures

  private static let names: [Topic] = [
    Topic(
      "let", "variables", "assignment", "=", "+=",
      summary: "let x = 1 introduces a name; x = 2 changes it.",
      text: """
        A name that was never introduced cannot be assigned to, so that a misspelling is an error \
        and not a new variable. `+=`, `-=`, `*=` and `/=` change a name, a field or an element. At \
        the prompt and at the top of a script, let may introduce a name again. A pattern takes a \
        value apart.
        """,
      example: #"""
        let x = 1
        x = x + 1
        x += 10
        x                               #=> 12
        let [first, ...rest] = [1, 2, 3]
        rest                            #=> [2, 3]
        count = 5                       #! NameError: count
        """#),
    Topic(
      "fn", "functions", "function", "return", "lambdas", "arguments", "closures",
      summary: "fn name(a, b = 2) = expression defines a function; a { block } may be its body.",
      text: """
        Without a name it is a value: fn(x) = x + 1. A block has the value of its last \
        expression; return leaves early. Arguments go by position, then by name. Defaults are \
        evaluated at each call. `*` parts off parameters that are given by name only, and \
        ...rest collects what is left. A comment ## above a function is shown by help.
        """,
      example: #"""
        ## The area of a rectangle.
        fn area(width, height = width) = width * height
        area(3)                         #=> 9
        area(3, height = 2)             #=> 6
        fn sign_of(x) {
          if x < 0 { return "minus" }
          "plus"
        }
        sign_of(-2)                     #=> "minus"
        let twice = fn(f, x) = f(f(x))
        twice(fn(n) = n * 10, 3)        #=> 300
        """#),
    Topic(
      "blocks", "{}", "lines", ";",
      summary: "A line end ends a statement; braces hold blocks.",
      text: """
        A line that ends in an operator, a comma or `=` continues, and so does everything inside \
        ( ) and [ ]. The brace of a block is on the line of its header; else and catch are \
        on the line of the closing brace. `;` parts statements on a line; at the end of a line it \
        keeps the prompt from showing the value.
        """,
      example: #"""
        let a = 1; let b = 2
        let total = a +
          b
        total          #=> 3
        total;
        """#),
    Topic(
      "comments", "#", "##", "cells", "# %%",
      summary: "# starts a comment, ## documents what follows, # %% begins a cell.",
      text: """
        A comment reaches to the end of its line. Comments ## above a function are its help page, \
        at the prompt too. Lines `# %% title` cut a script into the cells of a notebook, each of \
        which shows its last value; what stands above the first is a cell, too. The comments of a cell \
        `# %% [markdown]` are text, a cell `# %% [skip]` is ignored, whatever it holds, and one that is
        `[folded]` shows its code on a page to those who ask.
        """,
      example: #"""
        1 + 1   # a remark
        #=> 2
        ## Doubles a number.
        fn double(n) = 2 * n
        help(double)
        #~> double(n)
        #~> ...
        #=> Doubles a number.
        """#),
  ]

  private static let flow: [Topic] = [
    Topic(
      "if", "else", "conditions",
      summary: "if condition { .. } else { .. } runs one of two blocks and has its value.",
      text: """
        The condition must be true or false; nothing else counts as either. Braces are needed, and \
        else is on the line of the closing brace. `else if` adds a branch. Without an else the \
        value is nil when the condition is false.
        """,
      example: #"""
        let n = 7
        if n % 2 == 0 { "even" } else { "odd" }         #=> "odd"
        let size = if n > 100 { "large" } else if n > 5 { "some" } else { "few" }
        size                                            #=> "some"
        """#),
    Topic(
      "for", "in", "loops",
      summary: "for x in xs { .. } runs a block for each element.",
      text: """
        It goes through lists, ranges, strings, the rows of a tensor and the pairs [key, value] of \
        a record. A pattern destructures elements. break leaves the loop, continue starts with \
        the next element. A loop has no value; a comprehension collects.

        x in xs, as an expression, tests whether xs contains x.
        """,
      example: #"""
        let total = 0
        for n in range(1, 5) { total += n }
        total                                     #=> 10
        for [name, age] in {ada: 36, bob: 41} { print("{name} is {age}") }
        #=> ada is 36
        #=> bob is 41
        3 in [1, 2, 3]                            #=> true
        """#),
    Topic(
      "while", "break", "continue",
      summary: "while condition { .. } repeats a block as long as the condition is true.",
      text: """
        break leaves the innermost loop, continue begins its next round. Ctrl-C stops a loop that \
        runs too long.
        """,
      example: #"""
        let n = 27
        let steps = 0
        while true {
          if n == 1 { break }
          n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 }
          steps += 1
        }
        steps                #=> 111
        """#),
    Topic(
      "comprehensions", "comprehension",
      summary: "[f(x) for x in xs if p(x)] makes a list.",
      text: """
        Several for clauses nest, the last one running fastest; one condition may follow. \
        map(xs, f) and filter(xs, p) do the same with functions.
        """,
      example: #"""
        [n ** 2 for n in range(4)]                  #=> [0, 1, 4, 9]
        [n for n in range(10) if n % 3 == 0]        #=> [0, 3, 6, 9]
        [[a, b] for a in [1, 2] for b in [3, 4]]    #=> [[1, 3], [1, 4], [2, 3], [2, 4]]
        """#),
  ]

  private static let failures: [Topic] = [
    Topic(
      "try", "catch", "errors", "exceptions",
      summary: "try { .. } catch e { .. } runs the second block if the first one fails.",
      text: """
        It has the value of the block that ended. e is a record with kind, message, hint, file, \
        line and trace. error("..") raises an error, assert(..) one if a condition does not hold. \
        The kinds are NameError, TypeError, ShapeError, ValueError, IndexError, ArgumentError, \
        IOError, AssertionError, LimitError, and what error(.., kind = "..") says. \
        `catch e: IOError { .. }` takes errors of that kind only and lets others pass. Ctrl-C is \
        taken by `catch e: Interrupt` and by nothing else; pressed twice within a second, it ends \
        the program all the same.
        """,
      example: #"""
        try { [1, 2][5] } catch e { e.kind }            #=> "IndexError"
        try { error("too hot") } catch e { e.message }  #=> "too hot"
        try { [1, 2][5] } catch e: IndexError { -1 }    #=> -1
        error("no such model", kind = "ModelError")     #! ModelError: no such model
        """#),
    Topic(
      "import", "modules",
      summary: "let tools = import \"tools.smap\" runs a file and yields its names as a record.",
      text: """
        The path is relative to the importing file. A module runs once in a session. Names that \
        begin with an underscore stay private. `let {load, save} = import "tools.smap"` takes \
        single names. A built-in that is hidden by a let is still std.name.
        """,
      example: #"""
        let len = 3
        std.len([1, 2])                #=> 2
        import "no_such_file.smap"     #! IOError: no_such_file.smap
        """#),
    Topic(
      "patterns", "destructuring", "spreads",
      summary: "let [a, ...b] = xs and let {x, y} = r take lists and records apart.",
      text: """
        Patterns stand after `let` and `for` and for parameters. `...` puts together what they \
        take apart: in a list, a record or a call it spreads the elements of another one.
        """,
      example: #"""
        let [first, ...others] = [1, 2, 3]
        let {x, y} = {x: 3, y: 4}
        [first, x, ...others]                         #=> [1, 3, 2, 3]
        {...{a: 1, b: 2}, b: 3}                       #=> {a: 1, b: 3}
        [k for [k, v] in zip(["a", "b"], [1, 2])]     #=> ["a", "b"]
        """#),
    Topic(
      "methods", "method", ".",
      summary: "x.f(a) calls the function f that belongs to the type of x.",
      text: """
        A function of the library whose first parameter is a tensor is also a method of tensors. \
        Strings, lists and records have methods of their own; on a record, a field of that name \
        comes first.
        """,
      example: #"""
        "a,b".split(",")              #=> ["a", "b"]
        [1, 2; 3, 4].sum(dim = 0)     #=> tensor([4, 6])
        {a: 1}.get("b", 0)            #=> 0
        """#),
    Topic(
      "gradients", "autograd", "derivatives",
      summary: "param(x) makes a trainable parameter; loss.backward() computes its gradient.",
      text: """
        grad(f) is the derivative of a function whose result is a single number. An optimizer \
        such as optim.adamw changes parameters by their gradients.
        """,
      example: #"""
        grad(fn(x) = sum(x ** 3))([1, 2])     #=> tensor([3, 12])
        let w = param([1, 2])
        sum(w ** 2).backward()
        w.grad                                #=> tensor([2, 4])
        """#),
  ]
}
