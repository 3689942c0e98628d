// SPDX-License-Identifier: Apache-2.0
//
// Help on words that have no page of their own: the pages that contain them.

import Runtime
import Syntax
import Tensors

extension Help {
  /// The most pages that are listed.
  private static let mostFound = 12

  /// The pages whose text contains all words of a topic, those first that have them in their name
  /// or summary; nil if there are none.
  public func mentions(of topic: String) -> String? {
    let words = Help.words(of: topic)
    // What another language calls otherwise is told by `nearest`.
    guard !words.isEmpty, Spelling.foreignWords[topic] == nil else { return nil }
    let pages: [(name: String, summary: String, text: String)] =
      Topics.all.map { (name: $0.names[0], summary: $0.summary, text: $0.text) }
      + builtins.functions.map { (name: $0.qualifiedName, summary: $0.summary, text: $0.details) }
    var (first, others): ([(String, String)], [(String, String)]) = ([], [])
    for page in pages {
      if words.isSubset(of: Help.words(of: page.name + " " + page.summary)) {
        first.append((page.name, page.summary))
      } else if words.isSubset(of: Help.words(of: page.summary + " " + page.text)) {
        others.append((page.name, page.summary))
      }
    }
    let found = first + others
    guard !found.isEmpty else { return nil }
    let rest = found.count - Help.mostFound
    return "`\(topic)` has no page of its own; these speak of it:\n\n"
      + Help.columns(Array(found.prefix(Help.mostFound)))
      + (rest > 0 ? "and \(counted(rest, "other page"))\n" : "")
  }

  /// The words of a text in lower case.
  private static func words(of text: String) -> Set<String> {
    Set(
      text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
  }
}
