// SPDX-License-Identifier: Apache-2.0
//
// `data.load` and `data.save`: round trips of every format, archives as NumPy writes them, and
// forged archives. A forged file is an IOError with exit code 65, or 75 if it is only large.

import Files
import Glibc
import Library
import Runtime
import Testing

@Suite struct DataFileTests {
  static let archive = ScriptFiles.tests + "/Goldens/metrics/sets.npz"

  // MARK: - Round trips

  @Test(arguments: [".npy", ".npz", ".safetensors"])
  func arraysComeBack(_ ending: String) throws {
    let folder = try ScratchFolder()
    let session = ModelSession()
    let content = ending == ".npy" ? "randn(2, 3, seed = 1)" : "{a: randn(2, 3, seed = 1), b: [7]}"
    _ = try session.value(
      "let x = \(content); data.save(x, \"\(folder.path)/x\(ending)\")")
    let field = ending == ".npy" ? "" : ".a"
    #expect(
      try session.shown(
        "let y = data.load(\"\(folder.path)/x\(ending)\"); all(x\(field) == y\(field)).item()")
        == "1")
    if ending != ".npy" { #expect(try session.shown("y.b") == "tensor([7])") }
  }

  @Test func textFormatsComeBack() throws {
    let folder = try ScratchFolder()
    let session = ModelSession()
    _ = try session.value(
      """
      let value = {a: [1, 2.5, nil, true], b: "q\\"é", c: {d: []}}
      data.save(value, "\(folder.path)/x.json")
      let rows = [{name: "a, b", k: 1, note: nil}, {name: "q\\"", k: -2.5, note: "two\\nlines"}]
      data.save(rows, "\(folder.path)/x.csv")
      data.save("one\\ntwo\\n", "\(folder.path)/x.txt")
      """)
    #expect(try session.shown("data.load(\"\(folder.path)/x.json\") == value") == "true")
    #expect(try session.shown("data.load(\"\(folder.path)/x.csv\") == rows") == "true")
    #expect(try session.shown("data.load(\"\(folder.path)/x.txt\")") == "\"one\\ntwo\\n\"")
    let error = try session.error("data.save({a: inf}, \"\(folder.path)/x.json\")")
    #expect(error.message.contains("JSON has no word for inf"))
    #expect(
      try session.error("let l = [1]; l.append(l); data.save(l, \"\(folder.path)/y.json\")")
        .message.contains("too deep"))
    #expect(
      try session.error("data.save([{a: 1}, {b: 2}], \"\(folder.path)/y.csv\")")
        .message.contains("differ in their fields"))
  }

  @Test func linesOfJSON() throws {
    let folder = try ScratchFolder()
    let session = ModelSession()
    let path = folder.path + "/rows.jsonl"
    for (text, values) in [
      ("{\"a\":1}\n\n[2]\r\n", "[{a: 1}, [2]]"), ("\u{FEFF}1\n2", "[1, 2]"), ("", "[]"),
      ("1\n[2", "[1]"),
    ] {
      try AtomicFile.write(path: path, bytes: Array(text.utf8))
      #expect(try session.shown("data.load(\"\(path)\")") == values)
    }
    try AtomicFile.write(path: path, bytes: Array("1\n[2\n3\n".utf8))
    let error = try session.error("data.load(\"\(path)\")")
    #expect(error.message.contains("of line 2"))
  }

  @Test func blankLinesOfATable() throws {
    let folder = try ScratchFolder()
    let session = ModelSession()
    for (text, records) in [
      ("a,b\n1,2\n\n3,4\n\r\n\n", "[{a: 1, b: 2}, {a: 3, b: 4}]"), ("a,b\n\n", "[]"),
      ("a\n1\n\n2\n", "[{a: 1}, {a: nil}, {a: 2}]"),
    ] {
      try AtomicFile.write(path: "\(folder.path)/x.csv", bytes: Array(text.utf8))
      #expect(try session.shown("data.load(\"\(folder.path)/x.csv\")") == records)
    }
  }

  @Test func damagedText() throws {
    let folder = try ScratchFolder()
    let session = ModelSession()
    for (name, text) in [
      ("a.json", "{\"a\": 1"), ("b.json", "[1, 2] 3"), ("a.csv", "a,b\n1\n"), ("b.csv", "a,a\n"),
      ("c.csv", "a\n\"x"), ("d.csv", "a\n\"x\"y\n"), ("e.csv", ""), ("f.csv", "a\n\u{0}"),
    ] {
      try AtomicFile.write(path: "\(folder.path)/\(name)", bytes: Array(text.utf8))
      if name == "f.csv" { continue }
      let error = try session.error("data.load(\"\(folder.path)/\(name)\")")
      #expect(ExitCode.of(error) == 65, "\(name): \(error.message)")
    }
    try AtomicFile.write(path: "\(folder.path)/x.txt", bytes: [0xFF, 0xFE])
    #expect(ExitCode.of(try session.error("data.load(\"\(folder.path)/x.txt\")")) == 65)
    #expect(ExitCode.of(try session.error("data.load(\"\(folder.path)/missing.csv\")")) == 66)
  }

  // MARK: - NumPy's archives

  @Test func readsWhatNumPyWrites() throws {
    let session = ModelSession()
    _ = try session.value("let sets = data.load(\"\(Self.archive)\")")
    #expect(try session.shown("sets.x.shape") == "[40, 6]")
    #expect(try session.numbers("sets.column_major") == [0, 1, 2, 3, 4, 5])
    #expect(try session.shown("sets.column_major.shape") == "[2, 3]")
    #expect(try session.numbers("sets.half") == [0.5, -2])
    #expect(try session.numbers("sets.mask") == [1, 0])
    #expect(session.notes.count == 1 && session.notes[0].contains("2**24"))
  }

  @Test func metricsAgreeWithSciPy() throws {
    let session = ModelSession()
    _ = try session.value("let sets = data.load(\"\(Self.archive)\")")
    func difference(_ found: String, _ wanted: String) throws -> Float {
      try session.numbers("(\(found) - sets.\(wanted)) / sets.\(wanted)").map(abs).max() ?? 1
    }
    #expect(try difference("metrics.frechet(sets.x, sets.y)", "frechet") < 1e-5)
    #expect(
      try difference("metrics.frechet(sets.x, sets.y, components = 3)", "frechet_components") < 1e-5
    )
    #expect(try difference("metrics.kid(sets.x, sets.y)", "kid") < 1e-5)
    _ = try session.value("let {precision, recall} = metrics.precision_recall(sets.x, sets.y)")
    #expect(try difference("tensor([precision, recall])", "precision_recall") < 1e-6)
    _ = try session.value(
      "let probe = metrics.linear_probe(sets.x, sets.labels, sets.y, sets.predictions)")
    #expect(try session.shown("probe.accuracy") == "1")
  }

  @Test func featuresAgreeWithTheSameWeightsInDoublePrecision() throws {
    let session = ModelSession()
    let inputs = ScriptFiles.tests + "/Goldens/metrics/efficientnet-lite0.safetensors"
    _ = try session.value(
      "let x = data.load(\"\(inputs)\").x; let wanted = data.load(\"\(Self.archive)\").features")
    let found = try session.numbers("metrics.features((x + 1) / 2) - wanted")
    #expect(found.map(abs).max() ?? 1 < 1e-4)
  }

  // MARK: - Forged archives

  private func code(_ bytes: [UInt8]) throws -> (Int32, String) {
    let folder = try ScratchFolder()
    try AtomicFile.write(path: folder.path + "/x.npz", bytes: bytes)
    let error = try ModelSession().error("data.load(\"\(folder.path)/x.npz\")")
    return (ExitCode.of(error), error.message)
  }

  private func golden() throws -> [UInt8] { try FileReader.read(path: Self.archive) }

  @Test func everyTruncationIsDamage() throws {
    let bytes = try golden()
    for length in stride(from: 0, to: bytes.count - 1, by: 97) {
      #expect(try code(Array(bytes[..<length])).0 == 65, "\(length)")
    }
  }

  @Test func everyFlippedByteOfTheContentIsNoticed() throws {
    let bytes = try golden()
    let archive = try ZipArchive(bytes, path: "x", limit: 1 << 20)
    for place in stride(from: 40, to: 400, by: 7) {
      var changed = bytes
      changed[place] ^= 0x55
      guard let damaged = try? ZipArchive(changed, path: "x", limit: 1 << 20) else { continue }
      let entry = try #require(damaged.entries.first)
      if let content = try? damaged.content(of: entry) {
        // Bytes between header and content are ignored.
        #expect(try content == archive.content(of: archive.entries[0]), "\(place)")
      }
    }
  }

  /// One stored entry `a.npy` whose directory fields are changed by `change(directory offset)`.
  private func changed(
    name: String = "a.npy", _ change: (inout [UInt8], Int) -> Void = { _, _ in }
  ) throws -> [UInt8] {
    let folder = try ScratchFolder()
    try ZipArchive.write(
      [("a.npy", Array("content".utf8))], path: folder.path + "/x.npz")
    var bytes = try FileReader.read(path: folder.path + "/x.npz")
    let directory = 30 + 5 + 7
    change(&bytes, directory)
    for (i, byte) in name.utf8.enumerated() { bytes[directory + 46 + i] = byte }
    return bytes
  }

  @Test func lies() throws {
    func put(_ value: Int, _ bytes: inout [UInt8], _ place: Int) {
      for i in 0..<4 { bytes[place + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
    }
    let bomb = try changed { bytes, at in
      bytes[at + 10] = 8
      put(1 << 30, &bytes, at + 24)
    }
    #expect(try code(bomb).1.contains("claims more bytes than it can hold"))
    let wrongSum = try changed { bytes, at in bytes[at + 16] ^= 1 }
    #expect(try code(wrongSum).1.contains("checksum"))
    #expect(try code(changed(name: "../xy")).1.contains("leads out of its folder"))
    #expect(try code(changed(name: "/a.np")).1.contains("absolute"))
    #expect(try code(changed(name: "a\\npy")).1.contains("backslash"))
    let encrypted = try changed { bytes, at in bytes[at + 8] |= 1 }
    #expect(try code(encrypted).1.contains("encrypted"))
    let method = try changed { bytes, at in bytes[at + 10] = 12 }
    #expect(try code(method).1.contains("method"))
    let elsewhere = try changed { bytes, at in put(1 << 20, &bytes, at + 42) }
    #expect(try code(elsewhere).1.contains("not where"))
    let longer = try changed { bytes, at in
      put(80, &bytes, at + 20)
      put(80, &bytes, at + 24)
    }
    #expect(try code(longer).1.contains("outside of the file"))
    for bytes in [bomb, wrongSum, encrypted, method, elsewhere, longer] {
      #expect(try code(bytes).0 == 65)
    }
  }

  @Test func overlapsAndLimits() throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/x.npz"
    try ZipArchive.write([("a", [1, 2, 3]), ("b", [4, 5, 6])], path: path)
    var bytes = try FileReader.read(path: path)
    #expect(throws: FileError.self) { try ZipArchive(bytes, path: "x", limit: 5) }
    #expect(try ZipArchive(bytes, path: "x", limit: 6).entries.map(\.name) == ["a", "b"])
    // The second entry claims the offset of the first.
    let second = 2 * (30 + 1 + 3) + 47
    for i in 0..<4 { bytes[second + 42 + i] = 0 }
    #expect(throws: ArchiveError.self) { try ZipArchive(bytes, path: "x", limit: 1 << 20) }
    #expect(throws: ArchiveError.self) { try ZipArchive.write([("../a", [])], path: path) }
    #expect(throws: ArchiveError.self) { try ZipArchive.write([("a", []), ("a", [])], path: path) }
  }
}
