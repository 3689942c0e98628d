// SPDX-License-Identifier: Apache-2.0
//
// `slider`, `choice` and `grid2d`: a function is called for every value of one or two axes, and
// what it returns are the frames of a control. Nothing is computed later, so that a page needs no
// server; the price is time and size, which are estimated after the first frame and announced.

import Images
import Runtime
import Tensors

/// The functions that make controls of any function.
enum ControlFunctions {
  static let functions: [Builtin] = [slider, choice, grid]

  /// The most frames of one control.
  static let maximumFrames = 4096

  private static let slider = Builtin(
    "slider(name: string, values, render, *, start = nil) -> control",
    "Calls `render` for each value; a page shows a slider that moves through the results.",
    details: """
      `values` is a list, a range or a tensor; `start` is the value that is shown first. All frames are computed \
      at once, so the page needs no server and works offline; how long that will take and how large \
      it will be is said after the first frame. At the prompt and in a script, frames that are \
      pictures are shown as a strip, others as text. The result has the fields names, values and frames.
      """,
    example: "slider(\"n\", range(1, 4), fn(n) = n ** 2).frames   #=> [1, 4, 9]",
    body: { call in
      let axis = try Axis(call, name: call.string("name"), values: "values", style: .slider)
      return try frames(call, [axis.starting(call, at: "start")])
    })

  private static let choice = Builtin(
    "choice(name: string, values, render, *, start = nil) -> control",
    "Calls `render` for each value; a page shows a list of choices in place of a slider.",
    details: "For values without an order, such as class names; all else is as for `slider`.",
    example: "choice(\"word\", [\"a\", \"bcd\"], fn(w) = len(w)).frames   #=> [1, 3]",
    body: { call in
      let axis = try Axis(call, name: call.string("name"), values: "values", style: .choice)
      return try frames(call, [axis.starting(call, at: "start")])
    })

  private static let grid = Builtin(
    "grid2d(name_x: string, values_x, name_y: string, values_y, render) -> control",
    "Calls `render(x, y)` for each pair of values; a page shows two controls.",
    details: """
      Numbers have a slider, other values a list of choices. The frames are in the order of rows: \
      all `values_x` for the first of `values_y`, then for the next. All else is as for `slider`.
      """,
    example:
      "grid2d(\"x\", [1, 2], \"y\", [10, 20], fn(x, y) = x + y).frames   #=> [11, 12, 21, 22]",
    body: { call in
      let x = try Axis(call, name: call.string("name_x"), values: "values_x")
      let y = try Axis(call, name: call.string("name_y"), values: "values_y")
      return try frames(call, [x, y])
    })

  /// Calls the parameter `render` with the values of each frame.
  private static func frames(_ call: Call, _ axes: [Axis]) throws -> Value {
    let function =
      axes.count == 1
      ? try call.function("render", taking: 1, "one value", example: "fn(v) = v ** 2")
      : try call.function("render", taking: 2, "two values", example: "fn(x, y) = x + y")
    return try ControlMaker(call, axes).make { try call.invoke(function, $0) }
  }
}

/// An axis of a control with its values.
struct Axis {
  let values: [Value]
  private(set) var face: ControlAxis

  /// The values of a parameter; without a style, numbers have a slider and others are choices.
  init(_ call: Call, name: String, values parameter: String, style: ControlAxis.Style? = nil) throws
  {
    let values = try Axis.values(call, parameter)
    guard !values.isEmpty else {
      throw call.failure(.value, "a control needs at least one value", argument: parameter)
    }
    guard values.count <= ControlFunctions.maximumFrames else {
      throw call.failure(
        .value,
        "a control has at most \(ControlFunctions.maximumFrames) frames, not \(values.count)",
        hint: "take every n-th value: range(0, 10000, 100)", argument: parameter)
    }
    let areNumbers = values.allSatisfy { Conversion.number($0) != nil }
    self.init(
      name, values, labels: values.map { Axis.label($0, call.session) },
      style: style ?? (areNumbers ? .slider : .choice))
  }

  /// The values of a parameter; what is no sequence gets a hint how to write one.
  private static func values(_ call: Call, _ parameter: String) throws -> [Value] {
    do {
      return try call.values(parameter)
    } catch var error as ScriptError where error.kind == .type {
      let given = try call[parameter]
      error.message = error.message.replacing("a list,", with: "a list, a range or a tensor,")
      if let number = Conversion.number(given) {
        let count = max(2, min(abs(number), 1000)).rounded()
        error.hint =
          "range(\(Display.number(count))) has the values 0 to \(Display.number(count - 1)), "
          + "linspace(0, 1, 5) five from 0 to 1"
      } else if given.isCallable {
        error.hint = "the function is the last argument: slider(\"n\", [1, 2, 4], fn(n) = n ** 2)"
      }
      throw error
    }
  }

  /// An axis with its own labels.
  init(
    _ name: String, _ values: [Value], labels: [String], style: ControlAxis.Style, start: Int = 0
  ) {
    self.values = values
    face = ControlAxis(name: name, labels: labels, style: style, start: start)
  }

  /// The axis with the value of a parameter shown first, unless that is nil.
  func starting(_ call: Call, at parameter: String) throws -> Axis {
    let wanted = try call[parameter]
    if wanted.isNil { return self }
    let label = Axis.label(wanted, call.session)
    guard let place = face.labels.firstIndex(of: label) else {
      let most = 8
      let shown = face.labels.prefix(most).joined(separator: ", ")
      throw call.failure(
        .value, "\(parameter) must be one of the values, and \(label) is none of them",
        hint: "they are \(shown)" + (face.labels.count > most ? ", .." : ""), argument: parameter)
    }
    var copy = self
    copy.face = ControlAxis(name: face.name, labels: face.labels, style: face.style, start: place)
    return copy
  }

  /// A short text of a value.
  private static func label(_ value: Value, _ session: Session) -> String {
    if let number = Conversion.number(value) {
      return number.rounded() == number || !number.isFinite
        ? Display.number(number) : Formatting.general(number, digits: 4)
    }
    let text = Display.plain(value, session).split(separator: "\n").first.map(String.init) ?? ""
    return text.count <= 40 ? text : text.prefix(37) + "..."
  }
}

/// Computes the frames of a control, with progress, and announces what it costs.
struct ControlMaker {
  private let call: Call
  private let axes: [Axis]

  init(_ call: Call, _ axes: [Axis]) { (self.call, self.axes) = (call, axes) }

  /// Work from this many seconds on is announced.
  private static let longTime = 1.0
  /// A page that grows by this many bytes is announced.
  private static let largeSize = 1 << 20
  /// The most bytes of all frames together.
  private static let maximumSize = 256 << 20

  /// The control whose frames `render` gives for the values of the axes.
  func make(_ render: ([Value]) throws -> Value) throws -> Value {
    let sizes = axes.map(\.values.count)
    let (count, overflows) =
      sizes.count == 1
      ? (sizes[0], false) : sizes[0].multipliedReportingOverflow(by: sizes[1])
    guard !overflows, count <= ControlFunctions.maximumFrames else {
      throw call.failure(
        .value,
        "a control has at most \(ControlFunctions.maximumFrames) frames, not "
          + sizes.map(String.init).joined(separator: " x "))
    }
    var (values, bundles, size): ([Value], [Bundle], Int) = ([], [], 0)
    let task = LongTask("frames", call)
    try task.run {
      let clock = ContinuousClock()
      let start = clock.now
      for place in 0..<count {
        let value = try render(
          axes.count == 1
            ? [axes[0].values[place]]
            : [axes[0].values[place % sizes[0]], axes[1].values[place / sizes[0]]])
        let bundle = try FrameMedia.bundle(value, call.session)
        size += try FrameMedia.size(of: bundle)
        values.append(value)
        bundles.append(bundle)
        if place == 0 {
          announce(count, size: size, seconds: (clock.now - start) / .seconds(1))
        }
        guard size <= ControlMaker.maximumSize else {
          throw call.failure(
            .limit, "these frames take more than \(describeBytes(ControlMaker.maximumSize))",
            hint: "use fewer values or smaller pictures")
        }
        try task.report(place + 1, of: count)
      }
    }
    guard let control = Control(axes: axes.map(\.face), frames: bundles) else {
      throw call.failure(.value, "a control needs at least one value")
    }
    return ControlObject(control).value(frames: values, axes: axes.map(\.values))
  }

  /// Says what the other frames will cost, if that is worth saying.
  private func announce(_ count: Int, size: Int, seconds: Double) {
    let total = seconds * Double(count)
    let (bytes, _) = size.multipliedReportingOverflow(by: count)
    guard total >= ControlMaker.longTime || bytes >= ControlMaker.largeSize else { return }
    call.session.note(
      "\(axes.map(\.face.name).joined(separator: " by ")): \(counted(count, "frame")), about "
        + "\(Formatting.general(total, digits: 2)) seconds and \(describeBytes(bytes)) in a page")
  }
}

/// The media of a frame: tensors of pictures are pictures.
enum FrameMedia {
  /// The bundle of a value that a frame shows.
  static func bundle(_ value: Value, _ session: Session) throws -> Bundle {
    guard case .tensor(let tensor) = value, isPicture(tensor.shape) else {
      return try Display.bundle(value, session)
    }
    do {
      let pictures = try Picture.pictures(of: tensor)
      let picture =
        pictures.count == 1 ? pictures[0] : try PictureGrid(pictures, padding: 2).render()
      return Bundle(text: "image(\(picture.width) x \(picture.height))", picture: picture)
    } catch {
      throw ScriptError(anything: error)
    }
  }

  /// Whether a tensor of this shape is shown as a picture: [B, 1 or 3, H, W] or [3, H, W].
  private static func isPicture(_ shape: [Int]) -> Bool {
    switch shape.count {
    case 3: shape[0] == 3 && shape[1] >= 4 && shape[2] >= 4
    case 4: shape[0] > 0 && [1, 3].contains(shape[1]) && shape[2] >= 4 && shape[3] >= 4
    default: false
    }
  }

  /// How many bytes a bundle takes in a page.
  static func size(of bundle: Bundle) throws -> Int {
    do {
      return try bundle.richest().content.size
    } catch {
      throw ScriptError(anything: error)
    }
  }
}
