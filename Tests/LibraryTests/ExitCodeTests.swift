// SPDX-License-Identifier: Apache-2.0
//
// The exit code follows from what an error is, never from what it prints.

import Files
import Images
import Library
import Networks
import Runtime
import Syntax
import Testing

@Suite struct ExitCodeTests {
  @Test(arguments: FileFault.allCases) func faultsOfFilesHaveCodes(_ fault: FileFault) {
    let error = ScriptError(fault, "the file is not usable")
    #expect(error.kind == .io && error.label == fault.rawValue)
    #expect(ExitCode.of(error) == fault.exitCode)
    var silent = error
    silent.label = ""
    #expect(ExitCode.of(silent) == fault.exitCode)
  }

  /// A script may print the words of a fault; its error is none.
  @Test func wordsMakeNoFault() {
    let error = ScriptError(.io, "x", label: FileFault.missing.rawValue)
    #expect(ExitCode.of(error) == 74)
    #expect(ExitCode.of(ScriptError(.value, "x", label: FileFault.refused.rawValue)) == 1)
  }

  @Test func everyKindHasACode() {
    let codes = Dictionary(
      uniqueKeysWithValues: Diagnostic.Kind.all.map {
        ($0.kind, ExitCode.of(ScriptError($0.kind, "x")))
      })
    for (kind, code) in codes {
      let expected: Int32 =
        switch kind {
        case .syntax: 2
        case .limit: 75
        case .internalError: 70
        case .io: 74
        default: 1
        }
      #expect(code == expected, "\(kind.rawValue)")
    }
    #expect(ExitCode.of(ScriptError.interrupt) == 130)
    #expect(ExitCode.of(ScriptError.exit(7)) == 7)
    #expect(ExitCode.of(SyntaxErrors(diagnostics: [])) == 2)
  }

  @Test func layersKeepTheirFaults() {
    #expect(ExitCode.of(CheckpointError(path: "x", message: "is odd", hint: "")) == 65)
    #expect(ExitCode.of(ImageError(kind: "IOError", message: "odd")) == 65)
    #expect(ExitCode.of(ImageError(kind: "LimitError", message: "large")) == 75)
    for path in ["/no/such/file", "/", "/dev/null/x"] {
      let error = #expect(throws: FileError.self) { try FileReader.read(path: path) }
      guard let error else { continue }
      #expect(ExitCode.of(error) == 66 && error.exitCode == 66, "\(path)")
    }
  }
}
