// SPDX-License-Identifier: Apache-2.0
//
// Learning-rate schedules and the ramp of the running average against their closed forms.

import Glibc
import Tensors
import Testing

@testable import Training

@Suite struct ScheduleTests {
  private func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-12 }

  @Test(arguments: ScheduleShape.allCases)
  func warmUpIsLinear(_ shape: ScheduleShape) {
    let schedule = LearningRateSchedule<Double>(shape, peak: 0.4, warmup: 8)
    for step in 0..<8 {
      #expect(close(schedule.rate(step: Double(step), of: 100), 0.4 * Double(step + 1) / 8))
    }
    #expect(schedule.rate(step: 8, of: 100) == 0.4)
  }

  @Test func cosineFallsToItsFloor() {
    let schedule = LearningRateSchedule<Double>(.cosine, peak: 2, warmup: 10, floorShare: 0.1)
    for step in 10...110 {
      let progress = Double(step - 10) / 100
      #expect(
        close(
          schedule.rate(step: Double(step), of: 110), 0.2 + 1.8 * (1 + cos(.pi * progress)) / 2))
    }
    #expect(close(schedule.rate(step: 500, of: 110), 0.2))
  }

  @Test func constantStays() {
    let schedule = LearningRateSchedule<Double>(.constant, peak: 3, warmup: 2)
    #expect((2..<50).allSatisfy { schedule.rate(step: Double($0), of: 50) == 3 })
  }

  @Test func stepsMultiply() {
    let schedule = LearningRateSchedule<Double>(
      .step, peak: 1, warmup: 5, interval: 10, factor: 0.5)
    for step in 5..<60 {
      let passed = (step - 5) / 10
      #expect(close(schedule.rate(step: Double(step), of: 60), pow(0.5, Double(passed))))
    }
  }

  @Test func withoutAnIntervalThereAreThree() {
    let schedule = LearningRateSchedule<Double>(.step, peak: 1, factor: 0.1)
    let rates = (0..<30).map { schedule.rate(step: Double($0), of: 30) }
    #expect(rates[0..<10].allSatisfy { close($0, 1) })
    #expect(rates[10..<20].allSatisfy { close($0, 0.1) })
    #expect(rates[20..<30].allSatisfy { close($0, 0.01) })
  }

  @Test func theAverageRampsToItsDecay() throws {
    let weight = try Tensor(shape: [1], values: [0])
    let average = try ExponentialAverage(of: [weight], decay: 0.5)
    var expected: Float = 0
    for n in 1...20 {
      weight.pointer[0] = Float(n)
      average.update()
      // (1 + n) / (10 + n) reaches 0.5 at n = 8.
      let decay = n < 8 ? Float(1 + n) / Float(10 + n) : 0.5
      #expect(ExponentialAverage.ramped(0.5, update: n) == decay)
      expected = decay * expected + (1 - decay) * Float(n)
      #expect(abs(average.averages[0].pointer[0] - expected) < 1e-5)
    }
    average.swap()
    #expect(abs(weight.pointer[0] - expected) < 1e-5)
    average.swap()
    #expect(weight.pointer[0] == 20)
  }
}
