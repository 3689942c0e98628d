// SPDX-License-Identifier: Apache-2.0
//
// Field names are interned once, and only as long as they are in use.

@testable import Runtime
import Testing

@Suite struct FieldNameTests {
  @Test func equalNamesAreOneObject() {
    let name = Text.name("weights of the first layer")
    #expect(Text.name("weights of the first layer") === name)
    #expect(Text.name("weights of the second layer") !== name)
  }

  /// A script that keeps creating new names does not make the table grow.
  @Test func namesOfDataAreForgotten() throws {
    let test = TestSession()
    let held = Text.name("held by this test")
    let text = """
      let found = 0
      for i in range(100_000) {
        let r = {fixed: 1}
        r["name {i}"] = i
        if r["name {i}"] == i and r.fixed == 1 { found += 1 }
      }
      found
      """
    #expect(try test.show(text) == "100000")
    #expect(Text.knownNameCount < 30_000)
    #expect(Text.name("held by this test") === held)
  }

  /// A few long names weigh as much as many short ones. Only this test's own are counted: other
  /// tests create names at the same time.
  @Test func longNamesAreForgotten() throws {
    let names = (0..<200).map { index in
      Remembered(Text.name(String(repeating: "x", count: 1 << 16) + "\(index)"))
    }
    #expect(names.count { $0.name != nil } < 100)
  }

  /// A name, as long as it is retained elsewhere.
  private struct Remembered {
    weak var name: Text?

    init(_ name: Text) { self.name = name }
  }
}
