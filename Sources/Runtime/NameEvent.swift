// SPDX-License-Identifier: Apache-2.0
//
// What the resolver tells tools about names besides their links: where each is introduced, by what,
// how far it is visible, and where it is used. Running needs none of this, so it is recorded only
// on request.

import Syntax

/// A name that is introduced or used, in the order in which the resolver meets them.
package enum NameEvent {
  case definition(NameDefinition)
  case use(NameUse)
}

/// A name where it is introduced.
package struct NameDefinition {
  /// How a name is introduced.
  package enum Origin {
    /// By a `let`: the value, if the pattern is a single name.
    case variable(value: Expression?, documentation: String?)
    /// By a `fn` statement.
    case function(Function, documentation: String?)
    /// By a signature.
    case parameter(Annotation?)
    /// By a loop or a clause of a comprehension.
    case loop
    /// By a `catch`.
    case caught
    /// By a shape in an annotation.
    case size
  }

  /// The name and its place.
  package let name: Identifier
  /// How it is introduced.
  package let origin: Origin
  /// Where it is visible.
  package let scope: Span
  /// The local variable; nil for a global.
  package let variable: NameLinks.Variable?
  /// The pattern of several names that it is part of.
  package var pattern: Pattern?
}

/// A name where it is used.
package struct NameUse {
  /// The name and its place.
  package let name: Identifier
  /// The local variable that it means; nil for a global or a name of the library.
  package let variable: NameLinks.Variable?
  /// Whether it is only assigned there.
  package let isWrite: Bool
  /// Whether it is in a function, which may run when more names are defined.
  package let isInFunction: Bool
  /// Whether it is in a `try` block, where an error may be intended.
  package let isGuarded: Bool
}
