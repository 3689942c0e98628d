// SPDX-License-Identifier: Apache-2.0

import Files
import Syntax
import Testing

@testable import Notebooks

@Suite struct CellTextTests {
  private func notebook(_ text: String) -> Notebook {
    CellText.notebook(Source(path: "a.smap", text: text))
  }

  /// A script, as a notebook file and a script again.
  private func returned(_ text: String) throws -> String {
    let file = NotebookFile.text(of: notebook(text))
    return CellText.script(try NotebookFile.notebook(Array(file.utf8), path: "a.ipynb"))
  }

  static let scripts = [
    "", "1 + 1", "1 + 1\n", "# SPDX\n\n# %%\n1\n", "# %%\n", "# %% Title only",
    "# %% [markdown]\n# # Head\n#\n# text\n\n\n# %% One\nlet a = 1\n\n\n\n# %%\na\n",
    "# %% Slow [skip]\nlet b = (\n} \"open\n# %% Last\n1",
    "# %% [markdown] T\n#no blank\n   # indented\n",
    "# %% [markdown]\nlet code = \"in a Markdown cell\"\n",
    "# %%\r\nlet a = 1\r\n\r\n# %% [markdown]\r\n# text\r\n",
    "let head = 1\n# %% A title with {braces} and {\"json\": 1}\nhead\n",
    "# %% ümläut 漢字 \u{1F600}\n\"\"\"\nlong\n\"\"\"\n",
  ]

  @Test(arguments: scripts) func aScriptComesBackAsItWas(_ text: String) throws {
    #expect(try returned(text) == text)
    #expect(CellText.script(notebook(text)) == text)
  }

  @Test func cellsHaveKindsTitlesAndSources() {
    let cells = notebook(
      "# a comment\n\n# %% [markdown]\n# # Head\n#\n# - item\n# %% Sum\n1 + 1\n\n# %% [skip]\n(("
    ).cells
    #expect(cells.map(\.kind) == [.raw, .markdown, .code, .raw])
    #expect(cells[1].source == "# Head\n\n- item")
    #expect(cells[2].title == "Sum")
    #expect(cells[2].source == "1 + 1")
    #expect(Set(cells.map(\.id)).count == 4)
  }

  /// Cells as other programs write them.
  static let foreign: [NotebookCell] = [
    NotebookCell(.markdown, source: "%% not a mark\n\n# %% neither\n", id: "one"),
    NotebookCell(.code, source: "x = 1\n# %% inside\ny = 2", id: "two"),
    NotebookCell(.code, source: "\n\n  indented\n\n", id: "three"),
    NotebookCell(.code, source: "print(\"open\nlet b = (", id: "four"),
    NotebookCell(.code, source: "", id: "five"),
    NotebookCell(.raw, source: "\\section{raw}\n", id: "six"),
    NotebookCell(.markdown, source: "", id: "seven"),
  ]

  @Test(arguments: foreign) func foreignCellsComeBackAsTheyWere(_ cell: NotebookCell) throws {
    var cell = cell
    cell.metadata = .object([("tags", .array([.string("exercise")])), ("title", .string("{\"a"))])
    let script = CellText.script(Notebook(path: "a.ipynb", cells: [cell, cell]))
    var read = CellText.notebook(Source(path: "a.smap", text: script)).cells
    #expect(read.count == 2)
    for index in read.indices { (read[index].raw, read[index].line) = (nil, 1) }
    #expect(read[0] == cell)
  }

  /// The tag is what Jupyter calls `source_hidden`.
  @Test func foldedCellsAreFoldedInJupyter() throws {
    let text = "# %% Check [folded]\ncheck(1)\n# %%\n2\n"
    let cells = notebook(text).cells
    #expect(cells.map(\.isFolded) == [true, false])
    #expect(cells.map(\.title) == ["Check", ""])
    let file = NotebookFile.text(of: notebook(text))
    #expect(file.contains("source_hidden"))
    let read = try NotebookFile.notebook(Array(file.utf8), path: "a.ipynb")
    #expect(CellText.script(read) == text)
    #expect(read.cells.map(\.isFolded) == [true, false])
    var foreign = NotebookCell(.code, source: "check(1)", id: "one")
    foreign.metadata = try JSON.parse(#"{"jupyter": {"source_hidden": true}}"#.utf8)
    let script = CellText.script(Notebook(path: "a.ipynb", cells: [foreign]))
    #expect(script.hasPrefix("# %% [folded]"))
    #expect(notebook(script).cells[0].metadata == foreign.metadata)
  }

  @Test func whatJupyterEditsIsKept() throws {
    let text = "# %% Sum\n1 + 1\n# %% [markdown]\n# old\n"
    let file = NotebookFile.text(of: notebook(text)).replacing("1 + 1\"", with: "2 + 2\"")
      .replacing("\"old\"", with: "\"new\"")
    let script = CellText.script(try NotebookFile.notebook(Array(file.utf8), path: "a.ipynb"))
    let cells = notebook(script).cells
    #expect(cells.map(\.source) == ["2 + 2", "new"])
    #expect(cells[0].title == "Sum")
  }

  @Test func whatIsNoNotebookIsSaid() {
    for text in [
      "", "{}", "[]", "{\"nbformat\": 3, \"cells\": []}", "{\"nbformat\": 4, \"cells\": [{}]}",
    ] {
      #expect(throws: NotebookFile.FormatError.self) {
        try NotebookFile.notebook(Array(text.utf8), path: "a.ipynb")
      }
    }
  }
}
