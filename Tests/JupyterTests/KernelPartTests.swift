// SPDX-License-Identifier: Apache-2.0
//
// The parts of the kernel that need no socket: connection files, patterns of the history, names at
// the cursor, widgets of axes, lines of progress.

import Files
import Runtime
import Testing

@testable import Jupyter

@Suite struct KernelPartTests {
  private func connection(_ changes: [(key: String, value: JSON)] = []) throws -> ConnectionFile {
    var entries: [(key: String, value: JSON)] = [
      ("shell_port", .integer(1)), ("iopub_port", .integer(2)), ("stdin_port", .integer(3)),
      ("control_port", .integer(4)), ("hb_port", .integer(5)), ("ip", "127.0.0.1"),
      ("key", "secret"), ("transport", "tcp"), ("signature_scheme", "hmac-sha256"),
    ]
    for change in changes {
      entries.removeAll { $0.key == change.key }
      entries.append(change)
    }
    return try ConnectionFile(.object(entries), path: "c.json")
  }

  @Test("Endpoints follow from transport, address and port")
  func endpoints() throws {
    #expect(try connection().endpoint(.shell) == "tcp://127.0.0.1:1")
    #expect(try connection([("ip", "::1")]).endpoint(.heartbeat) == "tcp://[::1]:5")
    #expect(try connection([("hb_port", .integer(0))]).endpoint(.heartbeat) == "tcp://127.0.0.1:*")
    let ipc = try connection([("transport", "ipc"), ("ip", "/tmp/k")])
    #expect(ipc.endpoint(.control) == "ipc:///tmp/k-4")
  }

  @Test(
    "Addresses that others reach are refused",
    arguments: ["0.0.0.0", "192.168.1.2", "::", "127.1", "127.0.0.256", "*", "", "example.org"])
  func addresses(_ address: String) {
    #expect(throws: TransportError.self) { try connection([("ip", .string(address))]) }
  }

  @Test("What a kernel writes, it reads")
  func ownFile() throws {
    let own = ConnectionFile()
    let endpoints = Dictionary(
      uniqueKeysWithValues: ConnectionFile.Channel.allCases.enumerated().map {
        ($0.element, "tcp://127.0.0.1:\(5000 + $0.offset)")
      })
    let json = try JSON.parse(Array(own.text(boundTo: endpoints).utf8))
    let read = try ConnectionFile(json, path: "c.json")
    #expect(read.key == own.key)
    for (channel, endpoint) in endpoints { #expect(read.endpoint(channel) == endpoint) }
  }

  @Test(
    "Patterns of the history",
    arguments: [
      ("", "", true), ("a", "", false), ("", "*", true), ("abc", "abc", true), ("abc", "a*", true),
      ("abc", "*c", true), ("abc", "?b?", true), ("abc", "?", false), ("abc", "*b*", true),
      ("abc", "*d*", false), ("aXbXc", "a*b*c", true), ("aaaa", "*a*a*a*a*a*", false),
    ])
  func patterns(_ text: String, _ pattern: String, _ matches: Bool) {
    #expect(KernelHistory.matches(Array(text.utf8), Array(pattern.utf8)) == matches)
  }

  @Test("A pattern of many stars takes the product of the lengths, not a power")
  func hostilePattern() {
    let text = [UInt8](repeating: 97, count: 20_000)
    let pattern = Array(String(repeating: "*a", count: 500).utf8) + [98]
    #expect(!KernelHistory.matches(text, pattern))
  }

  @Test("The name at the cursor, and the call around it")
  func names() {
    func name(_ text: String, _ cursor: Int) -> String? {
      Introspection.name(at: cursor, in: Array(text.unicodeScalars))
    }
    #expect(name("smap.encode(x)", 7) == "smap.encode")
    #expect(name("let y = x", 9) == "x")
    #expect(name("f(x, 12)", 7) == nil)
    #expect(name("", 0) == nil)
    #expect(name("..a", 3) == "a")
    func call(_ text: String, _ cursor: Int) -> String? {
      Introspection.call(around: cursor, in: Array(text.unicodeScalars))
    }
    #expect(call("smap.encode(tok, [1, 2], ", 25) == "smap.encode")
    #expect(call("f(g(1), ", 8) == "f")
    #expect(call("1 + 2", 5) == nil)
  }

  @Test("Whole numbers at equal distances are an IntSlider, other values a choice of labels")
  func axes() {
    func kind(_ labels: [String], _ style: ControlAxis.Style = .slider) -> String? {
      let axis = ControlAxis(name: "n", labels: labels, style: style)
      return WidgetModel(AxisWidget(axis).state(layout: "a", style: "b"))["_model_name"]?.text
    }
    #expect(kind(["1", "2", "3"]) == "IntSliderModel")
    #expect(kind(["-4", "0", "4"]) == "IntSliderModel")
    #expect(kind(["1", "2", "4"]) == "SelectionSliderModel")
    #expect(kind(["3", "2", "1"]) == "SelectionSliderModel")
    #expect(kind(["0.5", "1"]) == "SelectionSliderModel")
    #expect(kind(["7"]) == "SelectionSliderModel")
    #expect(kind(["9223372036854775807", "-9223372036854775808"]) == "SelectionSliderModel")
    #expect(kind(["a", "b"], .choice) == "DropdownModel")
  }

  @Test("A widget's value is a position on its axis, wherever it is moved")
  func positions() {
    let axis = AxisWidget(
      ControlAxis(name: "n", labels: ["2", "5", "8"], style: .slider, start: 1))
    var model = WidgetModel(axis.state(layout: "a", style: "b"))
    #expect(axis.position(in: model) == 1)
    for (value, place) in [(8, 2), (2, 0), (-100, 0), (1 << 40, 2)] {
      let isTaken = model.take("value", .integer(value))
      #expect(isTaken)
      #expect(axis.position(in: model) == place)
    }
    for value: JSON in ["x", .null, .number(2.5), .number(1e300), []] {
      let isTaken = model.take("value", value)
      #expect(!isTaken)
    }
    let isLayoutTaken = model.take("layout", .integer(1))
    #expect(!isLayoutTaken)
  }

  @Test("Progress says how far it is, how fast, and how long it takes")
  func progress() {
    let report = ProgressReport(
      title: "training", phase: .began, unit: ProgressUnit("pictures", perStep: 16))
    let running = ProgressDisplays.line(
      report, 10, 40, "loss 0.5", seconds: 2, isOver: false)
    #expect(running == "training 10 of 40, loss 0.5, 80.0 pictures/s, 6.0 s left")
    let over = ProgressDisplays.line(report, 40, 40, "", seconds: 8, isOver: true)
    #expect(over == "training 40 of 40, 80.0 pictures/s, 8.0 s")
  }
}
