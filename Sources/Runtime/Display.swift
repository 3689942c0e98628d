// SPDX-License-Identifier: Apache-2.0
//
// How values become text. Displayed text can be parsed again where possible: strings are quoted
// inside collections, numbers print in full, NaN and the infinities have the names `nan` and `inf`.
//
// A value has two texts. The prompt, `print` and messages display it: deep collections end in
// `...`, long ones show both ends, tensors are rounded. `string(x)`, holes and `join` make text for
// further processing, such as a key or a line of a file: it is complete, and different values have
// different texts.

import Syntax
import Tensors

/// Turns values into text.
public enum Display {
  /// The maximum depth at which collections are shown.
  static let maximumDepth = 12
  /// Lists and records with more elements show only both ends.
  static let maximumCount = 100
  /// How many elements a shortened list shows at each end.
  static let edgeCount = 10

  /// The text of a value as a prompt shows it: strings are quoted.
  public static func text(_ value: Value, _ session: Session? = nil) -> String {
    var writer = DisplayWriter()
    writer.write(value, depth: 0)
    return writer.text
  }

  /// The text of a value as `print` shows it: a string is unquoted.
  public static func plain(_ value: Value, _ session: Session? = nil) -> String {
    if case .text(let text) = value { return text.string }
    return text(value, session)
  }

  /// The complete text of a value, as in holes: a string is itself, a tensor without dimensions its
  /// number. Throws a LimitError for what is too long or nests too deep.
  public static func whole(_ value: Value, _ session: Session) throws -> String {
    switch value {
    case .text(let text): return text.string
    case .number(let number): return self.number(number)
    case .tensor(let tensor) where tensor.rank == 0:
      return tensor.whole == nil
        ? self.number(Float(tensor.number(at: 0))) : self.number(tensor.number(at: 0))
    default:
      var writer = DisplayWriter(session)
      writer.write(value, depth: 0)
      if let failure = writer.failure { throw failure }
      return writer.text
    }
  }

  /// The richest representation of a value: pictures for objects and tensors that hold them, text
  /// for all others. Tensors, lists and records take a few lines, which fit the receiver; `print`
  /// writes more.
  public static func bundle(_ value: Value, _ session: Session) throws -> Bundle {
    switch value {
    case .object(let object):
      if let bundle = object.type.bundle { return try bundle(object, session) }
    case .tensor(let tensor):
      let text = TensorDisplay(tensor, within: .init(columns: session.receiver.columns)).text
      let sheet = PictureDisplay.sheet(of: tensor)
      // A picture that a stop has prevented is not shown as numbers.
      if sheet == nil { try Stop.check() }
      return Bundle(text: text, picture: sheet?.picture, caption: sheet?.caption)
    case .list, .record:
      return Bundle(text: DisplayBrevity.text(value, columns: session.receiver.columns))
    default: break
    }
    return Bundle(text: text(value, session))
  }

  /// The text of a tensor element, with the fewest digits that parse as the same float.
  static func number(_ element: Float) -> String {
    let number = Double(element)
    if !element.isFinite || number.rounded() == number && abs(number) < 1e16 {
      return self.number(number)
    }
    return withoutEmptyFraction(element.description)
  }

  /// The text of a number: integers without a point, others with the fewest digits that parse as
  /// the same number.
  public static func number(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    if number == 0 { return number.sign == .minus ? "-0" : "0" }
    if abs(number) < 1e16, let whole = Int(exactly: number) { return String(whole) }
    return withoutEmptyFraction(number.description)
  }

  /// `1e+20` for `1.0e+20`, and `16777218` for `16777218.0`.
  private static func withoutEmptyFraction(_ description: String) -> String {
    var text = description
    if text.hasSuffix(".0") { text.removeLast(2) }
    if let dot = text.firstRange(of: ".0e") { text.replaceSubrange(dot, with: "e") }
    return text
  }

  /// A string in double quotes, with escapes that parse back.
  public static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "{": text += "{{"
      case "}": text += "}}"
      default:
        if scalar.value < 32 || scalar.value == 127 {
          text += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    return text + "\""
  }

  /// Whether a text can be the name of a field without quotes.
  public static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    guard Token.Kind.keywords[text] == nil else { return false }
    return text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
    }
  }
}

/// Builds the text of one value.
struct DisplayWriter {
  var text = ""
  /// Why the complete text could not be built.
  private(set) var failure: (any Error)?
  /// For a complete text: the session whose limits bound it. A display is short by itself.
  private let session: Session?
  private var polling: Polling
  /// The length of the text when memory was last claimed for it.
  private var claimed = 0
  /// The collections being written; one that contains itself is shown as `[...]`.
  private var open: Set<ObjectIdentifier> = []

  /// How much of collections and their elements is shown.
  private var brevity: DisplayBrevity?
  /// The characters in a line, or nil for any number.
  private var columns: Int?
  /// The line breaks within the tensors so far, where brevity counts.
  private var tensorLines = 0

  /// No value is displayed longer than this.
  private static let maximumLength = 1 << 20
  /// The maximum depth of complete texts; in practice only cyclic lists and chains of records nest
  /// deeper.
  private static let maximumWholeDepth = 500

  /// A writer of displays, or, with a session, of complete texts.
  init(_ session: Session? = nil) {
    self.session = session
    polling = Polling(session)
  }

  /// A writer of displays that are shorter than others.
  init(_ brevity: DisplayBrevity, columns: Int?) {
    self.init()
    self.brevity = brevity
    self.columns = columns
  }

  private var isWhole: Bool { session != nil }

  mutating func write(_ value: Value, depth: Int) {
    switch value {
    case .nil: text += "nil"
    case .bool(let bool): text += bool ? "true" : "false"
    case .number(let number): text += Display.number(number)
    case .text(let string):
      text += brevity?.quoted(string.string) ?? Display.quoted(string.string)
    case .list(let list): write(list, depth: depth)
    case .record(let record): write(record, depth: depth)
    case .range(let range): write(range)
    case .function(let closure):
      text += closure.name == "fn" ? closure.signature : "fn " + closure.signature
    case .builtin(let builtin): text += "fn " + builtin.header.text
    case .tensor(let tensor): write(tensor)
    case .object(let object): text += object.type.display(object)
    case .cell(let cell): write(cell.value, depth: depth)
    }
  }

  private mutating func write(_ tensor: Tensor) {
    if let shown = brevity?.text(of: tensor, indent: column, columns: columns) {
      tensorLines += shown.utf8.count { $0 == UInt8(ascii: "\n") }
      return text += shown
    }
    let display = TensorDisplay(tensor, indent: column, wholeFor: session)
    text += display.text
    if failure == nil { failure = display.failure }
  }

  /// The column of the current line, to align the rows of tensors.
  private var column: Int {
    var count = 0
    for byte in text.utf8.reversed() {
      if byte == 10 { break }
      if byte & 0xC0 != 0x80 { count += 1 }
      if count >= 40 { break }
    }
    return count
  }

  /// Whether a collection may be written at this depth; otherwise `...` replaces it.
  private mutating func enters(_ collection: AnyObject, depth: Int) -> Bool {
    guard isWhole else { return depth < brevity?.depth ?? Display.maximumDepth }
    if depth >= DisplayWriter.maximumWholeDepth {
      failure = ScriptError.limit("this value nests too deep for a text", isCatchable: true)
      return false
    }
    return open.insert(ObjectIdentifier(collection)).inserted
  }

  /// Whether more may be written; claims memory for the growth of a complete text.
  private mutating func goesOn() -> Bool {
    guard let session else {
      return text.utf8.count < DisplayWriter.maximumLength
        && brevity?.goesOn(text, tensorLines, columns) ?? true
    }
    guard failure == nil else { return false }
    do {
      try polling.turn()
      let size = text.utf8.count
      if size - claimed >= 1 << 16 {
        try session.claim(stringBytes: size)
        claimed = size
      }
    } catch {
      failure = error
    }
    return failure == nil
  }

  private mutating func write(_ list: List, depth: Int) {
    guard enters(list, depth: depth) else {
      text += "[...]"
      return
    }
    text += "["
    elements(list.count) { writer, index in
      writer.write(list[index], depth: depth + 1)
    }
    text += "]"
    open.remove(ObjectIdentifier(list))
  }

  /// Writes elements separated by commas; of many, a display shows only both ends.
  private mutating func elements(_ count: Int, _ body: (inout DisplayWriter, Int) -> Void) {
    let isElided = !isWhole && count > brevity?.count ?? Display.maximumCount
    let edge = brevity?.edge ?? Display.edgeCount
    var index = 0
    while index < count {
      if index > 0 { text += ", " }
      if isElided, index == edge {
        text += "..., "
        index = count - edge
      }
      guard goesOn() else {
        text += "..."
        return
      }
      body(&self, index)
      index += 1
    }
  }

  private mutating func write(_ record: Record, depth: Int) {
    if let title = record.title {
      text += title + " (" + record.keys.joined(separator: ", ") + ")"
      return
    }
    guard enters(record, depth: depth) else {
      text += "{...}"
      return
    }
    text += "{"
    let (keys, values) = (record.keys, record.values)
    elements(keys.count) { writer, index in
      let key = keys[index]
      writer.text += (Display.isName(key) ? key : Display.quoted(key)) + ": "
      writer.write(values[index], depth: depth + 1)
    }
    text += "}"
    open.remove(ObjectIdentifier(record))
  }

  private mutating func write(_ range: NumberRange) {
    text += "range(\(Display.number(range.start)), \(Display.number(range.stop))"
    if range.step != 1 { text += ", \(Display.number(range.step))" }
    text += ")"
  }
}
