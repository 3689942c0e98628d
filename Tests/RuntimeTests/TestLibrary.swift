// SPDX-License-Identifier: Apache-2.0
//
// A handful of built-ins, enough to test the language without the real library.

import Runtime
import Syntax
import Tensors

/// The built-ins of these tests.
enum TestLibrary {
  static let counterType = ForeignType(
    "counter", "Counts calls.",
    fields: [
      .init("count", "How often it was called.") { object, _ in
        .integer(try object.payload(as: Counter.self).count)
      } set: { object, value, _ in
        guard case .number(let number) = value, let count = Int(exactly: number) else {
          throw ScriptError.type("a count is a whole number")
        }
        try object.payload(as: Counter.self).count = count
      }
    ],
    display: { _ in "counter" },
    index: { object, entries, _ in
      guard case .value(.number(let number))? = entries.first else {
        throw ScriptError.type("one number, please")
      }
      return .number(number * 10)
    },
    count: { _ in 3 },
    call: { object, arguments, _ in
      let counter = try object.payload(as: Counter.self)
      counter.count += arguments.count
      return .integer(counter.count)
    })

  final class Counter {
    var count = 0
  }

  static let table = LibraryTable(
    functions: [
      Builtin("print(...values, sep = \" \", end = \"\\n\")", "Prints.") { call in
        let parts = try call.values("values").map { Display.plain($0) }
        try call.write(parts.joined(separator: try call.string("sep")) + (try call.string("end")))
        return .nil
      },
      Builtin("len(x: any) -> number", "The number of elements.") { call in
        if case .range(let range) = try call["x"] { return .integer(range.count) }
        return .integer(try call.values("x").count)
      },
      Builtin("map(items: any, f: function) -> list", "Applies a function to each.") { call in
        let function = try call.function("f")
        return .list(try call.values("items").map { try call.invoke(function, [$0]) })
      },
      Builtin("filter(items: any, f: function) -> list", "Keeps some.") { call in
        let function = try call.function("f")
        return .list(
          try call.values("items").filter { item in
            guard case .bool(let keep) = try call.invoke(function, [item]) else { return false }
            return keep
          })
      },
      Builtin("zeros(...shape)", "Zeros.") { call in .tensor(try Tensor.zeros(call.shape("shape")))
      },
      Builtin("ones(...shape)", "Ones.") { call in
        .tensor(try Tensor(repeating: 1, shape: call.shape("shape")))
      },
      Builtin("sum(x: tensor, dim = nil, keepdim = false) -> tensor", "Adds up.") { call in
        let dims = try call.axis("dim").map { [$0] }
        return .tensor(try call.tensor("x").sum(dims: dims, keepDim: call.bool("keepdim")))
      },
      Builtin("item(x: tensor) -> number", "The only element.") { call in
        .number(Double(try call.tensor("x").item()))
      },
      Builtin("demo.counter() -> counter", "Makes a counter.") { _ in
        .object(ForeignObject(counterType, Counter()))
      },
      Builtin("demo.bump(c: counter, by: number = 1) -> number", "Counts on.") { call in
        let counter = try call.object("c", counterType, as: Counter.self)
        counter.count += try call.integer("by", in: 0...100)
        return .integer(counter.count)
      },
      Builtin(
        "demo.pick(word: string)", "Checks a word.",
        choices: ["word": ["linear", "cosine", "constant"]]
      ) { call in
        .string(try call.choice("word"))
      },
      Builtin("demo.draw(*, seed = nil) -> number", "A seed.") { call in
        .number(Double(try call.seed("seed")))
      },
      Builtin("demo.shape(x: [B, N], y: [N]) -> list", "Checks shapes.") { call in
        .numbers(try call.tensor("x").shape.map(Double.init))
      },
    ],
    types: [counterType])
}

/// A session that records what it writes.
final class TestSession {
  private final class Buffer {
    var text = ""
  }

  let session: Session
  private let buffer = Buffer()

  init(path: String = "", limits: Limits = Limits(), interrupt: Interrupt = Interrupt()) {
    let buffer = buffer
    session = Session(
      library: TestLibrary.table, path: path, limits: limits, interrupt: interrupt
    ) { buffer.text += $0 }
  }

  /// What was written since the last call.
  func takeOutput() -> String {
    defer { buffer.text = "" }
    return buffer.text
  }

  /// The displayed value of a program.
  func show(_ text: String) throws -> String {
    let outcome = try session.evaluate(text: text)
    return outcome.isShown ? Display.text(outcome.value, session) : ""
  }

  /// The error of a program as `Kind: message (hint)`, or what it displays.
  func failure(_ text: String) -> String {
    do {
      return "no error: " + (try show(text))
    } catch {
      let error = ScriptError(error)
      return "\(error.kind.rawValue): \(error.message) (\(error.hint))"
    }
  }
}
