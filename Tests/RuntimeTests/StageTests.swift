// SPDX-License-Identifier: Apache-2.0
//
// One page per construct in `Tests/Stages`: a source, followed by the output of every stage.
// `UPDATE=1 swift test --filter StageTests` regenerates the pages; review the diff. A new page
// starts as a file that contains only its source.

import Glibc
import Runtime
import Syntax
import Testing

@Suite struct StageTests {
  @Test(arguments: StagePages.names) func page(_ name: String) throws {
    let path = StagePages.folder + "/" + name
    let page = try StagePages.read(path)
    let made = try StagePages.made(from: page)
    if getenv("UPDATE") != nil {
      StagePages.write(made, to: path)
    } else {
      #expect(made == page)
    }
  }

  @Test func everyConstructHasAPage() {
    #expect(StagePages.names.count >= 15)
  }

  @Test func tokensCanBeShownOfWhatIsNoProgram() throws {
    let source = Source(path: "page", text: "let = 1")
    let session = TestSession().session
    #expect(try Stage.tokens.text(of: source, in: session).contains("1:5     =\n"))
    for stage in [Stage.tree, .slots, .code] {
      #expect(throws: SyntaxErrors.self) { try stage.text(of: source, in: session) }
    }
  }
}

/// The pages, as text and as parts.
enum StagePages {
  static let folder = #filePath.upTo("/Tests/") + "/Tests/Stages"

  /// The names of the pages, sorted.
  static let names: [String] = {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".txt") { names.append(name) }
    }
    return names.sorted()
  }()

  /// The page generated from the source of a page.
  static func made(from page: String) throws -> String {
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    var text = lines.prefix { !$0.hasPrefix("-----") }.joined(separator: "\n")
    if !text.hasSuffix("\n") { text += "\n" }
    let source = Source(path: "page.smap", text: text)
    let session = TestSession().session
    for stage in Stage.allCases {
      text += "----- \(stage.rawValue)\n" + (try stage.text(of: source, in: session)) + "\n"
    }
    return text
  }

  static func read(_ path: String) throws -> String {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "wb") else { return }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }
}

extension String {
  /// The text before the last occurrence of `mark`, or all of it.
  fileprivate func upTo(_ mark: String) -> String {
    let parts = self.ranges(of: mark)
    return parts.last.map { String(self[..<$0.lowerBound]) } ?? self
  }
}
