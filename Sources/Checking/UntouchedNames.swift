// SPDX-License-Identifier: Apache-2.0
//
// Lists and records are references: any code with a reference may change them. A name is untouched
// if every use of it only reads: a field, an element or the length, printing, comparing. Then the
// list or record cannot have changed since it was created, nor have an alias.

import Syntax

/// The names of a program whose lists and records nothing can have changed.
struct UntouchedNames {
  private var names: Set<ObjectIdentifier> = []

  /// No names.
  init() {}

  /// Finds the names in a program.
  init(_ program: Program, _ index: NameIndex, _ library: LibraryIndex) {
    var visitor = TreeVisitor()
    visitor.visit(program)
    var looks = Looks(index: index, library: library)
    for node in visitor.expressions { looks.read(node) }
    for statement in visitor.statements { looks.read(statement) }
    for statement in program.statements { looks.show(statement) }
    let places = looks.places
    for binding in index.bindings where binding.value != nil && !binding.isChanged {
      if binding.uses.allSatisfy({ places.contains($0.span.start) }) {
        names.insert(ObjectIdentifier(binding))
      }
    }
  }

  func contains(_ binding: Binding) -> Bool { names.contains(ObjectIdentifier(binding)) }
}

/// Collects the uses that only read a name.
private struct Looks {
  let index: NameIndex
  let library: LibraryIndex
  private var seen: Set<Int32> = []
  private var handedOver: Set<Int32> = []
  var places: Set<Int32> { seen.subtracting(handedOver) }

  /// Functions with an effect that retain none of their arguments.
  private static let readers: Set<String> = ["print", "show"]

  init(index: NameIndex, library: LibraryIndex) {
    self.index = index
    self.library = library
  }

  private mutating func look(_ node: Expression) {
    if case .name = node.kind { seen.insert(node.span.start) }
  }

  mutating func read(_ node: Expression) {
    switch node.kind {
    case .field(let base, _), .index(let base, _): look(base)
    case .binary(_, let left, let right), .comparison(_, let left, let right):
      look(left)
      look(right)
    case .interpolation: for part in node.parts { look(part) }
    case .list(let items): for case .spread(let list) in items { look(list) }
    case .comprehension(_, let clauses, _): for clause in clauses { look(clause.sequence) }
    case .call(let callee, let arguments): read(callee, arguments)
    default: break
    }
  }

  private mutating func read(_ callee: Expression, _ arguments: [Argument]) {
    switch callee.kind {
    case .name(let name):
      guard index.meanings[callee.span.start] == nil,
        Looks.readers.contains(name) || library.isWithoutEffect(library.global(name))
      else { return }
      for argument in arguments { look(argument.value) }
    case .field(let base, let name):
      // A method call passes the whole value; its uses are not reads.
      let methods = ["list", "record"].compactMap { library.method(name.text, of: $0) }
      if methods.contains(where: { $0.purity.effect != .none }) {
        handedOver.insert(base.span.start)
      }
    default: break
    }
  }

  mutating func read(_ statement: Statement) {
    switch statement.kind {
    case .for(_, let sequence, _): look(sequence)
    case .assignment(let target, _, _):
      switch target.kind {
      case .field(let base, _), .index(let base, _): handedOver.insert(base.span.start)
      default: break
      }
    default: break
    }
  }

  /// A statement of the top level that shows a value.
  mutating func show(_ statement: Statement) {
    if case .expression(let value) = statement.kind { look(value) }
  }
}
