// SPDX-License-Identifier: Apache-2.0
//
// Calls of script functions: arguments against annotations, and the result, which is found by
// analysing the body with what is known about the arguments.

import Runtime
import Syntax

extension Inference {
  func call(
    _ function: ScriptFunction, _ arguments: [GivenArgument], _ span: Span
  ) -> Known {
    guard let bound = bind(function.header, arguments, span),
      let sizes = fits(function.header, bound, isBuiltin: false), !bound.isOpen
    else { return .unknown }
    let parameters = function.node.signature.parameters.filter(\.takesArguments)
    if function.source === source {
      for (position, argument) in bound.values where position < parameters.count {
        fit(parameters[position], argument.known)
      }
    }
    if let annotation = function.header.result {
      checkResult(of: function, bound, sizes)
      if case .shape(let dimensions) = annotation.kind,
        let shape = shape(dimensions, sizes)
      {
        return shaped(shape)
      }
      return known(by: annotation)
    }
    return attempt(function, bound)
  }

  func shape(_ dimensions: [Dimension], _ sizes: [String: ShapeMatcher.Size]) -> [Int]? {
    var shape: [Int] = []
    for dimension in dimensions {
      switch dimension.kind {
      case .size(let size):
        guard let whole = Int(exactly: size) else { return nil }
        shape.append(whole)
      case .name(let name):
        guard let size = sizes[name] else { return nil }
        shape.append(size.size)
      case .ellipsis: return nil
      }
    }
    return shape
  }

  /// Analyses a function with what is known about the arguments of one call.
  func attempt(_ function: ScriptFunction, _ bound: BoundArguments) -> Known {
    let results = results(of: function, bound, [:])
    guard let first = results.first?.value else { return .unknown }
    return results.dropFirst().reduce(first) { $0.joined(with: $1.value) }.named
  }

  /// Compares a call's result with the annotation, if there is only one path through the function.
  private func checkResult(
    of function: ScriptFunction, _ bound: BoundArguments, _ sizes: [String: ShapeMatcher.Size]
  ) {
    guard silence == 0 else { return }
    let results = results(of: function, bound, sizes)
    if results.count == 1 { checkResults(results, function, sizes) }
  }

  /// The values that a call may return, inferred silently; none if it is not tried.
  private func results(
    of function: ScriptFunction, _ bound: BoundArguments, _ sizes: [String: ShapeMatcher.Size]
  ) -> [(value: Known, span: Span)] {
    guard function.source === source, tries > 0, tried.count < 6,
      !tried.contains(function.node.span.start)
    else { return [] }
    tries -= 1
    return silently {
      let signature = function.node.signature
      for (position, parameter) in signature.parameters.filter(\.takesArguments).enumerated() {
        if let argument = bound.values[position] {
          bind(parameter, to: argument.known)
        } else {
          bind(parameter, to: parameter.defaultValue.map { expression($0) } ?? .unknown)
        }
        parameter.annotation.map { remember($0, sizes) }
      }
      return results(of: function)
    }
  }

  /// The sizes that a shape names are local variables of the function.
  func remember(_ annotation: Annotation, _ sizes: [String: ShapeMatcher.Size]) {
    guard case .shape(let dimensions) = annotation.kind else { return }
    for dimension in dimensions {
      guard case .name(let name) = dimension.kind else { continue }
      let known = sizes[name].map { Known.exact(.integer($0.size)) } ?? .type("number")
      remember(Identifier(name, dimension.span), known)
    }
  }
}

extension Parameter {
  /// Whether it is more than the `*` marker.
  fileprivate var takesArguments: Bool { if case .star = kind { false } else { true } }
}
