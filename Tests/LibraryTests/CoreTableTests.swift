// SPDX-License-Identifier: Apache-2.0
//
// Checks the table of tensor, network and everyday functions: every function has an example, and
// every example runs.

import Expectations
import Library
import Runtime
import Testing

@Suite struct CoreTableTests {
  static let library = LibraryTable(
    functions: CoreCatalog.functions, constants: CoreCatalog.constants, types: CoreCatalog.types,
    namespaces: CoreCatalog.namespaces)

  static let names = CoreCatalog.functions.map(\.qualifiedName)

  private func function(_ name: String) throws -> Builtin {
    try #require(CoreCatalog.functions.first { $0.qualifiedName == name })
  }

  @Test func namesAreUnique() {
    #expect(Set(Self.names).count == Self.names.count)
    #expect(Self.names.count > 100)
  }

  @Test(arguments: names) func headerParses(_ name: String) throws {
    #expect(try function(name).signatureError == nil)
  }

  @Test(arguments: names) func summaryIsOneSentence(_ name: String) throws {
    let summary = try function(name).summary
    #expect(summary.hasSuffix("."))
    #expect(summary.first?.isUppercase ?? false)
    #expect(!summary.contains(". "))
  }

  @Test(arguments: names) func exampleRuns(_ name: String) throws {
    let example = try function(name).example
    try #require(!example.isEmpty)
    let report = ExpectationRunner(library: Self.library).run(path: name, text: example)
    #expect(report.descriptions == [])
    #expect(report.passed == 1)
  }

  @Test func everyNamespaceHasASummary() {
    let namespaces = Set(CoreCatalog.functions.map(\.namespace)).subtracting([""])
    #expect(namespaces == Set(CoreCatalog.namespaces.keys))
  }
}
