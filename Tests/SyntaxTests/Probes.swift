// SPDX-License-Identifier: Apache-2.0
//
// Short texts with their expected class, for both the parser and the grammar.

/// Texts that are programs, beginnings of programs, or neither.
enum Probes {
  static let complete = [
    "", "\n\n", "# only a comment", ";;", "let x = 1", "let x = 1;", "x", "x; y", "x\n\n# c\ny",
    "let [a, [b, c], ...rest] = xs", "let {a, b} = r", "let [] = xs", "x += 1", "x.a[0] = 2",
    "x[0].b -= 2", "(x).a = 1", "f(x)[0] *= 3", "\"s\"[0] = 1", "fn f() = 1",
    "fn f(a, b = a + 1, *, c: number = 2, ...rest,) -> tensor = a",
    "fn f(q: [B, ..., 3], []: []) -> [] { q }", "fn f([a, b], {c}) { return }", "fn(x) = x",
    "fn(x) { x }", "fn() = fn() = fn() { }", "let f = fn({tokens}) { tokens }", "f()",
    "f(1, x = 2, ...xs,)", "f(fn(x) = x, 2)", "f(\n1,\n2\n)", "f(a)(b)[c].d(e)", "x[1]", "x[1:2]",
    "x[:]", "x[::]", "x[::2, ..., nil, :k,]", "x[a:b:c, :, 1:]", "x[-1]", "[]", "[1, 2,]",
    "[...a, ...b]", "[1, 2; 3, 4]", "[1;]", "[1; 2;]", "[\n1, 2;\n3, 4\n]", "[x for x in xs]",
    "[x for [a, b] in xs for y in a if y > b]", "{}", "{a: 1, \"b c\": 2, d,}",
    "{...a, \"{k}\": v}", "{a,\nb}", "{a}", "return {a: 1}", "return", "break", "continue",
    "if p { }", "if p { 1 } else { 2 }", "if p { 1 } else if q { 2 } else { 3 }",
    "if not p and q or r { x }", "let y = if p { 1 } else { 2 } + 3", "if p == {a: 1} { 2 }",
    "for x in xs { print(x) }", "for [k, v] in {a: 1} { k\n\n v; }", "while true { break }",
    "try { f() } catch e { e.message }", "try { f() } catch e: Kind { 1 }",
    "let t = import \"a.smap\"", "(import 'a.smap').f(1)",
    "-x ** -2 ** 3", "--x", "not not x", "a + b * c ** d", "a @ b @ c", "a // b % c", "a in xs",
    "not a in xs", "a == (b == c)", "a - -b", "a <-b", "xs |> map(f) |> sum",
    "xs\n  |> map(f)\n\n  # note\n  |> sum", "x |> (fn(y) = y)", "(x |> f) + 1", "x |> m.f(1)",
    "1_000.5e-3 + 2E5", "'a {b} \\n'", "\"{x}{y:.3f} {{}} \\u{1F600} \\\"\"",
    "\"a {f(\"b {c}\")} d\"", "\"{ {a: 1}.a }\"", "\"{if p { 1 } else { 2 }:d}\"", "\"{x:}\"",
    "\"{x[1:2]:.0%}\"", "x = 1 +\n2", "x =\n1", "let a = [\n1,\n\n2]", "f\n(x)", "x\n-1",
    "\u{FEFF}x", "x\r\ny\r\n", "1.f", "1.5.f()", "{\n  a: 1\n}\n", "if p {\n  {a: 1}\n}",
  ]

  static let incomplete = [
    "let", "let x", "let x =", "let x =\n", "let [a, ", "let [a, ...", "let {a", "fn", "fn f",
    "fn f(", "fn f(a", "fn f(a:", "fn f(a: [B", "fn f(a) ->", "fn f(a)", "fn f(a) =",
    "fn f(a) {\n  a\n", "fn(x", "f(", "f(a", "f(a =", "f(a,\n", "f(...", "x[", "x[1:", "x[1,",
    "x.", "x +", "x +\n\n", "x |>", "x\n|>", "[", "[1, 2; ", "[1\n\n", "[x for", "[x for x",
    "[x for x in", "[x for x in xs", "[x for x in xs if", "{", "{a:", "{a: 1,", "{\"a\"", "{...",
    "if", "if p", "if p {", "if p {}  else", "if p {} else if q", "for", "for x", "for x in",
    "for x in xs", "while", "while p", "while p {\n", "try", "try {", "try { }", "try { } catch",
    "try { } catch e", "try { } catch e:", "try { } catch e: Kind", "import", "x =", "x +=", "-",
    "not", "a and", "a or", "a ==", "a in", "(",
    "((a)", "\"{", "\"{x", "\"{x:", "\"{f(", "\"abc", "'abc", "x = # why\n", "f(a, # first\n",
    "fn f(x) =\n# body\n", "if p { x\n",
  ]

  static let invalid = [
    "let 1 = 2", "let x 1", "let x\n= 1", "let = 1", "let let = 1", "let [...a] = x",
    "let [a,] = x", "let {} = x", "let {a,} = x", "let {a: b} = x", "x = y = 1", "1 = 2",
    "(x) = 1", "f(x) = 1", "x + y = 1", "-x = 1", "[a] = b", "fn f x = 1", "fn f(a b) = 1",
    "fn f(a:) = 1", "fn f(1) = 1", "fn f(...a: list) = 1", "fn f(* = 1) = 1", "fn f() -> = 1",
    "fn f(a: [B,]) = 1", "fn f() 1", "fn f()\n{ }", "f(a b)", "f(,)", "f(a,,b)", "f(1 = 2)",
    "f(a: 1)", "x[]", "x[,]", "x[1:2:3:4]", "x[... 1]", "[,]", "[1 2]", "[;]", "[1, 2,; 3]",
    "[...a; 1]", "[1; ; 2]", "[x for x]", "[x for x in xs if a if b]", "[x, y for x in xs]",
    "[for x in xs]", "{,}", "{a b}", "{a = 1}", "{1: 2}", "{a.b}", "{in: 1}", "{let x = 1}",
    "if p\n{ }", "if p 1", "if p { } else 1", "if p { }\nelse { }", "else { }", "for x xs { }",
    "for (x in xs) { }", "while { } }", "try 1", "try { }\ncatch e { }", "try { } catch { }",
    "try { } catch e: \"Kind\" { }", "try { } catch e: { }", "try { } catch e: a.b { }",
    "import x", "a < b < c", "a == b != c", "a in b in c", "1 + not x", "a == not b", "-not x",
    "+x", "x ++ y", "a ** not b", "1 + fn(x) = x", "a |> fn(x) = x", "fn(x) = x = 1",
    "a and fn() = 1", "x |> -f", "x |> f + 1", "x |> f() == 1",
    "x |> f and y", "x |> f ** 2", "[x |> f in y]", "(x |> f - 1)", "x y", "1 2", "x.1", "x..y",
    "x.in", ".5", "x !", "a && b",
    "a || b", "a ^ b", "a ~= b", "x := 1", "x => 1", "x ? y : z", "$x", "`x`", "a \\ b",
    "\"a\nb\"", "'a\n'", "\"a } b\"", "\"\\q\"", "\"\\u{110000}\"", "\"{}\"", "\"{x y}\"",
    "\"{x: 8}\"", "\"{x!r}\"", "\"{f(x}\"", "\"{x\n}\"", ")", "]", "}", "(]", "{)", "(1, 2)",
    "()", "x,", "let x, y = 1", "break 1", "let x = 1 let y = 2", "x\n|> f = 1", "f(x) { }",
    "\u{0}", "x \u{0} y", "a\rb", "x\u{A0}+ 1", "\u{201C}a\u{201D}", "\u{3C0} = 3", "let x\n",
    "fn f(a)\n", "if p\n", "for x in xs\n", "try { }\n", "\"abc\n", "x = 'abc\n", "return return",
  ]
}
