// SPDX-License-Identifier: Apache-2.0

import Library
import Runtime
import Syntax
import Testing

struct TopicTests {
  private let help = Help(ModelSession().session.builtins)

  @Test func everyKeywordAndOperatorHasAPage() {
    let signs = [
      "+", "-", "*", "/", "//", "%", "@", "**", "==", "!=", "<", "<=", ">", ">=", "|>", "=", "+=",
      "->", "...", "[]", "{}", ":", ";", "#", "##",
    ]
    for name in signs + Token.Kind.keywords.keys.sorted() {
      #expect(Topics.topic(named: name) != nil, "\(name)")
      #expect(help.page(name) != nil, "\(name)")
    }
  }

  @Test func namesAreUnique() {
    var seen: Set<String> = ["topics", "tour"]
    for name in Topics.all.flatMap(\.names) {
      #expect(seen.insert(name).inserted, "\(name)")
    }
  }

  @Test func pagesFitATerminal() throws {
    for name in Topics.all.map({ $0.names[0] }) + ["topics", "tour"] {
      let page = try #require(help.page(name))
      let lines = page.split(separator: "\n").filter { !$0.contains("#=>") }
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(page)")
    }
    for topic in Topics.all { #expect(topic.summary.last == ".", "\(topic.names[0])") }
    for step in Tour.steps { #expect(step.words.last == ".", "\(step.line)") }
  }

  @Test func unknownTopicsGetHints() {
    #expect(help.nearest(to: "whille") == "while")
    #expect(help.nearest(to: "tensrs") == "tensors")
    #expect(help.nearest(to: "None") == "nil")
  }
}
