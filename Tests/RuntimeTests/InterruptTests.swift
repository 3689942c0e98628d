// SPDX-License-Identifier: Apache-2.0
//
// Interrupts as scripts see them: only a handler that names the kind catches one, and of two within
// a second the second one cannot be caught.

import Runtime
import Tensors
import Testing

@Suite struct InterruptTests {
  /// A session in which `print("stop")` presses Ctrl-C.
  private func session() -> Session {
    let interrupt = Interrupt()
    return Session(library: TestLibrary.table, interrupt: interrupt) { text in
      if text.contains("stop") { interrupt.request() }
    }
  }

  private static let endless = "print(\"stop\"); while true { }"

  private func value(_ text: String) throws -> String {
    let session = session()
    return Display.text(try session.evaluate(text: text).value, session)
  }

  private func error(_ text: String) -> ScriptError? {
    do {
      _ = try session().evaluate(text: text)
      return nil
    } catch {
      return ScriptError(error)
    }
  }

  @Test func aHandlerThatAsksTakesIt() throws {
    let caught = "try { \(Self.endless) } catch e: Interrupt { [e.kind, e.message] }"
    #expect(try value(caught) == "[\"Interrupt\", \"interrupted\"]")
    // The session continues as usual after it.
    #expect(try value("let n = 0\n\(caught)\nfor i in range(5000) { n = n + 1 }\nn") == "5000")
    // It propagates out of functions that built-ins call, too.
    let inside = "try { map([1], fn(x) { \(Self.endless) }) } catch e: Interrupt { e.kind }"
    #expect(try value(inside) == "\"Interrupt\"")
  }

  @Test(arguments: ["e", "e: Error", "e: LimitError", "Interrupt"])
  func othersLetItPass(_ handler: String) {
    let error = error("try { \(Self.endless) } catch \(handler) { 1 }")
    #expect(error?.isInterrupt == true)
  }

  @Test func theSecondOneWithinASecondEndsTheProgram() {
    let stubborn = "while true { try { \(Self.endless) } catch e: Interrupt { 1 } }"
    #expect(error(stubborn)?.isInterrupt == true)
  }

  @Test func aHandlerMayRaiseItAgain() {
    let again = "try { \(Self.endless) } catch e: Interrupt { error(\"saved\", kind = \"Done\") }"
    #expect(error(again)?.message == "saved")
  }

  @Test func limitsStayOutOfReach() {
    let session = Session(
      library: TestLibrary.table, limits: Limits(steps: 5000), interrupt: Interrupt()
    ) { _ in }
    #expect(throws: ScriptError.self) {
      _ = try session.evaluate(text: "try { while true { } } catch e: LimitError { 1 }")
    }
  }

  // MARK: - Work on tensors

  /// A library whose `work(n)` multiplies large matrices, after it has made a request number `n`.
  private static func library(_ requests: [Interrupt]) -> LibraryTable {
    LibraryTable(functions: [
      Builtin("work(n: number) -> number", "Multiplies.") { call in
        if let place = try Int(exactly: call.number("n")), requests.indices.contains(place) {
          requests[place].request()
        }
        let square = try Tensor.zeros([1024, 1024])
        return .number(Double(try square.matmul(square).sum().item()))
      }
    ])
  }

  @Test func aSessionsOwnInterruptStopsItsWorkAndNoOther() throws {
    let (mine, theirs) = (Interrupt(), Interrupt())
    let library = Self.library([mine, theirs])
    let session = Session(library: library, interrupt: mine) { _ in }
    do {
      _ = try session.evaluate(text: "work(0)")
      Issue.record("the work was done")
    } catch {
      #expect(ScriptError(error).isInterrupt)
    }
    // The cancelled work has left no request behind.
    #expect(!mine.isRequested)
    #expect(try Display.text(session.evaluate(text: "work(-1)").value, session) == "0")
    // The request of another session is none of this one's.
    #expect(try Display.text(session.evaluate(text: "work(1)").value, session) == "0")
    #expect(theirs.isRequested && !mine.isRequested)
  }

  @Test func aHandlerTakesTheInterruptOfWork() throws {
    let mine = Interrupt()
    let session = Session(library: Self.library([mine]), interrupt: mine) { _ in }
    let text = "let n = try { work(0) } catch e: Interrupt { 7 }\nn + work(-1)"
    #expect(try Display.text(session.evaluate(text: text).value, session) == "7")
    #expect(!mine.isRequested)
  }

  /// In a process of its own, since the request is one of the whole process.
  @Test func theRequestOfTheProcessIsTakenToo() async {
    await #expect(processExitsWith: .success) {
      let session = Session(library: Self.library([.shared])) { _ in }
      #expect(throws: (any Error).self) { try session.evaluate(text: "work(0)") }
      #expect(!Interrupt.shared.isRequested)
      let after = try session.evaluate(text: "work(-1)").value
      #expect(Display.text(after, session) == "0")
    }
  }
}
