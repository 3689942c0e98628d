// SPDX-License-Identifier: Apache-2.0
//
// How the body of a built-in reads its arguments: by the names of the header, whatever their
// length; a name that the header lacks is a mistake of the library that no script can catch.

import Runtime
import Testing

@Suite struct CallTests {
  /// The result of a built-in with the given header and body, or its error.
  private func result(
    _ header: String, of call: String, _ body: @escaping Builtin.Body
  ) throws -> String {
    let function = Builtin(header, "Reads its arguments.", body: body)
    let session = Session(library: LibraryTable(functions: [function]), output: { _ in })
    return Display.text(try session.evaluate(text: call).value, session)
  }

  /// A string of at most 15 bytes is stored in the value itself; longer ones and copies are not.
  @Test(arguments: ["x", "fifteen_letters", "sixteen_letters_", "a_parameter_of_many_letters"])
  func aParameterIsFoundByItsName(_ name: String) throws {
    let copy = String(decoding: Array(name.utf8), as: UTF8.self)
    let text = try result("f(first, \(name) = 7, *, last = 9)", of: "f(1, \(name) = 5)") { call in
      .number(try call.number(copy) * 10 + call.number("last"))
    }
    #expect(text == "59")
  }

  @Test func orderInTheHeaderDoesNotMatter() throws {
    for header in ["f(x, y)", "f(y, x)"] {
      let text = try result(header, of: "f(y = 2, x = 5)") { call in
        .number(try call.number("x") - call.number("y"))
      }
      #expect(text == "3")
    }
  }

  @Test func theReceiverIsTheFirstParameter() throws {
    let text = try result("f(items, other = 1)", of: "f([4, 5])") { call in
      .integer(try call.values(call.receiver).count)
    }
    #expect(text == "2")
  }

  @Test func onlyWhatTheCallerPassedIsGiven() throws {
    let text = try result("f(x, y = 1, ...rest)", of: "f(1)") { call in
      .list([.bool(try call.isGiven("x")), .bool(try call.isGiven("y")), .bool(call.takes("z"))])
    }
    #expect(text == "[true, false, false]")
  }

  @Test(arguments: ["y", "", "X", "a_parameter_of_many_letters"])
  func aNameThatTheHeaderLacksIsAMistakeOfTheLibrary(_ name: String) throws {
    let bodies: [Builtin.Body] = [
      { .number(try $0.number(name)) }, { try $0[name] }, { .bool(try $0.isGiven(name)) },
      { throw $0.failure(.value, "odd", argument: name) }, { throw $0.wrongType(name, "odd") },
    ]
    for body in bodies {
      let error = #expect(throws: ScriptError.self) {
        _ = try result("f(x)", of: "try { f(1) } catch e { 2 }", body)
      }
      #expect(error?.kind == .internalError)
      #expect(error?.message == "`f` has no parameter `\(name)`")
    }
  }
}
