// SPDX-License-Identifier: Apache-2.0
//
// One thread's integration from noise to a token: the steps of the solver, and guidance (method 6.4
// and 6.5). All participating threads compute the same steps redundantly, which costs less than
// communicating them; only the velocities are divided among them.
//
// `PhaseTests.walkersAreThePlainSolver` holds it equal to a solver over `CARDGenerator.velocity`,
// and `SolverTests` to closed forms.

import CKernels
import Glibc
import Tensors

/// One thread's part of a velocity field, computed in phases at which threads wait for each other.
protocol VelocityPart: AnyObject {
  /// The phases of one velocity; after the last one, `conclude` returns it.
  var phases: Int { get }
  /// Runs one phase of velocity number `turn`, at x [rows, tokenDim] and the time with this index.
  func work(phase: Int, turn: Int, time: Int, _ x: UnsafePointer<Float>)
  /// After the last phase: the whole velocity [rows, tokenDim].
  func conclude(turn: Int, time: Int, into result: UnsafeMutablePointer<Float>)
}

/// The tokens of a few pictures during integration.
final class TokenWalker<Part: VelocityPart> {
  /// The current tokens: [pictures, tokenDim].
  let token: Tensor

  private let worker: Part
  private let phasesPerTurn: Int
  private let streams: Int
  private let pictures: Int
  private let dim: Int
  private let count: Int
  private let sdeTemperature: Float
  private let owned: [Tensor]
  private var grid: SolverGrid
  private var guidance = TokenGuidance(strength: 1)
  private var seeds: [UInt64] = []
  private var place = 0
  /// The velocity that has been computed but not yet used, or -1.
  private var pending = -1
  /// The index of the time of the velocity in progress.
  private var evaluation = 0
  // Raw pointers: phases are so short that reference counting would be noticeable.
  private let position: UnsafeMutablePointer<Float>
  private let point: UnsafeMutablePointer<Float>
  private let velocities: UnsafeMutablePointer<Float>
  private let slope: UnsafeMutablePointer<Float>
  private let ahead: UnsafeMutablePointer<Float>

  /// A walker for so many pictures, each in so many streams, 2 with guidance.
  init(
    _ worker: Part, _ grid: SolverGrid, sdeTemperature: Float = 1, pictures: Int, streams: Int,
    dim: Int
  ) throws {
    (self.worker, self.grid, self.streams, self.dim) = (worker, grid, streams, dim)
    (self.pictures, self.sdeTemperature) = (pictures, sdeTemperature)
    phasesPerTurn = worker.phases
    count = pictures * dim
    token = try Tensor(uninitialized: [pictures, dim])
    owned = try [streams, streams, 1, 1].map { try Tensor(uninitialized: [$0 * pictures, dim]) }
    position = token.pointer
    (point, velocities) = (owned[0].pointer, owned[1].pointer)
    (slope, ahead) = (owned[2].pointer, owned[3].pointer)
  }

  /// The phases of so many steps; `settle` completes the last one.
  func phases(steps: Int) -> Int { steps * grid.turnsPerStep * phasesPerTurn }

  /// Prepares the integration of the tokens at a place of the sequence, one seed for each picture.
  func begin(_ grid: SolverGrid, _ guidance: TokenGuidance, seeds: [UInt64], place: Int) {
    (self.grid, self.guidance, self.seeds, self.place) = (grid, guidance, seeds, place)
    pending = -1
  }

  /// Runs one phase of the whole integration.
  func work(phase: Int) {
    let (turn, inner) = phase.quotientAndRemainder(dividingBy: phasesPerTurn)
    if inner == 0 {
      settle()
      setPoint(turn)
      (pending, evaluation) = (turn, grid.evaluation(of: turn))
    }
    worker.work(phase: inner, turn: turn, time: evaluation, point)
  }

  /// Uses the velocity whose phases are done.
  func settle() {
    guard pending >= 0 else { return }
    move(after: pending)
    pending = -1
  }

  /// Sets the point of every stream at which the velocity is evaluated: the token, and for the
  /// second velocity of a step the point that the first one leads to.
  private func setPoint(_ turn: Int) {
    let (index, isSecond) = grid.step(of: turn)
    let length = grid.length(ofStep: index)
    for stream in 0..<streams {
      let to = point + stream * count
      to.update(from: position, count: count)
      if isSecond { smap_axpy(grid.solver == .midpoint ? length / 2 : length, slope, to, count) }
    }
  }

  /// Adds a velocity, and moves the tokens if it completes their step.
  private func move(after turn: Int) {
    let (index, isSecond) = grid.step(of: turn)
    let length = grid.length(ofStep: index)
    worker.conclude(turn: turn, time: evaluation, into: velocities)
    let strength = streams == 1 ? 1 : guidance.strength(at: grid.evaluations[evaluation])
    guide(strength, into: isSecond ? ahead : slope)
    switch grid.solver {
    case .euler: smap_axpy(length, slope, position, count)
    case .sde where index == grid.steps - 1: smap_axpy(length, slope, position, count)
    case .sde: diffuse(step: index, length)
    case .heun where isSecond:
      smap_accumulate(slope, ahead, count)
      smap_axpy(length / 2, slope, position, count)
    case .midpoint where isSecond: smap_axpy(length, ahead, position, count)
    case .heun, .midpoint: break
    }
  }

  /// One step of the SDE: x += (v + (1 - t) score) dt + noise of variance 2 (1 - t) dt, where
  /// (1 - t) score = t v - x.
  private func diffuse(step: Int, _ length: Float) {
    let time = grid.times[step]
    let deviation = sdeTemperature * (2 * (1 - time) * length).squareRoot()
    for picture in 0..<pictures {
      var noise = RandomStream(seed: seeds[picture], 0x5DE, place, step)
      for i in picture * dim..<(picture + 1) * dim {
        let drift = (1 + time) * slope[i] - position[i]
        position[i] += length * drift + deviation * noise.normal()
      }
    }
  }

  /// The guided velocity, from those with and without the class.
  private func guide(_ strength: Float, into to: UnsafeMutablePointer<Float>) {
    guard streams == 2, strength != 1 else {
      to.update(from: velocities, count: count)
      return
    }
    let unknown = velocities + count
    for i in 0..<count { to[i] = unknown[i] + strength * (velocities[i] - unknown[i]) }
  }
}
