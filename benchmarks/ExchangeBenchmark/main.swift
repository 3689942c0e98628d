// SPDX-License-Identifier: Apache-2.0
//
// Measures what the exchange of gradients costs by itself: the seconds from the sums of each
// process to those of all, for models of 1, 20 and 200 million parameters in matrices of a
// transformer's sizes. `benchmarks/exchange.sh` builds it and runs it under mpirun; the package
// excludes it otherwise.

import Cluster
import Glibc
import Tensors
import Training

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The median seconds of an exchange of gradients of so many numbers in matrices of `side` squared.
func seconds(numbers: Int, side: Int, rounds: Int) throws -> Double {
  let exchange = Workers.exchange()
  let parameters = try (0..<numbers / (side * side)).map { _ in try Tensor.zeros([side, side]) }
  let gradients = try parameters.map { try Tensor.full($0.shape, 1) }
  var times: [Double] = []
  for _ in 0..<rounds {
    // All begin at the same time.
    _ = try exchange.gather([0])
    let start = now()
    let totals = try exchange.total(parameters) { index, before in
      guard let before else { return gradients[index] }
      return try before.add(gradients[index])
    }
    times.append(now() - start)
    precondition(totals[0]?.pointer[0] == Float(exchange.workerCount), "a wrong sum")
  }
  return times.sorted()[rounds / 2]
}

try Job.join(facts: [])
for (millions, side, rounds) in [(1, 192, 21), (20, 384, 11), (200, 768, 5)] {
  let found = try seconds(numbers: millions * 1_000_000, side: side, rounds: rounds)
  // The slowest process decides.
  let slowest = try Workers.exchange().gather([Float(found)]).max() ?? 0
  if Job.current?.rank ?? 0 == 0 {
    print("\(Job.current?.size ?? 1) \(millions) \(slowest)")
  }
}
Job.current?.leave(0)
