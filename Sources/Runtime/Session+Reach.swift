// SPDX-License-Identifier: Apache-2.0
//
// Which global names some code can reach: those that it mentions, those that the functions among
// them mention, and so on. A cache asks what a cell may have changed.

extension Closure {
  /// Whether it holds variables of a function around it.
  package var hasCaptures: Bool {
    (0..<capturedCount).contains { index in
      if case .nil = captured[index] { return false }
      return true
    }
  }
}

extension Session {
  /// The defined names that code which mentions `names` can reach.
  public func reachableNames(from names: Set<String>) -> Set<String> {
    var walk = NameWalk()
    var reached: Set<String> = []
    var pending = Array(names)
    while let name = pending.popLast() {
      guard let value = scope.definedValue(name), reached.insert(name).inserted else { continue }
      walk.add(value)
      pending += walk.takeNames()
    }
    return reached
  }
}

/// Walks through values to the names that functions among them mention.
private struct NameWalk {
  private var seen: Set<ObjectIdentifier> = []
  private var names: [String] = []

  mutating func takeNames() -> [String] {
    defer { names = [] }
    return names
  }

  mutating func add(_ value: Value) {
    var pending = [value]
    while let value = pending.popLast() {
      switch value {
      case .list(let list) where seen.insert(ObjectIdentifier(list)).inserted: pending += list.items
      case .record(let record) where seen.insert(ObjectIdentifier(record)).inserted:
        pending += record.values
      case .object(let object) where seen.insert(ObjectIdentifier(object)).inserted:
        pending += object.heldValues
      case .cell(let cell) where seen.insert(ObjectIdentifier(cell)).inserted:
        pending.append(cell.value)
      case .function(let closure) where seen.insert(ObjectIdentifier(closure)).inserted:
        add(closure.code)
        pending += (0..<closure.capturedCount).map { closure.captured[$0] }
      default: break
      }
    }
  }

  private mutating func add(_ code: Prototype) {
    names += code.globalNames
    for inner in code.prototypes { add(inner) }
  }
}
