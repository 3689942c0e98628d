// SPDX-License-Identifier: Apache-2.0
//
// Help topics on the language itself, keywords, operators and kinds of values, and on models.
// Functions have pages of their own, generated from the table of built-ins; together they let a
// user learn the language from the prompt alone. Each topic has an example that a test runs.

/// A help topic on a part of the language or on models.
public struct Topic: Sendable {
  /// The names that the topic is looked up by: the first is its title.
  public let names: [String]
  /// Its heading.
  public var title: String { names[0] }
  /// One sentence.
  public let summary: String
  /// The details; an empty line separates paragraphs.
  public let text: String
  /// An example program with its output in comments.
  public let example: String

  /// Describes a part of the language.
  init(_ names: String..., summary: String, text: String, example: String) {
    self.names = names
    self.summary = summary
    self.text = text
    self.example = example
  }
}

/// All topics.
public enum Topics {
  /// The topics, in reading order.
  public static let all: [Topic] = groups.flatMap(\.topics)

  /// The topics in groups.
  public static let groups: [(title: String, topics: [Topic])] = [
    ("Values", ValueTopics.all), ("Statements and functions", StatementTopics.all),
    ("Operators", OperatorTopics.all), ("Models", ModelTopics.all),
    ("The prompt", PromptTopics.all),
  ]

  /// The topic with a name, or nil.
  public static func topic(named name: String) -> Topic? {
    all.first { $0.names.contains(name) }
  }
}
