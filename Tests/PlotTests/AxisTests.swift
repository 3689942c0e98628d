// SPDX-License-Identifier: Apache-2.0
//
// Tick marks are at round numbers and are written with the digits they need.

import Plots
import Testing

@Suite struct AxisTests {
  @Test(arguments: [(0.7, 1.0), (1.0, 1), (1.1, 2), (3, 5), (6, 10), (0.021, 0.05), (730, 1000)])
  func stepsAreRound(rough: Double, step: Double) {
    #expect(abs(Axis.roundStep(rough) - step) < 1e-12 * step)
  }

  @Test func linearMarks() {
    let axis = Axis(values: [0, 1], scale: .linear, margin: 0)
    #expect(axis.ticks(5).map(\.text) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(axis.place(0.25) == 0.25)
    #expect(axis.place(.nan) == nil)
    let large = Axis(values: [0, 3000], scale: .linear, margin: 0)
    #expect(large.ticks(3).map(\.text) == ["0", "1000", "2000", "3000"])
  }

  @Test func logarithmicMarks() {
    let axis = Axis(values: [0.01, 1000], scale: .log, margin: 0)
    #expect(axis.ticks(6).map(\.text) == ["0.01", "0.1", "1", "10", "100", "1000"])
    #expect(axis.place(0) == nil && axis.place(-1) == nil)
  }

  @Test func logarithmicMarksBetweenPowers() {
    func texts(_ low: Double, _ high: Double, _ count: Int) -> [String] {
      Axis(low...high, scale: .log).ticks(count).map(\.text)
    }
    #expect(texts(1, 16, 6) == ["1", "2", "5", "10"])
    #expect(texts(0.02, 0.6, 6) == ["0.02", "0.05", "0.1", "0.2", "0.5"])
    #expect(texts(1, 100, 6) == ["1", "3", "10", "30", "100"])
    // Within less than a power, linear marks.
    #expect(texts(2, 4, 5) == ["2.0", "2.5", "3.0", "3.5", "4.0"])
    #expect(texts(1e-20, 1e20, 5).count <= 6)
  }

  @Test func powersOfTwoAreMarkedAsSuch() {
    func texts(_ values: [Double], _ count: Int = 6) -> [String] {
      Axis(values: values, scale: .log).ticks(count).map(\.text)
    }
    #expect(texts([1, 2, 4, 8, 16]) == ["1", "2", "4", "8", "16"])
    #expect(texts([64, 1, .nan, 8192]) == ["1", "8", "64", "512", "4096"])
    #expect(texts([1, 3, 16]) == ["1", "2", "4", "8", "16"])
    #expect(texts([1, 3, 15]) == ["1", "2", "5", "10"])
    #expect(texts([1, 1.5, 16]) == ["1", "2", "5", "10"])
    #expect(Axis(values: [1, 2], scale: .linear).ticks(2).count > 1)
  }

  @Test(arguments: [
    (0.0, "0"), (1.5, "1.5"), (0.0123, "0.0123"), (-2, "-2"), (123_456, "123456"),
    (2.3e8, "2.3e8"), (1e-7, "1e-7"), (.nan, "nan"), (-.infinity, "-inf"),
  ])
  func numbersAreShort(value: Double, text: String) {
    #expect(NumberText.short(value) == text)
  }

  @Test func digitsAreFixed() {
    #expect(NumberText.fixed(-0.001, digits: 2) == "0.00")
    #expect(NumberText.fixed(-1.005, digits: 1) == "-1.0")
    #expect(NumberText.fixed(2.05, digits: 3) == "2.050")
  }
}
