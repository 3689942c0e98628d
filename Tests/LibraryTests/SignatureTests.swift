// SPDX-License-Identifier: Apache-2.0
//
// The library compared with its design: `Signatures.txt` lists headers; each must exist, as a
// function and, if its first parameter is a tensor, as a method.

import Library
import Runtime
import Testing

@Suite struct SignatureTests {
  static let lines = ScriptFiles.read(ScriptFiles.tests + "/LibraryTests/Signatures.txt")
    .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }

  static let functions = ModelSession().session.builtins.functions

  private static func compact(_ text: String) -> String { text.filter { $0 != " " } }

  @Test(arguments: lines) func isThere(_ line: String) throws {
    let wanted = Builtin(line, "Wanted.") { _ in .nil }
    #expect(wanted.signatureError == nil)
    let candidates = Self.functions.filter { $0.qualifiedName == wanted.qualifiedName }
    #expect(!candidates.isEmpty, "there is no \(wanted.qualifiedName)")
    let differences = candidates.map { Self.difference(wanted, $0) }
    #expect(differences.contains(nil), "\(differences)")
  }

  /// The headers in `wanted` that are missing from `found`, or nil.
  private static func difference(_ wanted: Builtin, _ found: Builtin) -> String? {
    var place = 0
    let have = found.header.parameters
    for parameter in wanted.header.parameters {
      guard let name = parameter.name,
        let next = have[place...].firstIndex(where: { $0.name == name })
      else { return "\(found.signature) lacks `\(parameter.text)` after parameter \(place)" }
      let between = have[place..<next].filter {
        $0.kind == .positional && parameter.kind == .positional
      }
      guard between.isEmpty, have[next].kind == parameter.kind else {
        return "\(found.signature): `\(name)` is reached in another way"
      }
      if parameter.hasDefault, defaultText(of: parameter) != defaultText(of: have[next]) {
        return "\(found.signature): `\(parameter.text)` is wanted"
      }
      place = next + 1
    }
    let more = have.filter { parameter in
      !wanted.parameterNames.contains(parameter.name ?? "") && !parameter.hasDefault
        && parameter.kind != .rest && !found.qualifiedName.hasPrefix("metrics.linear_probe")
    }
    return more.isEmpty ? nil : "\(found.signature) wants more: \(more.map(\.text))"
  }

  private static func defaultText(of parameter: ParameterInfo) -> String {
    guard let equals = parameter.text.firstIndex(of: "=") else { return "" }
    return compact(String(parameter.text[parameter.text.index(after: equals)...]))
  }

  @Test func functionsOfTensorsAreMethods() throws {
    let session = ModelSession()
    for function in Self.functions
    where function.receiverType == "tensor" && function.namespace.isEmpty {
      let names = session.session.builtins.methodNames(of: try session.value("zeros(2)"))
      #expect(names.contains(function.name), "\(function.name)")
    }
    #expect(try session.shown("tensor([3, 4]).norm(ord = 1)") == "tensor(7)")
    #expect(try session.shown("[1, 2, 3].mean()") == "2")
  }

  @Test(arguments: [
    ("sum([1, 2], axis = 0)", "dim"), ("softmax([1], dims = 0)", "dim"),
    ("sum([1], 0, keepdims = true)", "keepdim"), ("rand(2, generator = 1)", "seed"),
    ("optim.sgd([], learning_rate = 1)", "lr"), ("sort([1], reverse = true)", "descending"),
    ("sorted([1], descending = true)", "reverse"), ("std([1], ddof = 0)", "correction"),
    ("conv2d(zeros(1, 1, 2, 2), zeros(1, 1, 1, 1), strides = 2)", "stride"),
    ("quantile([1], 0.5, axis = 0)", "dim"), ("cat([[1]], axis = 0)", "dim"),
    ("clamp([1], a_min = 0)", "min"), ("random.choice([1], size = 2)", "count"),
    ("random.choice([1], p = [1])", "weights"), ("linspace(0, 1, steps = 3)", "num"),
    ("full([2], fill_value = 1)", "value"), ("max([1], axis = 0)", "dim"),
  ])
  func foreignNamesGiveHints(_ text: String, _ ours: String) throws {
    let error = try ModelSession().error(text)
    #expect(error.kind == .argument)
    #expect(error.hint.contains("`\(ours)`"), "\(error.hint)")
  }
}
