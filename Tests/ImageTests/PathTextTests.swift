// SPDX-License-Identifier: Apache-2.0
//
// File names as text: whatever bytes a name has, its text converts back to them.

import Files
import Testing

@Suite struct PathTextTests {
  @Test(arguments: [
    [], Array("notes.smap".utf8), Array("caf\u{e9} \u{1F600}".utf8), [0xE9], [0x63, 0xE9, 0x2E],
    [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF, 0xFE], [0xED, 0xA0, 0x80],
    [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0x80, 0x41, 0x80],
  ])
  func everyNameKeepsItsBytes(_ bytes: [UInt8]) {
    #expect(PathText.bytes(of: PathText.text(of: bytes)) == bytes)
  }

  /// Two bytes, in every combination, cover what begins and what cuts a character short.
  @Test func allPairsKeepTheirBytes() {
    for first in UInt8.min ... .max {
      for second in UInt8.min ... .max {
        let bytes = [first, second]
        #expect(PathText.bytes(of: PathText.text(of: bytes)) == bytes)
      }
    }
  }

  /// The characters that represent bytes are no exception, lest two names have one text.
  @Test func charactersThatStandForBytesKeepTheirs() {
    let name = Array("a\u{10F7E9}".utf8)
    let text = PathText.text(of: name)
    #expect(PathText.bytes(of: text) == name)
    #expect(text != "a\u{10F7E9}")
    #expect(PathText.bytes(of: "a\u{10F7E9}") == [0x61, 0xE9])
  }

  @Test func textOfUsualNamesIsTheirOwn() {
    #expect(PathText.text(of: Array("caf\u{e9}".utf8)) == "caf\u{e9}")
    #expect(PathText.systemName("ab") == [97, 98, 0])
  }

  @Test func peopleSeeTheByte() {
    let text = PathText.text(of: [0x63, 0xE9])
    #expect(PathText.printable(text) == "c\\xE9")
    #expect(PathText.printable(text, inJSON: true) == "c\\\\xE9")
  }
}
