// SPDX-License-Identifier: Apache-2.0
//
// The sum of the gradients of a step over its micro-batches and over the workers of the training.
// The gradient by a parameter is taken as soon as the backward pass of a micro-batch has finished
// with it. Where there are several workers, they exchange, on a thread beside the micro-batches,
// what all micro-batches of a worker have finished with: late layers travel while the gradients by
// early ones are computed.

import Networks
import Synchronization
import Tensors

/// Adds up the gradients of a step.
final class GradientSum {
  private let parameters: [Tensor]
  private let order: [Int]
  private let exchange: any GradientExchange
  private let sums: [ParameterSum]
  /// Whether computing has failed, so that nobody waits for the rest any more.
  private let isGivenUp = Atomic<Bool>(false)

  /// A sum of gradients, each for all `parameters`; one weight for each micro-batch of the
  /// training, of which this worker computes its share of the exchange.
  ///
  /// Workers exchange parameters in the `order` of these places, the same for all of them.
  init(
    weights: [Float], parameters: [Tensor], order: [Int], exchange: any GradientExchange
  ) {
    (self.parameters, self.order, self.exchange) = (parameters, order, exchange)
    let own = exchange.share(of: weights.count)
    sums = parameters.map { _ in
      ParameterSum(weights: weights, own: own, startsHere: exchange.worker == 0)
    }
  }

  /// Takes the gradient of a micro-batch by the parameter at a place.
  func add(_ gradient: Tensor?, by place: Int, of microBatch: Int) throws {
    try sums[place].add(gradient, of: microBatch)
  }

  /// Runs `compute`, which adds the gradients of all micro-batches of this worker, and returns its
  /// result and the sums over all workers; nil where no gradient reached a parameter.
  ///
  /// - Throws: what `compute` throws, or else the exchange.
  func total<Outcome>(
    during compute: () throws -> Outcome
  ) throws -> (outcome: Outcome, gradients: [Tensor?]) {
    guard exchange.workerCount > 1 else { return (try compute(), try exchanged()) }
    let work = SideWork { try self.exchanged() }
    do {
      let outcome = try compute()
      // What is left of the exchange when there is nothing else to do.
      let gradients = try Profile.measure(.exchange, bytes: 8 &* count) { try work.result() }
      return (outcome, gradients)
    } catch {
      isGivenUp.store(true, ordering: .releasing)
      _ = try? work.result()
      throw error
    }
  }

  private var count: Int { parameters.reduce(0) { $0 &+ $1.count } }

  private func exchanged() throws -> [Tensor?] {
    let found = try exchange.total(
      order.map { parameters[$0] },
      isReady: { index in
        if isGivenUp.load(ordering: .acquiring) { throw CancellationError() }
        return sums[order[index]].isComplete
      },
      adding: { index, before in try sums[order[index]].total(after: before) })
    var totals = [Tensor?](repeating: nil, count: parameters.count)
    for (index, place) in order.enumerated() { totals[place] = found[index] }
    return totals
  }
}
