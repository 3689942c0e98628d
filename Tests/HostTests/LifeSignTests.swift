// SPDX-License-Identifier: Apache-2.0
//
// When the sign appears that a statement still runs.

import Testing

@testable import Hosts

@Suite struct LifeSignTests {
  @Test func terminalsShowItAfterTwoSecondsOfSilence() {
    var clock = LifeSignClock(start: 10, latest: 10, isTerminal: true)
    #expect(clock.text(at: 11.9) == nil)
    #expect(clock.text(at: 12) == "running for 0:02, Ctrl-C stops it")
    #expect(clock.text(at: 75) == "running for 1:05, Ctrl-C stops it")
    clock.latest = 80
    #expect(clock.text(at: 81) == nil)
  }

  @Test func logsGetALineEveryThirtySecondsOfSilence() {
    var clock = LifeSignClock(start: 0, latest: 0, isTerminal: false)
    let lines = stride(from: 0.5, through: 100, by: 0.5).compactMap { clock.text(at: $0) }
    #expect(lines == ["running for 0:30\n", "running for 1:00\n", "running for 1:30\n"])
  }
}
