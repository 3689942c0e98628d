// SPDX-License-Identifier: Apache-2.0
//
// What a host gives its session: a stack, a seed, limits.

import Library
import Runtime
import Testing

@testable import Hosts

@Suite struct SetUpTests {
  @Test func workRunsOnAStackThatIsLargeEnough() {
    /// Uses a few hundred bytes of stack a call.
    func descend(_ depth: Int) -> Int { depth == 0 ? 0 : 1 + descend(depth - 1) }
    var size = 0
    let code = LargeStack.run { stackSize in
      size = stackSize
      return descend(100_000) == 100_000 ? 7 : 1
    }
    #expect(code == 7)
    #expect(size >= 8 << 20)
  }

  @Test func optionsReachTheSession() throws {
    var options = HostOptions()
    options.seed = 5
    options.limits = Limits(steps: 100)
    options.isRandomStrict = true
    let session = Session(library: Catalog.all) { _ in }
    Host.apply(options, to: session)
    #expect(session.randomPlace.seed == 5)
    #expect(session.isRandomStrict)
    #expect(throws: ScriptError.self) { try session.evaluate(text: "while true { }") }
  }
}
