// SPDX-License-Identifier: Apache-2.0
//
// Measures what the exchange of gradients costs: the seconds from the sums of each process to those
// of all, for models of 1, 20 and 200 million parameters in matrices of a transformer's sizes; by
// itself, and what is left of it after a backward pass beside which it runs.
// `benchmarks/exchange.sh` builds it and runs it under mpirun; the package excludes it otherwise.

import Cluster
import Glibc
import Tensors
import Training

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The median seconds that an exchange of gradients, of so many numbers in matrices of `side`
/// squared, takes longer than a backward pass of so many seconds, which finishes with one matrix
/// after the other. The pass keeps no processor busy.
func seconds(numbers: Int, side: Int, rounds: Int, pass: Double) throws -> Double {
  let exchange = Workers.exchange()
  let parameters = try (0..<numbers / (side * side)).map { _ in try Tensor.zeros([side, side]) }
  let gradients = try parameters.map { try Tensor(repeating: 1, shape: $0.shape) }
  var times: [Double] = []
  for _ in 0..<rounds {
    // All begin at the same time.
    _ = try exchange.gather([Float(0)])
    let start = now()
    let totals = try exchange.total(
      parameters,
      isReady: { now() - start >= pass * Double($0 + 1) / Double(parameters.count) },
      adding: { index, before in
        guard let before else { return gradients[index] }
        return try before.add(gradients[index])
      })
    times.append(now() - start - pass)
    precondition(totals[0]?.toArray().first == Float(exchange.workerCount), "a wrong sum")
  }
  return times.sorted()[rounds / 2]
}

try Job.join { [] }
for (millions, side, rounds) in [(1, 192, 21), (20, 384, 11), (200, 768, 5)] {
  let slowest = try [0, 1].map { pass in
    let found = try seconds(
      numbers: millions * 1_000_000, side: side, rounds: rounds, pass: Double(pass))
    // The slowest process decides.
    return try Workers.exchange().gather([Float(found)]).max() ?? 0
  }
  if Job.current?.rank ?? 0 == 0 {
    print("\(Job.current?.size ?? 1) \(millions) \(slowest[0]) \(slowest[1])")
  }
}
Job.current?.leave(0)
