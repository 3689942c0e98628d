// SPDX-License-Identifier: Apache-2.0
//
// Adversarial text: deep, long, badly encoded or mutated. Nothing may trap, and time stays linear.

import Syntax
import Testing

@Suite struct LimitTests {
  static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  static let deep: [String] = [
    "(", "[", "-", "not ", "f(", "x[", "{a: ", "if p {\n", "try {\n", "while p {\n", "fn() = ",
    "fn() {", "\"{", "2 ** ", "let [", "for x in [", "if ", "fn(x = ", "...", "a |> (", "let {",
    "x.y(", "[[;", "{\"{", "x = [1;", "else ", "for [", "fn([",
  ]

  @Test(arguments: deep) func deepNestingIsAnError(_ opening: String) {
    let text = Self.repeated(opening, 100_000)
    let clock = ContinuousClock()
    var message = ""
    let time = clock.measure {
      message = Parser.parse(Source(path: "test", text: text)).diagnostics.first?.message ?? ""
    }
    #expect(!message.isEmpty)
    #expect(time < .seconds(5))
  }

  @Test(arguments: ["(", "[", "-", "not ", "f(", "{a: ", "if p {\n", "2 ** ", "\"{", "fn() = "])
  func nestingHasABound(_ opening: String) {
    let tooDeep = Self.repeated(opening, Parser.maximumNesting + 50)
    #expect(tree(tooDeep).hasPrefix("SyntaxError: nesting deeper than 200"))
    #expect(Parser.classify(Self.repeated(opening, 60)) == .incomplete)
  }

  @Test(arguments: [" + 1", ".x", "(1)", "[0]", " |> f", " and x", " ** 1"])
  func chainsHaveABound(_ link: String) {
    #expect(Parser.classify("x" + Self.repeated(link, 150)) == .complete)
    #expect(tree("x" + Self.repeated(link, 200_000)).hasPrefix("SyntaxError: nesting deeper than"))
  }

  @Test func flatTextsMayBeLong() {
    let count = 20_000
    #expect(Parser.classify("[" + Self.repeated("1, ", count) + "]") == .complete)
    #expect(Parser.classify(Self.repeated("x = 1\n", count)) == .complete)
    #expect(Parser.classify("\"" + Self.repeated("{x} ", count) + "\"") == .complete)
    #expect(Parser.classify("x" + Self.repeated("\n", count)) == .complete)
    #expect(Parser.classify("if p {}" + Self.repeated(" else if p {}", count)) == .complete)
    #expect(Parser.classify("'" + Self.repeated("a", 1_000_000) + "'") == .complete)
    #expect(Parser.classify(Self.repeated("9", 100_000)) == .complete)
  }

  static let units = [
    "1 ", "\"", "x y\n", "(]", ") ", "\"{)", "{\n", "if x\n", "\\", "##\n", "(\nlet x\n",
    "## a\nlet x = 1\n",
  ]

  @Test(arguments: units)
  func timeIsLinear(_ unit: String) {
    let clock = ContinuousClock()
    let small = clock.measure { _ = Parser.classify(Self.repeated(unit, 10_000)) }
    let large = clock.measure { _ = Parser.classify(Self.repeated(unit, 80_000)) }
    #expect(large < small * 40 + .milliseconds(200))
  }

  /// A line of megabytes with an error every few bytes costs no more than separate lines.
  @Test func columnsOfLongLines() {
    let unit = "aé\u{1F600} "
    let source = Source(path: "test", text: "x\n" + Self.repeated(unit, 20_000) + "\ny")
    for place in [0, 1, 1023, 1024, 5_000, 19_999] {
      let position = source.position(of: Int32(2 + place * unit.utf8.count))
      #expect(position == .init(line: 2, column: place * 4 + 1))
    }
    #expect(source.position(of: Int32(source.bytes.count)) == .init(line: 3, column: 2))
  }

  @Test func encodingErrorsNameTheByte() {
    func first(_ bytes: [UInt8]) -> String {
      Parser.parse(Source(path: "test", bytes: bytes)).diagnostics.first?.message ?? "none"
    }
    #expect(first(Array("x = 1 # ".utf8) + [0xFF]) == "invalid UTF-8 at byte 8")
    #expect(first(Array("'".utf8) + [0xC0, 0x80] + Array("'".utf8)) == "invalid UTF-8 at byte 1")
    #expect(first(Array("'".utf8) + [0xED, 0xA0, 0x80]) == "invalid UTF-8 at byte 1")
    #expect(first(Array("x".utf8) + [0]) == "NUL character at byte 1")
    #expect(first(Array("a\rb".utf8)) == "carriage return without line feed at byte 1")
    #expect(first([0x61, 0x1B]) == "control character U+001B at byte 1")
    #expect(first([0xEF, 0xBB, 0xBF] + Array("let x = 1\r\nx\r\n".utf8)) == "none")
    #expect(first(Array("x = 'ä'\n# \u{1F600}".utf8)) == "none")
  }

  @Test func mutationsNeverTrap() {
    var generator = SeededGenerator(seed: 7)
    let pieces = [
      "{", "}", "(", ")", "[", "]", "\"", "'", "\n", ";", "|>", "fn", "let ", "#", ":", "...",
      "é",
    ]
    let texts = Fixtures.corpus.map { Array($0.text.utf8) } + Probes.invalid.map { Array($0.utf8) }
    for _ in 0..<4000 {
      var bytes = texts.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, place + Int.random(in: 0...6, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: 0)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        default:
          let piece = pieces.randomElement(using: &generator) ?? ""
          bytes.insert(contentsOf: piece.utf8, at: place)
        }
      }
      let (program, diagnostics) = Parser.parse(Source(path: "fuzz", bytes: bytes))
      #expect(diagnostics.count <= Parser.maximumIssues * 3)
      _ = DiagnosticRenderer(style: .color, width: 60).render(diagnostics)
      _ = TreePrinter.text(of: program)
    }
  }
}
