// SPDX-License-Identifier: Apache-2.0
//
// A profile counts operations exactly. Other tests run at the same time and are counted too, so
// these use product sizes that no other test has.

import Tensors
import Testing

@Suite(.serialized) struct ProfileTests {
  @Test func productsAreCounted() throws {
    let (a, b) = (try Tensor.zeros([37, 41]), try Tensor.zeros([41, 43]))
    let packed = try PackedMatrix(b)
    let c = try Tensor.zeros([37, 43])
    Profile.start()
    _ = try a.matmul(b)
    _ = try a.matmul(b)
    for _ in 0..<3 {
      try packed.multiply(LeftOperand(rows: a.pointer, width: 41), rows: 37, into: c.pointer)
    }
    let snapshot = Profile.stop()
    _ = try a.matmul(b)
    let totals = snapshot.products[Profile.Sizes(rows: 37, depth: 41, columns: 43)]
    #expect(totals?.calls == 5)
    let operations = 2 * 37 * 41 * 43
    let numbers = a.count + b.count + c.count
    #expect(totals?.operations == 5 * operations)
    #expect(totals?.bytes == 5 * 4 * numbers)
    #expect((totals?.seconds ?? 0) > 0)
    #expect((snapshot.stages[.libraryProduct]?.calls ?? 0) >= 2)
    #expect((snapshot.stages[.product]?.calls ?? 0) >= 3)
  }

  @Test func callsNest() {
    Profile.start()
    Profile.enter("outer")
    Profile.enter("inner")
    Profile.leave()
    Profile.enter("outer")
    Profile.leave()
    Profile.leave()
    Profile.enter("left open by an error")
    let calls = Profile.stop().calls
    #expect(calls["outer"]?.calls == 2)
    #expect(calls["inner"]?.calls == 1)
    #expect(calls["left open by an error"]?.calls == 1)
    guard let outer = calls["outer"], let inner = calls["inner"] else { return }
    #expect(outer.total >= outer.own && outer.total >= inner.total)
    #expect(abs(outer.total - outer.own - inner.own) < 1e-9)
  }

  @Test func theProcessorHasAPeak() {
    #expect(Profile.peakOperations(seconds: 0.005) > 1e8)
  }

  @Test func nothingIsCountedWithoutAProfile() throws {
    Profile.start()
    _ = Profile.stop()
    let a = try Tensor.zeros([47, 53])
    _ = try a.matmul(try Tensor.zeros([53, 59]))
    Profile.start()
    let snapshot = Profile.stop()
    #expect(snapshot.products[Profile.Sizes(rows: 47, depth: 53, columns: 59)] == nil)
  }
}
