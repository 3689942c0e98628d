// SPDX-License-Identifier: Apache-2.0
//
// Running built-ins and callable objects of the library: the arguments are checked against the
// header, and errors about them point to where they are written.

import Syntax
import Tensors

extension Machine {
  func run(
    _ builtin: Builtin, at base: Int, count: Int, _ place: CallPlace
  ) throws -> Value {
    if session.interrupt.isRequested { throw session.takeInterrupt() }
    if session.limits.seconds != nil { try session.poll() }
    let header = builtin.header
    let missing = try bind(header, at: base, count: count, place, hasValues: true)
    let parameters = header.parameters.count
    let before = top
    top = base + max(parameters, count)
    let isProfiled = Profile.isOn
    if isProfiled { Profile.enter(header.name) }
    defer {
      top = before
      if isProfiled { Profile.leave() }
    }
    do {
      try check(builtin, at: base, place)
      let result = try builtin.body(
        Call(
          session: session, builtin: builtin, arguments: registers + base, missing: missing))
      (registers + base).slots.clear(max(parameters, count))
      return result
    } catch {
      (registers + base).slots.clear(max(parameters, count))
      guard var error = error as? ScriptError else { throw named(error, after: builtin) }
      if error.source == nil, let argument = error.argument, !argument.countsArguments {
        place.blame(&error, parameter: argument.index, header)
      }
      throw error
    }
  }

  /// An error of a layer below with the name of the function in a namespace that was called, as
  /// errors about arguments have it. Errors about files start with their paths.
  private func named(_ error: any Error, after builtin: Builtin) -> any Error {
    let prefix = builtin.qualifiedName + ": "
    var translated = ScriptError(error)
    guard !builtin.namespace.isEmpty, error is TensorError || error is any ScriptErrorConvertible,
      [.value, .shape, .type, .index, .argument].contains(translated.kind),
      !translated.message.hasPrefix(builtin.qualifiedName),
      !translated.message.hasPrefix(builtin.name + ":")
    else { return error }
    translated.message = prefix + translated.message
    return translated
  }

  private func check(_ builtin: Builtin, at base: Int, _ place: CallPlace) throws {
    let header = builtin.header
    guard header.hasTests else { return }
    var sizes: [Int: Int] = [:]
    for (index, test) in header.tests.enumerated() {
      let register = registers + (base + index)
      switch test {
      case .none: continue
      case .type(let test):
        if header.parameters[index].acceptsNil, register.pointee.isNil { continue }
        // A number stays a number: elementwise functions return one for it.
        if test == .tensor, case .number = register.pointee { continue }
        if test == .number, case .tensor(let tensor) = register.pointee, tensor.isRecording {
          throw losesGradient(builtin, index, place)
        }
        if builtin.takesNumbers, test == .tensor, register.pointee.isPlainNumbers { continue }
        guard try test.accept(&register.pointee, session) else {
          throw mistyped(builtin, index, test.phrase, register.pointee, place)
        }
      case .shape(let wanted):
        if header.parameters[index].acceptsNil, register.pointee.isNil { continue }
        if index == header.picturesIndex, register.pointee.mayHoldPictures { continue }
        let text = header.annotationTexts[index]
        guard try TypeTest.tensor.accept(&register.pointee, session),
          case .tensor(let tensor) = register.pointee
        else {
          throw mistyped(
            builtin, index, header.phrase(forShape: text, at: index), register.pointee, place)
        }
        let mismatch = ShapeTest.match(
          wanted, tensor.shape, bound: { sizes[$0] }, bind: { sizes[$0] = $1 })
        guard mismatch != nil else { continue }
        var error = header.shapeMismatch(
          text, header.phrase(for: index), not: tensor.shape,
          hint: pictureAdvice(text, tensor.shape) ?? header.text)
        place.blame(&error, parameter: index, header)
        throw error
      }
    }
  }

  /// The hint where pictures of three channels are expected and others are passed.
  private func pictureAdvice(_ wanted: String, _ shape: [Int]) -> String? {
    guard wanted == "[B, 3, H, W]", shape.count == 4, [1, 4].contains(shape[1]) else { return nil }
    return shape[1] == 4
      ? "image.flatten(x) puts pictures with transparency on white"
      : "image.flatten(x) makes grey pictures coloured"
  }

  private func losesGradient(
    _ builtin: Builtin, _ index: Int, _ place: CallPlace
  ) -> ScriptError {
    let name = builtin.header.phrase(for: index)
    var error = ScriptError.value(
      "\(builtin.qualifiedName): there is no gradient with respect to \(name)",
      hint: "if no gradient is needed, pass x.item()")
    place.blame(&error, parameter: index, builtin.header)
    return error
  }

  private func mistyped(
    _ builtin: Builtin, _ index: Int, _ wanted: String, _ value: Value, _ place: CallPlace
  ) -> ScriptError {
    let header = builtin.header
    var hint = header.text
    if index == 0, case .list = value, !builtin.forLists.isEmpty { hint = builtin.forLists }
    var found = "this is \(value.typePhrase)"
    if case .list(let list) = value, wanted.hasPrefix("a tensor") {
      found = Hints.culprit(in: list) ?? found
    }
    var error = header.typeMismatch(wanted, header.phrase(for: index), found: found, hint: hint)
    place.blame(&error, parameter: index, header)
    return error
  }

  func call(
    _ object: ForeignObject, at base: Int, count: Int, _ place: CallPlace
  ) throws -> Value {
    guard let body = object.type.call else { return .nil }
    let before = top
    top = base + count
    defer {
      top = before
      (registers + base).slots.clear(count)
    }
    if session.interrupt.isRequested { throw session.takeInterrupt() }
    var arguments: [Value] = []
    for (index, kind) in place.kinds(count).enumerated() {
      let value = registers[base + index]
      switch kind {
      case .positional: arguments.append(value)
      case .spread: arguments.append(contentsOf: try session.elements(of: value))
      case .named(let name):
        var error = ScriptError.argument(
          "\(object.type.name.withArticle) takes no argument called `\(name)`")
        place.blame(&error, name: index)
        throw error
      }
    }
    return try body(object, arguments, session)
  }
}

extension Value {
  /// Whether this is a data set, or a record, which may serve as one: the body of a built-in that
  /// takes pictures looks into it.
  fileprivate var mayHoldPictures: Bool {
    switch self {
    case .record: true
    case .object(let object): object.type.passes(as: "dataset")
    default: false
    }
  }
}
