// SPDX-License-Identifier: Apache-2.0
//
// A notebook as one HTML file that loads nothing and sends nothing: the policy allows its own style
// and script, by their hashes, and pictures within the page.

import Files

/// Writes notebooks as pages.
public struct Page {
  private let notebook: Notebook
  private let isComplete: Bool
  private var names = HeadingNames()
  private var contents: [MarkdownHTML.Heading] = []
  private var controlCount = 0

  /// A page of a notebook; one that is not complete says that cells are still to run, and asks the
  /// browser to read the file again.
  public init(_ notebook: Notebook, isComplete: Bool = true) {
    (self.notebook, self.isComplete) = (notebook, isComplete)
  }

  /// The text of the HTML file.
  public static func text(of notebook: Notebook, isComplete: Bool = true) -> String {
    var page = Page(notebook, isComplete: isComplete)
    return page.text()
  }

  private mutating func text() -> String {
    let folder = notebook.folder
    var body = ""
    for (index, cell) in notebook.cells.enumerated() {
      body += html(of: cell, index: index, folder: folder)
    }
    let hasTitle = contents.contains { $0.level == 1 }
    let title = contents.first { $0.level == 1 }?.text ?? notebook.name
    if !hasTitle { body = "<h1>\(HTML.escaped(title))</h1>\n" + body }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(Page.policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      \(isComplete ? "" : "<meta http-equiv=\"refresh\" content=\"2\">\n")\
      <title>\(HTML.escaped(title))</title>
      <style>\(PageStyle.text)</style>
      </head>
      <body>
      <header>
      <a class="skip" href="#content">To the text</a>
      <span class="name">\(HTML.escaped(notebook.name))</span>
      \(isComplete ? "" : "<span role=\"status\">running, the page reloads itself</span>\n")\
      <button id="fold" type="button" hidden>Hide code</button>
      <button id="theme" type="button" hidden>Light or dark</button>
      </header>
      <main id="content">
      \(body)</main>
      \(navigation)<script>\(PageScript.text)</script>
      </body>
      </html>

      """
  }

  /// Nothing is loaded; style and script are allowed by their hashes.
  static let policy: String = {
    func hash(_ text: String) -> String {
      "'sha256-\(Base64.encode(ContentHash.digest(of: text)))'"
    }
    return "default-src 'none'; img-src data:; style-src \(hash(PageStyle.text)); "
      + "script-src \(hash(PageScript.text)); base-uri 'none'; form-action 'none'"
  }()

  private var navigation: String {
    let shown = contents.filter { $0.level <= 3 }
    guard shown.count > 1 else { return "" }
    let items = shown.map {
      "<li class=\"level-\($0.level)\"><a href=\"#\($0.id)\">\(HTML.escaped($0.text))</a></li>\n"
    }
    return "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ol>\n"
      + items.joined() + "</ol>\n</nav>\n"
  }

  // MARK: - Cells

  private mutating func html(of cell: NotebookCell, index: Int, folder: String) -> String {
    switch cell.kind {
    case .raw: return ""
    case .markdown:
      let title = heading(cell.title)
      let (html, headings) = MarkdownHTML.render(cell.source, folder: folder, names: &names)
      contents += headings
      return "<section class=\"cell markdown\">\n\(title)\(html)</section>\n"
    case .code:
      let label = cell.title.isEmpty ? "Cell \(index + 1)" : cell.title
      var text = "<section class=\"cell code\" aria-label=\"\(HTML.escaped(label))\">\n"
      text += heading(cell.title)
      if !cell.source.isEmpty {
        text += """
          <details class="source"\(cell.isFolded ? "" : " open")><summary>Code</summary>
          <button class="copy" type="button" hidden>Copy</button>
          <pre><code>\(Highlighter.html(cell.source))</code></pre></details>

          """
      }
      text += outputs(of: cell, index: index)
      return text + "</section>\n"
    }
  }

  private mutating func heading(_ title: String) -> String {
    guard !title.isEmpty else { return "" }
    let heading = MarkdownHTML.Heading(level: 2, text: title, id: names.id(for: title))
    contents.append(heading)
    return "<h2 id=\"\(heading.id)\">\(HTML.escaped(title))</h2>\n"
  }

  private mutating func outputs(of cell: NotebookCell, index: Int) -> String {
    var text = ""
    if !cell.outputs.isEmpty {
      var outputs = ""
      for output in cell.outputs { outputs += html(of: output) }
      text += "<div class=\"outputs\">\n\(outputs)</div>\n"
    }
    let record = cell.run.map(RunRecord.lines) ?? notebook.skipped(index).map { [$0] } ?? []
    for line in record { text += "<p class=\"record\">\(HTML.escaped(line))</p>\n" }
    return text
  }

  private mutating func html(of output: CellOutput) -> String {
    switch output {
    case .text(let text): return "<pre class=\"text\">\(HTML.escaped(text))</pre>\n"
    case .note(let text): return "<p class=\"note\">note: \(HTML.escaped(text))</p>\n"
    case .error(let error): return "<pre class=\"error\">\(HTML.escaped(error.text))</pre>\n"
    case .value(let media, _):
      if let control = media.control {
        controlCount += 1
        return ControlHTML(control, number: controlCount, title: media.title).text
      }
      return MediaHTML.text(of: media)
    }
  }
}
