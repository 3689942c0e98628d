// SPDX-License-Identifier: Apache-2.0
//
// The times of a solver: the ends of its steps, from t = 0 (noise) to t = 1 (token), and the times
// at which it evaluates the velocity. Evaluations are numbered in order, as turns.

/// When a solver steps, and when it evaluates the velocity.
struct SolverGrid {
  /// The solver.
  let solver: Solver
  /// The ends of the steps: 0, ..., 1.
  let times: [Float]
  /// The times of evaluations, each once.
  let evaluations: [Float]

  /// The time up to which an SDE adds noise; its last step is deterministic, since the score grows
  /// without bound towards t = 1.
  static let lastNoisyTime: Float = 0.96

  /// The grid of so many steps, t = i / steps, or that of the SDE. A shift a moves each time to
  /// t / (a - (a - 1) t).
  init(_ solver: Solver, steps: Int, shift: Float) {
    self.solver = solver
    let (noisy, end) = solver == .sde ? (steps - 1, SolverGrid.lastNoisyTime) : (steps, 1)
    var times = noisy == 0 ? [0] : (0...noisy).map { Float($0) / Float(noisy) }
    if shift != 1 { times = times.map { $0 / (shift - (shift - 1) * $0) } }
    if solver == .sde { times = times.map { $0 * end } + [1] }
    self.times = times
    switch solver {
    case .heun: evaluations = times
    case .euler, .sde: evaluations = Array(times.dropLast())
    case .midpoint:
      evaluations = zip(times, times.dropFirst()).flatMap { [$0, $0 + ($1 - $0) / 2] }
    }
  }

  /// The number of steps.
  var steps: Int { times.count - 1 }
  /// Evaluations in a step.
  var turnsPerStep: Int { solver == .heun || solver == .midpoint ? 2 : 1 }
  /// All evaluations.
  var turns: Int { steps * turnsPerStep }

  /// The step to which an evaluation belongs, and whether it is that step's second one.
  func step(of turn: Int) -> (index: Int, isSecond: Bool) {
    (turn / turnsPerStep, turn % turnsPerStep == 1)
  }

  /// The place of an evaluation in `evaluations`.
  func evaluation(of turn: Int) -> Int {
    guard solver == .heun else { return turn }
    return turn / 2 + turn % 2
  }

  /// The length of a step.
  func length(ofStep index: Int) -> Float { times[index + 1] - times[index] }
}
