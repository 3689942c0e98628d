// SPDX-License-Identifier: Apache-2.0
//
// Runs the scripts under Tests/Conformance, one behaviour each, with the whole library. Scripts
// with command-line options (`#:` at the top) and the transcripts in `repl` are run by the
// command-line tests instead, through `smap test`. With UPDATE=1 the expectations are rewritten as
// by `smap test --update`.

import Expectations
import Files
import Glibc
import Library
import Runtime
import Syntax
import Testing

@Suite struct ConformanceTests {
  @Test(arguments: ConformanceFiles.all) func script(_ name: String) throws {
    let path = ConformanceFiles.folder + "/" + name
    let source = Source(path: path, bytes: try FileReader.read(path: path))
    let document = ExpectationDocument(source)
    guard !document.hasHeader else { return }
    let report = ExpectationRunner(library: Catalog.all).run(document)
    if getenv("UPDATE") != nil, let updated = report.updated {
      try AtomicFile.write(path: path, bytes: updated)
    } else {
      #expect(report.descriptions == [])
      #expect(report.passed > 0, "\(name) expects nothing")
    }
  }

  @Test func thereAreScripts() {
    #expect(ConformanceFiles.all.count >= 120)
  }
}

/// The scripts with expectations.
enum ConformanceFiles {
  static let folder =
    "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    + "/Conformance"

  /// The scripts of all folders; nested folders contain modules that they import.
  static let all: [String] = names(in: folder).filter { !$0.contains(".") }.flatMap { group in
    names(in: folder + "/" + group).filter { $0.hasSuffix(".smap") }.map { group + "/" + $0 }
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileReader.names(inFolder: folder)) ?? []).sorted()
  }
}
