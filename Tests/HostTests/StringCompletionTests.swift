// SPDX-License-Identifier: Apache-2.0
//
// Where a string that is being typed begins.

import Testing

@testable import Hosts

@Suite struct StringCompletionTests {
  @Test(arguments: [
    (#"load("em"#, 6), (#"print("a") + "b"#, 14), (#"f('a"b"#, 3), (#""a {x"#, nil),
    (#""a {f("b"#, 7), (#""a {{ b"#, 1), (#""a\"b"#, 1), (#"x # "a"#, nil), (#""a" "#, nil),
    ("\"open\nx", nil), (#"{a: "b"#, 5), (#""{ {a: 1}.a } b"#, 1),
  ])
  func openStringsAreFound(_ text: String, _ start: Int?) {
    #expect(TypedString.start(in: Array(text.unicodeScalars)) == start, "\(text)")
  }
}
