// SPDX-License-Identifier: Apache-2.0
//
// Searches: what they cost, and that they find what their candidates hold.

import Networks
import Tensors
import Testing

@testable import Models

@Suite struct TokenSearchTests {
  private func search(_ method: SearchMethod, budget: Int) -> TokenSearch {
    var search = TokenSearch()
    (search.method, search.budget) = (method, budget)
    return search
  }

  private func plan(
    _ search: TokenSearch, after start: Int = 0, steps: [Int] = [10]
  ) throws -> [SearchLevel] {
    var sampling = SamplingOptions()
    sampling.stepsOfTokens = steps
    return try search.plan(tokens: 16, after: start, numTokens: 16, sampling)
  }

  @Test(arguments: [SearchMethod.beam, .lookahead], [12, 16, 61])
  func levelsStayWithinTheBudget(_ method: SearchMethod, _ budget: Int) throws {
    for steps in [[10], [20, 5, 1]] { try levelsStayWithinTheBudget(method, budget, steps) }
  }

  private func levelsStayWithinTheBudget(
    _ method: SearchMethod, _ budget: Int, _ steps: [Int]
  ) throws {
    var search = search(method, budget: budget)
    if method == .lookahead { search.rolloutSteps = 1 }
    let levels = try plan(search, steps: steps)
    let whole = (0..<16).reduce(0) { $0 + steps[min($1, steps.count - 1)] }
    let cost = levels.reduce(0) { $0 + $1.cost }
    #expect(levels.map(\.tokens) == [1, 2, 4, 8, 16])
    #expect(cost <= budget * whole && cost > budget * whole * 3 / 4)
    #expect(levels.allSatisfy { $0.candidates > 0 })
  }

  @Test func levelsOfABeam() throws {
    let levels = try plan(search(.beam, budget: 16))
    #expect(levels.map(\.candidates) == [51, 51, 25, 13, 6])
    #expect(try plan(search(.bestOf, budget: 9)).map(\.candidates) == [9])
    #expect(try plan(search(.beam, budget: 16), after: 3).map(\.tokens) == [4, 8, 16])
    var own = search(.beam, budget: 16)
    own.levels = [5, 9]
    #expect(try plan(own).map(\.tokens) == [5, 9, 16])
    for wrong in [[0], [9, 5], [5, 17], [5, 5]] {
      own.levels = wrong
      #expect(throws: TensorError.self) { try plan(own) }
    }
    #expect(throws: TensorError.self) { try plan(search(.beam, budget: 1)) }
    #expect(throws: TensorError.self) { try plan(search(.beam, budget: 9), after: 16) }
  }

  /// The hint of a budget that is too small names one that is not.
  @Test(arguments: [SearchMethod.beam, .lookahead])
  func theHintIsEnough(_ method: SearchMethod) throws {
    do {
      _ = try plan(search(method, budget: 1))
      Issue.record("a budget of 1 was accepted")
    } catch let error as TensorError {
      let number = error.hint.split(separator: " ").compactMap { Int($0) }.first
      #expect(try plan(search(method, budget: try #require(number))).count == 5)
    }
  }

  /// What a search returns is the best that was scored, and has the score that it says.
  @Test(arguments: SearchMethod.allCases)
  func theBestIsFound(_ method: SearchMethod) throws {
    let model = try smallGenerator()
    shake(model)
    var search = search(method, budget: 12)
    search.beamWidth = 3
    var sampling = SamplingOptions()
    sampling.steps = 2
    var counts: [Int] = []
    var steps = 0
    var best = -Double.infinity
    func score(_ tokens: Tokens) throws -> [Double] {
      counts.append(tokens.count)
      let found = try tokens.latents.sum(dims: [1, 2]).toArray().map { -abs(Double($0) - 3) }
      if tokens.length == 8 { best = max(best, found.max() ?? best) }
      return found
    }
    func run() throws -> SearchResult {
      try search.run(
        seed: 4, tokens: 8, numTokens: 8, prefix: nil, sampling,
        sample: { request in
          let known = request.prefix?.length ?? 0
          steps += request.seeds.count * 2 * ((request.options.keep ?? 8) - known)
          return try model.sample(
            condition: Condition([1], classCount: 3), seeds: request.seeds,
            options: request.options, prefix: request.prefix)
        }, score: score, onLevel: { _ in })
    }
    let result = try run()
    #expect(result.tokens.latents.shape == [1, 8, 4])
    #expect(result.score == best)
    #expect(try score(result.tokens) == [result.score])
    #expect(steps == result.history.reduce(0) { $0 + $1.level.cost } && steps <= 12 * 16)
    #expect(result.history.map(\.level.candidates) == Array(counts.dropLast()))
    #expect(try run().tokens == result.tokens)
  }
}
