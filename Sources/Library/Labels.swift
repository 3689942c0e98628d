// SPDX-License-Identifier: Apache-2.0
//
// The forms of `label` in scripts: nil, an index, a class name, one of these for each picture, or
// mixtures of classes. The meaning of numbers follows from type and shape alone, never from their
// values:
//
// - a record {name: weight} is one mixture, a tensor [B, classes] one for each picture;
// - a vector of numbers is one class for each picture;
// - if the number of pictures differs, a vector of as many numbers as there are classes is one
//   mixture for all. Functions that make one picture per label have no such number.

import Models
import Runtime
import Syntax
import Tensors

/// Reads the argument for a parameter called `label`.
struct LabelArgument {
  private let call: Call
  private let name: String
  private let classCount: Int
  private let classNames: [String]

  /// The `label` of a call to a function of a model with the given classes.
  init(_ call: Call, classCount: Int, classNames: [String]) throws {
    self.call = call
    name = "label"
    self.classCount = classCount
    self.classNames = classNames
  }

  /// The condition of each of `count` pictures.
  func condition(count: Int) throws -> Condition {
    let condition = try read(count: count).repeated(count)
    guard condition.count == count else {
      throw failure(
        misfit(condition.count, "label", count, "picture"),
        hint: "give one label, or one for each picture")
    }
    return condition
  }

  /// As many conditions as the argument specifies.
  func conditions() throws -> Condition { try read(count: nil) }

  private func read(count: Int?) throws -> Condition {
    switch try call[name] {
    case .nil, .number, .text:
      return try condition(of: [try label(call[name])])
    case .record(let record):
      return try mixture(record)
    case .tensor(let tensor):
      if tensor.rank == 2 { return try weights(tensor) }
      guard tensor.rank <= 1 else {
        throw failure(
          "labels have the shape [B], class weights [B, \(classCount)], not \(tensor.shape)")
      }
      return try read(tensor.toArray().map(Double.init), count: count)
    case .range:
      return try condition(of: try call.values(name).map(label))
    case .list:
      return try read(try call.values(name), count: count)
    default:
      throw call.wrongType(name, LabelArgument.expected)
    }
  }

  private static let expected = "nil, a class, a list of classes or class weights"

  private func read(_ items: [Value], count: Int?) throws -> Condition {
    guard !items.isEmpty else { throw failure("the list of labels is empty") }
    let isFlat = items.allSatisfy { item in
      switch item {
      case .nil, .number, .text: true
      case .tensor(let tensor): tensor.count == 1
      default: false
      }
    }
    guard isFlat else { return try weights(try call.tensor(name)) }
    let numbers = items.compactMap { Conversion.number($0) }
    guard numbers.count == items.count else { return try condition(of: items.map(label)) }
    return try read(numbers, count: count)
  }

  /// A vector of numbers: a class for each picture, or the weights of one mixture if the number of
  /// pictures differs and there are as many numbers as classes.
  private func read(_ numbers: [Double], count: Int?) throws -> Condition {
    guard !numbers.isEmpty else { throw failure("the tensor of labels is empty") }
    let isRow = numbers.count == classCount && numbers.count > 1
    if isRow, let count, count != numbers.count {
      return try weights(
        try Tensor(shape: [1, classCount], values: numbers.map { Float($0) }))
    }
    let wrong = numbers.first { Int(exactly: $0) == nil }
    if isRow, let wrong {
      throw failure(
        "\(decimal(wrong)) is no class, and a row of \(numbers.count) numbers is one class for each "
          + "picture here",
        hint: "weights of classes have the shape [1, \(classCount)], as x.unsqueeze(0) has, or are "
          + "a record: {face: 0.5, clock: 0.5}")
    }
    return try condition(of: numbers.map { try label(.number($0)) })
  }

  /// A record of weights by class name.
  private func mixture(_ record: Record) throws -> Condition {
    guard record.count > 0 else { throw failure("the record of class weights is empty") }
    let row = try Tensor.zeros([1, classCount])
    for name in record.keys {
      guard let weight = record[name].flatMap({ Conversion.number($0) }) else {
        throw failure("the weight of class \"\(name)\" is no number")
      }
      row.pointer[try named(name)] = Float(weight)
    }
    return try weights(row)
  }

  private func weights(_ tensor: Tensor) throws -> Condition {
    guard tensor.rank == 2, tensor.shape[1] == classCount, tensor.shape[0] > 0 else {
      throw failure("class weights have the shape [B, \(classCount)], not \(tensor.shape)")
    }
    let values = tensor.toArray()
    guard values.allSatisfy(\.isFinite) else {
      throw failure("class weights must be finite numbers")
    }
    for row in 0..<tensor.shape[0] {
      let sum = values[row * classCount..<(row + 1) * classCount].reduce(0.0) { $0 + Double($1) }
      try check(sum: sum, row: tensor.shape[0] > 1 ? row : nil)
    }
    return try Condition(weights: tensor, classCount: classCount)
  }

  /// Rejects a mixture whose weights do not sum to 1.
  ///
  /// The models average embeddings and mean pictures by weight, and a sum of 2 or 0 is far outside
  /// the training distribution. Weights below 0 or above 1 that sum to 1 extrapolate, and are
  /// allowed.
  private func check(sum: Double, row: Int?) throws {
    guard abs(sum - 1) > LabelArgument.tolerance else { return }
    let place = row.map { " of picture \($0)" } ?? ""
    let shown = decimal((sum * 1e4).rounded() / 1e4)
    throw failure(
      "the class weights\(place) add up to \(shown), not to 1",
      hint: abs(sum) > LabelArgument.tolerance
        ? "divide each by their sum, as {face: 0.5, clock: 0.5} or w / w.sum(dim = -1, keepdim = true)"
        : "give the share of each class, as {face: 0.5, clock: 0.5}; nil stands for no class")
  }

  /// The tolerance of the sum of class weights, for rounded weights.
  private static let tolerance = 1e-3

  private func condition(of labels: [Int?]) throws -> Condition {
    try Condition(labels, classCount: classCount)
  }

  /// One class: nil, an index or a name.
  private func label(_ value: Value) throws -> Int? {
    if value.isNil { return nil }
    if let name = value.asString { return try named(name) }
    guard let number = Conversion.number(value) else {
      throw call.wrongType(name, LabelArgument.expected)
    }
    guard let label = Int(exactly: number), label >= 0, label < classCount else {
      throw failure(
        "there is no class \(decimal(number))", hint: "classes go from 0 to \(classCount - 1)")
    }
    return label
  }

  private func named(_ name: String) throws -> Int {
    if let label = classNames.firstIndex(of: name) { return label }
    guard !classNames.isEmpty else {
      throw failure(
        "this model has no class names, so \"\(name)\" means nothing to it",
        hint: "give an index from 0 to \(classCount - 1)")
    }
    let nearest = Spelling.nearest(to: name, in: classNames)
    throw failure(
      "there is no class \"\(name)\"",
      hint: nearest.map { "did you mean \"\($0)\"?" }
        ?? "the classes are \(LabelArgument.listed(classNames))")
  }

  /// Names in a row, and how many more there are.
  static func listed(_ names: [String]) -> String {
    let most = 32
    let rest = names.count - most
    let shown = names.prefix(most).joined(separator: ", ")
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }

  private func failure(_ message: String, hint: String = "") -> ScriptError {
    call.failure(.value, message, hint: hint, argument: name)
  }
}

extension Condition {
  /// The classes, nil for the null condition; nil altogether if some are mixtures.
  func plainLabels() throws -> [Int?]? {
    let width = classCount + 1
    let table = try look(up: .eye(width)).toArray()
    var labels: [Int?] = []
    for row in 0..<count {
      let weights = table[row * width..<(row + 1) * width]
      let used = weights.indices.filter { weights[$0] != 0 }
      guard used.count == 1, weights[used[0]] == 1 else { return nil }
      let column = used[0] - row * width
      labels.append(column == classCount ? nil : column)
    }
    return labels
  }

  /// The conditions as a script passes them: nil, classes [B], or weights [B, classes].
  func scriptValue() throws -> Value {
    guard let labels = try plainLabels() else {
      let weights = try look(up: .eye(classCount + 1))
      return .tensor(try weights.narrow(dim: 1, start: 0, count: classCount))
    }
    let known = labels.compactMap { $0 }
    if known.isEmpty { return .nil }
    guard known.count == labels.count else {
      return .list(labels.map { $0.map { .integer($0) } ?? .nil })
    }
    return .tensor(try Tensor(shape: [known.count], values: known.map { Float($0) }))
  }
}
