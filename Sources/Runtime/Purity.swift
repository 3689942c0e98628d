// SPDX-License-Identifier: Apache-2.0
//
// What is known about a built-in function without calling it: whether it changes anything, and what
// the shape of its result follows from. The checker calls pure functions on tensors whose shapes it
// knows and whose elements mean nothing.

/// What a call of a function changes, and what its result follows from.
///
/// A function is impure unless its table says otherwise, since the checker would call it.
public struct Purity: Sendable {
  /// What a call changes.
  public enum Effect: Sendable {
    /// Files, output, models, the session: anything.
    case any
    /// Its first argument; or it raises an error on purpose. It may be called on copies.
    case argument
    /// Nothing. To drop the result is a mistake.
    case none
  }

  /// What the elements of tensors among the arguments decide about.
  public enum Elements: Sendable {
    /// The elements of the result.
    case result
    /// Also whether the call fails.
    case failure
    /// Also the shape of the result.
    case shape
  }

  /// A bound on the elements of the result, and on the time of a call.
  public enum Work: Sendable {
    /// As many as the arguments have.
    case arguments
    /// The product of the arguments' sizes and of the numbers among them.
    case product
    /// The square of the first argument's size.
    case square
    /// Tensors are stretched to each other's shapes.
    case broadcast
    /// As for the product of two matrices.
    case matrices
  }

  /// What a call changes.
  public private(set) var effect: Effect
  /// Whether calls may be tried at all; false for what calls other functions.
  public private(set) var isTried = true
  /// What elements decide about.
  public private(set) var elements = Elements.result
  /// How much work a call is.
  public private(set) var work = Work.arguments
  /// Parameters that take tensors for the sake of their shape, although no annotation says so.
  public private(set) var tensors: Set<String> = []
  /// A function whose result has the same shape and costs less. It gets no `seed`.
  public private(set) var substitute: String?

  /// It may change anything.
  public static let impure = Purity(effect: .any, isTried: false)
  /// It changes nothing; shape and failure follow from shapes and other values.
  public static let pure = Purity(effect: .none)
  /// It changes nothing, but calls other functions or makes objects.
  public static let untried = Purity(effect: .none, isTried: false)
  /// It changes its first argument, or raises an error on purpose.
  public static let changing = Purity(effect: .argument)
  /// Pure, but the shape of the result follows from elements.
  public static let ofElements = Purity(effect: .none, elements: .shape, work: .product)
  /// Pure, but elements decide whether it fails: whether a matrix has an inverse.
  public static let fallible = Purity(effect: .none, elements: .failure)

  /// Pure with another bound on its work.
  public static func pure(_ work: Work) -> Purity { Purity(effect: .none, work: work) }
  /// `fallible` with another bound on its work.
  public static func fallible(_ work: Work) -> Purity {
    Purity(effect: .none, elements: .failure, work: work)
  }

  /// A result that another function gives in the same shape: random numbers, for example.
  public static func shaped(like substitute: String) -> Purity {
    Purity(effect: .none, work: .product, substitute: substitute)
  }

  /// The same, where these parameters take tensors for the sake of their shape.
  public func taking(_ parameters: String...) -> Purity {
    var copy = self
    copy.tensors = Set(parameters)
    return copy
  }
}
