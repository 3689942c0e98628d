// SPDX-License-Identifier: Apache-2.0
//
// The chapter on the language itself: the topics that `help` shows on its parts, and the keywords
// and operators with the topic of each. Everything except the precedence of the operators comes
// from the topics of the library, whose examples the tests run.

import Library
import Syntax

/// The chapter on the language itself.
enum LanguageCard {
  static let chapter = Manual.Chapter(
    title: "The language", page: .language,
    text: "A program is a sequence of statements, each ended by a line end or a semicolon. The "
      + "code below shows results after `#=>` and errors after `#!`.",
    sections: Topics.groups.map { group in
      Manual.Section(title: group.title, entries: group.topics.map(entry))
    } + [
      Manual.Section(title: "Keywords", rows: keywords),
      Manual.Section(
        title: "Precedence",
        text: "From the operators that bind most tightly to the loosest.",
        rows: operators),
    ])

  private static func entry(_ topic: Topic) -> Manual.Entry {
    Manual.Entry(
      title: topic.title, isCode: false, text: topic.summary + "\n\n" + topic.text,
      example: topic.example)
  }

  /// The purpose of each keyword: the sentence of the topic that explains it.
  static let keywords: [Manual.Row] = Token.Kind.keywords.keys.sorted().map { word in
    Manual.Row(word, Topics.topic(named: word)?.summary ?? "")
  }

  static let operators = [
    Manual.Row("f(..)  x[..]  x.name", "Calls, indices, fields and methods."),
    Manual.Row("**", "Power; `-x ** 2` is `-(x ** 2)`. Groups from the right."),
    Manual.Row("-", "The negative of the operand after it."),
    Manual.Row(
      "*  /  //  %  @", "Product, quotient, quotient rounded down, remainder, matrix product."),
    Manual.Row("+  -", "Sum and difference."),
    Manual.Row("==  !=  <  <=  >  >=  in", "Comparisons, which do not chain."),
    Manual.Row("not", "`not x in xs` is `not (x in xs)`."),
    Manual.Row("and", "Both."),
    Manual.Row("or", "Either."),
    Manual.Row("|>", "`x |> f(a)` is `f(x, a)`; a new line may begin with it."),
    Manual.Row("fn(..) = ..", "A function; its body reaches as far as it can."),
    Manual.Row("=  +=  -=  *=  /=", "Assignments, which are statements."),
  ]
}
