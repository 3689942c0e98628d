// SPDX-License-Identifier: Apache-2.0
//
// The word lists cover the tables: each keyword, each operator and each global name has one colour.

import EditorGrammars
import Library
import Runtime
import Syntax
import Testing

@Suite struct WordListTests {
  private let builtins = Session(library: Catalog.all, output: { _ in }).builtins

  private func words(_ lists: WordList...) -> [String] {
    lists.flatMap { $0.words(of: builtins) }
  }

  @Test func eachKeywordIsInOneList() {
    let listed = words(.control, .declaration, .literal, .wordOperator)
    #expect(listed.sorted() == Token.Kind.keywords.keys.sorted())
  }

  @Test func eachSymbolIsInOneList() {
    let listed = words(.assignment, .comparison, .arithmetic, .flow)
    let punctuation: Set = ["(", ")", "[", "]", "{", "}", ",", ":", ";", "."]
    let symbols = Token.Kind.allCases.map(\.rawValue).filter { spelling in
      !spelling.contains(where: \.isLetter) && !punctuation.contains(spelling)
    }
    #expect(listed.sorted() == symbols.sorted())
  }

  @Test func eachGlobalNameIsInOneList() {
    let listed = words(.function, .namespace, .constant)
    // `std` is a namespace and a function.
    #expect(Set(listed) == Set(builtins.globalNames))
    #expect(listed.count == Set(listed).count + 1)
  }

  @Test func longerSpellingsComeFirst() throws {
    for list in [WordList.arithmetic, .comparison, .assignment] {
      let words = list.words(of: builtins)
      for (index, word) in words.enumerated() {
        #expect(!words[..<index].contains { word.hasPrefix($0) }, "\(word) in \(list)")
      }
    }
  }

  @Test func membersAndTypesHaveTheirNames() {
    #expect(words(.member).contains("smap.encode"))
    #expect(!words(.function).contains("append"))
    #expect(words(.type).contains("tokenizer"))
  }
}
