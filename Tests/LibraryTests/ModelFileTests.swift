// SPDX-License-Identifier: Apache-2.0
//
// Models and arrays in files: written files read back, and damaged ones are an error with the right
// exit code.

import Files
import Glibc
import Runtime
import Testing

@testable import Library

@Suite struct ModelFileTests {
  private let folder: ScratchFolder
  private let session = ModelSession()

  init() throws {
    folder = try ScratchFolder()
    try session.makeGenerator()
    session.session.define("path", .string("\(folder.path)/model.safetensors"))
  }

  private func bytes() throws -> [UInt8] {
    try FileReader.read(path: "\(folder.path)/model.safetensors")
  }

  private func write(_ bytes: [UInt8]) throws {
    try AtomicFile.write(path: "\(folder.path)/model.safetensors", bytes: bytes)
  }

  @Test(arguments: ["", ", quantizer = \"vq\", codebook_size = 16"])
  func tokenizersSurvive(_ choices: String) throws {
    try session.makeTokenizer(choices)
    _ = try session.value(
      """
      smap.train(tok, set, steps = 1, batch_size = 4, seed = 1)
      smap.save(tok, path)
      let again = smap.load(path)
      let a = smap.reconstruct(tok, set.images, label = 2, keep = 3)
      let b = smap.reconstruct(again, set.images, label = "triangle", keep = 3)
      """)
    #expect(try session.shown("allclose(a, b, rtol = 0, atol = 0)") == "true")
    #expect(try session.shown("again.notes.training") == "\"1 steps of 4, seed 1\"")
    #expect(try session.shown("again.classes == tok.classes") == "true")
  }

  @Test func halfPrecisionIsClose() throws {
    _ = try session.value(
      """
      smap.train(tok, set, steps = 1, batch_size = 4, seed = 1)
      tok.save(path, precision = "f16")
      let a = smap.reconstruct(tok, set.images, label = 2)
      let b = smap.reconstruct(smap.load(path), set.images, label = 2)
      """)
    #expect(try session.shown("allclose(a, b, atol = 0.02)") == "true")
  }

  @Test func generatorsSurvive() throws {
    _ = try session.value(
      """
      card.train(model, set, steps = 1, batch_size = 4, variants = 1, seed = 1)
      card.save(model, path)
      let again = card.load(path)
      let a = card.sample(model, 2, steps = 2, seed = 1).latents
      let b = card.sample(again, "triangle", steps = 2, seed = 1).latents
      """)
    #expect(try session.shown("allclose(a, b, rtol = 0, atol = 0)") == "true")
    let error = try session.error("card.train(again, set, steps = 1)")
    #expect(error.hint == "card.train(model, dataset, tok, steps = ..)")
    _ = try session.value("card.train(again, set, tok, steps = 1, batch_size = 2, variants = 1)")
  }

  @Test func namesOfClassesKeepTheirCommas() throws {
    _ = try session.value(
      """
      let names = ["cats, small", "", "a\\"b", "[x]", "é"]
      let set = {images: zeros(5, 3, 16, 16), labels: range(5), classes: names}
      let tok = smap.tokenizer(image_size = 16, num_tokens = 2, token_dim = 2, width = 8, heads = 2,
        depth = 1, decoder_depth = 1, num_classes = 5, pixel_channels = 2, seed = 1)
      smap.train(tok, set, steps = 1, batch_size = 4, seed = 1)
      smap.save(tok, path)
      """)
    #expect(try session.shown("smap.load(path).classes == names") == "true")
  }

  @Test func filesSayWhatWroteThem() throws {
    _ = try session.value("smap.save(tok, path)")
    let header = String(decoding: try bytes().dropFirst(8).prefix(200), as: UTF8.self)
    #expect(header.contains("\"smap_version\":\"\(smapVersion)\""))
    #expect(header.contains("\"format_version\":\"6\""))
  }

  @Test func kindsAreNotConfused() throws {
    _ = try session.value("card.save(model, path)")
    let error = try session.error("smap.load(path)")
    #expect(error.hint == "open it with card.load")
    #expect(ExitCode.of(error) == 65)
    _ = try session.value("smap.save(tok, path)")
    #expect(try session.error("card.load(path)").hint == "open it with smap.load")
  }

  @Test(arguments: [0, 4, 8, 100, 2000])
  func truncatedFiles(_ length: Int) throws {
    _ = try session.value("smap.save(tok, path)")
    try write(Array(try bytes().prefix(length)))
    let error = try session.error("smap.load(path)")
    #expect(error.kind == .io)
    #expect(ExitCode.of(error) == 65)
  }

  @Test func flippedHeaders() throws {
    _ = try session.value("smap.save(tok, path)")
    let sound = try bytes()
    let headerLength = sound[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var damaged = 0
    for position in stride(from: 0, to: 8 + headerLength, by: 211) {
      var broken = sound
      broken[position] ^= 0x15
      try write(broken)
      do {
        _ = try session.value("smap.load(path)")
      } catch let error as ScriptError {
        #expect(ExitCode.of(error) == 65, "\(error.message)")
        damaged += 1
      }
    }
    #expect(damaged > 0)
  }

  @Test func otherArchitectures() throws {
    _ = try session.value("smap.save(tok, path)")
    var changed = try bytes()
    let entry = Array("\"width\":\"16\"".utf8)
    let start = try #require(
      changed.indices.first { changed[$0...].starts(with: entry) })
    changed[start + entry.count - 3] = UInt8(ascii: "3")
    changed[start + entry.count - 2] = UInt8(ascii: "2")
    try write(changed)
    let error = try session.error("smap.load(path)")
    #expect(ExitCode.of(error) == 65)
    #expect(error.message.contains("has shape"))
    #expect(error.hint.contains("another architecture"))
  }

  @Test func missingAndRefused() throws {
    let error = try session.error("smap.load(\"\(folder.path)/none.safetensors\")")
    #expect(error.kind == .io)
    #expect(ExitCode.of(error) == 66)
    #expect(ExitCode.of(try session.error("smap.save(tok, \"/proc/x/y.safetensors\")")) == 66)
    #expect(ExitCode.of(try session.error("smap.save(tok, \"/dev/full\")")) == 74)
    #expect(ExitCode.of(try session.error("smap.save(tok, path, precision = \"f8\")")) == 1)
  }
}

@Suite struct ArrayFileTests {
  private let folder: ScratchFolder
  private let session = ModelSession()

  init() throws {
    folder = try ScratchFolder()
    session.session.define("folder", .string(folder.path))
  }

  @Test(arguments: ["tensor(3)", "[1, 2.5, -3]", "randn(2, 3, 4, seed = 1)", "zeros(0, 3)"])
  func arraysSurvive(_ array: String) throws {
    _ = try session.value("let x = tensor(\(array))\nlet p = \"{folder}/x.npy\"\ndata.save(x, p)")
    #expect(try session.shown("data.load(p).shape == x.shape") == "true")
    #expect(try session.shown("allclose(data.load(p), x, rtol = 0, atol = 0)") == "true")
  }

  @Test func recordsSurvive() throws {
    _ = try session.value(
      "let p = \"{folder}/x.safetensors\"\ndata.save({a: ones(2), b: zeros(1, 2)}, p)")
    #expect(try session.shown("data.load(p).b") == "tensor([[0, 0]])")
    #expect(try session.error("data.save({a: \"x\"}, p)").kind == .type)
    #expect(try session.error("data.save(ones(2), p)").kind == .type)
    #expect(try session.error("data.save(ones(2), \"{folder}/x.doc\")").kind == .value)
  }

  /// A file whose header is `header`, followed by `count` zero bytes.
  private func load(_ header: String, _ count: Int) throws -> ScriptError {
    let text = Array(header.utf8)
    let bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.count), 0]
    try AtomicFile.write(
      path: "\(folder.path)/x.npy", bytes: bytes + text + [UInt8](repeating: 0, count: count))
    return try session.error("data.load(\"{folder}/x.npy\")")
  }

  @Test(arguments: [
    "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '>c8', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '|f4', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (+2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': ( 0 2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': True}",
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 2}", "{'descr': '<f4'}", "",
    "{'descr': 'f', 'shape': (", "'descr':",
  ])
  func wrongArrays(_ header: String) throws {
    #expect(ExitCode.of(try load(header, 8)) == 65)
  }
}

@Suite struct ResourceTests {
  private func search(_ home: String?, _ executable: String?, _ folder: String?) -> [String] {
    var search = ResourceSearch()
    (search.home, search.executable, search.workingDirectory) = (home, executable, folder)
    return search.candidates
  }

  @Test func homeComesFirst() {
    #expect(search("/opt/smap", nil, nil) == ["/opt/smap", "/opt/smap/Examples"])
  }

  @Test func installedBesideTheExecutable() {
    #expect(search(nil, "/usr/local/bin/smap", nil).first == "/usr/local/share/smap")
    #expect(search("", "/smap", nil) == ["/share/smap", "/share/smap/Examples"])
  }

  @Test func sourceTreeIsClimbed() throws {
    let folder = try ScratchFolder()
    let tree = "\(folder.path)/tree"
    for part in ["", "/Examples", "/Examples/Data", "/.build", "/.build/release"] {
      #expect(mkdir(tree + part, 0o755) == 0)
    }
    defer {
      for part in ["/.build/release", "/.build", "/Examples/Data", "/Examples", ""] {
        rmdir(tree + part)
      }
    }
    #expect(search(nil, "\(tree)/.build/release/smap", nil).last == "\(tree)/Examples")
    #expect(search(nil, nil, "\(tree)/.build") == ["\(tree)/Examples"])
    #expect(search(nil, nil, "/") == [])
  }

  @Test func missingOnesSayWhere() throws {
    let session = ModelSession()
    let error = try session.error("smap.load(\"no-such-model\")")
    #expect(error.kind == .io)
    #expect(ExitCode.of(error) == 66)
    #expect(error.message.contains("it was looked for in"))
    #expect(error.hint.contains("SMAP_HOME"))
  }
}
