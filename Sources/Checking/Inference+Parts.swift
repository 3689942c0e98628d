// SPDX-License-Identifier: Apache-2.0
//
// Elements and fields of values, and members of modules and namespaces.

import Runtime
import Syntax
import Tensors

extension Inference {
  func index(
    _ base: Known, _ subscripts: [Syntax.Subscript], _ span: Span
  ) -> Known {
    guard let places = place(subscripts), let value = base.value else { return .unknown }
    let names = (["x"] + places.names).joined(separator: ", ")
    let text = "fn(\(names)) = x[\(places.text)]"
    return judge(
      laboratory.run(text, [value] + places.values, work: 0), span, isExact: base.isExact)
  }

  /// Subscripts as the text of a function whose parameters are the indices; nil if some index is
  /// not known.
  func place(
    _ subscripts: [Syntax.Subscript]
  ) -> (text: String, names: [String], values: [Value])? {
    var texts: [String] = []
    var values: [Value] = []
    var isKnown = true
    func place(_ node: Expression) -> String {
      let known = expression(node)
      guard known.isExact, let value = known.value else {
        isKnown = false
        return "0"
      }
      values.append(value)
      return "a\(values.count)"
    }
    for entry in subscripts {
      switch entry {
      case .index(let value): texts.append(place(value))
      case .slice(let start, let stop, let step, _):
        let parts = [start, stop].map { $0.map(place) ?? "" }
        texts.append(parts.joined(separator: ":") + (step.map { ":" + place($0) } ?? ""))
      case .ellipsis: texts.append("...")
      }
    }
    guard isKnown else { return nil }
    return (texts.joined(separator: ", "), values.indices.map { "a\($0 + 1)" }, values)
  }

  func field(_ base: Known, _ name: Identifier) -> Known {
    switch base {
    case .namespace(let namespace):
      if let known = library.member(name.text, of: namespace) { return known }
      let hint = Spelling.advice(
        onMember: name.text, of: namespace, members: library.memberNames(of: namespace),
        globals: library.builtins.globalNames)
      report(
        .name("there is no `\(name.text)` in namespace \(namespace)", hint: hint ?? ""), name.span)
    case .module(let module): return member(name, of: module)
    case .fields(let fields):
      if let field = fields.last(where: { $0.name == name.text }) { return field.value }
      let names = fields.map(\.name)
      var hint = Spelling.nearest(to: name.text, in: names).map { "did you mean `\($0)`?" }
      if hint == nil, library.method(name.text, of: "record") != nil {
        hint = "it is a method: write .\(name.text)(..)"
      }
      hint = hint ?? Spelling.foreignMembers[name.text]
      report(.name("there is no `\(name.text)` in this record", hint: hint ?? ""), name.span)
    case .shaped(let tensor):
      guard Fields.ofTensors.contains(name.text), name.text != "grad" else {
        if name.text != "grad" { noField(name, base) }
        return .unknown
      }
      return judge(
        laboratory.run("fn(x) = x.\(name.text)", [.tensor(tensor)], work: 0), name.span,
        isExact: true)
    default:
      guard let type = base.typeName, type != "record", let fields = library.fields(of: type)
      else { return .unknown }
      if !fields.contains(where: { $0.name == name.text }) { noField(name, base) }
      return Inference.tensorFields[name.text].map { .type($0) } ?? .unknown
    }
    return .unknown
  }

  private static let tensorFields = [
    "shape": "list", "ndim": "number", "numel": "number", "T": "tensor",
  ]

  /// A name that a module exports.
  func member(_ name: Identifier, of module: Module) -> Known {
    if let known = module.exports[name.text] { return known }
    missing(name, in: "module \(Modules.name(of: module.path))", Array(module.exports.keys))
    return .unknown
  }

  private func missing(_ name: Identifier, in place: String, _ names: [String]) {
    let hint = Spelling.nearest(to: name.text, in: names).map { "did you mean `\($0)`?" } ?? ""
    report(.name("there is no `\(name.text)` in \(place)", hint: hint), name.span)
  }

  private func noField(_ name: Identifier, _ base: Known) {
    let type = base.typeName ?? ""
    var hint = ""
    if library.method(name.text, of: type) != nil {
      hint = "it is a method: write .\(name.text)(..)"
    } else if type == "nil" {
      hint = Hints.forNil
    } else if let foreign = Spelling.foreignMembers[name.text] {
      hint = foreign
    } else if let near = Spelling.nearest(
      to: name.text, in: (library.fields(of: type) ?? []).map(\.name))
    {
      hint = "did you mean `\(near)`?"
    }
    report(.name("\(phrase(base)) has no field `\(name.text)`", hint: hint), name.span)
  }
}
