// SPDX-License-Identifier: Apache-2.0
//
// The interface between the console and the language. The console passes text between a user and a
// session; parsing, evaluation, names and how values are shown are the session's business.
// Positions count Unicode scalars.

/// A language for the console; it keeps its variables between calls.
public protocol ConsoleSession: AnyObject {
  /// Runs a program and returns how it ended.
  ///
  /// The session writes what the program prints, its value and its errors itself; outputs that are
  /// returned are shown after that.
  func evaluate(_ text: String) -> ConsoleOutcome

  /// Whether a text is a complete program, or needs further lines.
  func completeness(of text: String) -> Completeness

  /// How many brackets a line opens beyond those it closes; within brackets no text is complete.
  func openedBrackets(inLine line: String) -> Int

  /// The completions at the cursor, an index into the scalars of `text`.
  func completions(of text: String, at cursor: Int) -> Completions

  /// The parts of a text that have a colour of their own.
  func highlights(of text: String) -> [StyledRange]

  /// Runs a program as `evaluate` does; the text is what it took besides time.
  func measure(_ text: String) -> (outcome: ConsoleOutcome, use: String)

  /// The help page on a topic, or an overview for the empty topic; nil if there is none.
  func help(on topic: String) -> String?

  /// Removes all variables.
  func reset()

  /// Runs `:name argument`, or returns nil if there is no such command.
  func command(_ name: String, argument: String) -> ConsoleOutcome?

  /// The word that a misspelled one was probably meant to be, or nil.
  func nearest(to word: String, among words: [String]) -> String?

  /// The commands that `command` knows, with a line of help each, for `:help` and completion.
  var commands: [ConsoleCommand] { get }
}

extension ConsoleSession {
  /// No colours.
  public func highlights(of text: String) -> [StyledRange] { [] }

  /// Nothing is measured.
  public func measure(_ text: String) -> (outcome: ConsoleOutcome, use: String) {
    (evaluate(text), "")
  }

  /// No suggestions.
  public func nearest(to word: String, among words: [String]) -> String? { nil }

  /// No knowledge of brackets: every line may be the last.
  public func openedBrackets(inLine line: String) -> Int { 0 }
}

/// A command of the prompt: what is typed after the colon. Help, completion and dispatch derive
/// from these.
public struct ConsoleCommand: Sendable, Equatable {
  /// What follows the name.
  public enum Argument: String, Sendable {
    case none = ""
    case name = "NAME"
    case code = "CODE"
    case file = "FILE"
    case number = "N"

    /// Whether names of the session may be completed there.
    var holdsNames: Bool { self == .name || self == .code }
  }

  /// The name without the colon.
  public let name: String
  /// Abbreviations.
  public let short: [String]
  /// What follows the name.
  public let argument: Argument
  /// What it does, in a few words.
  public let summary: String

  /// Describes a command.
  public init(
    _ name: String, short: [String] = [], argument: Argument = .none, _ summary: String
  ) {
    self.name = name
    self.short = short
    self.argument = argument
    self.summary = summary
  }

  /// Whether this is one of its names.
  func answers(to word: String) -> Bool { name == word || short.contains(word) }

  /// Its usage: the name with the colon, and the argument.
  public var usage: String {
    ":" + name + (argument == .none ? "" : " " + argument.rawValue)
  }
}

/// Whether a text can be run as it stands.
public enum Completeness: Sendable, Equatable {
  /// It is a whole program.
  case complete
  /// It is the beginning of one: further lines are needed.
  case incomplete
  /// It is invalid whatever follows; running it shows the error.
  case invalid
}

/// Candidates for the word at the cursor.
public struct Completions: Sendable, Equatable {
  /// Where the word begins that the candidates replace, as an index of scalars.
  public var start: Int
  /// The candidates in the order in which they are shown.
  public var candidates: [Candidate]

  /// One completion.
  public struct Candidate: Sendable, Equatable {
    /// The text that replaces the word.
    public var text: String
    /// A signature or type, shown next to the name; may be empty.
    public var detail: String
    /// What follows the text where it is the only candidate, such as the quote that ends a string.
    public var suffix: String

    /// Describes a candidate.
    public init(_ text: String, detail: String = "", suffix: String = "") {
      self.text = text
      self.detail = detail
      self.suffix = suffix
    }
  }

  /// Candidates that replace the text from `start` to the cursor.
  public init(start: Int, candidates: [Candidate]) {
    self.start = start
    self.candidates = candidates
  }

  /// No candidates.
  public static let none = Completions(start: 0, candidates: [])
}

/// The result of running a text.
public struct ConsoleOutcome: Sendable {
  /// How a run ended.
  public enum Status: Sendable, Equatable {
    case succeeded
    case failed
    /// Stopped by Ctrl-C.
    case interrupted
    /// The program requested an exit with this code.
    case quit(Int32)
  }

  /// Something to show.
  public enum Output: Sendable {
    /// Text, with its colours; a newline is added where it is missing.
    case text(String)
    /// A rendered error, which goes to standard error.
    case error(String)
  }

  /// How the run ended.
  public var status: Status
  /// What is to be shown, in order.
  public var outputs: [Output]

  /// Makes an outcome; without arguments, a success that shows nothing.
  public init(_ outputs: [Output] = [], status: Status = .succeeded) {
    self.outputs = outputs
    self.status = status
  }
}
