// SPDX-License-Identifier: Apache-2.0
//
// The declared purity of functions: nothing that is called pure changes anything, functions from
// tensors to tensors are pure, and the checker infers the shapes of all such results.

import Checking
import Library
import Runtime
import Syntax
import Testing

@Suite struct PurityTests {
  private static let functions = BuiltinTable(Catalog.all).functions

  /// Those that the checker may call.
  private static let tried = functions.filter { $0.purity.isTried }

  /// Namespaces whose functions read or write files, train or sample models, or ask the machine.
  private static let outside: Set<String> = ["data", "smap", "card", "plot", "sys", "live"]

  /// Functions outside of those that have an effect, or whose values are not theirs alone.
  private static let impure: Set<String> = [
    "print", "show", "help", "seed", "error", "exit", "input", "sleep", "backward", "step",
    "zero_grad", "append", "extend", "clear", "reverse", "no_grad", "fused", "map", "filter",
    "fold", "slider", "choice", "grid2d",
    "image.load", "image.save", "image.make", "image.show", "image.grid", "optim.sgd",
    "optim.adamw",
    "optim.clip_grad_norm", "metrics.features", "metrics.nearest", "metrics.linear_probe",
    "metrics.prefix_curve", "metrics.order_test", "metrics.reliance", "metrics.token_probe",
    "metrics.style",
    "metrics.classifier", "metrics.accuracy", "metrics.probabilities",
    "metrics.diversity", "metrics.memorisation",
    "nn.linear", "nn.embedding", "nn.layer_norm", "nn.transformer", "nn.conv2d", "nn.group_norm",
    "nn.rms_norm", "nn.sequential", "nn.train", "nn.find_lr",
    "mpi.rank", "mpi.size", "mpi.gather", "mpi.map",
  ]

  /// A list's method of that name sorts in place; the tensor's gives a record.
  private static func isInPlaceSort(_ function: Builtin) -> Bool {
    function.name == "sort" && function.receiverType == "list"
  }

  @Test func whatHasAnEffectIsImpure() {
    for function in Self.functions {
      let isImpure =
        Self.outside.contains(function.namespace) || Self.impure.contains(function.qualifiedName)
        || Self.isInPlaceSort(function)
      let effect = function.purity.effect
      #expect((effect == .any) == isImpure, "\(function.qualifiedName)")
      if effect == .any { #expect(!function.purity.isTried, "\(function.qualifiedName)") }
    }
  }

  /// A session whose output and random numbers show.
  private final class Watched {
    let session: Session
    private(set) var output = ""

    init() throws {
      var sink: (String) -> Void = { _ in }
      session = Session(library: Catalog.all, interrupt: Interrupt()) { sink($0) }
      sink = { [unowned self] in output += $0 }
      session.receiver = TextReceiver(sink)
      _ = try session.evaluate(text: "seed(11)")
    }

    func shown(_ text: String) throws -> String {
      Display.text(try session.evaluate(text: text).value, session)
    }
  }

  /// Its example prints nothing, gives the same result twice, and does not advance the session's
  /// random stream unless it uses random numbers.
  @Test(arguments: functions.filter { $0.purity.effect != .any }.map(\.qualifiedName))
  func aPureFunctionChangesNothing(_ name: String) throws {
    for function in Self.functions where function.qualifiedName == name {
      guard function.purity.effect != .any else { continue }
      let (first, second, untouched) = (try Watched(), try Watched(), try Watched())
      let example = function.example
      #expect(try first.shown(example) == second.shown(example), "\(name)")
      #expect(first.output == "", "\(name)")
      if function.purity.substitute == nil, function.namespace != "random" {
        #expect(try first.shown("rand(1)") == untouched.shown("rand(1)"), "\(name)")
      }
    }
  }

  /// Arguments that functions may take, the likeliest first.
  private static let pool = [
    "randn(2, 3)", "2", "randn(4, 4)", "randn(3)", "0", "\"ij->ji\"", "[randn(2, 3), randn(2, 3)]",
    "1", "[1, 1]", "randn(2, 4, 6, 6)", "[3, 2]", "ones(2, 4, 3, 3)", "[1, 1, 1, 1]",
    "\"a b -> b a\"", "[[0, 1], [1, 0]]", "1.5", "randn(2, 3) > 0", "ones(2)", "eye(3)",
  ]

  /// A successful call of the function, and its result.
  private func call(_ function: Builtin) throws -> (text: String, value: Value)? {
    let parameters = function.header.parameters.filter {
      $0.kind == .positional || $0.kind == .rest
    }
    let count = parameters.filter { !$0.hasDefault }.count
    let session = try Watched().session
    var tries = 0
    func search(_ chosen: [String]) -> (String, Value)? {
      if chosen.count == count {
        tries += 1
        let text = "\(function.qualifiedName)(\(chosen.joined(separator: ", ")))"
        guard tries < 6000, let value = try? session.evaluate(text: text).value else { return nil }
        return chosen.isEmpty || Self.isTensors(value) ? (text, value) : nil
      }
      for argument in Self.pool {
        if let found = search(chosen + [argument]) { return found }
      }
      return nil
    }
    return search([])
  }

  private static func isTensors(_ value: Value) -> Bool { !parts(value).isEmpty }

  /// The tensors in a result: how to access each, and its shape.
  private static func parts(_ value: Value, _ way: String = "") -> [(way: String, shape: [Int])] {
    switch value {
    case .tensor(let tensor): [(way, tensor.shape)]
    case .list(let list): list.items.first.map { parts($0, way + "[0]") } ?? []
    case .record(let record):
      zip(record.keys, record.values).flatMap { parts($1, way + "." + $0) }
    default: []
    }
  }

  private static let ofTensors = functions.filter { function in
    let isOfTensors =
      function.receiverType == "tensor" || !function.purity.tensors.isEmpty
    return isOfTensors && !outside.contains(function.namespace)
  }

  /// Functions from tensors to tensors are pure.
  @Test func functionsOfTensorsArePure() {
    for function in Self.ofTensors {
      let isException = [
        "backward", "metrics.features", "metrics.linear_probe", "metrics.nearest",
        "metrics.probabilities", "metrics.diversity", "metrics.memorisation",
      ].contains(function.qualifiedName)
      #expect(isException || function.purity.effect != .any, "\(function.qualifiedName)")
    }
  }

  /// The checker infers the shape of a pure function's result for tensors of known shapes.
  @Test(
    arguments: ofTensors.filter { $0.purity.isTried && $0.purity.elements != .shape }
      .map(\.qualifiedName))
  func shapesAreKnown(_ name: String) throws {
    let withoutTensors = [
      "assert", "allclose", "item", "tolist", "metrics.psnr", "metrics.ssim", "linalg.matrix_rank",
    ]
    guard !withoutTensors.contains(name) else { return }
    let function = try #require(Self.ofTensors.first { $0.qualifiedName == name })
    let (text, value) = try #require(
      try call(function), "no arguments were found that \(name) takes: add to the pool")
    for (way, shape) in Self.parts(value) {
      // No tensor has so many elements: the error names the shape that is known.
      let line = "reshape(\(text)\(way), 999983)"
      let findings = Corpus.check(Source(path: name, text: line)).findings.map(Corpus.words)
      #expect(
        findings.contains { $0.contains("of \(shape) do not fill the shape [999983]") },
        "\(line): \(findings)")
    }
  }
}
