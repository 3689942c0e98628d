// SPDX-License-Identifier: Apache-2.0
//
// Calls: finding the callee, binding arguments, and running built-ins.
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

  // MARK: - Running built-ins

  private func run(
    _ builtin: Builtin, at base: Int, count: Int, _ place: CallPlace
  ) throws -> Value {
    if session.interrupt.isRequested { throw session.takeInterrupt() }
    if session.limits.seconds != nil { try session.poll() }
    let header = builtin.header
    let missing = try bind(header, at: base, count: count, place, hasValues: true)
    let parameters = header.parameters.count
    let before = top
    top = base + max(parameters, count)
    let isProfiled = Profile.isOn
    if isProfiled { Profile.enter(header.name) }
    defer {
      top = before
      if isProfiled { Profile.leave() }
    }
    do {
      try check(builtin, at: base, place)
      let result = try builtin.body(
        Call(
          session: session, builtin: builtin, arguments: registers + base, missing: missing))
      (registers + base).slots.clear(max(parameters, count))
      return result
    } catch {
      (registers + base).slots.clear(max(parameters, count))
      guard var error = error as? ScriptError else { throw error }
      if error.source == nil, let argument = error.argument, !argument.countsArguments {
        place.blame(&error, parameter: argument.index, header)
      }
      throw error
    }
  }

  private func check(_ builtin: Builtin, at base: Int, _ place: CallPlace) throws {
    let header = builtin.header
    guard header.hasTests else { return }
    var sizes: [Int: Int] = [:]
    for (index, test) in header.tests.enumerated() {
      let register = registers + (base + index)
      switch test {
      case .none: continue
      case .type(let test):
        if header.parameters[index].acceptsNil, register.pointee.isNil { continue }
        // A number stays a number: elementwise functions return one for it.
        if test == .tensor, case .number = register.pointee { continue }
        if test == .number, case .tensor(let tensor) = register.pointee, tensor.isRecording {
          throw losesGradient(builtin, index, place)
        }
        if builtin.takesNumbers, test == .tensor, register.pointee.isPlainNumbers { continue }
        guard try test.accept(&register.pointee, session) else {
          throw mistyped(builtin, index, test.phrase, register.pointee, place)
        }
      case .shape(let wanted):
        if header.parameters[index].acceptsNil, register.pointee.isNil { continue }
        let text = header.annotationTexts[index]
        guard try TypeTest.tensor.accept(&register.pointee, session),
          case .tensor(let tensor) = register.pointee
        else {
          throw mistyped(builtin, index, Header.phrase(forShape: text), register.pointee, place)
        }
        let mismatch = ShapeTest.match(
          wanted, tensor.shape, bound: { sizes[$0] }, bind: { sizes[$0] = $1 })
        guard mismatch != nil else { continue }
        var error = header.shapeMismatch(
          text, header.phrase(for: index), not: tensor.shape,
          hint: pictureAdvice(text, tensor.shape) ?? header.text)
        place.blame(&error, parameter: index, header)
        throw error
      }
    }
  }

  /// The hint where pictures of three channels are expected and others are passed.
  private func pictureAdvice(_ wanted: String, _ shape: [Int]) -> String? {
    guard wanted == "[B, 3, H, W]", shape.count == 4, [1, 4].contains(shape[1]) else { return nil }
    return shape[1] == 4
      ? "image.flatten(x) puts pictures with transparency on white"
      : "image.flatten(x) makes grey pictures coloured"
  }

  private func losesGradient(
    _ builtin: Builtin, _ index: Int, _ place: CallPlace
  ) -> ScriptError {
    let name = builtin.header.phrase(for: index)
    var error = ScriptError.value(
      "\(builtin.qualifiedName): there is no gradient with respect to \(name)",
      hint: "if no gradient is needed, pass x.item()")
    place.blame(&error, parameter: index, builtin.header)
    return error
  }

  private func mistyped(
    _ builtin: Builtin, _ index: Int, _ wanted: String, _ value: Value, _ place: CallPlace
  ) -> ScriptError {
    let header = builtin.header
    var hint = header.text
    if index == 0, case .list = value, !builtin.forLists.isEmpty { hint = builtin.forLists }
    var found = "this is \(value.typePhrase)"
    if case .list(let list) = value, wanted.hasPrefix("a tensor") {
      found = Hints.culprit(in: list) ?? found
    }
    var error = header.typeMismatch(wanted, header.phrase(for: index), found: found, hint: hint)
    place.blame(&error, parameter: index, header)
    return error
  }

  private func call(
    _ object: ForeignObject, at base: Int, count: Int, _ place: CallPlace
  ) throws -> Value {
    guard let body = object.type.call else { return .nil }
    let before = top
    top = base + count
    defer {
      top = before
      (registers + base).slots.clear(count)
    }
    if session.interrupt.isRequested { throw session.takeInterrupt() }
    var arguments: [Value] = []
    for (index, kind) in place.kinds(count).enumerated() {
      let value = registers[base + index]
      switch kind {
      case .positional: arguments.append(value)
      case .spread: arguments.append(contentsOf: try session.elements(of: value))
      case .named(let name):
        var error = ScriptError.argument(
          "\(object.type.name.withArticle) takes no argument called `\(name)`")
        place.blame(&error, name: index)
        throw error
      }
    }
    return try body(object, arguments, session)
  }
}

/// The location of a call in the source, for the messages and spans of its errors.
///
/// Most calls never need it, so this is little more than a pointer to the calling frame.
struct CallPlace {
  private let frame: UnsafeMutablePointer<Frame>?
  /// How native code passed the arguments, if it named some.
  var native: CallSite?
  /// 1 for a method, whose receiver is the first argument but not among those at the site.
  let receivers: Int
  /// Whether all arguments are positional.
  let isSimple: Bool

  init(_ frame: UnsafeMutablePointer<Frame>?, receivers: Int, isSimple: Bool) {
    self.frame = frame
    self.receivers = receivers
    self.isSimple = isSimple
  }

  /// How the arguments are written; nil if native code passed them by position.
  var site: CallSite? {
    native ?? frame.map { $0.prototype.sites[Int($0.pointee.next[-1])] }
  }

  private var source: Source? { frame?.prototype.source }

  /// How each of the arguments is passed.
  func kinds(_ count: Int) -> [CallSite.ArgumentKind] {
    let written = site?.kinds ?? []
    let receiver = Array(repeating: CallSite.ArgumentKind.positional, count: receivers)
    guard written.count + receivers == count else {
      return Array(repeating: .positional, count: count)
    }
    return receiver + written
  }

  /// Underlines the value of argument number `index`, counted with the receiver.
  func blame(_ error: inout ScriptError, argument index: Int) {
    guard let source, let site, index >= receivers, index - receivers < site.spans.count else {
      return
    }
    error.source = source
    error.span = site.spans[index - receivers]
  }

  /// Underlines the name of an argument.
  func blame(_ error: inout ScriptError, name index: Int) {
    guard let source, let site, index >= receivers, index - receivers < site.nameSpans.count
    else { return }
    error.source = source
    error.span = site.nameSpans[index - receivers]
  }

  /// Underlines the argument that was bound to a parameter.
  func blame(_ error: inout ScriptError, parameter: Int, _ header: Header) {
    guard parameter >= 0, parameter < header.parameters.count, let site else { return }
    let name = header.parameters[parameter].name
    guard let index = site.argument(forParameter: parameter - receivers, name: name) else {
      return
    }
    blame(&error, argument: index + receivers)
  }
}
