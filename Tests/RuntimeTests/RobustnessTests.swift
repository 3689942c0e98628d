// SPDX-License-Identifier: Apache-2.0
//
// What must never happen: a trap, a hang, memory that grows.

import Glibc
@testable import Runtime
import Syntax
import Testing

@Suite struct RobustnessTests {
  @Test func deepRecursionIsAnErrorWithAShortTrace() throws {
    let test = TestSession()
    do {
      _ = try test.show("fn f(n) = f(n + 1) + 1\nf(0)")
      Issue.record("no error")
    } catch let error as ScriptError {
      #expect(error.kind == .limit)
      #expect(error.trace.count == 12)
      #expect(error.omittedCalls > 9_000)
      #expect(error.traceLines.contains { $0.contains("more calls") })
      #expect(error.traceLines.last?.hasPrefix("top level") == true)
    }
    #expect(try test.show("1 + 1") == "2")
  }

  @Test func depthOfTenThousandIsFine() throws {
    let text = "fn f(n) = if n == 0 { 0 } else { 1 + f(n - 1) }\nf(9990)"
    #expect(try TestSession().show(text) == "9990")
  }

  @Test(arguments: [
    "while true { }", "for i in range(0, 1e15) { i }",
    "fn f() = f2()\nfn f2() = 1\nwhile true { f() }",
    "while true { try { error(\"x\") } catch e { e } }", "while true { map([1], fn(x) = x) }",
    "while true { try { while true { } } catch e { } }",
    "while true { try { [1][5] } catch e { } }", "map(range(5e7), fn(x) = x)",
  ]) func interruptStopsLoops(_ text: String) throws {
    let interrupt = Interrupt()
    let test = TestSession(interrupt: interrupt)
    var thread = pthread_t()
    let context = Unmanaged.passUnretained(interrupt).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        usleep(20_000)
        if let context { Unmanaged<Interrupt>.fromOpaque(context).takeUnretainedValue().request() }
        return nil
      }, context)
    do {
      _ = try test.show(text)
      Issue.record("no error")
    } catch let error as ScriptError {
      #expect(error.isInterrupt)
    }
    pthread_join(thread, nil)
    #expect(!interrupt.isRequested)
    #expect(try test.show("1 + 1") == "2")
  }

  @Test func stepLimitCannotBeCaught() throws {
    let test = TestSession(limits: Limits(steps: 10_000))
    let text = test.failure("while true { try { while true { } } catch e { } }")
    #expect(text.hasPrefix("LimitError: this session may take 10000 steps"))
  }

  @Test func timeLimit() throws {
    let test = TestSession(limits: Limits(seconds: 0.02))
    #expect(test.failure("while true { }").hasPrefix("LimitError: this session may run for 0.02"))
  }

  @Test func outputLimit() throws {
    let test = TestSession(limits: Limits(outputBytes: 100))
    let text = test.failure("for i in range(1000) { print(i) }")
    #expect(text.hasPrefix("LimitError: this session may write 100 bytes"))
    #expect(test.takeOutput().utf8.count < 200)
    // Each evaluation has its own count.
    _ = try test.show("print(1)")
  }

  // In a process of its own: memory of other tests would be counted, too.
  @Test func memoryStaysFlat() async {
    await #expect(processExitsWith: .success) {
      let test = TestSession()
      let source = Source(
        path: "t",
        text: """
          let f = fn(x) {
            let xs = [x, x]
            fn loop(n) = if n == 0 { xs } else { loop(n - 1) }
            loop(2)
          }
          f("a{1}"); let t = zeros(10); t[0] = 1
          """)
      for _ in 0..<5_000 { _ = try test.session.evaluate(source) }
      let before = residentPages()
      for _ in 0..<100_000 { _ = try test.session.evaluate(source) }
      // A leak of 64 bytes each would be 1,500 pages.
      guard residentPages() - before < 1_000 else { exit(1) }
    }
  }

  @Test func longChainsAreFreed() throws {
    let test = TestSession()
    _ = try test.show("let x = []\nfor i in range(300000) { x = [x] }\nx = nil")
    _ = try test.show("let r = {}\nfor i in range(300000) { r = {next: r} }\nr = nil")
    _ = try test.show(
      "let f = nil\nfor i in range(300000) { let g = f; f = fn() { g; g = 1 } }\nf = nil")
    #expect(try test.show("1") == "1")
  }

  @Test func manyStatements() throws {
    let text = (0..<20_000).map { "let v\($0) = \($0) + 0.5" }.joined(separator: "\n") + "\nv19999"
    #expect(try TestSession().show(text) == "19999.5")
  }

  @Test func tooManyVariablesIsAnError() throws {
    let lets = (0..<300).map { "let v\($0) = \($0)" }.joined(separator: "\n")
    #expect(TestSession().failure("fn f() {\n\(lets)\n}").hasPrefix("LimitError: this function"))
    let list = (0..<3_000).map(String.init).joined(separator: ", ")
    #expect(try TestSession().show("len([\(list)])") == "3000")
    #expect(TestSession().failure("print(\(list))").hasPrefix("LimitError"))
    let chain = Array(repeating: "1", count: 900).joined(separator: " + ")
    #expect(try TestSession().show(chain) == "900")
  }

  @Test(arguments: [
    "[1, 2, 3][1e300:]", "[1, 2, 3][-1e300:1e300]", "[1, 2, 3][::1e18]", "[1, 2, 3][::-1e18]",
    "[1, 2][inf:]", "zeros(3)[1e18:]", "zeros(3)[-1e18:1e18:1e17]", "zeros(1e300)", "zeros(-1)",
    "zeros(1e9, 1e9)", "zeros(nan)", "range(0, 1, 1e-300)", "range(0, 1e15)[1e15]",
    "range(0, 1e15)[::-1]", "[...range(1e12)]", "1e308 * 10", "5 % 0", "5 // 0", "0 ** -1",
    "-1 ** 0.5", "(-1) ** 0.5", "1e300 % 7", "7 % 1e300", "\"{1e300:d}\"", "\"{1:.1000f}\"",
    "\"{nan:d}\"", "[1].insert(1e300, 1)", "[1].pop(nan)", "[1][true]", "zeros(2)[true]",
    "sum([1], dim = 1e300)", "sum([1], dim = nan)", "zeros([])", "zeros([[1]])", "zeros(\"a\")",
    "[[]] * 1", "[] @ []", "[] + 1", "zeros(0)[0]", "x = 1", "\"a\".split(5)", "{}.get(1)",
    "demo.draw(seed = -1)", "demo.draw(seed = 0.5)", "demo.draw(seed = 1e300)", "error()",
    "range(5)[1:2, 3]", "\"abc\"[0, 1]", "[1, 2][0, 0]", "nil.foo()", "std.std", "std[\"sum\"]",
    "let [a, b] = range(0, 1e15)", "print(...range(0, 1e15))", "[1, 2; 3, 4][nan, 0]",
    "9e15 % 9007199254740993", "-9223372036854775808 % -1", "range(-1e15, 1e15)[5e14]",
  ]) func oddInputsDoNotTrap(_ text: String) {
    _ = TestSession().failure(text)
  }

  @Test func sessionsSurviveErrors() throws {
    let test = TestSession()
    _ = try test.show("let kept = 5")
    for text in ["nope", "[1][9]", "fn f() = f()\nf()", "if 1 { }", "let [a] = 1"] {
      _ = test.failure(text)
      #expect(try test.show("kept") == "5")
    }
  }

  @Test func longStringsAreLimited() {
    let text = "let s = \"0123456789abcdef\"\nwhile true { s = \"{s}{s}\" }"
    #expect(TestSession().failure(text).hasPrefix("LimitError: this string"))
  }

  @Test func layoutOfValues() {
    #expect(Layout.isAsExpected)
  }

  @Test func instructionsAreCounted() throws {
    let test = TestSession()
    _ = try test.show("fn f(n) { let s = 0; for i in range(n) { s += i }; s }")
    func count(_ text: String) throws -> Int {
      let before = test.session.instructionCount
      _ = try test.show(text)
      return test.session.instructionCount - before
    }
    #expect(try count("f(10)") == 0)
    test.session.countsInstructions = true
    // Two per iteration: the sum and the next number.
    let difference = try count("f(110)") - count("f(10)")
    #expect(difference == 200)
  }
}

/// Pages of this process that are in memory.
private func residentPages() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 256)
  guard fgets(&buffer, 256, file) != nil else { return 0 }
  let bytes = buffer.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
  let text = String(decoding: bytes, as: UTF8.self)
  let fields = text.split(separator: " ")
  return fields.count > 1 ? Int(fields[1]) ?? 0 : 0
}
