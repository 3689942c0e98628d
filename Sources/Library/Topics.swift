// SPDX-License-Identifier: Apache-2.0
//
// Pages on the language itself: what a keyword, an operator or a kind of value is for. Functions
// have pages of their own, made from the table of built-ins; together they let a reader learn the
// language from the prompt alone. Each page carries an example that a test runs.

/// A page on a part of the language.
public struct Topic: Sendable {
  /// What the page is asked for by: the first name is its title.
  public let names: [String]
  /// Its heading.
  public var title: String { names[0] }
  /// One sentence.
  public let summary: String
  /// Some lines more; an empty line parts paragraphs.
  public let text: String
  /// A program whose comments say what it shows.
  public let example: String

  /// Describes a part of the language.
  init(_ names: String..., summary: String, text: String, example: String) {
    self.names = names
    self.summary = summary
    self.text = text
    self.example = example
  }
}

/// All pages on the language.
public enum Topics {
  /// The pages, in the order in which a reader meets them.
  public static let all: [Topic] = groups.flatMap(\.topics)

  /// The pages by what they are about.
  public static let groups: [(title: String, topics: [Topic])] = [
    ("Values", ValueTopics.all), ("Statements and functions", StatementTopics.all),
    ("Operators", OperatorTopics.all),
  ]

  /// The page that bears a name, or nil.
  public static func topic(named name: String) -> Topic? {
    all.first { $0.names.contains(name) }
  }
}
