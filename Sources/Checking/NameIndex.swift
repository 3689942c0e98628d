// SPDX-License-Identifier: Apache-2.0
//
// Every name of a program with the spans that introduce it and use it. The compiler's resolver
// keeps only what running needs; the rules about names, and editors, need the spans too. The
// resolver decides which use belongs to which variable; the top level defines globals, which
// functions look up when they run.

import Runtime
import Syntax

/// A name that a program introduces.
public final class Binding {
  /// How a name is introduced.
  public enum Kind: String, Sendable {
    case variable, function, parameter, loop, caught, size
  }

  /// A mention of the name after its introduction.
  public struct Use: Sendable {
    /// The span of the name.
    public let span: Span
    /// Whether the name is only assigned there.
    public let isWrite: Bool
  }

  /// The name.
  public let name: String
  /// How it is introduced.
  public let kind: Kind
  /// Where it is introduced; a global may be introduced again.
  public internal(set) var declarations: [Span]
  /// Where it is visible.
  public let scope: Span
  /// Whether it belongs to the top level.
  public let isGlobal: Bool
  /// Where it is used, in the order of the text.
  public fileprivate(set) var uses: [Use] = []
  /// The function that a `fn` statement gives it.
  public internal(set) var function: Function?
  /// The value that a `let` with a plain name gives it.
  public internal(set) var value: Expression?
  /// The `##` lines above its declaration.
  public internal(set) var documentation: String?
  /// The pattern of several names that it is part of.
  var pattern: Pattern?
  /// The annotation of a parameter.
  public internal(set) var annotation: Annotation?

  init(_ name: Identifier, _ kind: Kind, scope: Span, isGlobal: Bool) {
    self.name = name.text
    self.kind = kind
    declarations = [name.span]
    self.scope = scope
    self.isGlobal = isGlobal
  }

  /// Whether it is assigned after its introduction, or introduced more than once.
  var isChanged: Bool { declarations.count > 1 || isWritten }
  /// Whether it is assigned after its introduction.
  private(set) var isWritten = false

  /// Sorts the uses by their position in the text.
  func sortUses() { uses.sort { $0.span.start < $1.span.start } }

  /// Adds a use.
  func add(_ use: Use) {
    uses.append(use)
    isWritten = isWritten || use.isWrite
  }
}

/// The names of a program.
public struct NameIndex {
  /// All names in the order of their introduction.
  public internal(set) var bindings: [Binding] = []
  /// The names of the top level.
  public internal(set) var globals: [String: Binding] = [:]
  /// The meaning of the name at an offset; names of the library are not included.
  public internal(set) var meanings: [Int32: Binding] = [:]
  /// Uses of names that the program does not introduce.
  var unknown: [NameUse] = []
  /// Uses of a global by the top level itself before its first definition.
  var early: [NameUse] = []

  /// The names that can be used at an offset, inner ones shadowing outer ones.
  public func visible(at offset: Int32) -> [Binding] {
    var found: [String: Binding] = [:]
    for binding in bindings where binding.isGlobal && found[binding.name] == nil {
      found[binding.name] = binding
    }
    // Later bindings are in inner scopes or shadow earlier ones.
    for binding in locals(at: offset) { found[binding.name] = binding }
    return found.values.sorted { $0.name < $1.name }
  }

  /// The local names that can be used at an offset, in the order of their introduction.
  func locals(at offset: Int32) -> [Binding] {
    bindings.filter { !$0.isGlobal && $0.scope.start <= offset && offset <= $0.scope.end }
  }

  /// The name at an offset, with its span.
  public func binding(at offset: Int32) -> (binding: Binding, span: Span)? {
    for binding in bindings {
      for span in binding.declarations where span.start <= offset && offset <= span.end {
        return (binding, span)
      }
      for use in binding.uses where use.span.start <= offset && offset <= use.span.end {
        return (binding, use.span)
      }
    }
    return nil
  }
}
