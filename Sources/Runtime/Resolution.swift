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
  /// For a local `fn` that stands beside others: all of them.
  weak var group: FunctionGroup?
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

/// The variables that a function takes from outside.
final class CaptureTable {
  private(set) var variables: [Variable] = []
  private var indices: [ObjectIdentifier: Int] = [:]

  func find(_ variable: Variable) -> Int? { indices[ObjectIdentifier(variable)] }

  func append(_ variable: Variable) -> Int {
    variables.append(variable)
    indices[ObjectIdentifier(variable)] = variables.count - 1
    return variables.count - 1
  }
}

/// Local functions that are declared one after the other, each of which may call the others.
///
/// They capture the same variables in the same order. So each can make any other from what it has
/// captured itself, and none holds another: that would keep both alive for ever.
final class FunctionGroup {
  let captures = CaptureTable()
  var members: [Variable] = []
  /// Whether any of them mentions another.
  var isLinked = false
  /// Where the code of the first one stands in that of the function around them, once it is known.
  var firstPrototype = -1
}

/// A function, or the top level, with the variables it takes from outside.
final class FunctionScope {
  let parent: FunctionScope?
  /// The functions beside this one, if it may call them.
  let group: FunctionGroup?
  private let table: CaptureTable
  /// Names of all local variables, for spelling hints.
  var localNames: [String] = []

  init(parent: FunctionScope?, group: FunctionGroup? = nil) {
    self.parent = parent
    self.group = group
    table = group?.captures ?? CaptureTable()
  }

  /// The variables it takes from outside.
  var captures: [Variable] { table.variables }

  /// The index of a variable of an outer function among the captures of this one.
  func captureIndex(of variable: Variable) -> Int {
    if let group, variable.group === group, variable.introducedFunction !== self {
      group.isLinked = true
    }
    if let index = table.find(variable) { return index }
    if let parent, parent !== variable.function { _ = parent.captureIndex(of: variable) }
    return table.append(variable)
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
  var groups: [FunctionGroup] = []
  var topLevel = FunctionScope(parent: nil)
  var diagnostics: [Diagnostic] = []
  /// Names outside functions that nothing in the program defines.
  var globalUses: [Identifier] = []
  /// Names that the top level defines.
  var definitions: Set<String> = []
  /// Every introduction and use of a name, if they were asked for.
  var names: [NameEvent] = []
}
