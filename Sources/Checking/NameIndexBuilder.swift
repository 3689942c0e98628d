// SPDX-License-Identifier: Apache-2.0
//
// Fills a `NameIndex` from what the resolver of the language recorded: it decides where names are
// visible and what each use means. Uses are linked at the end, because functions may use names
// before they are defined.

import Runtime
import Syntax

/// Collects the names of a program.
struct NameIndexBuilder {
  private var index = NameIndex()
  private var variables: [NameLinks.Variable: Binding] = [:]
  private var uses: [NameUse] = []
  /// From where on the top level sees a global.
  private var firstDefinition: [String: Int32] = [:]
  private let isBuiltin: (String) -> Bool

  /// Collects the names that the resolver found; `isBuiltin` tells the names of the library.
  static func index(_ links: NameLinks, isBuiltin: @escaping (String) -> Bool) -> NameIndex {
    var builder = NameIndexBuilder(isBuiltin)
    for event in links.names {
      switch event {
      case .definition(let definition): builder.define(definition)
      case .use(let use): builder.uses.append(use)
      }
    }
    for use in builder.uses { builder.link(use) }
    for binding in builder.index.bindings { binding.sortUses() }
    return builder.index
  }

  private init(_ isBuiltin: @escaping (String) -> Bool) { self.isBuiltin = isBuiltin }

  private mutating func define(_ definition: NameDefinition) {
    let binding = binding(for: definition)
    binding.pattern = definition.pattern ?? binding.pattern
    switch definition.origin {
    case .variable(let value, let documentation):
      guard definition.pattern == nil else { return }
      binding.value = value
      binding.documentation = documentation ?? binding.documentation
    case .function(let function, let documentation):
      binding.function = function
      binding.documentation = documentation ?? binding.documentation
    case .parameter(let annotation):
      if definition.pattern == nil { binding.annotation = annotation }
    case .loop, .caught, .size: break
    }
  }

  /// The binding of a name: a new one, or that of a global which is defined again.
  private mutating func binding(for definition: NameDefinition) -> Binding {
    let name = definition.name
    let start = definition.scope.start
    if definition.variable == nil, let known = index.globals[name.text] {
      known.declarations.append(name.span)
      index.meanings[name.span.start] = known
      return known
    }
    let binding = Binding(
      name, Binding.Kind(definition.origin), scope: definition.scope,
      isGlobal: definition.variable == nil)
    index.bindings.append(binding)
    index.meanings[name.span.start] = binding
    if let variable = definition.variable {
      variables[variable] = binding
    } else {
      index.globals[name.text] = binding
      firstDefinition[name.text] = start
    }
    return binding
  }

  private mutating func link(_ use: NameUse) {
    let start = use.name.span.start
    let known = use.variable.map { variables[$0] } ?? index.globals[use.name.text]
    guard let binding = known else {
      index.unknown.append(use)
      return
    }
    if use.variable == nil, !use.isInFunction, start < firstDefinition[use.name.text] ?? 0 {
      if isBuiltin(use.name.text) { index.unknown.append(use) } else { index.early.append(use) }
      return
    }
    binding.add(Binding.Use(span: use.name.span, isWrite: use.isWrite))
    index.meanings[start] = binding
  }
}

extension Binding.Kind {
  fileprivate init(_ origin: NameDefinition.Origin) {
    self =
      switch origin {
      case .variable: .variable
      case .function: .function
      case .parameter: .parameter
      case .loop: .loop
      case .caught: .caught
      case .size: .size
      }
  }
}
