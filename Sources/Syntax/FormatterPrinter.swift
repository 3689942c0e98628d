// SPDX-License-Identifier: Apache-2.0
//
// Decides which line breaks of a layout are taken, and places comments after their lines. Uses an
// explicit stack, so deeply nested scripts need no deep call stack here.

struct LayoutPrinter {
  /// One line of the result.
  struct Line {
    var code = ""
    /// The columns of `code`.
    var width = 0
    /// A comment after the code, and its column in the source.
    var comment: String?
    var commentColumn = 0
  }

  private struct Task {
    var layout: Layout
    var indent: Int
    var isFlat: Bool
  }

  private let maximumWidth: Int
  private var tasks: [Task] = []
  private(set) var lines: [Line] = []
  private var current = Line()
  /// The indent of the line break to be written before the next text, if one is pending.
  private var pendingIndent: Int?
  private var isBlankDue = false

  init(width: Int) { maximumWidth = width }

  /// Prints a whole layout.
  mutating func run(_ layout: Layout) {
    tasks = [Task(layout: layout, indent: 0, isFlat: false)]
    while let task = tasks.popLast() { step(task) }
    if !current.code.isEmpty || current.comment != nil { endLine() }
  }

  private var column: Int { pendingIndent ?? current.width }

  private mutating func step(_ task: Task) {
    switch task.layout.kind {
    case .text(let text): write(text, task.layout.width)
    case .line(let flat):
      if task.isFlat { write(flat, flat.utf8.count) } else { pendingIndent = task.indent }
    case .hardLine: pendingIndent = task.indent
    case .blankLine: isBlankDue = pendingIndent != nil
    case .trailingComment(let text, let column): attach(text, column)
    case .concatenation(let parts): push(parts, task)
    case .indented(let inner):
      tasks.append(Task(layout: inner, indent: task.indent + 2, isFlat: task.isFlat))
    case .group(let inner):
      let isFlat = task.isFlat || !task.layout.isForced && fits(task.layout.width)
      tasks.append(Task(layout: inner, indent: task.indent, isFlat: isFlat))
    case .whenBroken(let text): if !task.isFlat { write(text, text.utf8.count) }
    case .fill(let parts): fill(parts, task)
    case .hugging(let head, let last, let tail, let broken):
      hug(head, last, tail, broken, task)
    case .behindEquals(let inner, let isBelow):
      placeBehindEquals(inner, isBelowWhenBroken: isBelow, task)
    }
  }

  private mutating func push(_ parts: [Layout], _ task: Task) {
    for part in parts.reversed() {
      tasks.append(Task(layout: part, indent: task.indent, isFlat: task.isFlat))
    }
  }

  /// Whether a piece of that width fits here, with what must follow it on the line.
  private func fits(_ width: Int) -> Bool {
    var column = column + width
    for task in tasks.reversed() {
      if column > maximumWidth { return false }
      if task.isFlat {
        column += task.layout.width
      } else {
        column += task.layout.leadingWidth
        if task.layout.hasLine { break }
      }
    }
    return column <= maximumWidth
  }

  /// Breaks the line only where the next part does not fit any more. Parts and breaks alternate.
  private mutating func fill(_ parts: [Layout], _ task: Task) {
    guard !task.isFlat, let first = parts.first else { return push(parts, task) }
    write(first, task)
    for index in stride(from: 1, to: parts.count - 1, by: 2) {
      let next = parts[index + 1]
      let room = maximumWidth - (index + 2 < parts.count ? 0 : 1)
      if parts[index].isForced || column + 1 + next.width > room {
        pendingIndent = task.indent
      } else {
        write(" ", 1)
      }
      write(next, task)
    }
  }

  /// Writes parts of a fill, which contain only text, comments and hard line breaks.
  private mutating func write(_ layout: Layout, _ task: Task) {
    let outer = tasks
    tasks = [Task(layout: layout, indent: task.indent, isFlat: true)]
    while let inner = tasks.popLast() { step(inner) }
    tasks = outer
  }

  private mutating func hug(
    _ head: Layout, _ last: Layout, _ tail: Layout, _ broken: Layout, _ task: Task
  ) {
    if task.isFlat || !task.layout.isForced && fits(task.layout.width) {
      push([head, last, tail], Task(layout: head, indent: task.indent, isFlat: true))
    } else if !head.isForced, last.hasLine,
      column + head.width + last.leadingWidth <= maximumWidth
    {
      tasks.append(Task(layout: tail, indent: task.indent, isFlat: false))
      tasks.append(Task(layout: last, indent: task.indent, isFlat: false))
      tasks.append(Task(layout: head, indent: task.indent, isFlat: true))
    } else {
      tasks.append(Task(layout: broken, indent: task.indent, isFlat: false))
    }
  }

  private mutating func placeBehindEquals(
    _ inner: Layout, isBelowWhenBroken: Bool, _ task: Task
  ) {
    if task.isFlat || !inner.isForced && fits(1 + inner.width) {
      push([.space, inner], Task(layout: inner, indent: task.indent, isFlat: true))
    } else if !inner.isForced, task.indent + 2 + inner.width <= maximumWidth - 1 {
      pendingIndent = task.indent + 2
      tasks.append(Task(layout: inner, indent: task.indent + 2, isFlat: true))
    } else if isBelowWhenBroken {
      pendingIndent = task.indent + 2
      tasks.append(Task(layout: inner, indent: task.indent + 2, isFlat: false))
    } else {
      push([.space, inner], Task(layout: inner, indent: task.indent, isFlat: false))
    }
  }

  // MARK: - Lines

  private mutating func write(_ text: String, _ width: Int) {
    var text = Substring(text)
    var width = width
    if let indent = pendingIndent {
      // A space between two words is dropped at the start of a line.
      while text.first == " " {
        text.removeFirst()
        width -= 1
      }
      guard !text.isEmpty else { return }
      if !lines.isEmpty || !current.code.isEmpty || current.comment != nil {
        endLine()
        if isBlankDue { lines.append(Line()) }
      }
      pendingIndent = nil
      isBlankDue = false
      current.code = String(repeating: " ", count: indent)
      current.width = indent
    }
    current.code += text
    current.width += width
  }

  private mutating func endLine() {
    while current.code.last == " " {
      current.code.removeLast()
      current.width -= 1
    }
    lines.append(current)
    current = Line()
  }

  /// Places a comment after the current line, or on its own line if there is one already.
  private mutating func attach(_ text: String, _ column: Int) {
    let isFree = current.comment == nil && !current.code.allSatisfy { $0 == " " }
    guard !isFree else {
      current.comment = text
      current.commentColumn = column
      return
    }
    write(text, Layout.columns(text))
  }
}
