// SPDX-License-Identifier: Apache-2.0
//
// Calls: finding the callee, from instructions and from native code, and pushing its frame.
//
// One binder serves script functions and built-ins. Arguments are in consecutive registers, in the
// order in which they were written; the binder permutes them into the order of the parameters, in
// the same registers. Parameters without an argument are marked in a bit mask: a built-in then has
// its default in the register, a script function evaluates it in its first instructions.

import CMachine
import Syntax
import Tensors

extension Machine {
  // MARK: - Finding the callee

  /// Calls what is in register `a` of the running frame. Returns true if a new frame was pushed,
  /// false if the result is already in the register.
  func callSlowly(
    _ a: Int, count: Int, isSimple: Bool, _ frame: UnsafeMutablePointer<Frame>
  ) throws -> Bool {
    let base = base(of: frame) + a + 1
    let place = CallPlace(frame, receivers: 0, isSimple: isSimple)
    switch registers[base - 1] {
    case .function(let closure):
      let missing = try bind(closure.code.header, at: base, count: count, place)
      try push(closure, base: base, missing: missing, isEntry: false)
      return true
    case .builtin(let builtin):
      registers[base - 1] = try run(builtin, at: base, count: count, place)
    case .object(let object) where object.type.call != nil:
      registers[base - 1] = try call(object, at: base, count: count, place)
    case .record(let record):
      guard let builtin = BuiltinTable.namesake(of: record) else {
        throw notCallable(.record(record), place)
      }
      registers[base - 1] = try run(builtin, at: base, count: count, place)
    case let other:
      throw notCallable(other, place)
    }
    return false
  }

  private func notCallable(_ value: Value, _ place: CallPlace) -> ScriptError {
    var hint = Hints.forCalling(value.typeName)
    if case .record(let record) = value, record.title != nil {
      hint = "it is a namespace: write a name after a dot"
    }
    return .type("\(value.typePhrase) cannot be called", hint: hint)
  }

  /// Calls method `name` of the value in register `a`: a field of a record, or the function of that
  /// name for its type.
  func callMethod(
    _ a: Int, count: Int, isSimple: Bool, _ name: Value, _ frame: UnsafeMutablePointer<Frame>
  ) throws -> Bool {
    let base = base(of: frame) + a
    guard case .text(let text) = name else { return false }
    let receiver = registers[base]
    if let field = try Fields.callable(receiver, text.string, session) {
      registers[base] = field
      return try callSlowly(a, count: count, isSimple: isSimple, frame)
    }
    guard let method = methods.find(text, of: receiver, in: session.builtins) else {
      throw Fields.noMethod(text.string, of: receiver, session)
    }
    let place = CallPlace(frame, receivers: 1, isSimple: isSimple)
    registers[base] = try run(method, at: base, count: count + 1, place)
    return false
  }

  /// Calls a function from native code, and returns its result.
  func invoke(
    _ callee: Value, _ arguments: [Value], named: KeyValuePairs<String, Value>
  ) throws -> Value {
    try guardNativeStack()
    try session.spend(1)
    let before = top
    defer { top = before }
    let base = top + 1
    let count = arguments.count + named.count
    guard base + count < Machine.registerCapacity else { throw tooDeep() }
    registers[base - 1] = callee
    for (index, argument) in arguments.enumerated() { registers[base + index] = argument }
    var place = CallPlace(nil, receivers: 0, isSimple: named.isEmpty)
    if !named.isEmpty {
      place.native = CallSite(native: arguments.count, named: named.map(\.key))
      for (index, entry) in named.enumerated() {
        registers[base + arguments.count + index] = entry.value
      }
    }
    defer { (registers + (base - 1)).slots.clear(1 + count) }
    switch callee {
    case .function(let closure):
      let missing = try bind(closure.code.header, at: base, count: count, place)
      let floor = depth
      try push(closure, base: base, missing: missing, isEntry: true)
      return try run(downTo: floor)
    case .builtin(let builtin):
      return try run(builtin, at: base, count: count, place)
    case .object(let object) where object.type.call != nil:
      return try call(object, at: base, count: count, place)
    case .record(let record):
      guard let builtin = BuiltinTable.namesake(of: record) else {
        throw notCallable(callee, place)
      }
      return try run(builtin, at: base, count: count, place)
    default:
      throw notCallable(callee, place)
    }
  }

  /// Runs the code of a program as a call from native code.
  func runTopLevel(_ prototype: Prototype) throws -> Value {
    try guardNativeStack()
    let before = top
    defer { top = before }
    let closure = Closure(code: prototype, capturing: 0)
    precondition(Layout.matches(closure), "functions do not lie in memory as expected")
    let floor = depth
    return try withExtendedLifetime(closure) {
      try push(closure, base: top + 1, missing: 0, isEntry: true)
      return try run(downTo: floor)
    }
  }

  private func push(_ closure: Closure, base: Int, missing: UInt64, isEntry: Bool) throws {
    guard depth <= maximumDepth,
      base + closure.code.registerCount < Machine.registerCapacity
    else {
      (registers + base).slots.clear(closure.code.header.parameters.count)
      throw tooDeep()
    }
    (frames + depth).initialize(
      to: Frame(
        layout: closure.layout, closure: Unmanaged.passUnretained(closure).toOpaque(),
        next: closure.code.code, window: (registers + base).slots, missing: missing,
        isEntry: isEntry))
    depth += 1
  }

  private func guardNativeStack() throws {
    guard !session.isStackNearEnd else {
      throw ScriptError.limit(
        "calls from built-in functions are nested too deep",
        hint: "functions passed to map, filter and the like call each other without end",
        isCatchable: true)
    }
  }
}
