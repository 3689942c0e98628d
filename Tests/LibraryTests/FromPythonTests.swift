// SPDX-License-Identifier: Apache-2.0
//
// docs/FromPython.md: the expectations of its blocks hold, and every code fragment in the last
// column of its tables runs, in the order of the document, in one session.

import Expectations
import Files
import Glibc
import Library
import Runtime
import Syntax
import Testing

@Suite struct FromPythonTests {
  static let path =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    + "/docs/FromPython.md"

  private func lines() throws -> [String] {
    let bytes = try FileReader.read(path: Self.path)
    return String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func blocksMeetTheirExpectations() throws {
    let source = Source(path: Self.path, bytes: try FileReader.read(path: Self.path))
    let report = ExpectationRunner(library: Catalog.all).run(ExpectationDocument(source))
    #expect(report.descriptions == [])
    #expect(report.passed > 30)
  }

  @Test func everyExpressionRuns() throws {
    let session = ModelSession()
    let folder = try ScratchFolder()
    var (isCode, block, count, column) = (false, "", 0, false)
    for line in try lines() {
      if line.hasPrefix("```") {
        if isCode { _ = try session.value(block) }
        (isCode, block) = (line.hasPrefix("```smap"), "")
      } else if isCode {
        block += line + "\n"
      } else if line.hasPrefix("|") {
        let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropLast()
        let last = String(cells.last ?? "")
        if line.contains("| here |") {
          column = true
        } else if column, !line.hasPrefix("|---") {
          for code in FromPythonTests.code(in: last) {
            count += 1
            let text = code.split(separator: "out/", omittingEmptySubsequences: false)
              .joined(separator: folder.path + "/")
            do { _ = try session.value(text) } catch {
              let error = ScriptError(anything: error)
              // `exit(..)` runs, and ends the script.
              if error.exitCode == nil { Issue.record("\(code): \(error.message)") }
            }
          }
        }
      } else {
        column = false
      }
    }
    #expect(count > 200)
  }

  /// The text between backquotes.
  private static func code(in cell: String) -> [String] {
    let parts = cell.split(separator: "`", omittingEmptySubsequences: false)
    return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
  }
}
