// SPDX-License-Identifier: Apache-2.0
//
// Parsed trees as text: precedence, associativity, and each kind of node once.

import Syntax
import Testing

@Suite struct TreeTests {
  static let cases: [(String, String)] = [
    ("1 + 2 * x", "(+ 1 (* 2 x))"),
    ("a - b - c", "(- (- a b) c)"),
    ("-x ** 2", "(- (** x 2))"),
    ("2 ** -1", "(** 2 (- 1))"),
    ("2 ** 3 ** 4", "(** 2 (** 3 4))"),
    ("-a * b", "(* (- a) b)"),
    ("a @ b / c // d % e", "(% (// (/ (@ a b) c) d) e)"),
    ("not x in xs", "(not (in x xs))"),
    ("not a and b or c", "(or (and (not a) b) c)"),
    ("a or b and c == d + 1", "(or a (and b (== c (+ d 1))))"),
    ("a or b |> f", "(|> (or a b) f)"),
    ("x |> f(a) |> g", "(|> (|> x f a) g)"),
    ("x |> (f(a))", "(|> x (call f a))"),
    ("x |> ((f)(a))", "(|> x (call f a))"),
    ("x |> (f)(a)", "(|> x f a)"),
    ("x |> m.f(a, k = 1)", "(|> x (. m f) a (= k 1))"),
    ("x |> f(a)(b)", "(|> x (call f a) b)"),
    ("fn(x) = x |> f", "(fn (x) (|> x f))"),
    ("(fn(x) = x)(1)", "(call (fn (x) x) 1)"),
    ("f(1, ...xs, k = -2)", "(call f 1 (... xs) (= k (- 2)))"),
    ("x[0, 1:, ::2, ..., nil]", "(index x 0 (slice 1 _) (slice _ _ 2) ... nil)"),
    ("[1, 2; 3, 4]", "(matrix (1 2) (3 4))"),
    ("[1;]", "(matrix (1))"),
    ("[1, ...xs]", "(list 1 (... xs))"),
    (
      "[a * b for [a, b] in p for c in b if c]",
      """
      (comprehension (* a b) (for (list a b) p) (for c b) (if c))
      """
    ),
    (
      "{a: 1, \"b c\": 2, d, ...e, \"{k}\": v}",
      """
      (record (: a 1) (: b c 2) d (... e) (: (string k) v))
      """
    ),
    ("if a { 1 } else if b { 2 } else { 3 }", "(if a (block 1) b (block 2) (block 3))"),
    ("try { f() } catch e { e }", "(try (block (call f)) e (block e))"),
    ("import 'a.smap'", "(import \"a.smap\")"),
    ("\"a{{}}\\n{x:.2f} {y}\"", "(string \"a{}\\n\" (format x .2f) \" \" y)"),
    ("'a{b}\\n'", "\"a{b}\\\\n\""),
    ("\"\\u{48}\\u{1F600}\"", "\"H\u{1F600}\""),
    ("1_000.5e-1", "100.05"),
    ("true; false; nil", "(mute true)\n(mute false)\nnil"),
    ("let [a, ...r] = x", "(let (list a ...r) x)"),
    ("x.a[0] /= 2", "(/= (index (. x a) 0) 2)"),
    (
      "fn f(a: [B, 3, ...], {b} = {}, *, ...c) -> [] = a",
      """
      (fn f (-> ((: a (shape B 3 ...)) (= (record b) (record)) * ...c) (shape)) a)
      """
    ),
    ("fn f() { return a }", "(fn f () (block (return a)))"),
    ("while p { break; continue }", "(while p (block (mute (break)) (continue)))"),
    ("for {a} in xs { a }", "(for (record a) xs (block a))"),
    ("## one\n## two\nlet x = 1", "(doc \"one\\ntwo\" (let x 1))"),
    ("## lost\n\nlet x = 1", "(let x 1)"),
    ("## lost\nx", "x"),
    (
      "# %% no\n## yes\nfn f() { ## inside\n  let y = 1\n}",
      """
      (doc "yes" (fn f () (block (let y 1))))
      """
    ),
  ]

  @Test(arguments: cases) func trees(_ text: String, _ expected: String) {
    #expect(tree(text) == expected)
  }

  @Test func aLineEndSeparatesCallFromParenthesis() {
    #expect(tree("f\n(x)") == "f\nx")
    #expect(tree("[f\n(x)]") == "(list (call f x))")
  }

  @Test func spansCoverTheText() {
    let text = "let y = (a + b) * c"
    let (program, _) = Parser.parse(Source(path: "test", text: text))
    guard case .let(_, let value) = program.statements.first?.kind,
      case .binary(_, let left, let right) = value.kind
    else {
      Issue.record("not a product")
      return
    }
    #expect(program.source.text(value.span) == "(a + b) * c")
    #expect(program.source.text(left.span) == "(a + b)")
    #expect(program.source.text(right.span) == "c")
  }

  @Test func severalErrorsAreReported() {
    let text = """
      let x = (1 + 2
      let y = 3
      fn f(a) {
        let z = a +* 2
        z
      }
      if y = 3 { 1 }
      let w = 4
      """
    let (program, diagnostics) = Parser.parse(Source(path: "test", text: text))
    #expect(diagnostics.map { $0.position?.line } == [1, 4, 7])
    #expect(program.statements.count == 3)
  }
}
