// SPDX-License-Identifier: Apache-2.0
//
// The global names of a program or module. Each name has a slot at a fixed address, so code
// contains pointers to slots and accessing a global costs one load. A built-in gets a slot in each
// scope that mentions it, which is why a `let` can shadow it there and nowhere else.

import Syntax

/// One global variable.
struct GlobalSlot {
  /// The value, or nil before the definition has run.
  var value: Value?
  /// Whether the value is a built-in, which `=` may not change.
  var isBuiltin: Bool
}

/// The global variables of one program or module.
package final class ModuleScope {
  /// The path of the source; imports are relative to it.
  var path: String
  private let builtins: BuiltinTable
  private var slots: [String: UnsafeMutablePointer<GlobalSlot>] = [:]
  /// Names with their slots in the order of their first mention. A long session may mention many
  /// that it never defines, so iterating over them must not need a lookup for each.
  private var mentioned: [(name: String, slot: UnsafeMutablePointer<GlobalSlot>)] = []
  /// The `##` lines of top-level declarations.
  var documentation: [String: String] = [:]

  init(path: String, builtins: BuiltinTable) {
    self.path = path
    self.builtins = builtins
  }

  deinit {
    for slot in slots.values {
      slot.deinitialize(count: 1)
      slot.deallocate()
    }
  }

  /// The slot of a name, created when it is first mentioned.
  func slot(for name: String) -> UnsafeMutablePointer<GlobalSlot> {
    if let slot = slots[name] { return slot }
    let slot = UnsafeMutablePointer<GlobalSlot>.allocate(capacity: 1)
    let builtin = builtins.globals[name]
    slot.initialize(to: GlobalSlot(value: builtin, isBuiltin: builtin != nil))
    slots[name] = slot
    mentioned.append((name, slot))
    return slot
  }

  /// The value of a name that the program has defined, or nil.
  func definedValue(_ name: String) -> Value? {
    guard let slot = slots[name], !slot.pointee.isBuiltin else { return nil }
    return slot.pointee.value
  }

  /// Whether anything, built-in or not, is called `name`.
  func isKnown(_ name: String) -> Bool {
    if let slot = slots[name], slot.pointee.value != nil { return true }
    return builtins.globals[name] != nil
  }

  /// The names that the program has defined, in order.
  var definedNames: [String] {
    mentioned.compactMap {
      $0.slot.pointee.isBuiltin || $0.slot.pointee.value == nil ? nil : $0.name
    }
  }

  /// Gives a name a value, as `let` does.
  func define(_ name: String, _ value: Value) {
    let slot = slot(for: name)
    slot.pointee.value = value
    slot.pointee.isBuiltin = false
  }

  /// Removes all definitions; built-ins that were shadowed are visible again.
  func reset() {
    for (name, slot) in slots {
      let builtin = builtins.globals[name]
      slot.pointee.value = builtin
      slot.pointee.isBuiltin = builtin != nil
    }
    documentation = [:]
  }
}
