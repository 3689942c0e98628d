// SPDX-License-Identifier: Apache-2.0
//
// The parts of the machine that need not be fast: globals that change, closures, collections,
// patterns and modules.

import CMachine
import Syntax
import Tensors

extension Machine {
  // MARK: - Globals

  func undefinedGlobal(
    _ slot: UnsafeMutablePointer<GlobalSlot>, _ frame: UnsafeMutablePointer<Frame>,
    isAssigned: Bool
  ) -> ScriptError {
    let prototype = frame.prototype
    let name = prototype.globalName(at: slot)
    let scope = prototype.scope
    let own = scope.definedNames + prototype.localNames
    let (source, span) = place(of: frame)
    let hint = Spelling.advice(
      on: name, at: span, in: source, isAssigned: isAssigned, own: own,
      library: session.builtins.globalNames)
    return .name("nothing is called `\(name)`", hint: hint ?? "")
  }

  func setGlobal(
    _ slot: UnsafeMutablePointer<GlobalSlot>, to value: Value, _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    guard slot.pointee.value != nil else {
      throw undefinedGlobal(slot, frame, isAssigned: true)
    }
    guard !slot.pointee.isBuiltin else {
      let name = frame.prototype.globalName(at: slot)
      throw ScriptError.name("`\(name)` is built in", hint: "a new name needs `let`")
    }
    bury(slot.pointee.value)
    slot.pointee.value = value
  }

  func defineGlobal(
    _ slot: UnsafeMutablePointer<GlobalSlot>, as value: Value, _ frame: UnsafeMutablePointer<Frame>
  ) {
    if slot.pointee.isBuiltin {
      slot.pointee.isBuiltin = false
      if case .record? = slot.pointee.value {
        let name = frame.prototype.globalName(at: slot)
        session.note("`\(name)` now hides the built-in namespace; std.\(name) still reaches it")
      }
    }
    bury(slot.pointee.value)
    slot.pointee.value = value
  }

  /// Keeps a function alive that is replaced while it runs.
  private func bury(_ old: Value?) {
    guard case .function(let closure)? = old else { return }
    for index in 0..<depth where frames[index].closure == address(of: closure) {
      graveyard.append(.function(closure))
      return
    }
  }

  private func address(of closure: Closure) -> UnsafeMutableRawPointer {
    Unmanaged.passUnretained(closure).toOpaque()
  }

  // MARK: - Making values

  /// Assigns a shared variable.
  func set(_ cell: Value, to value: UnsafeMutablePointer<Value>) {
    guard case .cell(let shared) = cell else { return }
    withUnsafePointer(to: cell) { session.cycles.watch($0, storing: value) }
    shared.value = value.pointee
  }

  func makeClosure(_ index: Int, _ frame: UnsafeMutablePointer<Frame>) -> Value {
    let prototype = frame.prototype.prototypes[index]
    let regs = frame.registers
    let closure = Closure(code: prototype, capturing: prototype.captures.count)
    for (index, source) in prototype.captures.enumerated() {
      let place = closure.captured + index
      switch source {
      case .register(let register): place.initialize(to: regs[register])
      case .capture(let capture): place.initialize(to: frame.captured(capture))
      case .enclosingFunction:
        place.initialize(to: frame.closure.map { .function($0) } ?? .nil)
      case .neighbour(let index): place.initialize(to: makeNeighbour(index, frame))
      case .unused: place.initialize(to: .nil)
      }
    }
    return .function(closure)
  }

  /// Makes a closure of a sibling function of the running one: it has other code and the same
  /// captures, the last of which is the enclosing function.
  func makeNeighbour(_ index: Int, _ frame: UnsafeMutablePointer<Frame>) -> Value {
    guard let running = frame.closure, running.capturedCount > 0,
      case .function(let enclosing) = running.captured[running.capturedCount - 1]
    else { return .nil }
    let closure = Closure(
      code: enclosing.code.prototypes[index], capturing: running.capturedCount)
    closure.captured.initialize(from: running.captured, count: running.capturedCount)
    return .function(closure)
  }

  func setEntry(_ record: Value, _ key: Value, _ value: Value) {
    if case .record(let record) = record, case .text(let key) = key {
      record[key.string] = value
    }
  }

  func spread(_ value: Value, into target: Value) throws {
    guard case .record(let target) = target else { return }
    switch value {
    case .record(let source): target.spread(source)
    case .object(let object) where object.type.record != nil:
      if let source = try object.type.record?(object, session) { target.spread(source) }
    default:
      throw ScriptError.type("only a record can be spread here, not \(value.typePhrase)")
    }
  }

  func append(_ value: Value, to list: List) throws {
    guard list.count < Session.maximumListCount else {
      throw ScriptError.limit("this list is full", isCatchable: true)
    }
    list.append(value)
  }

  func extend(_ list: List, with value: Value) throws {
    let elements = try session.elements(of: value)
    try session.claim(elements: list.count + elements.count)
    list.append(contentsOf: elements)
  }

  func interpolate(_ first: UnsafeMutablePointer<Value>, count: Int) throws -> Value {
    var text = ""
    for index in 0..<count {
      let part = try Display.whole(first[index], session)
      let size = text.utf8.count + part.utf8.count
      try session.claim(stringBytes: size)
      // Strings double when they grow, which wastes much for long ones.
      if size >= 1 << 16 { text.reserveCapacity(size) }
      text += part
    }
    return .string(text)
  }

  /// Appends texts to the one in `target`; in place if its reference is unique.
  func appendText(
    _ first: UnsafeMutablePointer<Value>, count: Int, to target: UnsafeMutablePointer<Value>
  ) throws {
    if !target.holdsUnsharedText {
      target.pointee = .string(try Display.whole(target.pointee, session))
    }
    guard case .text(let text) = target.pointee else { return }
    for index in 0..<count {
      let piece = try Display.whole(first[index], session)
      guard text.utf8Count + piece.utf8.count <= Session.maximumStringBytes else {
        throw tooLongText()
      }
      try session.claimGrowth(from: text.utf8Count, to: text.utf8Count + piece.utf8.count)
      text.append(piece)
    }
  }

  private func tooLongText() -> ScriptError {
    .limit("this string is longer than 256 MB", isCatchable: true)
  }

  // MARK: - Subscripts and patterns

  func subscripts(
    _ kinds: Int, _ first: UnsafeMutablePointer<Value>, _ frame: UnsafeMutablePointer<Frame>
  ) throws -> [SubscriptValue] {
    var register = first
    return try frame.prototype.subscripts[kinds].map { kind in
      switch kind {
      case .ellipsis: return .ellipsis
      case .value:
        defer { register += 1 }
        return .value(register.pointee)
      case .slice:
        defer { register += 3 }
        return .slice(
          start: try Indexing.bound(register[0]), stop: try Indexing.bound(register[1]),
          step: try Indexing.step(register[2]))
      }
    }
  }

  func setGlobalIndex(
    _ slot: UnsafeMutablePointer<GlobalSlot>, _ entries: [SubscriptValue],
    _ value: UnsafeMutablePointer<Value>, _ frame: UnsafeMutablePointer<Frame>
  ) throws {
    guard slot.pointee.value != nil else {
      throw undefinedGlobal(slot, frame, isAssigned: false)
    }
    // A slot that is not empty begins with its value.
    let container = UnsafeMutableRawPointer(slot).assumingMemoryBound(to: Value.self)
    session.cycles.watch(container, storing: value)
    try Indexing.set(container, entries, value.pointee, session)
  }

  func unpack(
    _ value: Value, into target: UnsafeMutablePointer<Value>, count: Int, hasRest: Bool
  ) throws {
    let elements: [Value]
    do {
      elements = try session.elements(of: value)
    } catch let error as ScriptError where error.kind == .type {
      throw ScriptError.type("\(value.typePhrase) cannot be taken apart by a list pattern")
    }
    let fixed = hasRest ? count - 1 : count
    guard hasRest ? elements.count >= fixed : elements.count == fixed else {
      throw ScriptError.value(
        "the pattern wants \(hasRest ? "at least " : "")\(counted(fixed, "element")), "
          + "but there \(elements.count == 1 ? "is" : "are") \(elements.count)")
    }
    for index in 0..<fixed { target[index] = elements[index] }
    if hasRest { target[fixed] = .list(Array(elements[fixed...])) }
  }

  // MARK: - Modules

  func load(_ path: Value, _ frame: UnsafeMutablePointer<Frame>) throws -> Value {
    guard case .text(let path) = path else { return .nil }
    let before = top
    top = base(of: frame) + frame.registerCount
    defer { top = before }
    return try session.loadModule(path.string, from: frame.prototype.source.path)
  }
}

extension UnsafeMutablePointer<Value> {
  /// Whether this holds a string whose reference is unique.
  fileprivate var holdsUnsharedText: Bool {
    guard slots.pointee.tag == Tag.text else { return false }
    return withMemoryRebound(to: Text.self, capacity: 1) {
      isKnownUniquelyReferenced(&$0.pointee)
    }
  }
}
