// SPDX-License-Identifier: Apache-2.0
//
// A library writes to no stream: what it has to say goes where its host wants it.

import Foundation
import Testing

@Suite struct RemarkTests {
  @Test func theLibraryWritesToNoStream() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for target in ["Tensors", "Networks", "Models", "Metrics", "CKernels"] {
      let folder = root.appending(path: "Sources/\(target)")
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(files.count > 3)
      for file in files where file.hasSuffix(".swift") || file.hasSuffix(".c") {
        let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        for stream in [
          "STDERR_FILENO", "STDOUT_FILENO", "stderr", "\\bprintf\\(", "fprintf\\(", "\\bprint\\(",
        ] {
          #expect(
            text.range(of: stream, options: .regularExpression) == nil,
            "\(target)/\(file) writes to a stream: \(stream)")
        }
      }
    }
  }
}
