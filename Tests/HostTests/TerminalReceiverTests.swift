// SPDX-License-Identifier: Apache-2.0
//
// What events look like on a terminal: a file takes its place.

import Console
import Glibc
import Images
import Runtime
import Testing

@testable import Hosts

@Suite struct TerminalReceiverTests {
  /// What a receiver writes to its two streams.
  private func written(
    images: String = "blocks", colors: Terminal.ColorDepth = .none,
    _ body: (TerminalReceiver) throws -> Void
  ) throws -> (output: String, errors: String) {
    let files = try (0..<2).map { _ in
      var template = Array("/tmp/smap-receiver-XXXXXX".utf8CString)
      let descriptor = mkstemp(&template)
      try #require(descriptor >= 0)
      unlink(template)
      return descriptor
    }
    defer { files.forEach { close($0) } }
    let terminal = Terminal(
      input: -1, output: files[0], errors: files[1], colors: colors, isUnicode: true)
    var options = HostOptions()
    options.images = images
    let receiver = TerminalReceiver(
      options, terminal: terminal, out: StandardOutput(descriptor: files[0]))
    try body(receiver)
    try receiver.flush()
    let texts = files.map { descriptor in
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      let count = pread(descriptor, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    return (texts[0], texts[1])
  }

  @Test func picturesAreDrawnFromTheirPixels() throws {
    let picture = try Picture(width: 2, height: 2, fill: .white)
    let bundle = Bundle(text: "image(2 x 2)", picture: picture, title: "white")
    let drawn = try written(colors: .full) { try $0.receive(.value(bundle)) }
    let expected = try TerminalPicture(style: .blocks, colors: .full).text(for: picture)
    #expect(drawn.output == "white\n" + (try #require(expected)))
  }

  /// A data set says how many pictures it has above its sheet of examples.
  @Test func textAccompaniesPicturesThatDoNotSayIt() throws {
    let picture = try Picture(width: 2, height: 2, fill: .white)
    let bundle = Bundle(text: "dataset(..)", picture: picture, textAccompaniesPicture: true)
    let drawn = try written(colors: .full) { try $0.receive(.value(bundle)) }
    let expected = try TerminalPicture(style: .blocks, colors: .full).text(for: picture)
    #expect(drawn.output == "dataset(..)\n" + (try #require(expected)))
  }

  @Test func wordsStandInWherePicturesAreOff() throws {
    let picture = try Picture(width: 2, height: 2, fill: .white)
    let bundle = Bundle(text: "image(2 x 2)", picture: picture)
    let drawn = try written(images: "none") { try $0.receive(.value(bundle)) }
    #expect(drawn.output == "image(2 x 2)\n")
  }

  @Test func aPictureOfAScriptIsTheOneOfThePrompt() throws {
    let texts = try ["show(p)", "p"].map { last in
      try written(colors: .full) { receiver in
        let host = Host(HostOptions(), receiver: receiver)
        let repl = PromptHost.makeREPL(host, receiver, historyPath: nil)
        try repl.enter("let p = image.grid(zeros(1, 3, 4, 4))")
        try repl.enter(last)
      }.output
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0].contains("\u{1B}["))
  }

  @Test func errorsAndNotesGoToStandardError() throws {
    let streams = try written { receiver in
      let host = Host(HostOptions(), receiver: receiver)
      let runner = ScriptRunner(host)
      let text = "print(1); let data = 2; print(data + nil)"
      #expect(runner.run(Result { try ScriptRunner.Program.text(text).load() }) == 1)
    }
    #expect(streams.output == "1\n")
    #expect(streams.errors.hasPrefix("note: `data` now hides"))
    #expect(streams.errors.contains("TypeError") && streams.errors.contains("-e:1:"))
  }

  @Test func aFullDiskEndsTheProgram() throws {
    let full = open("/dev/full", O_WRONLY)
    try #require(full >= 0)
    defer { close(full) }
    let terminal = Terminal(input: -1, output: full, errors: -1, colors: .none, isUnicode: true)
    let receiver = TerminalReceiver(
      HostOptions(), terminal: terminal, out: StandardOutput(descriptor: full))
    let host = Host(HostOptions(), receiver: receiver)
    let text = "while true { print(\"0123456789\") }"
    #expect(ScriptRunner(host).run(Result { try ScriptRunner.Program.text(text).load() }) == 74)
  }
}
