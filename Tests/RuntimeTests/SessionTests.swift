// SPDX-License-Identifier: Apache-2.0
//
// The interface for hosts: outcomes, locations of errors, library objects, seeds, names.

import Runtime
import Syntax
import Testing

@Suite struct SessionTests {
  @Test func outcomesAndMuting() throws {
    let session = TestSession().session
    #expect(try session.evaluate(text: "1 + 1").isShown)
    #expect(try !session.evaluate(text: "1 + 1;").isShown)
    #expect(try !session.evaluate(text: "let x = 1").isShown)
    #expect(try !session.evaluate(text: "").isShown)
    session.setAnswer(.number(7))
    guard case .number(7) = try session.evaluate(text: "ans").value else {
      Issue.record("no ans")
      return
    }
  }

  @Test(arguments: [
    ("let w = 1\nlet y = w @ 3", "w @ 3"),
    ("fn attend(q: [B, D], k: [B, D]) = q\nattend(zeros(2, 3), zeros(2, 5))", "zeros(2, 5)"),
    ("sum([1, 2], axis = 0)", "axis"),
    ("1 + unknown(2)", "unknown"),
    ("sum(\"a\")", "\"a\""),
    ("fn f(a) = a\nf(1, 2)", "2"),
    ("demo.pick(\"lineer\")", "\"lineer\""),
    ("zeros(2)[5]", "zeros(2)[5]"),
    ("map([1], fn(x) = x + \"a\")", "x + \"a\""),
    ("fn f(n: number) = n\nf(n = \"x\")", "\"x\""),
    ("demo.counter().bump(by = 1000)", "1000"),
  ]) func placesOfErrors(_ text: String, _ underlined: String) {
    do {
      _ = try TestSession().session.evaluate(text: text)
      Issue.record("no error")
    } catch {
      let error = ScriptError(error)
      guard let source = error.source, let span = error.span else {
        Issue.record("no place")
        return
      }
      #expect(source.text(span) == underlined)
    }
  }

  @Test func renderedShapeError() throws {
    let text = "fn attend(q: [B, T, D], k: [B, S, D]) = q\nattend(zeros(2, 3, 4), zeros(2, 5, 8))"
    do {
      _ = try TestSession().session.evaluate(text: text, path: "notes.smap")
      Issue.record("no error")
    } catch {
      let error = ScriptError(error)
      #expect(error.message == "attend: k does not fit q")
      #expect(error.label == "D is 4 from q: [B, T, D], but this is [2, 5, 8]")
    }
  }

  @Test func traceNamesTheCalls() throws {
    let text = "fn inner() = error(\"x\")\nfn outer() {\n  inner()\n}\nouter()"
    do {
      _ = try TestSession().session.evaluate(text: text, path: "t.smap")
      Issue.record("no error")
    } catch {
      let lines = ScriptError(error).traceLines
      #expect(lines == ["inner at t.smap:1:14", "outer at t.smap:3:3", "top level at t.smap:5:1"])
    }
  }

  @Test func foreignObjects() throws {
    let test = TestSession()
    #expect(try test.show("let c = demo.counter()\nc") == "counter")
    #expect(try test.show("c.bump()") == "1")
    #expect(try test.show("demo.bump(c, by = 4)") == "5")
    #expect(try test.show("c.count") == "5")
    #expect(try test.show("c.count = 9\nc.count") == "9")
    #expect(try test.show("c(1, 2)") == "11")
    #expect(try test.show("[x for x in c]") == "[0, 10, 20]")
    #expect(try test.show("c[4]") == "40")
    #expect(try test.show("type(c)") == "\"counter\"")
    #expect(try test.show("fn f(c: counter) = c.count\nf(c)") == "11")
    #expect(test.failure("f(1)").contains("c must be a counter, but this is a number"))
    #expect(test.failure("c.nope").contains("a counter has no field `nope`"))
    #expect(test.failure("demo.bump(c, by = 1000)").contains("between 0 and 100, not 1000"))
    #expect(test.failure("demo.pick(\"lineer\")").contains("did you mean \"linear\"?"))
    #expect(test.failure("demo.shape(zeros(2, 3), zeros(4))").contains("must have shape [N]"))
    #expect(try test.show("demo.shape(zeros(2, 3), [1, 2, 3])") == "[2, 3]")
  }

  @Test func seedsAreReproducible() throws {
    let test = TestSession()
    let first = try test.show("[demo.draw(), demo.draw()]")
    test.session.seed(0)
    #expect(try test.show("[demo.draw(), demo.draw()]") == first)
    #expect(try test.show("demo.draw(seed = 5)") == "5")
    test.session.isRandomStrict = true
    #expect(test.failure("demo.draw()").contains("need a seed"))
  }

  @Test func completion() throws {
    let session = TestSession().session
    _ = try session.evaluate(text: "let images = zeros(2)\nlet r = {alpha: 1, f: fn(x) = x}")
    #expect(session.complete("ima").map(\.text) == ["images"])
    #expect(session.complete("images.sha").map(\.text) == ["shape"])
    #expect(session.complete("images.su").map(\.text) == ["sum"])
    #expect(session.complete("r.").map(\.text).contains("alpha"))
    #expect(
      session.complete("demo.b").map(\.detail) == [
        "demo.bump(c: counter, by: number = 1) -> number"
      ])
    #expect(session.complete("whi").map(\.kind) == [.keyword])
    #expect(session.complete("nope.x").isEmpty)
  }

  @Test func checkFindsUnknownNames() {
    let session = TestSession().session
    let source = Source(path: "t", text: "let rate = 1\nfn f() = later()\nrat + 1")
    let found = session.check(Parser.parse(source).program)
    #expect(found.map(\.message) == ["nothing is called `rat`"])
    #expect(found.first?.hint == "did you mean `rate`?")
  }

  @Test func hidingANamespaceIsNoted() throws {
    final class Notes: EventReceiver {
      var texts: [String] = []
      func receive(_ event: SessionEvent) {
        if case .diagnostic(.note(let text)) = event { texts.append(text) }
      }
    }
    let session = TestSession().session
    let notes = Notes()
    session.receiver = notes
    _ = try session.evaluate(text: "let demo = 1\nlet demo = 2\nlet sum = 3")
    #expect(notes.texts.count == 1)
    guard case .number = try session.evaluate(text: "std.demo.draw()").value else {
      Issue.record("std does not reach demo")
      return
    }
  }

  @Test func headersParse() {
    let session = TestSession().session
    for function in session.builtins.functions {
      #expect(function.signatureError == nil, "\(function.signature)")
    }
  }

  @Test func documentationIsKept() throws {
    let session = TestSession().session
    _ = try session.evaluate(text: "## Doubles.\nfn double(x) = x * 2\n## A rate.\nlet rate = 1")
    #expect(session.documentation(of: "double") == "Doubles.")
    #expect(session.documentation(of: "rate") == "A rate.")
  }

  @Test func invokeFromHosts() throws {
    let session = TestSession().session
    _ = try session.evaluate(text: "fn f(a, b = 2, *, c = 3) = a + b + c")
    guard let function = session.value(named: "f") else {
      Issue.record("no f")
      return
    }
    let result = try session.invoke(function, [.number(1)], named: ["c": .number(10)])
    guard case .number(13) = result else {
      Issue.record("wrong result")
      return
    }
  }

  @Test func codeAndSlots() throws {
    let session = TestSession().session
    let text = "fn fib(n) = if n < 2 { n } else { fib(n - 1) + fib(n - 2) }"
    let source = Source(path: "t", text: text)
    let program = Parser.parse(source).program
    let code = try session.code(of: program)
    #expect(code.contains("fib(n)  [4 registers]"))
    #expect(code.contains("callGlobal 1 1 1"))
    #expect(code.contains("; fib"))
    #expect(session.slots(of: program).contains("1:8 n local\n"))
  }

  @Test func tensorsAreChangedInPlaceWhenNobodySharesThem() throws {
    // Copying a million elements two thousand times would take seconds.
    let test = TestSession(limits: Limits(seconds: 1))
    let text = "let t = zeros(1000000)\nfor i in range(2000) { t[i] = i }\nt[1999]"
    #expect(try test.show(text) == "tensor(1999)")
  }

  /// Reference counts of lists are not atomic, so no two sessions may share a list: the default of
  /// a built-in is created for each call.
  @Test func defaultsThatAreListsAreNotShared() throws {
    let grow = Builtin("grow(xs = [1, [2]]) -> list", "Makes a list longer.") { call in
      let list = try call.list("xs")
      list.append(.number(9))
      if case .list(let inner) = list[1] { inner.append(.number(8)) }
      return .list(list)
    }
    let sessions = (0..<2).map { _ in
      Session(library: LibraryTable(functions: [grow]), output: { _ in })
    }
    for session in sessions {
      let first = try session.evaluate(text: "grow()").value
      let second = try session.evaluate(text: "grow()").value
      guard case .list(let a) = first, case .list(let b) = second else {
        Issue.record("no lists")
        return
      }
      #expect(a !== b)
      #expect(Display.text(first, session) == "[1, [2, 8], 9]")
      #expect(Display.text(second, session) == "[1, [2, 8], 9]")
    }
  }
}
