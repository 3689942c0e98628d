// SPDX-License-Identifier: Apache-2.0
//
// Reverse-mode differentiation.
//
// Each operation on a tracked tensor adds one node: its parents and a pullback, which maps the
// gradient of the result to gradients of the inputs. A pullback captures detached tensors only, so
// values never own nodes and the graph is owned from its result backwards: when the result of a
// forward pass is released, so is its graph. Long chains are freed iteratively with a work list,
// because a hundred thousand nested `deinit`s would overflow the stack.
//
// A node's depth (one more than its deepest parent) orders the backward pass; among equals, the
// order of discovery decides, so the same program adds gradients in the same order every time.

import CKernels

/// One operation of a recorded computation.
package final class GradientNode {
  package private(set) var parents: [GradientNode?]
  package private(set) var pullback: ((Tensor) throws -> [Tensor?])?
  package let depth: Int
  /// For a parameter: the gradient left by the last backward pass.
  package var leafGradient: Tensor?
  /// For a tensor in an elementwise trace: its position there.
  package var place: ElementwiseTrace.Place?

  package init(
    parents: [GradientNode?], pullback: ((Tensor) throws -> [Tensor?])?
  ) {
    self.parents = parents
    self.pullback = pullback
    var deepest = -1
    for parent in parents { if let parent { deepest = max(deepest, parent.depth) } }
    depth = deepest + 1
  }

  package var isLeaf: Bool { pullback == nil }

  deinit {
    var pending = parents
    parents = []
    while !pending.isEmpty {
      guard var node = pending.removeLast() else { continue }
      if isKnownUniquelyReferenced(&node) {
        pending.append(contentsOf: node.parents)
        node.parents = []
      }
    }
  }
}

extension Tensor {
  /// A tensor whose gradient is kept: it is a reference, which optimizers change in place.
  public static func parameter(_ value: Tensor) throws -> Tensor {
    let parameter = Tensor(storage: try Storage(copying: value.storage), shape: value.shape)
    parameter.node = GradientNode(parents: [], pullback: nil)
    return parameter
  }

  /// Whether this is a parameter: a leaf of recorded computations.
  public var isParameter: Bool { node?.isLeaf ?? false }

  /// Whether this tensor is differentiated.
  public var requiresGradient: Bool { node != nil }

  /// The gradient that the last backward pass left on a parameter.
  public var grad: Tensor? {
    get { node?.leafGradient }
    set { node?.leafGradient = newValue }
  }

  /// Attaches a pullback to a fresh result if any input is tracked and recording is on.
  ///
  /// `pullback` receives the gradient of the result (same shape) and returns one gradient per
  /// input, or nil where none is needed; it must capture detached tensors only.
  package func recorded(
    from inputs: [Tensor], pullback: @escaping (Tensor) throws -> [Tensor?]
  ) -> Tensor {
    guard smap_gradients_enabled() != 0 else { return self }
    var tracked = false
    for input in inputs where input.node != nil { tracked = true }
    if tracked { node = GradientNode(parents: inputs.map(\.node), pullback: pullback) }
    return self
  }

  /// Runs `body` without recording.
  public static func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = smap_gradients_enabled()
    smap_set_gradients_enabled(0)
    defer { smap_set_gradients_enabled(before) }
    return try body()
  }

  /// Runs `body` with recording, where it may be off.
  package static func recording<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = smap_gradients_enabled()
    smap_set_gradients_enabled(1)
    defer { smap_set_gradients_enabled(before) }
    return try body()
  }

  /// The gradients of this one-element tensor with respect to `targets`, in their order.
  ///
  /// The gradient of a target that the computation does not reach is nil. Nothing is stored on the
  /// parameters, so several threads may differentiate separate computations over shared parameters.
  public func gradients(for targets: [Tensor]) throws -> [Tensor?] {
    var sums = try backpropagated()
    return targets.map { target in
      target.node.flatMap { sums.removeValue(forKey: ObjectIdentifier($0)) }
    }
  }

  /// Adds the gradients of this one-element tensor to the `grad` of every parameter it depends on.
  public func backward() throws {
    guard node != nil else {
      throw TensorError.value(
        "backward() needs a result that depends on a parameter",
        hint: "make parameters with param(x)")
    }
    let leaves = reachableNodes().filter(\.isLeaf)
    let sums = try backpropagated()
    for leaf in leaves {
      guard let gradient = sums[ObjectIdentifier(leaf)] else { continue }
      if let before = leaf.leafGradient {
        leaf.leafGradient = try Tensor.sumOfGradients(before, gradient)
      } else {
        leaf.leafGradient = gradient
      }
    }
  }

  private func reachableNodes() -> [GradientNode] {
    guard let node else { return [] }
    var found = [node]
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(node)]
    var next = 0
    while next < found.count {
      for case let parent? in found[next].parents
      where seen.insert(ObjectIdentifier(parent)).inserted {
        found.append(parent)
      }
      next += 1
    }
    return found
  }

  private func backpropagated() throws -> [ObjectIdentifier: Tensor] {
    guard count == 1 else {
      throw TensorError.shape(
        "only a single number can be differentiated, not shape \(shape)",
        hint: "reduce it with sum or mean first")
    }
    guard let root = node else { return [:] }
    var byDepth = [[GradientNode]](repeating: [], count: root.depth + 1)
    for node in reachableNodes() { byDepth[node.depth].append(node) }
    var sums: [ObjectIdentifier: Tensor] = [
      ObjectIdentifier(root): try Tensor(repeating: 1, shape: shape)
    ]
    for level in byDepth.reversed() {
      for node in level {
        guard let pullback = node.pullback,
          let gradient = sums.removeValue(forKey: ObjectIdentifier(node))
        else { continue }
        try Stop.check()
        let contributions = try Tensor.withoutGradients { try pullback(gradient) }
        for (parent, contribution) in zip(node.parents, contributions) {
          guard let parent, let contribution else { continue }
          let key = ObjectIdentifier(parent)
          if let before = sums[key] {
            sums[key] = try Tensor.sumOfGradients(before, contribution)
          } else {
            sums[key] = contribution
          }
        }
      }
    }
    return sums
  }

  private static func sumOfGradients(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let result = try Tensor(uninitialized: a.shape)
    Profile.measure(.gradientSums, operations: a.count, bytes: 12 &* a.count) {
      smap_add(a.pointer, b.pointer, result.pointer, a.count)
    }
    return result
  }
}
