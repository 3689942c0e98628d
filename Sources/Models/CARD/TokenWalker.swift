// SPDX-License-Identifier: Apache-2.0
//
// One thread's integration from noise to a token: the steps of the solver, and guidance (method 6.4
// and 6.5). All participating threads compute the same steps redundantly, which costs less than
// communicating them; only the velocities are divided among them.
//
// `PhaseTests.walkersAreThePlainSolver` holds it equal to a solver over `CARDGenerator.velocity`.

import CKernels
import Tensors

/// The tokens of a few pictures during integration.
final class TokenWalker {
  /// The current tokens: [pictures, tokenDim].
  let token: Tensor
  /// The number of phases of the whole integration.
  let phases: Int

  private let worker: FlowWorker
  private let phasesPerTurn: Int
  private let solver: Solver
  private let times: [Float]
  private let streams: Int
  private let count: Int
  private let turns: Int
  private let owned: [Tensor]
  // Raw pointers: phases are so short that reference counting would be noticeable.
  private let position: UnsafeMutablePointer<Float>
  private let point: UnsafeMutablePointer<Float>
  private let velocities: UnsafeMutablePointer<Float>
  private let slope: UnsafeMutablePointer<Float>
  private let ahead: UnsafeMutablePointer<Float>

  /// A walker for so many pictures, each in so many streams, 2 with guidance.
  init(
    _ worker: FlowWorker, _ solver: Solver, times: [Float], pictures: Int, streams: Int, dim: Int
  ) throws {
    (self.worker, self.solver, self.times, self.streams) = (worker, solver, times, streams)
    phasesPerTurn = worker.phases
    turns = (times.count - 1) * (solver == .heun ? 2 : 1)
    phases = turns * phasesPerTurn + 1
    count = pictures * dim
    token = try Tensor(uninitialized: [pictures, dim])
    owned = try [streams, streams, 1, 1].map { try Tensor(uninitialized: [$0 * pictures, dim]) }
    position = token.pointer
    (point, velocities) = (owned[0].pointer, owned[1].pointer)
    (slope, ahead) = (owned[2].pointer, owned[3].pointer)
  }

  /// Runs one phase, with this strength of guidance.
  func work(phase: Int, strength: Float) {
    let (turn, inner) = phase.quotientAndRemainder(dividingBy: phasesPerTurn)
    if inner == 0 {
      if turn > 0 { move(after: turn - 1, strength) }
      guard turn < turns else { return }
      place(turn)
    }
    worker.work(phase: inner, turn: turn, time: time(of: turn), point)
  }

  /// The solver's step to which a velocity belongs, and whether it is that step's second one.
  private func step(of turn: Int) -> (index: Int, isSecond: Bool) {
    solver == .heun ? (turn / 2, turn % 2 == 1) : (turn, false)
  }

  /// The time index of a velocity.
  private func time(of turn: Int) -> Int {
    let (index, isSecond) = step(of: turn)
    return isSecond ? index + 1 : index
  }

  private func length(ofStep index: Int) -> Float { times[index + 1] - times[index] }

  /// Sets the point of every stream at which the velocity is evaluated: the token, and for the
  /// second velocity of a step the point that the first one leads to.
  private func place(_ turn: Int) {
    let (index, isSecond) = step(of: turn)
    for stream in 0..<streams {
      let to = point + stream * count
      to.update(from: position, count: count)
      if isSecond { smap_axpy(length(ofStep: index), slope, to, count) }
    }
  }

  /// Adds a velocity, and moves the tokens if it completes their step.
  private func move(after turn: Int, _ strength: Float) {
    let (index, isSecond) = step(of: turn)
    let length = length(ofStep: index)
    worker.conclude(turn: turn, time: time(of: turn), into: velocities)
    guide(strength, into: isSecond ? ahead : slope)
    if isSecond {
      smap_accumulate(slope, ahead, count)
      smap_axpy(length / 2, slope, position, count)
    } else if solver == .euler {
      smap_axpy(length, slope, position, count)
    }
  }

  /// The guided velocity, from those with and without the class.
  private func guide(_ strength: Float, into to: UnsafeMutablePointer<Float>) {
    guard streams == 2 else {
      to.update(from: velocities, count: count)
      return
    }
    let unknown = velocities + count
    for i in 0..<count { to[i] = unknown[i] + strength * (velocities[i] - unknown[i]) }
  }
}
