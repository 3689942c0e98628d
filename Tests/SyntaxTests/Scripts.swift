// SPDX-License-Identifier: Apache-2.0
//
// Every script of the repository, for properties that hold for all of them.

import Syntax

/// A script with its origin.
struct Script: CustomStringConvertible, Sendable {
  /// Its path from the root of the package; a snippet of a document adds its number.
  var name: String
  var text: String

  var description: String { name }

  /// Whether it is a program; some are about errors of syntax.
  var isProgram: Bool { Parser.classify(text) == .complete }

  /// The scripts of the examples, the conformance suite, the benchmarks, this folder, and the
  /// snippets of the documents.
  static let all: [Script] = {
    let folders = ["Examples", "Tests/Conformance", "Tests/SyntaxTests/Corpus", "benchmarks"]
    let files = folders.flatMap { Fixtures.paths(under: Fixtures.root + "/" + $0) }
    let scripts = files.filter { $0.hasSuffix(".smap") }.map { path in
      Script(name: String(path.dropFirst(Fixtures.root.count + 1)), text: Fixtures.read(path))
    }
    return scripts + snippets
  }()

  /// The fenced blocks of the language `smap` in the documents.
  private static let snippets: [Script] = {
    let documents =
      [Fixtures.root + "/README.md"]
      + Fixtures.paths(under: Fixtures.root + "/docs").filter { $0.hasSuffix(".md") }
    return documents.flatMap { path -> [Script] in
      var result: [Script] = []
      var lines: [Substring]?
      for line in Fixtures.read(path).split(separator: "\n", omittingEmptySubsequences: false) {
        if let gathered = lines, line.hasPrefix("```") {
          let name = "\(path.dropFirst(Fixtures.root.count + 1))#\(result.count + 1)"
          result.append(Script(name: name, text: gathered.map { $0 + "\n" }.joined()))
          lines = nil
        } else if line == "```smap" {
          lines = []
        } else {
          lines?.append(line)
        }
      }
      return result
    }
  }()
}
