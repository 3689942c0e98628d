// SPDX-License-Identifier: Apache-2.0
//
// The tokens of the language. Keywords and symbols are declared once, here, with their spelling;
// the lexer, the messages and the highlighters derive from it.

/// One token of a source, without its text.
public struct Token: Hashable, Sendable {
  /// What the token is.
  public var kind: Kind
  /// Where it stands.
  public var span: Span
  /// Whether it is the first token on its line.
  public var startsLine: Bool

  /// Makes a token.
  public init(_ kind: Kind, _ span: Span, startsLine: Bool = false) {
    self.kind = kind
    self.span = span
    self.startsLine = startsLine
  }

  /// What a token is; the raw value is its spelling, or a description in angle brackets.
  public enum Kind: String, Sendable, CaseIterable {
    case name = "<name>"
    case number = "<number>"
    /// A string without holes, quotes included.
    case string = "<string>"
    /// `"text {`: a string up to and including its first `{`.
    case stringHead = "<string head>"
    /// `} text {`: between two holes.
    case stringMiddle = "<string middle>"
    /// `} text"`: from the last `}` to the closing quote.
    case stringTail = "<string tail>"
    /// `:.3f` inside a hole, colon included.
    case format = "<format>"
    /// A newline that ends a statement.
    case newline = "<line end>"
    /// The end of the text.
    case end = "<end>"
    /// Characters that are no token; the lexer has reported them.
    case unknown = "<unknown>"

    case and, `break`, `catch`, `continue`, `else`, `false`, fn, `for`, `if`, `import`, `in`, `let`
    case `nil`, not, or, `return`, `true`, `try`, `while`

    case parenthesisOpen = "("
    case parenthesisClose = ")"
    case bracketOpen = "["
    case bracketClose = "]"
    /// A `{` that opens a block.
    case blockOpen = "{ block"
    /// A `{` that opens a record.
    case recordOpen = "{"
    case braceClose = "}"
    case comma = ","
    case colon = ":"
    case semicolon = ";"
    case dot = "."
    case ellipsis = "..."
    case assign = "="
    case plusAssign = "+="
    case minusAssign = "-="
    case timesAssign = "*="
    case divideAssign = "/="
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
    case floorDivide = "//"
    case percent = "%"
    case at = "@"
    case power = "**"
    case pipe = "|>"
    case arrow = "->"
  }
}

/// Recognises keywords without creating strings: a word of up to eight bytes is packed into one
/// integer, and a perfect hash places the keywords into different slots of a small table.
struct KeywordTable {
  /// The length of the longest keyword.
  static let maximumLength = 8
  static let shared = KeywordTable(Token.Kind.keywords)

  private var slots: [(packed: UInt64, kind: Token.Kind)]
  private let shift: UInt64
  private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Makes a table in which no two keywords share a slot, by doubling its size until there is no
  /// collision.
  private init(_ keywords: [String: Token.Kind]) {
    var bits: UInt64 = 5
    let packed = keywords.map { word, kind in
      (packed: word.utf8.reduce(0) { $0 << 8 | UInt64($1) }, kind: kind)
    }
    while Set(packed.map { KeywordTable.slot($0.packed, 64 - bits) }).count < packed.count {
      bits += 1
    }
    shift = 64 - bits
    slots = Array(repeating: (0, .name), count: 1 << bits)
    for word in packed { slots[KeywordTable.slot(word.packed, shift)] = word }
  }

  private static func slot(_ packed: UInt64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (packed &* multiplier) >> shift)
  }

  /// The keyword whose packed bytes these are, or a name.
  subscript(packed: UInt64) -> Token.Kind {
    let entry = slots[KeywordTable.slot(packed, shift)]
    return entry.packed == packed ? entry.kind : .name
  }
}

extension Token.Kind {
  /// All keywords by their spelling.
  public static let keywords: [String: Token.Kind] = {
    let kinds: [Token.Kind] = [
      .and, .break, .catch, .continue, .else, .false, .fn, .for, .if, .import, .in, .let, .nil,
      .not, .or, .return, .true, .try, .while,
    ]
    return Dictionary(uniqueKeysWithValues: kinds.map { ($0.rawValue, $0) })
  }()

  /// Whether the token is a keyword.
  public var isKeyword: Bool {
    switch self {
    case .name, .number, .string, .end, .newline: false
    default: Token.Kind.keywords[rawValue] != nil
    }
  }

  /// Whether a newline after this token may end a statement.
  var endsStatement: Bool {
    switch self {
    case .break, .continue, .return, .unknown: true
    default: endsOperand
    }
  }

  /// Whether a `{` after this token on the same line opens a block.
  var precedesBlock: Bool { self == .else || self == .try || endsOperand }

  /// Whether the token can be the last one of an operand.
  private var endsOperand: Bool {
    switch self {
    case .name, .number, .string, .stringTail, .true, .false, .nil, .parenthesisClose,
      .bracketClose, .braceClose:
      true
    default: false
    }
  }

  /// Whether the token can only start a statement, so that brackets before it must be unclosed.
  var startsStatementOnly: Bool {
    switch self {
    case .let, .while, .return, .break, .continue: true
    default: false
    }
  }
}

/// The tokens of a source, with comments and issues.
public struct TokenStream: Sendable {
  /// The tokens in order; the last one is `end`.
  public internal(set) var tokens: [Token] = []
  /// The comments in order, without their newlines.
  public internal(set) var comments: [Span] = []
  /// The `##` comments directly above the `let` or `fn` with a given token index, in order, as a
  /// range of `comments`; a slice would prevent the array from growing in place.
  var documentation: [(token: Int, comments: Range<Int>)] = []
  /// The issues found by the lexer, in order.
  var issues: [SyntaxIssue] = []

  /// The offset of the first issue, and whether more text could resolve it.
  package var firstIssue: (offset: Int32, isAtEnd: Bool)? {
    issues.first.map { ($0.offset, $0.isAtEnd) }
  }
}

/// An issue found by the lexer or parser. Its position in the order of errors can differ from the
/// text it underlines: an unclosed bracket is detected late, but shown where it opens.
struct SyntaxIssue: Sendable {
  var diagnostic: Diagnostic
  /// The byte at which the text stops being the beginning of a program.
  var offset: Int32
  /// Whether more text could still make it a program.
  var isAtEnd: Bool
}
