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
    var found = [Tensor?](repeating: nil, count: targets.count)
    try gradients(for: targets) { found[$0] = $1 }
    return found
  }

  /// Gives the gradient of this one-element tensor with respect to each of `targets` to `deliver`,
  /// with its place among them, as soon as nothing is added to it any more: while the backward pass
  /// goes on towards early layers, the gradients of late ones have been delivered.
  ///
  /// Each target is delivered once; nil where the computation does not reach it.
  public func gradients(
    for targets: [Tensor], deliver: (_ place: Int, _ gradient: Tensor?) throws -> Void
  ) throws {
    var places: [ObjectIdentifier: Int] = [:]
    var others: [Int] = []
    for (place, target) in targets.enumerated() {
      if let node = target.node, places[ObjectIdentifier(node)] == nil {
        places[ObjectIdentifier(node)] = place
      } else {
        others.append(place)
      }
    }
    try backpropagate { leaf, gradient in
      guard let place = places.removeValue(forKey: ObjectIdentifier(leaf)) else { return }
      try deliver(place, gradient)
    }
    for place in (others + places.values).sorted() { try deliver(place, nil) }
  }

  /// Adds the gradients of this one-element tensor to the `grad` of every parameter it depends on.
  public func backward() throws {
    guard node != nil else {
      throw TensorError.value(
        "backward() needs a result that depends on a parameter",
        hint: "make parameters with param(x)")
    }
    var found: [(leaf: GradientNode, gradient: Tensor)] = []
    try backpropagate { leaf, gradient in
      if let gradient { found.append((leaf, gradient)) }
    }
    for (leaf, gradient) in found {
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

  /// Runs the backward pass. `finish` is given each parameter that the computation reaches, once
  /// the last operation that uses it has been passed, and its gradient, if it has one.
  private func backpropagate(
    finish: (_ leaf: GradientNode, _ gradient: Tensor?) throws -> Void
  ) throws {
    guard count == 1 else {
      throw TensorError.shape(
        "only a single number can be differentiated, not shape \(shape)",
        hint: "reduce it with sum or mean first")
    }
    guard let root = node else { return }
    let first = try Tensor(repeating: 1, shape: shape)
    guard !root.isLeaf else { return try finish(root, first) }
    var byDepth = [[GradientNode]](repeating: [], count: root.depth + 1)
    // How many uses of each parameter the pass has still to come to.
    var uses: [ObjectIdentifier: Int] = [:]
    for node in reachableNodes() {
      byDepth[node.depth].append(node)
      for case let parent? in node.parents where parent.isLeaf {
        uses[ObjectIdentifier(parent), default: 0] += 1
      }
    }
    var sums = [ObjectIdentifier(root): first]
    for level in byDepth.reversed() {
      for node in level {
        guard let pullback = node.pullback else { continue }
        if let gradient = sums.removeValue(forKey: ObjectIdentifier(node)) {
          try Stop.check()
          let contributions = try Tensor.withoutGradients { try pullback(gradient) }
          try Tensor.add(contributions, of: node, to: &sums)
        }
        for case let parent? in node.parents where parent.isLeaf {
          let key = ObjectIdentifier(parent)
          uses[key, default: 0] -= 1
          if uses[key] == 0 { try finish(parent, sums.removeValue(forKey: key)) }
        }
      }
    }
  }

  /// Adds what an operation hands back to the gradients of its inputs.
  private static func add(
    _ contributions: [Tensor?], of node: GradientNode, to sums: inout [ObjectIdentifier: Tensor]
  ) throws {
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

  private static func sumOfGradients(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let result = try Tensor(uninitialized: a.shape)
    Profile.measure(.gradientSums, operations: a.count, bytes: 12 &* a.count) {
      smap_add(a.pointer, b.pointer, result.pointer, a.count)
    }
    return result
  }
}
