// SPDX-License-Identifier: Apache-2.0
//
// The states of widgets, as ipywidgets 8 names and versions them (its protocol, version 2).

import Files
import Runtime

/// The state of a widget, and what follows when a front end changes it.
struct WidgetModel {
  /// The traits by name.
  private(set) var state: [(key: String, value: JSON)]
  /// Called with the model and the header of the request after a change.
  var changed: ((WidgetModel, JSON) throws -> Void)?

  init(_ state: [(key: String, value: JSON)]) { self.state = state }

  /// The value of a trait.
  subscript(name: String) -> JSON? { state.first { $0.key == name }?.value }

  /// Changes the trait that a user moves; whether the value was one for it. Front ends send other
  /// traits as well, such as a layout, which stay as they are here.
  mutating func take(_ name: String, _ value: JSON) -> Bool {
    guard ["value", "index"].contains(name), let number = value.integer,
      let place = state.firstIndex(where: { $0.key == name })
    else { return false }
    state[place].value = .integer(number)
    return true
  }

  /// A layout without wishes.
  static let layout = traits(
    model: "LayoutModel", view: "LayoutView", module: "@jupyter-widgets/base")

  /// The style of a slider or a list of choices.
  static func style(_ style: ControlAxis.Style) -> [(key: String, value: JSON)] {
    var state = traits(
      model: style == .slider ? "SliderStyleModel" : "DescriptionStyleModel", view: "StyleView",
      viewModule: "@jupyter-widgets/base")
    state.append(("description_width", "initial"))
    return state
  }

  /// What all widgets say of themselves.
  static func traits(
    model: String, view: String, module: String = "@jupyter-widgets/controls",
    viewModule: String? = nil
  ) -> [(key: String, value: JSON)] {
    [
      ("_model_module", .string(module)), ("_model_module_version", "2.0.0"),
      ("_model_name", .string(model)), ("_view_count", .null),
      ("_view_module", .string(viewModule ?? module)), ("_view_module_version", "2.0.0"),
      ("_view_name", .string(view)),
    ]
  }
}

/// The widget of an axis: an IntSlider where the values are whole numbers at equal distances, a
/// SelectionSlider for others in order, a Dropdown for choices.
struct AxisWidget {
  private let axis: ControlAxis
  /// The first value and the distance of whole numbers.
  private let numbers: (first: Int, step: Int)?

  init(_ axis: ControlAxis) {
    self.axis = axis
    numbers = axis.style == .slider ? AxisWidget.progression(axis.labels) : nil
  }

  /// The first number and the step of an arithmetic progression that rises.
  private static func progression(_ labels: [String]) -> (first: Int, step: Int)? {
    let numbers = labels.compactMap { Int($0) }.filter { $0.magnitude <= 1 << 30 }
    guard numbers.count == labels.count, numbers.count >= 2 else { return nil }
    let step = numbers[1] - numbers[0]
    guard step > 0, zip(numbers, numbers.dropFirst()).allSatisfy({ $1 - $0 == step }) else {
      return nil
    }
    return (numbers[0], step)
  }

  /// The state of the widget.
  func state(layout: String, style: String) -> [(key: String, value: JSON)] {
    let name =
      numbers != nil ? "IntSlider" : axis.style == .slider ? "SelectionSlider" : "Dropdown"
    var state = WidgetModel.traits(model: name + "Model", view: name + "View")
    state += [
      ("description", .string(axis.name)), ("description_allow_html", false), ("disabled", false),
      ("layout", .string("IPY_MODEL_" + layout)), ("style", .string("IPY_MODEL_" + style)),
      ("tabbable", .null), ("tooltip", .null), ("_dom_classes", []),
    ]
    if let (first, step) = numbers {
      state += [
        ("min", .integer(first)), ("max", .integer(first + step * (axis.labels.count - 1))),
        ("step", .integer(step)), ("value", .integer(first + step * axis.start)),
        ("readout_format", "d"),
      ]
    } else {
      state += [
        ("_options_labels", .array(axis.labels.map { .string($0) })),
        ("index", .integer(axis.start)),
      ]
    }
    guard axis.style == .slider else { return state }
    return state + [
      ("orientation", "horizontal"), ("readout", true), ("continuous_update", true),
      ("behavior", "drag-tap"),
    ]
  }

  /// The position on the axis that the state of its widget means.
  func position(in model: WidgetModel) -> Int {
    let most = axis.labels.count - 1
    guard let (first, step) = numbers else {
      return min(max(model["index"]?.integer ?? axis.start, 0), most)
    }
    let value = min(max(model["value"]?.integer ?? first, first), first + step * most)
    return (value - first) / step
  }
}
