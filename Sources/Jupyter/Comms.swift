// SPDX-License-Identifier: Apache-2.0
//
// Comms: pairs of an object here and one in a front end that share an identifier and send each
// other messages. smap opens some for its widgets; a front end opens one to ask for the state of
// all widgets.

import Files
import Runtime

/// The models of widgets, and the comms that front ends have opened.
final class Widgets {
  private let publisher: Publisher
  private var models: [String: WidgetModel] = [:]
  /// The order in which models were made; the oldest go first when there are too many.
  private var order: [String] = []
  /// Comms opened by a front end, by identifier.
  private var control: Set<String> = []

  /// The name of widgets among the targets of comms.
  static let target = "jupyter.widget"
  /// The target by which a front end asks for all states.
  static let controlTarget = "jupyter.widget.control"
  /// The version of the protocol of widgets.
  private static let version: JSON = ["version": "2.1.0"]
  /// The most models that are kept; the widgets of older ones no longer answer.
  private static let mostModels = 10_000
  /// The most comms that a front end may open.
  private static let mostComms = 1000

  init(_ publisher: Publisher) { self.publisher = publisher }

  // MARK: - Showing

  /// Shows a control: a widget for each axis, and the frame that they select.
  func show(_ control: Control, parent: JSON) throws {
    let display = Sender.identifier()
    let positions = Positions(control.axes.map(\.start))
    for (place, axis) in control.axes.enumerated() {
      let layout = open(WidgetModel(WidgetModel.layout), parent)
      let style = open(WidgetModel(WidgetModel.style(axis.style)), parent)
      var model = WidgetModel(AxisWidget(axis).state(layout: layout, style: style))
      model.changed = { [unowned self] model, request in
        positions.values[place] = AxisWidget(axis).position(in: model)
        let frame = control.frames[control.index(at: positions.values)]
        try show(frame, on: display, isNew: false, request)
      }
      let identifier = open(model, parent)
      publisher.publish(
        "display_data",
        [
          "data": [
            "text/plain": .string("\(axis.name): \(axis.labels.joined(separator: ", "))"),
            "application/vnd.jupyter.widget-view+json": [
              "version_major": .integer(2), "version_minor": .integer(0),
              "model_id": .string(identifier),
            ],
          ],
          "metadata": [:], "transient": [:],
        ], parent: parent)
    }
    try show(control.frames[control.start], on: display, isNew: true, parent)
  }

  private func show(_ frame: Bundle, on display: String, isNew: Bool, _ parent: JSON) throws {
    publisher.publish(
      isNew ? "display_data" : "update_display_data",
      [
        "data": try MimeBundle.data(of: frame), "metadata": MimeBundle.metadata(of: frame),
        "transient": ["display_id": .string(display)],
      ], parent: parent)
  }

  /// Opens a comm for a model and returns its identifier.
  private func open(_ model: WidgetModel, _ parent: JSON) -> String {
    let identifier = Sender.identifier()
    models[identifier] = model
    order.append(identifier)
    if order.count > Widgets.mostModels { models[order.removeFirst()] = nil }
    publisher.publish(
      "comm_open",
      [
        "comm_id": .string(identifier), "target_name": .string(Widgets.target),
        "data": ["state": .object(model.state), "buffer_paths": []],
      ], parent: parent, metadata: Widgets.version)
    return identifier
  }

  // MARK: - Messages

  /// The open comms, as a front end asks for them.
  func information(_ request: Message) throws -> JSON {
    let wanted = request.content["target_name"]?.text
    var comms: [(key: String, value: JSON)] = []
    if wanted == nil || wanted == Widgets.target {
      comms += order.filter { models[$0] != nil }.map {
        ($0, ["target_name": .string(Widgets.target)])
      }
    }
    if wanted == nil || wanted == Widgets.controlTarget {
      comms += control.sorted().map { ($0, ["target_name": .string(Widgets.controlTarget)]) }
    }
    return ["status": "ok", "comms": .object(comms)]
  }

  /// A front end opens a comm. One for a target that is unknown here is closed at once.
  func opened(_ message: Message) throws {
    guard let identifier = message.content["comm_id"]?.text, identifier.utf8.count <= 200 else {
      throw RequestFault("a comm has an identifier")
    }
    if message.content["target_name"]?.text == Widgets.controlTarget,
      control.count < Widgets.mostComms
    {
      control.insert(identifier)
    } else {
      publisher.publish(
        "comm_close", ["comm_id": .string(identifier), "data": [:]], parent: message.header)
    }
  }

  /// A front end closes a comm.
  func closed(_ message: Message) {
    guard let identifier = message.content["comm_id"]?.text else { return }
    control.remove(identifier)
    if models.removeValue(forKey: identifier) != nil { order.removeAll { $0 == identifier } }
  }

  /// A front end sends something to the object of a comm.
  func received(_ message: Message) throws {
    guard let identifier = message.content["comm_id"]?.text else { return }
    let method = message.content["data"]?["method"]?.text
    if control.contains(identifier) {
      if method == "request_states" { sendStates(identifier, message) }
      return
    }
    guard let model = models[identifier] else { return }
    switch method {
    case "update":
      try update(model, identifier, message.content["data"]?["state"]?.entries ?? [], message)
    case "request_state": send("update", model.state, to: identifier, message)
    default: break
    }
  }

  private func update(
    _ model: WidgetModel, _ identifier: String, _ changes: [(key: String, value: JSON)],
    _ message: Message
  ) throws {
    var model = model
    let taken = changes.filter { model.take($0.key, $0.value) }
    models[identifier] = model
    send("echo_update", changes, to: identifier, message)
    if !taken.isEmpty { try model.changed?(model, message.header) }
  }

  private func send(
    _ method: String, _ state: [(key: String, value: JSON)], to identifier: String,
    _ message: Message
  ) {
    publisher.publish(
      "comm_msg",
      [
        "comm_id": .string(identifier),
        "data": ["method": .string(method), "state": .object(state), "buffer_paths": []],
      ], parent: message.header, metadata: Widgets.version)
  }

  /// Sends the state of every widget, for a front end that has come later.
  private func sendStates(_ identifier: String, _ message: Message) {
    let states: [(key: String, value: JSON)] = order.compactMap { name in
      models[name].map { model in
        func text(_ key: String) -> JSON { model.state.first { $0.key == key }?.value ?? .null }
        return (
          name,
          [
            "model_name": text("_model_name"), "model_module": text("_model_module"),
            "model_module_version": text("_model_module_version"),
            "state": .object(model.state),
          ]
        )
      }
    }
    publisher.publish(
      "comm_msg",
      [
        "comm_id": .string(identifier),
        "data": [
          "method": "update_states", "states": .object(states), "buffer_paths": [],
        ],
      ], parent: message.header, metadata: Widgets.version)
  }
}

/// The positions of a control's axes, which its widgets share.
private final class Positions {
  var values: [Int]
  init(_ values: [Int]) { self.values = values }
}
