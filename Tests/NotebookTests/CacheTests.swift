// SPDX-License-Identifier: Apache-2.0

import Files
import Glibc
import Hosts
import Runtime
import Syntax
import Testing

@testable import Notebooks

/// Runs of notebooks with a cache of their own.
@Suite(.serialized) struct CacheTests {
  private let folder: String

  init() throws {
    folder = "/tmp/smap-cache-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try AtomicFile.makeFolders(for: folder + "/x")
  }

  /// The outputs of each cell as text, and which cells come from the cache.
  private func run(_ text: String) throws -> (texts: [String], cached: [Bool], reasons: [String]) {
    let source = Source(path: "a.smap", text: text)
    let host = Host(HostOptions(), interrupt: Interrupt(), receiver: TextReceiver { _ in })
    var notebook = CellText.notebook(source)
    let runner = NotebookRunner(host, cache: CellCache(folder: folder, minimumSeconds: 0))
    _ = try runner.run(&notebook, source: source) { _ in }
    let cells = notebook.cells.filter { $0.run != nil }
    let texts = cells.map { cell in
      cell.outputs.map { output in
        switch output {
        case .text(let text), .note(let text): text
        case .error(let error): error.message
        case .value(let media, _): media.text
        }
      }.joined(separator: "|")
    }
    return (
      texts, cells.map { $0.run?.isCached ?? false }, cells.map { $0.run?.uncachedBecause ?? "" }
    )
  }

  /// Runs a script twice; all of it must come from the cache, with the same outputs.
  private func again(_ text: String) throws -> [String] {
    let first = try run(text)
    #expect(first.reasons.joined().isEmpty, "\(first.reasons)")
    let second = try run(text)
    #expect(!second.cached.contains(false))
    #expect(second.texts == first.texts)
    return second.texts
  }

  @Test func allKindsOfValuesComeBack() throws {
    let texts = try again(
      """
      # %%
      let values = [1, -0.0, nan, inf, true, nil, "ä\\n{{", range(2, 9, 3), {a: 1, "b c": [2]}]
      let x = rand(2, 3)
      let mask = x > 0.5
      let p = param(ones(2))
      sum(p * 3).backward()
      let far = tensor([16777217, 3])
      let picture = image.show(zeros(3, 4, 4))
      let f = sum
      let space = image
      let tok = smap.tokenizer(image_size = 16, width = 16, seed = 3)
      let tokens = smap.encode(tok, zeros(2, 3, 16, 16), label = [1, nil])
      # %%
      [values, x, x[mask], p.grad, far, picture, f([1, 2]), space.show(zeros(2, 2)), tokens,
        smap.decode(tok, tokens[:2]).sum(), tokens.label, rand(1)]
      """)
    #expect(texts[1].contains("-0, nan, inf, true, nil"))
  }

  @Test func sharedValuesStayShared() throws {
    let text = """
      # %%
      let a = [1]
      # %%
      let b = {inner: a}
      let c = [a, b]
      # %%
      b.inner.append(2)
      # %%
      c[1].inner.append(3)
      [a, b, c]
      """
    #expect(
      try again(text)[3] == "[[1, 2, 3], {inner: [1, 2, 3]}, [[1, 2, 3], {inner: [1, 2, 3]}]]")
    // A later cell that runs works on the same list.
    let more = try run(text + "\n# %%\na.append(4)\nb.inner\n")
    #expect(more.cached == [true, true, true, true, false] && more.texts[4] == "[1, 2, 3, 4]")
  }

  @Test func onlyWhatDependsOnAChangeRunsAgain() throws {
    let head = "# %%\nlet a = 1\n"
    _ = try run(head + "# %%\nlet b = a + 1\nb\n# %%\na * 10\n")
    // Comments and blanks change nothing; a value that stays the same does not, either.
    #expect(
      try run("# %%\n# why\nlet a   = 1\n# %%\nlet b = a + 1\nb\n# %%\na * 10\n").cached
        == [true, true, true])
    #expect(
      try run("# %%\nlet a = 3 - 2\n# %%\nlet b = a + 1\nb\n# %%\na * 10\n").cached == [
        false, true, true,
      ])
    let changed = try run("# %%\nlet a = 2\n# %%\nlet b = a + 1\nb\n# %%\na * 10\n")
    #expect(changed.cached == [false, false, false] && changed.texts[1...] == ["3", "20"])
  }

  @Test func theRandomStreamGoesOn() throws {
    let first = try run("# %%\nlet a = rand(1)\n# %%\nrand(1)\n")
    #expect(
      try run("# %%\nlet a = rand(1)\n# %%\n-rand(1)\n").texts[1] == "tensor([-"
        + first.texts[1].dropFirst(8))
  }

  @Test func functionsAreDeclaredAgain() throws {
    let text = "# %%\nfn double(n) = 2 * n\nlet k = 21\nlet half = fn(n) = n / 2\n# %%\n"
    #expect(try again(text + "double(k)")[1] == "42")
    #expect(try run(text + "half(double(k))").texts[1] == "21")
    // The body of a function is part of what a cell depends on.
    let changed = try run(text.replacing("2 * n", with: "3 * n") + "double(k)")
    #expect(changed.cached == [false, false] && changed.texts[1] == "63")
  }

  @Test func whatCannotBeStoredIsRunAndSaysSo() throws {
    let text = """
      # %%
      fn counter() {
        let n = 0
        fn() { n = n + 1; n }
      }
      # %%
      let next = counter()
      # %%
      next()
      # %%
      let unrelated = 5
      # %%
      next() + unrelated
      """
    _ = try run(text)
    let second = try run(text)
    #expect(second.cached == [true, false, false, true, false])
    #expect(second.reasons[1].contains("`next` holds a function"))
    #expect(second.reasons[2].contains("it may change `next`"))
    #expect(second.texts[2] == "1" && second.texts[4] == "7")
  }

  @Test func aFigureDoesNotKeepLaterCellsFromTheCache() throws {
    let text = "# %%\nlet f = plot.line([1, 2])\n# %%\nlet x = 4\nf\n# %%\nx + 1\n"
    _ = try run(text)
    let second = try run(text)
    #expect(second.cached == [false, true, true] && second.reasons[0].contains("a figure"))
  }

  /// A cell that uses a data set is found by its content, however it was made.
  @Test func dataSetsAreInputsByTheirContent() throws {
    func text(_ data: String) -> String {
      "# %%\nlet d = \(data)\nlet both = [d, {rest: d[1:]}]\n# %%\nlen(both[1].rest) + d.size\n"
    }
    let first = try run(text("data.shapes(4, size = 8, seed = 1)"))
    #expect(first.texts[1] == "11" && first.reasons[0].contains("a dataset, which is not stored"))
    #expect(first.reasons[1].isEmpty)
    #expect(try run(text("data.shapes(2 + 2, size = 8, seed = 1)")).cached == [false, true])
    #expect(try run(text("data.shapes(4, size = 8, seed = 2)")).cached == [false, false])
    let renamed = text("data.shapes(4, size = 8, seed = 1).shuffle(seed = 0)")
    #expect(try run(renamed).cached == [false, false])
  }

  /// The code of a cell that reads pictures may stay while the pictures change.
  @Test func changedPicturesAreOtherData() throws {
    let set = folder + "/set"
    func write(_ seed: Int) throws {
      _ = try run(
        "# %%\nfor i in range(3) { image.save(rand(1, 3, 8, 8, seed = \(seed) + i), "
          + "\"\(set)/a/{i}.png\") }\n")
    }
    try AtomicFile.makeFolders(for: set + "/a/x")
    let text = "# %%\nlet d = data.folder(\"\(set)\", size = 8)\n# %%\nd.images.sum().item()\n"
    try write(1)
    let first = try run(text)
    #expect(try run(text).cached == [false, true])
    try write(7)
    let second = try run(text)
    #expect(second.cached == [false, false] && second.texts[1] != first.texts[1])
  }

  @Test func filesAreInputs() throws {
    let path = folder + "/numbers.csv"
    try AtomicFile.write(path: path, bytes: Array("a\n1\n".utf8))
    let text = "# %%\nlet t = data.load(\"\(path)\")\nt\n"
    _ = try run(text)
    #expect(try run(text).cached == [true])
    try AtomicFile.write(path: path, bytes: Array("a\n2\n".utf8))
    #expect(try run(text).cached == [false])
    let writing = "# %%\nimage.save(zeros(3, 2, 2), \"\(folder)/a.png\")\n"
    _ = try run(writing)
    let second = try run(writing)
    #expect(second.cached == [false] && second.reasons[0].contains("writes a file"))
  }

  @Test func aDamagedEntryIsNoEntry() throws {
    let text = "# %%\nlet a = [1, 2]\n# %%\na\n"
    _ = try run(text)
    for name in try FileReader.names(inFolder: folder) where name.hasSuffix(".json") {
      let bytes = try FileReader.read(path: folder + "/" + name)
      try AtomicFile.write(path: folder + "/" + name, bytes: Array(bytes.dropLast(9)))
    }
    let second = try run(text)
    #expect(second.cached == [false, false] && second.texts[1] == "[1, 2]")
  }

  @Test func controlsComeBackWhole() throws {
    let text = "# %%\nslider(\"k\", [1, 2], fn(k) = k * ones(3, 4, 4) / 2, start = 2)\n"
    _ = try run(text)
    let source = Source(path: "a.smap", text: text)
    let host = Host(HostOptions(), interrupt: Interrupt(), receiver: TextReceiver { _ in })
    var notebook = CellText.notebook(source)
    let runner = NotebookRunner(host, cache: CellCache(folder: folder, minimumSeconds: 0))
    _ = try runner.run(&notebook, source: source) { _ in }
    #expect(notebook.cells[0].run?.isCached == true)
    guard case .value(let media, true) = notebook.cells[0].outputs.first else {
      Issue.record("the value is an output")
      return
    }
    #expect(media.control?.frames.count == 2 && media.control?.start == 1)
    #expect(media.control?.frames[0].png != nil)
  }
}
