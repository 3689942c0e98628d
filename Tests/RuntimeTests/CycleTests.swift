// SPDX-License-Identifier: Apache-2.0
//
// Containers that are only referenced by each other are freed, and nothing else is.

@testable import Runtime
import Syntax
import Testing

@Suite struct CycleTests {
  /// An object that reports when it is freed.
  private final class Witness {
    private let note: () -> Void
    init(_ note: @escaping () -> Void) { self.note = note }
    deinit { note() }
  }

  private final class Count {
    var alive = 0
  }

  private static let witnessType = ForeignType("witness", "Lives.", display: { _ in "witness" })

  /// A session in which `witness()` makes an object whose lifetime is counted, and `box(x)` one
  /// that holds a value.
  private func session(_ count: Count) -> Session {
    // Only this test uses the count, and only on its own thread.
    nonisolated(unsafe) let count = count
    let witness = Builtin("witness() -> any", "Makes a witness.") { _ in
      count.alive += 1
      return .object(ForeignObject(CycleTests.witnessType, Witness { count.alive -= 1 }))
    }
    let box = Builtin("box(x: any) -> any", "Makes an object that holds a value.") { call in
      count.alive += 1
      let witness = Witness { count.alive -= 1 }
      return .object(ForeignObject(CycleTests.witnessType, witness, holding: [try call["x"]]))
    }
    let library = LibraryTable(functions: TestLibrary.table.functions + [witness, box])
    return Session(library: library) { _ in }
  }

  @Test(arguments: [
    "let a = [witness()]; a.append(a); a = nil",
    "let a = [witness()]; let b = [a]; a.append({b}); a = nil; b = nil",
    "let r = {w: witness()}; r.self = r; r = nil",
    "let r = {w: witness()}; r[\"self\"] = [r]; r = nil",
    "fn f() { let r = {w: witness()}; r.get = fn() = r; r }; f().get(); nil",
    "fn f() { let w = witness(); let g = nil; g = fn() = [w, g]; g }; f()(); nil",
    "fn f() { let g = nil; let w = witness(); let h = fn() { g = [fn() = g, w] }; h(); h }\nf()\nnil",
    "let a = [1, [witness()]]; a[0] = a; a[0] = [a]; a = nil",
    "let a = [witness(), 0]; a[:1] = [[a], a[0]]; a = nil",
    "let a = [witness()]; a.insert(0, [a]); a = nil",
    "let a = [witness()]; a.extend([[a]]); a = nil",
    "let a = [witness()]; let b = [a]; let c = [b]; b[0].append(c); a = nil; b = nil; c = nil",
    "for i in range(3) { let t = {w: witness(), all: []}; for j in range(9) { t.all.append({t}) } }",
    "for i in range(20) { let a = [x for x in range(20)]; a.append(witness()); a[0] = [a] }",
    "let a = []; a.append(box(a)); a = nil",
    "let a = [witness()]; let b = [box([a])]; a.append({b}); a = nil; b = nil",
    "let r = {w: witness()}; r.box = box([box(r), box(r)]); r = nil",
    "fn f() { let a = []; a.append(box(fn() = a)); a[0] }; f(); nil",
    "fn f() { let g = nil; g = box(fn() = g); g }; f(); nil",
    "let b = box(1); for i in range(9) { let a = [b]; b = box(a); a[0] = b; a.append(b) }; b = nil",
  ]) func circlesAreFreed(_ text: String) throws {
    let count = Count()
    let session = session(count)
    _ = try session.evaluate(text: text)
    #expect(count.alive > 0, "what holds itself is not freed by counting")
    session.freeAllCycles()
    #expect(count.alive == 0)
  }

  @Test(arguments: [
    "let a = [witness()]; a.append(a)",
    "let a = [witness()]; a.append(a); let b = [a]; a = nil",
    "let b = []; fn f() { let r = {w: witness()}; r.get = fn() = r; r }; b.append(f().get)",
    "let kept = nil; fn f() { let w = witness(); let g = nil; g = fn() = [w, g]; kept = g }; f()",
    "let a = [[witness()]]; let b = [a]; b.append(b); b = nil",
    "let a = [1]; let b = box(a); a.append(b); a = nil",
    "let a = []; a.append(box(a))",
    "fn f() { let a = []; a.append(box(fn() = a)); fn() = a }; let kept = f()",
  ]) func whatIsHeldStays(_ text: String) throws {
    let count = Count()
    var session: Session? = session(count)
    _ = try session?.evaluate(text: text)
    for _ in 0..<3 { session?.freeAllCycles() }
    #expect(count.alive == 1)
    session = nil
    #expect(count.alive == 0, "a session frees what it leaves behind")
  }

  /// Deeply nested objects are freed iteratively.
  @Test func longChainsOfObjectsAreFreed() throws {
    let count = Count()
    let session = session(count)
    _ = try session.evaluate(text: "let b = nil; for i in range(300_000) { b = box([b]) }")
    #expect(count.alive == 300_000)
    _ = try session.evaluate(text: "b = nil")
    #expect(count.alive == 0)
  }

  /// Objects held by native code stay alive, though no register and no global leads to them.
  @Test func valuesOfTheHostStay() throws {
    let count = Count()
    let session = session(count)
    let value = try session.evaluate(text: "let r = {w: witness()}; r.self = r; r").value
    _ = try session.evaluate(text: "r = nil")
    session.freeAllCycles()
    #expect(count.alive == 1)
    #expect(Display.text(value, session).hasPrefix("{w: witness"))
  }

  /// A search runs while functions run and natives call back, and disturbs neither.
  @Test func searchesWhileScriptsRun() throws {
    let test = TestSession()
    let text = """
      fn node(i) { let n = {i, next: nil, all: []}; n.next = n; n.all.append([n]); n }
      fn total(list) = if len(list) == 0 { 0 } else { list[0].next.i + total(list[1:]) }
      let kept = [node(i) for i in range(50)]
      fn work(i) {
        for j in range(200) { let left = node(j); kept[j % 50].all = [left, kept[j % 50]] }
        total(kept) + len(map(range(3), fn(k) = node(k)))
      }
      let results = map(range(200), work)
      results[0] + results[199]
      """
    #expect(try test.show(text) == "2456")
  }

  /// Memory does not grow with the number of cycles created.
  @Test func memoryStaysFlat() throws {
    let count = Count()
    let session = session(count)
    let source = "for i in range(50_000) { let a = [witness()]; a.append([a]) }"
    _ = try session.evaluate(text: source)
    #expect(count.alive < 10_000)
  }
}
