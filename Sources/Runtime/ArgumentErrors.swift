// SPDX-License-Identifier: Apache-2.0
//
// What is said about arguments and results that do not fit a signature. The argument binder, the
// checks of annotations and the checker find the same faults at different times; the wording of
// each is here, and they add the place.

import Syntax
import Tensors

extension Header {
  /// The most characters of a header that a message shows whole.
  private static let longest = 240

  /// The header, or of a long one of the library the parameter in question and where the others are
  /// explained.
  package func brief(on parameter: String? = nil) -> String {
    guard text.count > Header.longest, name.contains(".") else { return text }
    let own = parameters.first { $0.name != nil && $0.name == parameter }
    return (own.map { "`\($0.text)`; " } ?? "") + "?\(name) explains all parameters"
  }

  // MARK: - Names and counts

  /// An argument is missing; `position` is that of its parameter.
  package func missingArgument(at position: Int) -> ScriptError {
    let name = parameters[position].name.map { "`\($0)`" } ?? "argument \(position + 1)"
    return .argument("\(self.name) needs \(name)", hint: brief())
  }

  /// There are more positional arguments than parameters for them; of a method, the value before
  /// the point is one.
  package func tooManyArguments(countingReceiver: Bool) -> ScriptError {
    let allowed = positionalCount
    if let later = parameters.dropFirst(allowed).compactMap(\.name).first {
      return .argument(
        "\(name) takes only \(counted(allowed, "argument")) by position",
        hint: "write \(later) = ...: \(brief(on: later))")
    }
    return .argument(
      "\(name) takes \(allowed == 0 ? "no arguments" : counted(allowed, "argument"))"
        + (countingReceiver ? ", with the value before the point" : ""), hint: brief())
  }

  /// An argument is given twice, at least once by name.
  package func repeatedArgument(_ argument: String) -> ScriptError {
    .argument("\(name) is given `\(argument)` twice", hint: brief())
  }

  /// No parameter has the name of an argument. The hint has the name in this library, or the
  /// nearest one.
  package func unknownArgument(_ argument: String) -> ScriptError {
    let names = parameters.compactMap(\.name)
    var hint = brief()
    if let (_, known, noun) = ForeignNames.parameters.first(where: {
      $0.0 == argument && names.contains($0.1)
    }) {
      hint = "the \(noun) is called `\(known)`: \(brief(on: known))"
    } else if let nearest = Spelling.nearest(to: argument, in: names) {
      hint = "did you mean `\(nearest)`? \(brief(on: nearest))"
    } else if let foreign = Hints.forParameter(argument) {
      hint = "\(foreign): \(brief())"
    }
    return .argument("\(name) has no parameter `\(argument)`", hint: hint)
  }

  /// The parameter that an argument with this name is for.
  package func position(named name: String) -> Int? {
    parameters.firstIndex { $0.name == name && $0.kind != .rest }
  }

  // MARK: - Types and shapes

  /// How messages call a parameter.
  package func phrase(for position: Int) -> String { parameters[position].name ?? "the argument" }

  /// A value is not of the type or shape that is wanted.
  ///
  /// `value` is how messages call the argument or result, `found` says what it is.
  package func typeMismatch(
    _ wanted: String, _ value: String, found: String, hint: String? = nil
  ) -> ScriptError {
    .type("\(name): \(value) must be \(wanted), but \(found)", hint: hint ?? brief(on: value))
  }

  /// A tensor does not have the shape of its annotation, which is written as `wanted`.
  package func shapeMismatch(
    _ wanted: String, _ value: String, not shape: [Int], hint: String = ""
  ) -> ScriptError {
    .shape("\(name): \(value) must have shape \(wanted), not \(shape)", hint: hint)
  }

  /// A tensor has another size than the one that `symbol` stands for. `origin` is the argument
  /// that the size comes from, and its annotation, if it was not given as a number.
  package func sizeMismatch(
    _ value: String, _ symbol: String, _ size: Int, origin: (name: String, text: String)?,
    _ shape: [Int]
  ) -> ScriptError {
    let from = origin.map { " from \($0.name): \($0.text)" } ?? ""
    return ScriptError(
      .shape, "\(name): \(value) does not fit \(origin?.name ?? "\(symbol) = \(size)")",
      label: "\(symbol) is \(size)\(from), but this is \(shape)")
  }

  /// What messages call a value of the type with this name.
  package static func phrase(forType name: String) -> String { TypeTest(name).phrase }

  /// What messages call a tensor whose shape is annotated in these words.
  package static func phrase(forShape text: String) -> String { "a tensor of shape \(text)" }

  /// What messages call the values that pass for a parameter whose shape is annotated in these
  /// words.
  package func phrase(forShape text: String, at position: Int) -> String {
    Header.phrase(forShape: text) + (position == picturesIndex ? " or a data set" : "")
  }
}
