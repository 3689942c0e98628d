// SPDX-License-Identifier: Apache-2.0

import Files
import Hosts
import Runtime
import Syntax
import Testing

@testable import Notebooks

@Suite struct PageTests {
  /// A notebook that has run, without a cache.
  static func ran(_ text: String) throws -> (notebook: Notebook, code: Int32) {
    let source = Source(path: "a.smap", text: text)
    let host = Host(HostOptions(), interrupt: Interrupt(), receiver: TextReceiver { _ in })
    var notebook = CellText.notebook(source)
    let code = try NotebookRunner(host).run(&notebook, source: source) { _ in }
    return (notebook, code)
  }

  private func page(_ text: String) throws -> String {
    Page.text(of: try PageTests.ran(text).notebook)
  }

  @Test func nothingIsLoadedOrSent() throws {
    let text = try page(
      "# %% [markdown]\n# ![far](https://example.org/a.png) <script>alert(1)</script>\n"
        + "# [bad](javascript:alert(1))\n# %%\n\"<script>alert(2)</script>\"\n")
    #expect(text.contains("default-src 'none'; img-src data:"))
    #expect(!text.contains("<script>alert") && !text.contains("javascript:alert"))
    #expect(!text.contains("src=\"http") && !text.contains("unsafe-inline"))
    #expect(!text.contains(" style=\""))
    // The policy names exactly what the page holds.
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
      let start = try #require(text.firstRange(of: open)?.upperBound)
      let end = try #require(text[start...].firstRange(of: close)?.lowerBound)
      let hash = Base64.encode(ContentHash.digest(of: String(text[start..<end])))
      #expect(text.contains("'sha256-\(hash)'"))
    }
  }

  @Test func cellsShowWhatTheyGave() throws {
    let text = try page(
      "# %% [markdown]\n# # Head\n# text\n# %% First\nprint(1)\n41 + 1\n# %%\n5;\n# %%\n"
        + "show(table([{a: 1}]), title = \"T\")\nimage.show(zeros(3, 4, 4))\n"
        + "# %%\nplot.line([1, 2])\n")
    #expect(text.contains("<title>Head</title>") && text.contains("<h1 id=\"head\">Head</h1>"))
    #expect(text.contains("<a href=\"#first\">First</a>"))
    #expect(text.contains("<pre class=\"text\">1\n</pre>"))
    #expect(text.contains("<pre class=\"text\">42</pre>"))
    #expect(!text.contains("<pre class=\"text\">5</pre>"))
    #expect(text.contains("<figcaption>T</figcaption>") && text.contains("<td class=\"number\">1"))
    #expect(text.contains("src=\"data:image/png;base64,") && text.contains("width=\"32\""))
    #expect(text.contains("role=\"img\"") && text.contains("<svg "))
    #expect(text.contains("<span class=\"f\">print</span>"))
  }

  @Test func aControlHasAllFramesAndItsInputs() throws {
    let text = try page(
      "# %%\ngrid2d(\"x\", [1, 2, 3], \"word\", [\"a\", \"<b>\"], fn(x, y) = \"{x}{y}\")")
    #expect(text.components(of: "<figure class=\"frame") == 6)
    #expect(text.contains("<label for=\"control-1-0\">x</label><input type=\"range\""))
    #expect(text.contains("<label for=\"control-1-1\">word</label><select"))
    #expect(text.contains("&lt;b&gt;") && !text.contains("<option value=\"1\"><b>"))
  }

  @Test func anErrorEndsTheNotebookAndIsShown() throws {
    let (notebook, code) = try PageTests.ran("# %%\n1\n# %%\nerror(\"no\")\n# %%\n3")
    #expect(code == 1)
    #expect(notebook.cells.map { $0.run?.ending } == [.succeeded, .failed, nil])
    guard case .error(let error) = notebook.cells[1].outputs.last else {
      Issue.record("the error is an output")
      return
    }
    #expect(error.message == "no" && error.text.contains("a.smap:4:1"))
    #expect(Page.text(of: notebook).contains("<pre class=\"error\">"))
  }

  @Test func cellsBeforeASyntaxErrorRun() throws {
    let (notebook, code) = try PageTests.ran("# %%\n40 + 2\n# %%\nlet a = )\n# %%\n3")
    #expect(code == 2)
    #expect(notebook.cells[0].outputs == [.value(Media(text: "42"), isResult: true)])
    #expect(notebook.cells.map { $0.run?.ending } == [.succeeded, .failed, nil])
  }

  @Test func outputsCarrySeedModelBudgetAndTime() throws {
    let (notebook, _) = try PageTests.ran(
      "# %%\nseed(7)\nlet tok = smap.tokenizer(image_size = 16, width = 16, seed = 0)\n# %%\n"
        + "rand(1)\nlet t = smap.encode(tok, zeros(1, 3, 16, 16))\nsmap.decode(tok, t[:4]);\n")
    let run = try #require(notebook.cells[1].run)
    #expect(run.seed == 7 && run.drawsBefore == 0 && run.draws == 1)
    #expect(run.budgets == [4, 16])
    #expect(run.models.count == 1 && run.models[0].kind == "tokenizer")
    #expect(run.models[0].hash.count == 64 && run.seconds > 0 && run.time.hasSuffix("Z"))
    #expect(Page.text(of: notebook).contains("token budget 4, 16"))
  }

  @Test func markdownKeepsItsCodeBlocks() throws {
    let text = MarkdownFile.text(
      of: try PageTests.ran("# %% [markdown]\n# a\n# %% T\n\"```\"\n").notebook)
    #expect(text.hasPrefix("a\n\n## T\n\n````smap\n\"```\"\n````"))
  }

  @Test func base64AndHashesAreThoseOfTheirStandards() {
    for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
      #expect(Base64.encode(Array(text.utf8)) == encoded)
      #expect(Base64.decode(encoded) == Array(text.utf8))
    }
    #expect(Base64.decode("Zg=") == nil && Base64.decode("Z!==") == nil)
    let digest = ContentHash.digest(of: "abc").map { String($0, radix: 16) }.joined()
    #expect(digest.hasPrefix("ba7816bf8f1cfea414140de5dae2223b0361a396177a9cb410ff61f2015ad"))
    var long = ContentHash()
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    for start in stride(from: 0, to: bytes.count, by: 997) {
      bytes[start..<min(start + 997, bytes.count)].withUnsafeBytes { long.add($0) }
    }
    #expect(
      long.hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(of text: String) -> Int {
    ranges(of: text).count
  }
}
