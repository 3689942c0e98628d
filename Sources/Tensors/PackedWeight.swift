// SPDX-License-Identifier: Apache-2.0
//
// The weights of a layer in the layouts that its products read. They are packed on first use and
// again when a parameter has changed: once per training step, and never in inference.

import CKernels
import Synchronization

/// Counts changes of parameters in place, so that anything derived from their values can tell when
/// it is out of date.
package enum ParameterChanges {
  private static let counter = Atomic<Int>(0)

  /// The number of changes so far.
  package static var count: Int { counter.load(ordering: .acquiring) }

  /// Call this after values of parameters were changed in place.
  package static func note() { counter.add(1, ordering: .releasing) }
}

/// The packed layouts of a weight, computed on first use and again after it has changed.
package final class PackedWeight: Sendable {
  private struct Forms {
    var changes = -1
    var storage: ObjectIdentifier?
    var forward = ByPrecision()
    var backward = ByPrecision()
  }

  private struct ByPrecision {
    private var whole: PackedMatrix?
    private var rounded: PackedMatrix?

    subscript(precision: Precision) -> PackedMatrix? {
      get { precision == .bfloat16 ? rounded : whole }
      set { if precision == .bfloat16 { rounded = newValue } else { whole = newValue } }
    }
  }

  private let forms = Mutex(Forms())

  package init() {}

  /// The layout for `x Wᵀ` with a weight [out, in].
  package func forward(_ weight: Tensor) throws -> PackedMatrix {
    try form(weight, \.forward) { try PackedMatrix(transposeOf: $0) }
  }

  /// The layout for `x [Wᵀ Vᵀ ...]`: several weights [out, in] side by side, in one product.
  package func forward(joining weights: [Tensor]) throws -> PackedMatrix {
    guard let first = weights.first else { throw TensorError.value("there are no weights to join") }
    return try form(first, \.forward) { _ in
      try Tensor.withoutGradients { try PackedMatrix(transposeOf: Tensor.cat(weights, dim: 0)) }
    }
  }

  /// The layout for `dy W`.
  package func backward(_ weight: Tensor) throws -> PackedMatrix {
    try form(weight, \.backward) { try PackedMatrix($0) }
  }

  private func form(
    _ weight: Tensor, _ which: WritableKeyPath<Forms, ByPrecision>,
    _ make: (Tensor) throws -> PackedMatrix
  ) throws -> PackedMatrix {
    try forms.withLock { forms in
      let changes = ParameterChanges.count
      let storage = ObjectIdentifier(weight.storage)
      if forms.changes != changes || forms.storage != storage {
        forms = Forms(changes: changes, storage: storage)
      }
      let precision = Precision.current
      if let found = forms[keyPath: which][precision] { return found }
      let made = try make(weight)
      forms[keyPath: which][precision] = made
      return made
    }
  }
}
