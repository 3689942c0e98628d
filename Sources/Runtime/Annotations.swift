// SPDX-License-Identifier: Apache-2.0
//
// The checks of annotations at a call: a type or a shape that the argument must have. A check may
// convert, as the language does everywhere: where a tensor is expected, a list of numbers is
// converted to one, and where a number is expected, a tensor of one element is.

import Syntax
import Tensors

/// A test for the type of a value.
enum TypeTest: Sendable, Equatable {
  case any, number, string, bool, list, record, range, function, tensor
  /// A library object with this type name.
  case object(String)

  init(_ name: String) {
    switch name {
    case "any": self = .any
    case "number": self = .number
    case "string": self = .string
    case "bool": self = .bool
    case "list": self = .list
    case "record": self = .record
    case "range": self = .range
    case "function": self = .function
    case "tensor": self = .tensor
    default: self = .object(name)
    }
  }

  /// The names that are always types, with a sentence each.
  static let table: [(name: String, summary: String)] = [
    ("any", "Every value, `nil` among them."),
    ("number", "A 64-bit floating-point number; whole ones print without a point."),
    ("string", "Text that does not change: `\"x = {x}\"` fills in values, `'...'` does not."),
    ("bool", "`true` or `false`, the only values that a condition may have."),
    ("list", "Values in order, which can be changed in place: `[1, \"two\", [3]]`."),
    ("record", "Values with names, in insertion order: `{x: 1, y: 2}`."),
    ("range", "Evenly spaced numbers, made by `range`; they need no storage."),
    ("function", "What `fn` makes, and every function of the library."),
    ("tensor", "32-bit numbers in any number of dimensions: `[1, 2; 3, 4]` is a matrix."),
  ]

  /// The names that are always types.
  static let names = table.map(\.name)

  /// The name of such a value in messages.
  var phrase: String {
    switch self {
    case .any: "anything"
    case .number: "a number"
    case .string: "a string"
    case .bool: "true or false"
    case .list: "a list"
    case .record: "a record"
    case .range: "a range"
    case .function: "a function"
    case .tensor: "a tensor"
    case .object(let name): name.withArticle
    }
  }

  /// Converts `value` if necessary; returns false if it is of another type.
  func accept(_ value: inout Value, _ session: Session) throws -> Bool {
    switch (self, value) {
    case (.any, _), (.number, .number), (.string, .text), (.bool, .bool), (.list, .list),
      (.record, .record), (.range, .range), (.tensor, .tensor):
      return true
    case (.function, _): return value.isCallable
    case (.number, .tensor(let tensor)):
      guard tensor.count == 1 else { return false }
      guard !tensor.isRecording else {
        throw ScriptError.value(
          "as a plain number this tensor would lose its gradient",
          hint: "leave the annotation `number` out, or give the number alone: x.item()")
      }
      value = .number(try tensor.onlyNumber())
      return true
    case (.list, .range), (.list, .tensor):
      value = .list(try session.elements(of: value))
      return true
    case (.tensor, .number), (.tensor, .list), (.tensor, .range), (.tensor, .bool):
      do {
        value = .tensor(try Conversion.tensor(value))
        return true
      } catch let error as ScriptError where error.kind == .type {
        return false
      }
    case (.object(let name), .object(let object)): return object.type.passes(as: name)
    default: return false
    }
  }
}

/// Compares shapes with annotations.
enum ShapeTest {
  /// Why a shape does not match.
  enum Mismatch {
    case rank
    case size(axis: Int, Check.Size)
  }

  /// Matches from the left up to `...`, and from the right after it.
  static func match(
    _ sizes: [Check.Size], _ shape: [Int], bound: (Int) -> Int?, bind: (Int, Int) -> Void
  ) -> Mismatch? {
    let ellipsis = sizes.firstIndex { if case .ellipsis = $0 { true } else { false } }
    let fixed = sizes.count - (ellipsis == nil ? 0 : 1)
    guard ellipsis == nil ? shape.count == fixed : shape.count >= fixed else { return .rank }
    for (index, size) in sizes.enumerated() {
      if index == ellipsis { continue }
      let isAfter = ellipsis.map { index > $0 } ?? false
      let axis = isAfter ? shape.count - (sizes.count - index) : index
      guard axis >= 0, axis < shape.count else { return .rank }
      let found = shape[axis]
      switch size {
      case .any, .ellipsis: break
      case .impossible: return .size(axis: axis, size)
      case .exactly(let wanted):
        if wanted != found { return .size(axis: axis, size) }
      case .binding(let register, _): bind(register, found)
      case .bound(let register, _):
        if let wanted = bound(register) {
          if wanted != found { return .size(axis: axis, size) }
        } else {
          bind(register, found)
        }
      }
    }
    return nil
  }
}

extension Machine {
  /// Checks the value in `register` by annotation number `index` of the running function.
  func check(
    _ index: Int, _ register: UnsafeMutablePointer<Value>, _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    let check = frame.prototype.checks[index]
    if check.acceptsNil, register.pointee.isNil { return }
    switch check.kind {
    case .type(let test):
      guard try test.accept(&register.pointee, session) else {
        throw blame(
          check, frame,
          frame.prototype.header.typeMismatch(
            test.phrase, check.name, found: "this is \(register.pointee.typePhrase)"))
      }
    case .shape(let sizes):
      try checkShape(sizes, check, register, frame)
    }
  }

  private func checkShape(
    _ sizes: [Check.Size], _ check: Check, _ register: UnsafeMutablePointer<Value>,
    _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    guard try TypeTest.tensor.accept(&register.pointee, session),
      case .tensor(let tensor) = register.pointee
    else {
      throw blame(
        check, frame,
        frame.prototype.header.typeMismatch(
          Header.phrase(forShape: check.text), check.name,
          found: "this is \(register.pointee.typePhrase)", hint: ""))
    }
    let regs = frame.pointee.window.values
    let mismatch = ShapeTest.match(
      sizes, tensor.shape,
      bound: { Machine.size(in: regs[$0]) },
      bind: { regs[$0] = .number(Double($1)) })
    guard let mismatch else { return }
    throw blame(check, frame, shapeError(mismatch, check, tensor.shape, frame))
  }

  private static func size(in value: Value) -> Int? {
    switch value {
    case .number(let number): return Int(exactly: number)
    case .cell(let cell): return size(in: cell.value)
    default: return nil
    }
  }

  /// The error for a mismatch; if the size comes from another parameter, it is named.
  private func shapeError(
    _ mismatch: ShapeTest.Mismatch, _ check: Check, _ shape: [Int],
    _ frame: UnsafeMutablePointer<Frame>
  ) -> ScriptError {
    let prototype = frame.prototype
    let regs = frame.pointee.window.values
    if case .size(_, .bound(let register, let name)) = mismatch {
      let size = Machine.size(in: regs[register]) ?? 0
      let origin = prototype.checks.first { other in
        guard case .shape(let sizes) = other.kind, other.name != check.name else { return false }
        return sizes.contains { if case .binding(register, _) = $0 { true } else { false } }
      }
      return prototype.header.sizeMismatch(
        check.name, name, size, origin: origin.map { ($0.name, $0.text) }, shape)
    }
    var error = prototype.header.shapeMismatch(check.text, check.name, not: shape)
    error.label = "this is \(shape)"
    return error
  }

  /// Moves the location of a parameter's error to the argument in the call.
  private func blame(
    _ check: Check, _ frame: UnsafeMutablePointer<Frame>, _ error: ScriptError
  ) -> ScriptError {
    guard let parameter = check.parameter, !frame.pointee.isEntry, depth > 1 else {
      return error
    }
    var error = error
    let caller = frame - 1
    let site = caller.prototype.sites[Int(caller.pointee.next[-1])]
    let name = frame.prototype.header.parameters[parameter].name
    if let argument = site.argument(forParameter: parameter, name: name) {
      error.source = caller.prototype.source
      error.span = site.spans[argument]
    }
    return error
  }
}

extension CallSite {
  /// The index of the argument that was bound to a parameter, if it can be determined.
  func argument(forParameter parameter: Int, name: String?) -> Int? {
    for (index, kind) in kinds.enumerated() {
      switch kind {
      case .named(let given): if given == name { return index }
      case .spread: return index
      case .positional: if index == parameter { return index }
      }
    }
    return nil
  }
}
