// SPDX-License-Identifier: Apache-2.0
//
// The solvers of sampling against closed forms (method 6.5): velocities of a Gaussian and of a
// mixture of two are known exactly, and so are the maps from noise to data that they describe.

import Glibc
import Tensors
import Testing

@testable import Models

/// A velocity of one channel that is known in closed form, in the place of the flow head.
final class ExactVelocity: VelocityPart {
  let phases = 1
  private let grid: SolverGrid
  private let rows: Int
  private var points: [Float]
  private let velocity: (_ x: Double, _ t: Double, _ row: Int) -> Double

  init(
    _ grid: SolverGrid, rows: Int, _ velocity: @escaping (Double, Double, Int) -> Double
  ) {
    (self.grid, self.rows, self.velocity) = (grid, rows, velocity)
    points = [Float](repeating: 0, count: rows)
  }

  func work(phase: Int, turn: Int, time: Int, _ x: UnsafePointer<Float>) {
    for row in 0..<rows { points[row] = x[row] }
  }

  func conclude(turn: Int, time: Int, into result: UnsafeMutablePointer<Float>) {
    let t = Double(grid.evaluations[time])
    for row in 0..<rows { result[row] = Float(velocity(Double(points[row]), t, row)) }
  }
}

/// A mixture of normal distributions with one deviation.
struct NormalMixture {
  var means: [Double]
  var weights: [Double]
  var deviation: Double

  /// The variance of x_t = (1 - t) noise + t data around the mean of its component.
  private func variance(_ t: Double) -> Double {
    (1 - t) * (1 - t) + t * t * deviation * deviation
  }

  /// E[data - noise | x_t = x].
  func velocity(_ x: Double, _ t: Double) -> Double {
    let v = variance(t)
    let shares = zip(means, weights).map { mean, weight in
      weight * exp(-(x - t * mean) * (x - t * mean) / (2 * v))
    }
    let slopes = means.map { mean in
      mean + (t * deviation * deviation - (1 - t)) / v * (x - t * mean)
    }
    return zip(shares, slopes).reduce(0) { $0 + $1.0 * $1.1 } / shares.reduce(0, +)
  }

  /// The share of data below x.
  func share(below x: Double) -> Double {
    zip(means, weights).reduce(0) { sum, part in
      sum + part.1 * normalShare(below: (x - part.0) / deviation)
    }
  }

  /// The number with a share of the data below it, by bisection.
  func quantile(_ share: Double) -> Double {
    var (low, high) = (-20.0, 20.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if self.share(below: middle) < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// The share of standard normal noise below x.
private func normalShare(below x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

@Suite struct SolverTests {
  private static let gaussian = NormalMixture(means: [1.3], weights: [1], deviation: 0.4)
  private static let mixture = NormalMixture(
    means: [-1, 1.5], weights: [0.3, 0.7], deviation: 0.3)

  /// Standard normal noise, the same every time.
  private func noise(_ count: Int) -> [Float] {
    var draws = RandomStream(seed: 4, 0x50)
    return (0..<count).map { _ in draws.normal() }
  }

  /// Where a solver leads noise, with one or two velocities.
  private func solution(
    _ noise: [Float], _ solver: Solver, steps: Int, shift: Float = 1, sdeTemperature: Float = 1,
    guidance: TokenGuidance = TokenGuidance(strength: 1), _ known: NormalMixture,
    _ unknown: NormalMixture? = nil
  ) throws -> [Double] {
    let grid = SolverGrid(solver, steps: steps, shift: shift)
    let streams = unknown == nil ? 1 : 2
    let part = ExactVelocity(grid, rows: noise.count * streams) { x, t, row in
      (row < noise.count ? known : unknown ?? known).velocity(x, t)
    }
    let walker = try TokenWalker(
      part, grid, sdeTemperature: sdeTemperature, pictures: noise.count, streams: streams, dim: 1)
    for (i, value) in noise.enumerated() { walker.token.pointer[i] = value }
    walker.begin(grid, guidance, seeds: noise.indices.map { UInt64($0) }, place: 0)
    for phase in 0..<walker.phases(steps: steps) { walker.work(phase: phase) }
    walker.settle()
    return walker.token.toArray().map(Double.init)
  }

  private func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
  }

  /// Doubling the steps of a method of order p divides the error by 2 ** p. In one dimension the
  /// flow maps each quantile of the noise to the same quantile of the data.
  @Test(arguments: [(Solver.euler, 1.0), (.heun, 2), (.midpoint, 2)], [1 as Float, 2])
  func ordersOfConvergence(_ method: (solver: Solver, order: Double), _ shift: Float) throws {
    let start: [Float] = [-1.5, -0.4, 0.7, 2]
    let exact = start.map { SolverTests.mixture.quantile(normalShare(below: Double($0))) }
    let errors = try [64, 128, 256].map { steps in
      let found = try solution(
        start, method.solver, steps: steps, shift: shift, SolverTests.mixture)
      return zip(found, exact).map { abs($0 - $1) }.max() ?? 0
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(abs(log2(coarse / fine) - method.order) < 0.25, "\(errors)")
    }
  }

  /// The flow of a normal distribution maps noise x to mean + deviation * x.
  @Test(arguments: [(Solver.euler, 400, 0.02), (.heun, 50, 1e-3), (.midpoint, 50, 1e-3)])
  func aNormalDistributionIsTransported(
    _ method: (solver: Solver, steps: Int, tolerance: Double)
  ) throws {
    let start: [Float] = [-1.5, -0.4, 0.7, 2]
    let found = try solution(start, method.solver, steps: method.steps, SolverTests.gaussian)
    for (from, to) in zip(start, found) {
      #expect(abs(to - (1.3 + 0.4 * Double(from))) < method.tolerance)
    }
  }

  /// The deviations that method 6.5 states, of a distribution whose own is 0.4.
  @Test func deviationsOfSamples() throws {
    let start = noise(20_000)
    func sampled(
      _ solver: Solver, _ steps: Int, scale: Float = 1, sdeTemperature: Float = 1
    ) throws -> Double {
      deviation(
        try solution(
          start.map { scale * $0 }, solver, steps: steps, sdeTemperature: sdeTemperature,
          SolverTests.gaussian)) / (solver == .sde ? 1 : deviation(start.map(Double.init)))
    }
    #expect(abs(try sampled(.euler, 10) - 0.339) < 0.001)
    #expect(abs(try sampled(.euler, 25) - 0.374) < 0.001)
    #expect(abs(try sampled(.euler, 100) - 0.394) < 0.001)
    #expect(abs(try sampled(.heun, 10) - 0.4015) < 0.001)
    #expect(abs(try sampled(.sde, 100) - 0.398) < 0.006)
    // The two temperatures are not the same.
    #expect(abs(try sampled(.euler, 100, scale: 0.9) - 0.354) < 0.001)
    #expect(abs(try sampled(.sde, 100, sdeTemperature: 0.9) - 0.361) < 0.006)
  }

  /// In one dimension the flow keeps the order of points, so the share of data below a sample is
  /// the share of noise below its start.
  @Test(arguments: [(Solver.euler, 400, 0.01), (.heun, 60, 0.002), (.midpoint, 60, 0.002)])
  func aMixtureIsTransported(_ method: (solver: Solver, steps: Int, tolerance: Double)) throws {
    let start = (0..<41).map { Float($0 - 20) / 8 }
    let found = try solution(start, method.solver, steps: method.steps, SolverTests.mixture)
    for (from, to) in zip(start, found) {
      let expected = normalShare(below: Double(from))
      #expect(abs(SolverTests.mixture.share(below: to) - expected) < method.tolerance, "\(from)")
    }
  }

  @Test func theSDESamplesAMixture() throws {
    let found = try solution(noise(8000), .sde, steps: 60, SolverTests.mixture)
    for x in [-1.3, -1, -0.5, 0.5, 1.2, 1.5, 1.8] {
      let share = Double(found.filter { $0 < x }.count) / Double(found.count)
      #expect(abs(share - SolverTests.mixture.share(below: x)) < 0.025, "\(x)")
    }
    let again = try solution(noise(8000), .sde, steps: 60, SolverTests.mixture)
    #expect(again == found)
  }

  /// Guidance of strength 1 is the conditional run, whatever the other velocity is; where both
  /// velocities are linear in x, so is the guided one, with a flow in closed form.
  @Test(arguments: Solver.allCases)
  func guidance(_ solver: Solver) throws {
    let start = noise(50)
    let (known, unknown) = (SolverTests.gaussian, SolverTests.mixture)
    let alone = try solution(start, solver, steps: 20, known)
    #expect(try solution(start, solver, steps: 20, known, unknown) == alone)
    func guided(_ guidance: TokenGuidance) throws -> [Double] {
      try solution(start, solver, steps: 20, guidance: guidance, known, unknown)
    }
    #expect(try guided(TokenGuidance(strength: 3, times: 2...3)) == alone)
    #expect(try guided(TokenGuidance(strength: 3)) != alone)
    #expect(
      try guided(TokenGuidance(strength: 3, times: 0...1)) == guided(TokenGuidance(strength: 3)))
    // Velocities that differ by a constant, mean - mean', move the result by (w - 1) times it.
    var shifted = known
    shifted.means = [0.3]
    let exact = try solution(
      start, solver, steps: 100, guidance: TokenGuidance(strength: 2), known, shifted)
    var target = known
    target.means = [2.3]
    let expected = try solution(start, solver, steps: 100, target)
    #expect(zip(exact, expected).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func gridsOfTimes() {
    #expect(SolverGrid(.euler, steps: 4, shift: 1).times == [0, 0.25, 0.5, 0.75, 1])
    #expect(SolverGrid(.euler, steps: 2, shift: 3).times == [0, 0.25, 1])
    let noisy = SolverGrid(.sde, steps: 5, shift: 1).times
    #expect(noisy.count == 6 && noisy[4] == 0.96 && noisy[5] == 1)
    #expect(SolverGrid(.sde, steps: 1, shift: 1).times == [0, 1])
    for solver in Solver.allCases {
      let grid = SolverGrid(solver, steps: 3, shift: 1.5)
      #expect(grid.steps == 3 && grid.times.first == 0 && grid.times.last == 1)
      #expect((0..<grid.turns).allSatisfy { grid.evaluation(of: $0) < grid.evaluations.count })
    }
  }
}
