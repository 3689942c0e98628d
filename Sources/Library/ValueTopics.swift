// SPDX-License-Identifier: Apache-2.0
//
// Topics on values: numbers, strings, lists, records, tensors, and indexing.

/// Topics on the kinds of values.
enum ValueTopics {
  static let all: [Topic] = [
    Topic(
      "numbers", "number",
      summary: "There is one kind of number: 64-bit floating point.",
      text: """
        Whole values print without a point. `/` is true division, `//` rounds down and `%` takes \
        the sign of the divisor. Digits may be grouped with `_`. There are inf and nan, but no \
        integers of another type and no complex numbers.
        """,
      example: #"""
        1_000_000 / 4      #=> 250000
        7 // 2             #=> 3
        -7 % 3             #=> 2
        1.5e3 + 0.25       #=> 1500.25
        round(2.6)         #=> 3
        number("42") + 1   #=> 43
        """#),
    Topic(
      "booleans", "true", "false",
      summary: "true and false are what comparisons yield and conditions take.",
      text: """
        Nothing else counts as true or false: `if 0 {` is an error, and so is `if xs {`. Write \
        `if len(xs) > 0 {`. A comparison of tensors yields a mask of ones and zeros; all(..) and \
        any(..) turn it into a single one or zero, which a condition takes.
        """,
      example: #"""
        2 < 3                         #=> true
        not true                      #=> false
        all(tensor([1, 2, 3]) > 0)    #=> tensor(1)
        """#),
    Topic(
      "nil",
      summary: "nil says that there is no value; the prompt shows nothing for it.",
      text: """
        A function without a result returns nil. A parameter whose default is nil also accepts \
        nil. As an index it adds an axis of size 1.
        """,
      example: #"""
        let x = nil
        x == nil                         #=> true
        tensor([1, 2, 3])[nil].shape     #=> [1, 3]
        """#),
    Topic(
      "strings", "string", "interpolation",
      summary: "\"..\" is a string that may have holes, '..' is one without.",
      text: """
        A hole {expression} puts in a value; {expression:.2f} formats it. A format is, in this order \
        each optional: fill and alignment (`<` left, `^` middle, `>` right), `+`, `#` for 0x, \
        `0` for zeros in front, a width, `,` or `_` between groups of digits, a precision such as \
        .2, and a letter: d whole, f fixed, e exponent, g the shorter, % percent, x X o b other \
        bases, s string. Write {{ and }} for braces, and \\n, \\t, \\", \\\\ and \
        \\u{1F600} for other characters. Strings never go over several lines and are not added: \
        join parts with holes. A string has methods; type s. and the Tab key.
        """,
      example: #"""
        let name = "Ada"
        "hello, {name}!"             #=> "hello, Ada!"
        "{pi:.3f} {{braces}}"        #=> "3.142 {{braces}}"
        "{name:>5}|{42:05d}"         #=> "  Ada|00042"
        "{1234567:,} {255:x}"        #=> "1,234,567 ff"
        'no {holes} here'            #=> "no {{holes}} here"
        print('no {holes} here')     #=> no {holes} here
        "a,b,c".split(",")           #=> ["a", "b", "c"]
        "smap"[0]                    #=> "s"
        "ma" in "smap"               #=> true
        """#),
    Topic(
      "lists", "list", "spread", "...",
      summary: "[a, b, c] is a list: an ordered collection of any values.",
      text: """
        Lists are shared, not copied: two names for one list see the same changes. `...xs` spreads \
        a list inside another. Arithmetic on a list of numbers makes a tensor of it; elements are \
        appended with xs.append(x).
        """,
      example: #"""
        let xs = [3, 1, 2]
        xs.append(5)
        xs                   #=> [3, 1, 2, 5]
        xs[-1]               #=> 5
        xs[1:3]              #=> [1, 2]
        [0, ...xs, 9]        #=> [0, 3, 1, 2, 5, 9]
        len(xs)              #=> 4
        max(xs)              #=> 5
        [1, 2, 3] * 2        #=> tensor([2, 4, 6])
        """#),
    Topic(
      "records", "record", "fields",
      summary: "{a: 1, b: 2} is a record: values under names, in order.",
      text: """
        r.a and r["a"] are the same field. {a, b} is short for {a: a, b: b}, and ...r copies the \
        fields of another record. Records are shared, as lists are. `let {a, b} = r` takes fields \
        out.
        """,
      example: #"""
        let point = {x: 3, y: 4}
        point.x                   #=> 3
        point.z = 5
        point                     #=> {x: 3, y: 4, z: 5}
        {...point, x: 0}          #=> {x: 0, y: 4, z: 5}
        "z" in point              #=> true
        let {x, y} = point
        x + y                     #=> 7
        """#),
    Topic(
      "ranges",
      summary: "range(a, b, step) counts from a up to, but without, b.",
      text: """
        range(n) counts from 0. A range is a value without storage: loops, comprehensions and \
        indices take it. `a:b` is short for a range only inside the brackets of an index.
        """,
      example: #"""
        [i for i in range(4)]           #=> [0, 1, 2, 3]
        [i for i in range(1, 10, 3)]    #=> [1, 4, 7]
        len(range(100))                 #=> 100
        """#),
    Topic(
      "tensors", "matrices", "broadcasting",
      summary: "A tensor is an array of 32-bit floats with any number of axes.",
      text: """
        [1, 2; 3, 4] is a matrix; tensor(..), zeros(..), ones(..), arange(..) and randn(..) make \
        others. Where a tensor is expected, a number or a rectangular list of numbers is \
        converted. Operators work element by element. Shapes are aligned at the right, and sizes \
        that are 1 or missing broadcast.

        Tensors behave as values: after y = x, changing y leaves x alone.
        """,
      example: #"""
        let m = [1, 2; 3, 4]
        m.shape                  #=> [2, 2]
        (m + [10, 20])[1]        #=> tensor([13, 24])
        m @ [1, 1]               #=> tensor([3, 7])
        sum(m, dim = 0)          #=> tensor([4, 6])
        m.T[0]                   #=> tensor([1, 3])
        """#),
    Topic(
      "indexing", "indices", "slices", "[]", ":",
      summary: "x[..] takes parts: numbers, slices, lists and masks, an entry for each axis.",
      text: """
        Indices count from 0, negative ones from the end. A slice start:stop:step leaves stop out \
        and clips; a single index that is out of bounds is an error. `...` stands for all axes \
        between, nil adds an axis, a list takes several indices, a mask those where it is not 0. \
        Parts can be assigned to.
        """,
      example: #"""
        let x = reshape(arange(6), [2, 3])
        x[1]              #=> tensor([3, 4, 5])
        x[0, -1]          #=> tensor(2)
        x[..., 1]         #=> tensor([1, 4])
        x[1, [0, 2]]      #=> tensor([3, 5])
        x[x > 2]          #=> tensor([3, 4, 5])
        x[0, :2] = 7
        x[0]              #=> tensor([7, 7, 2])
        """#),
    Topic(
      "shapes", "shape", "annotations", "->",
      summary: "A signature may say which shapes and kinds of values a function takes.",
      text: """
        In fn f(x: [B, T]) -> [B] a number must match, a name binds at its first occurrence and \
        must match afterwards, `_` matches anything and `...` any run of axes. The names can be \
        used in the body. Other annotations are kinds: number, string, list, tensor. They are \
        checked when the function is called.
        """,
      example: #"""
        fn rows(x: [B, T]) -> [B] = sum(x, dim = 1) / T
        rows([1, 3; 5, 7])       #=> tensor([2, 6])
        rows([1, 2, 3])          #! ShapeError: 
        """#),
    Topic(
      "randomness", "seeds",
      summary: "Whatever is random takes seed = n; the same seed gives the same numbers.",
      text: """
        Without a seed, samples come from the stream of the session, which starts the same way \
        each time and is set by seed(n). random.split(s, n) makes n independent seeds of one.
        """,
      example: #"""
        all(randn([3], seed = 7) == randn([3], seed = 7))    #=> tensor(1)
        seed(1)
        let a = rand([2])
        seed(1)
        all(rand([2]) == a)                                  #=> tensor(1)
        """#),
  ]
}
