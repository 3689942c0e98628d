// SPDX-License-Identifier: Apache-2.0
//
// What is known about a built-in function without calling it: whether it has side effects, and what
// the shape of its result depends on. The checker calls pure functions on tensors with known shapes
// and placeholder elements.

/// The effects of a call of a function, and what its result depends on.
///
/// A function is impure unless its declaration says otherwise, since the checker would call it.
public struct Purity: Sendable {
  /// The effects of a call.
  public enum Effect: Sendable {
    /// Files, output, models, the session: anything.
    case any
    /// It changes its first argument, or raises an error on purpose. It may be called on copies.
    case argument
    /// None. Discarding the result is a mistake.
    case none
  }

  /// What depends on the elements of tensor arguments.
  public enum Elements: Sendable {
    /// The elements of the result.
    case result
    /// Also whether the call fails.
    case failure
    /// Also the shape of the result.
    case shape
  }

  /// A bound on the size of the result, and on the time of a call.
  public enum Work: Sendable {
    /// The size of the arguments.
    case arguments
    /// The product of the arguments' sizes and of the numbers among them.
    case product
    /// The square of the first argument's size.
    case square
    /// The broadcast shape of the arguments.
    case broadcast
    /// That of a matrix product.
    case matrices
  }

  /// The effects of a call.
  public private(set) var effect: Effect
  /// Whether calls may be tried at all; false for functions that call other functions.
  public private(set) var isTried = true
  /// What depends on elements.
  public private(set) var elements = Elements.result
  /// The work of a call.
  public private(set) var work = Work.arguments
  /// Parameters that accept tensors for their shape, although no annotation says so.
  public private(set) var tensors: Set<String> = []
  /// A cheaper function whose result has the same shape. It gets no `seed`.
  public private(set) var substitute: String?

  /// It may have any effect.
  public static let impure = Purity(effect: .any, isTried: false)
  /// It has no effects; shape and failure depend on shapes and other values only.
  public static let pure = Purity(effect: .none)
  /// It has no effects, but calls other functions or creates objects.
  public static let untried = Purity(effect: .none, isTried: false)
  /// It changes its first argument, or raises an error on purpose.
  public static let changing = Purity(effect: .argument)
  /// Pure, but the shape of the result depends on elements.
  public static let ofElements = Purity(effect: .none, elements: .shape, work: .product)
  /// Pure, but elements decide whether it fails: whether a matrix has an inverse.
  public static let fallible = Purity(effect: .none, elements: .failure)

  /// Pure with another bound on its work.
  public static func pure(_ work: Work) -> Purity { Purity(effect: .none, work: work) }
  /// `fallible` with another bound on its work.
  public static func fallible(_ work: Work) -> Purity {
    Purity(effect: .none, elements: .failure, work: work)
  }

  /// The shape of the result is that of another function: for random numbers, for example.
  public static func shaped(like substitute: String) -> Purity {
    Purity(effect: .none, work: .product, substitute: substitute)
  }

  /// The same, with parameters that accept tensors for their shape.
  public func taking(_ parameters: String...) -> Purity {
    var copy = self
    copy.tensors = Set(parameters)
    return copy
  }
}
