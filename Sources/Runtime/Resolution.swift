// SPDX-License-Identifier: Apache-2.0
//
// What the resolver finds out: variables, the functions they belong to, and the meaning of every
// name in a program.

import Syntax

/// A local variable.
final class Variable {
  let name: String
  /// The function whose frame it lives in; the resolution keeps all functions alive.
  unowned let function: FunctionScope
  /// Whether some inner function mentions it.
  var isCaptured = false
  /// Whether it is assigned after it was introduced.
  var isAssigned = false
  /// For a local `fn`: the function it introduces.
  weak var introducedFunction: FunctionScope?
  /// The register, once the compiler has chosen one.
  var register = -1
  /// For a size in a shape: whether its register already holds a cell.
  var isWrapped = false

  init(name: String, function: FunctionScope) {
    self.name = name
    self.function = function
  }

  /// Whether frame and closures share it through a cell.
  var isCell: Bool { isCaptured && isAssigned }
}

/// A function, or the top level, with the variables it takes from outside.
final class FunctionScope {
  let parent: FunctionScope?
  var captures: [Variable] = []
  private var captureIndices: [ObjectIdentifier: Int] = [:]
  /// Names of all local variables, for spelling hints.
  var localNames: [String] = []

  init(parent: FunctionScope?) { self.parent = parent }

  /// The index of a variable of an outer function among the captures of this one.
  func captureIndex(of variable: Variable) -> Int {
    if let index = captureIndices[ObjectIdentifier(variable)] { return index }
    if let parent, parent !== variable.function { _ = parent.captureIndex(of: variable) }
    captures.append(variable)
    captureIndices[ObjectIdentifier(variable)] = captures.count - 1
    return captures.count - 1
  }
}

/// What a name means where it stands.
enum Meaning {
  /// A variable of the running function.
  case local(Variable)
  /// A variable of an enclosing function, by its index among the captures.
  case captured(Variable, Int)
  /// A global or built-in.
  case global
}

/// The result of resolving a program.
struct Resolution {
  var meanings: [Int32: Meaning] = [:]
  var functions: [Int32: FunctionScope] = [:]
  var topLevel = FunctionScope(parent: nil)
  var diagnostics: [Diagnostic] = []
  /// Names outside functions that nothing in the program defines.
  var globalUses: [Identifier] = []
  /// Names that the top level defines.
  var definitions: Set<String> = []
}
