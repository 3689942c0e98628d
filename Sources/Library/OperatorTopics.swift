// SPDX-License-Identifier: Apache-2.0
//
// Topics on operators, and on the pipeline of calls.

/// Topics on operators.
enum OperatorTopics {
  static let all: [Topic] = [
    Topic(
      "operators", "precedence",
      summary: "From the tightest: ** - * / // % @ + - comparisons not and or |>.",
      text: """
        Calls, indices and fields bind first. `**` goes from the right and binds tighter than a \
        minus before it: -2 ** 2 is -4. `*`, `/`, `//`, `%` and `@` are on one level, then `+` and \
        `-`. Comparisons do not chain. The pipeline |> comes last. Parentheses group.
        """,
      example: #"""
        1 + 2 * 3          #=> 7
        -2 ** 2            #=> -4
        2 ** 3 ** 2        #=> 512
        not 1 > 2          #=> true
        """#),
    Topic(
      "|>", "pipelines", "pipeline",
      summary: "x |> f(a) is f(x, a): it hands a value on as the first argument.",
      text: """
        A line may begin with |>, so a long computation reads from top to bottom. At the prompt, a \
        line that begins with |> continues with ans, the value shown last. No operator binds \
        looser: a pipeline as an operand needs parentheses.
        """,
      example: #"""
        [3, 1, 2] |> sum() |> sqrt()     #~> 2.449...
        [1, 4, 9]
          |> sqrt()
          |> sum()                       #=> tensor(6)
        ([1, 2] |> len()) + 1            #=> 3
        """#),
    Topic(
      "+", "-", "*", "/", "arithmetic",
      summary: "The arithmetic of numbers, and of tensors element by element.",
      text: """
        `/` is true division. Shapes broadcast (see tensors). Strings and lists are not added: \
        write "{a}{b}" and [...a, ...b].
        """,
      example: #"""
        7 / 2                    #=> 3.5
        [1, 2] + [10, 20]        #=> tensor([11, 22])
        ([1, 2; 3, 4] * [1, 10])[1]
        #=> tensor([3, 40])
        "a" + "b"                #! TypeError: 
        """#),
    Topic(
      "**", "power", "^",
      summary: "x ** n is the power; it binds tighter than a minus before it.",
      text: """
        It goes from the right, and works element by element on tensors. There is no operator ^.
        """,
      example: #"""
        2 ** 10                #=> 1024
        2 ** -1                #=> 0.5
        [1, 2, 3] ** 2         #=> tensor([1, 4, 9])
        """#),
    Topic(
      "//", "%", "division", "modulo",
      summary: "a // b divides and rounds down; a % b is what is left over.",
      text: """
        The remainder has the sign of b, so a == (a // b) * b + a % b holds for negative numbers \
        too. Comments begin with #, not with //.
        """,
      example: #"""
        17 // 5        #=> 3
        17 % 5         #=> 2
        -17 // 5       #=> -4
        -17 % 5        #=> 3
        """#),
    Topic(
      "@", "matrix product",
      summary: "a @ b is the matrix product.",
      text: """
        It binds like *. The last axis of a must be as long as the one before the last of b; \
        further axes broadcast. A vector counts as a row on the left and as a column on the right.
        """,
      example: #"""
        [1, 2; 3, 4] @ [1, 1]       #=> tensor([3, 7])
        [1, 2] @ [3, 4]             #=> tensor(11)
        [1, 2; 3, 4] @ [1, 2, 3]    #! ShapeError: 
        """#),
    Topic(
      "==", "!=", "<", "<=", ">", ">=", "comparisons",
      summary: "Comparisons yield a boolean, or a mask for tensors.",
      text: """
        == compares lists and records by what they hold. Comparisons do not chain: write \
        0 < x and x < 1. Decimal fractions are rarely equal; allclose(x, y) compares within a \
        tolerance.
        """,
      example: #"""
        [1, [2]] == [1, [2]]             #=> true
        [1, 2, 3] == [1, 2, 3]           #=> true
        tensor([1, 5]) > 2               #=> tensor([0, 1])
        allclose(0.1 + 0.2, 0.3)         #=> true
        """#),
    Topic(
      "and", "or", "not", "logic",
      summary: "and, or and not combine booleans; what is decided is not evaluated further.",
      text: """
        Both sides must be true or false. not binds looser than a comparison: not x in xs is \
        not (x in xs). There are no && and ||.
        """,
      example: #"""
        let x = 5
        0 < x and x < 10              #=> true
        x == 0 or 10 / x == 2         #=> true
        not x in [1, 2]               #=> true
        """#),
  ]
}
