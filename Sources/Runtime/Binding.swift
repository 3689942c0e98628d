// SPDX-License-Identifier: Apache-2.0
//
// The argument binder. Positional arguments fill parameters from the left, named ones follow in
// any order, `...xs` spreads a list and `...rest` collects one. Whatever does not fit is an error
// that shows the signature.

import Syntax

extension Machine {
  /// Puts the arguments in the registers from `base` in the order of the parameters.
  ///
  /// Returns the mask of parameters that got nothing. With `hasValues` their defaults are put
  /// into the registers, as built-ins want it.
  func bind(
    _ header: Header, at base: Int, count: Int, _ place: CallPlace, hasValues: Bool = false
  ) throws -> UInt64 {
    let used = max(header.parameters.count, count)
    guard base + used < Machine.registerCapacity else { throw tooDeep() }
    do {
      return try sort(header, at: base, count: count, place, hasValues)
    } catch {
      // Some of them may lie behind the window of the running frame, where nobody else clears.
      (registers + base).slots.clear(used)
      throw error
    }
  }

  private func sort(
    _ header: Header, at base: Int, count: Int, _ place: CallPlace, _ hasValues: Bool
  ) throws -> UInt64 {
    let parameters = header.parameters.count
    var missing: UInt64 = 0
    if place.isSimple, header.restIndex == nil, count <= header.positionalCount {
      for index in count..<max(count, parameters) {
        try leaveOut(index, header, at: base, hasValues, &missing)
      }
      return missing
    }
    var binder = Binder(header: header, place: place)
    for (index, kind) in place.kinds(count).enumerated() {
      try binder.add(registers[base + index], kind, at: index, session)
    }
    let values = binder.finish()
    for index in 0..<parameters {
      if let value = values[index] {
        registers[base + index] = value
      } else {
        try leaveOut(index, header, at: base, hasValues, &missing)
      }
    }
    return missing
  }

  private func leaveOut(
    _ index: Int, _ header: Header, at base: Int, _ hasValues: Bool, _ missing: inout UInt64
  ) throws {
    let parameter = header.parameters[index]
    guard parameter.hasDefault else { throw header.missingArgument(at: index) }
    if index < 64 { missing |= 1 << UInt64(index) }
    if hasValues { registers[base + index] = parameter.defaultValue?.value ?? .nil }
  }
}

/// Sorts the arguments of one call.
private struct Binder {
  let header: Header
  let place: CallPlace
  var values: [Value?]
  var rest: [Value] = []
  var positionalCount = 0

  init(header: Header, place: CallPlace) {
    self.header = header
    self.place = place
    values = Array(repeating: nil, count: header.parameters.count)
  }

  mutating func add(
    _ value: Value, _ kind: CallSite.ArgumentKind, at index: Int, _ session: Session
  ) throws {
    switch kind {
    case .positional: try addPositional(value, at: index)
    case .spread:
      for element in try session.elements(of: value) { try addPositional(element, at: index) }
    case .named(let name): try addNamed(name, value, at: index)
    }
  }

  private mutating func addPositional(_ value: Value, at index: Int) throws {
    defer { positionalCount += 1 }
    if positionalCount < header.positionalCount {
      values[positionalCount] = value
    } else if header.restIndex != nil {
      rest.append(value)
    } else {
      var error = header.tooManyArguments(countingReceiver: place.receivers > 0)
      place.blame(&error, argument: index)
      throw error
    }
  }

  private mutating func addNamed(_ name: String, _ value: Value, at index: Int) throws {
    let position = header.position(named: name)
    guard let position, values[position] == nil else {
      var error = position == nil ? header.unknownArgument(name) : header.repeatedArgument(name)
      place.blame(&error, name: index)
      throw error
    }
    values[position] = value
  }

  consuming func finish() -> [Value?] {
    if let index = header.restIndex { values[index] = .list(rest) }
    return values
  }
}
