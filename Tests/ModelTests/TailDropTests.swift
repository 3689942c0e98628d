// SPDX-License-Identifier: Apache-2.0
//
// The schedules of tail dropping: their tables against closed forms, samples against the tables
// (chi-square), and the curricula.

import Glibc
import Tensors
import Testing
import Training

@testable import Models

@Suite struct TailDropTests {
  private func schedule(
    _ kind: DropKind, _ minKeep: Int = 2, _ curriculum: DropCurriculum? = nil,
    _ envelope: DropEnvelope = .lower
  ) throws -> TailDrop {
    try TailDrop(
      kind,
      [
        ("min_keep", .integer(minKeep)), ("sizes", .integers([2, 5, 12])),
        ("alpha", .number(2)), ("beta", .number(3)),
        ("curriculum", curriculum.map { .word($0.rawValue) } ?? .none),
        ("envelope", .word(envelope.rawValue)),
      ])
  }

  @Test(arguments: DropKind.allCases, [nil, DropCurriculum.linear, .step, .power])
  func samplesFollowTheTable(_ kind: DropKind, _ curriculum: DropCurriculum?) throws {
    let drop = try schedule(kind, 2, curriculum)
    for progress in [0.0, 0.4, 1] {
      let lengths = try drop.lengthProbabilities(numTokens: 12, progress: progress)
      #expect(abs(lengths.reduce(0, +) - 1) < 1e-9)
      #expect(lengths[0] == 0)
      let kept = try drop.keepProbabilities(numTokens: 12, progress: progress)
      #expect(kept[0] > 1 - 1e-9 && kept[1] > 1 - 1e-9)
      let samples = 4000.0
      var counts = [Double](repeating: 0, count: 12)
      var draws = RandomStream(seed: 5)
      for _ in 0..<Int(samples) {
        counts[try drop.length(for: draws.uniform(), numTokens: 12, progress: progress) - 1] += 1
      }
      var (statistic, freedom) = (0.0, -1.0)
      for (count, probability) in zip(counts, lengths) {
        guard probability > 0 else {
          #expect(count == 0)
          continue
        }
        let expected = probability * samples
        statistic += (count - expected) * (count - expected) / expected
        freedom += 1
      }
      // Mean and deviation of chi-square: a value five deviations above the mean has no place here.
      #expect(statistic <= freedom + 5 * (2 * max(freedom, 1)).squareRoot())
    }
  }

  /// The probability that token j of K = 256 is kept, as the literature's formulas give it.
  @Test func keepProbabilitiesHaveClosedForms() throws {
    let count = 256
    func kept(_ kind: DropKind, _ options: [(name: String, value: OptionValue)] = []) throws
      -> [Double]
    {
      try TailDrop(kind, options).keepProbabilities(numTokens: count)
    }
    let k = Double(count)
    let (uniform, logUniform) = (try kept(.uniform), try kept(.loguniform))
    let ratio = 0.99
    let geometric = try kept(.geometric, [("ratio", .number(ratio))])
    for j in 1...count {
      let token = Double(j)
      #expect(abs(uniform[j - 1] - (k - token + 1) / k) < 1e-9)
      #expect(abs(logUniform[j - 1] - (log(k + 1) - log(token)) / log(k + 1)) < 1e-9)
      let end = pow(ratio, k)
      #expect(abs(geometric[j - 1] - (pow(ratio, token - 1) - end) / (1 - end)) < 1e-9)
    }
    func mean(_ probabilities: [Double]) -> Double { probabilities.reduce(0, +) }
    #expect(abs(mean(uniform) - 128.5) < 1e-6)
    #expect(abs(mean(try kept(.pow2)) - 511.0 / 9) < 1e-6)
    #expect(abs(mean(try kept(.uniformPow2)) - 170.67) < 0.01)
    #expect(abs(mean(try kept(.list, [("sizes", .integers([32, 64, 128, 256]))])) - 120) < 1e-6)
    #expect(abs(mean(logUniform) - 45.648) < 1e-3)
    #expect(abs(mean(geometric) - 78.8) < 0.05)
  }

  @Test func mostlyFullHasItsOwnDefaults() throws {
    let lengths = try TailDrop(.mostlyFull).lengthProbabilities(numTokens: 16)
    let used = lengths.enumerated().filter { $0.element > 0 }
    #expect(used.map { $0.offset + 1 } == [4, 8, 16])
    for (found, expected) in zip(used.map(\.element), [0.2 / 3, 0.4 / 3, 0.8]) {
      #expect(abs(found - expected) < 1e-12)
    }
  }

  @Test func fractionsFollowTheBetaLaw() throws {
    // Beta(2, 3) has the distribution function 6x² - 8x³ + 3x⁴, Beta(1, 1) is uniform, and
    // Beta(1/2, 1/2) is the arcsine law.
    for x in [0.01, 0.2, 0.5, 0.77, 0.99] {
      #expect(
        abs(cumulativeBeta(x, 2, 3) - (6 * x * x - 8 * x * x * x + 3 * x * x * x * x)) < 1e-12)
      #expect(abs(cumulativeBeta(x, 1, 1) - x) < 1e-12)
      #expect(abs(cumulativeBeta(x, 0.5, 0.5) - 2 / Double.pi * asin(x.squareRoot())) < 1e-12)
    }
    let lengths = try TailDrop(.fraction, [("alpha", .number(2)), ("beta", .number(3))])
      .lengthProbabilities(numTokens: 10)
    #expect(abs(lengths[..<5].reduce(0, +) - 0.6875) < 1e-12)
  }

  @Test func nothingIsDroppedBeforeTheStart() throws {
    let drop = try TailDrop(.uniform, [("start", .number(0.25))])
    #expect(try drop.lengthProbabilities(numTokens: 4, progress: 0.2) == [0, 0, 0, 1])
    #expect(
      try drop.lengthProbabilities(numTokens: 4, progress: 0.3) == [0.25, 0.25, 0.25, 0.25])
  }

  @Test(arguments: DropEnvelope.allCases)
  func envelopesBoundTheLengths(_ envelope: DropEnvelope) throws {
    let drop = try schedule(.uniform, 2, .linear, envelope)
    let budget = drop.budget(numTokens: 12, progress: 0.5)
    #expect(budget == 7)
    let lengths = try drop.lengthProbabilities(numTokens: 12, progress: 0.5)
    let used = lengths.indices.filter { lengths[$0] > 0 }.map { $0 + 1 }
    switch envelope {
    case .lower: #expect(used == Array(7...12))
    case .upper: #expect(used == Array(2...7))
    case .hard: #expect(used == [7])
    }
  }

  @Test(arguments: DropCurriculum.allCases)
  func budgetsFall(_ curriculum: DropCurriculum) throws {
    let drop = try schedule(.uniform, 2, curriculum)
    let budgets = (0...20).map { drop.budget(numTokens: 16, progress: Double($0) / 20) }
    #expect(budgets.first == 16)
    #expect(budgets.last == 2)
    #expect(zip(budgets, budgets.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func wrongOptionsAreNamed() {
    func message(_ kind: DropKind, _ options: [(name: String, value: OptionValue)]) -> String {
      let error = #expect(throws: TensorError.self) {
        try TailDrop(kind, options).lengthProbabilities(numTokens: 8)
      }
      return error?.message ?? ""
    }
    #expect(message(.uniform, [("min_keep", .integer(0))]).contains("min_keep"))
    #expect(message(.uniform, [("min_keep", .integer(9))]).contains("8 tokens"))
    #expect(message(.list, []).contains("lengths"))
    #expect(message(.list, [("sizes", .integers([9]))]).contains("sizes"))
    #expect(message(.uniform, [("start", .number(1))]).contains("start"))
    #expect(message(.geometric, [("ratio", .number(0))]).contains("ratio"))
  }
}
