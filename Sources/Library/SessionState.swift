// SPDX-License-Identifier: Apache-2.0
//
// Values of a session as data and back: what a cache or a saved session stores. Decoding executes
// nothing. Lists, records and parameters that several values share stay shared. What has no stored
// form is named: functions, layers, optimizers, results that are still differentiated.

import Files
import Images
import Models
import Networks
import Runtime
import Tensors

/// Why a value has no stored form.
public struct UnstorableValue: Error {
  /// What it is, with its article: `a figure`.
  public let description: String
  /// Whether it may change after it was made, as an optimizer does.
  public let isMutable: Bool

  /// A value of that description.
  public init(description: String, isMutable: Bool) {
    (self.description, self.isMutable) = (description, isMutable)
  }
}

/// Values as JSON, with their tensors and models beside it.
public struct StoredValues {
  /// The values by name.
  public var document: [(key: String, value: JSON)] = []
  /// The tensors that the document names.
  public var tensors: [NamedParameter] = []
  /// The models that the document names.
  public var models: [(name: String, model: StorableModel)] = []

  /// No values.
  public init() {}
}

/// A model with its file.
public enum StorableModel {
  case tokenizer(SMAPTokenizer)
  case generator(CARDGenerator, tokenizer: SMAPTokenizer?)
  case linear(LinearCode)

  var object: AnyObject {
    switch self {
    case .tokenizer(let model): model
    case .generator(let model, _): model
    case .linear(let model): model
    }
  }

  /// Writes the file of the model.
  ///
  /// - Throws: `FileError`, `CheckpointError` for numbers that are not finite.
  public func save(path: String) throws {
    switch self {
    case .tokenizer(let model): try model.save(path: path)
    case .generator(let model, _): try model.save(path: path)
    case .linear(let model): try model.save(path: path)
    }
  }

  /// A hash of everything that its file would hold.
  var hash: String {
    switch self {
    case .tokenizer(let model):
      ModelUse.hash(of: model.stateTensors)
        + "\(model.configuration)\(model.notes)\(model.classNames)"
    case .generator(let model, _):
      ModelUse.hash(of: model.stateTensors)
        + "\(model.configuration)\(model.notes)\(model.classNames)"
    case .linear(let model):
      ModelUse.hash(of: model.stateTensors) + "\(model.notes)\(model.classNames)"
    }
  }
}

/// Encodes values.
public final class StateEncoder {
  /// What has been encoded.
  public private(set) var stored = StoredValues()
  /// The lists, records, parameters and models among it, which may change.
  public private(set) var shared: Set<ObjectIdentifier> = []
  private var numbers: [ObjectIdentifier: Int] = [:]
  private let session: Session
  private let isHashing: Bool

  /// Lists nest no deeper.
  private static let maximumDepth = 500

  /// Encodes values of a session: to store them, or only to tell whether they are still the same.
  /// A hash also knows the content of data sets, which are not stored.
  public init(_ session: Session, forHash isHashing: Bool = false) {
    (self.session, self.isHashing) = (session, isHashing)
  }

  /// Adds a value under a name.
  ///
  /// - Throws: `UnstorableValue`; what was added before stays.
  public func add(_ name: String, _ value: Value) throws {
    stored.document.append((name, try json(value, depth: 0)))
  }

  /// The hash of all that was added, tensors and models included.
  public var hash: String {
    var hash = ContentHash()
    hash.add(JSON.object(stored.document).rendered)
    hash.add(ModelUse.hash(of: stored.tensors))
    for model in stored.models { hash.add(model.model.hash) }
    return hash.hexadecimal
  }

  private func json(_ value: Value, depth: Int) throws -> JSON {
    guard depth < StateEncoder.maximumDepth else {
      throw UnstorableValue(description: "a value that nests very deep", isMutable: true)
    }
    switch value {
    case .nil: return .null
    case .bool(let flag): return .bool(flag)
    case .number(let number):
      return number.isFinite ? .number(number) : tagged("number", .string("\(number)"))
    case .text(let text): return .string(text.string)
    case .range(let range):
      return tagged("range", .array([range.start, range.stop, range.step].map { .number($0) }))
    case .list(let list):
      return try once(list) {
        try tagged("list", .array(list.items.map { try json($0, depth: depth + 1) }))
      }
    case .record(let record): return try self.record(record, depth: depth)
    case .tensor(let tensor): return try self.tensor(tensor)
    case .builtin(let builtin): return tagged("builtin", .string(builtin.qualifiedName))
    case .object(let object): return try self.object(object)
    case .function(let closure):
      throw UnstorableValue(description: "a function", isMutable: closure.hasCaptures)
    case .cell: throw UnstorableValue(description: "a variable", isMutable: true)
    }
  }

  private func tagged(_ tag: String, _ value: JSON) -> JSON { .object([(tag, value)]) }

  /// An object that is written once and named wherever else it stands.
  private func once(_ object: AnyObject, _ body: () throws -> JSON) throws -> JSON {
    let id = ObjectIdentifier(object)
    shared.insert(id)
    if let number = numbers[id] { return tagged("same", .number(Double(number))) }
    let number = numbers.count
    numbers[id] = number
    do {
      return .object([("id", .number(Double(number))), ("is", try body())])
    } catch let error as UnstorableValue {
      // Whatever holds it may change, even if it itself does not.
      throw UnstorableValue(description: error.description, isMutable: true)
    }
  }

  private func record(_ record: Record, depth: Int) throws -> JSON {
    if let title = record.title {
      let name = session.builtins.globalNames.first {
        if case .record(let known)? = session.builtins.globals[$0] {
          known === record
        } else {
          false
        }
      }
      guard let name else {
        throw UnstorableValue(
          description: title.hasPrefix("module") ? "a \(title)" : "a module", isMutable: true)
      }
      return tagged("namespace", .string(name))
    }
    return try once(record) {
      try tagged(
        "record",
        .array(
          zip(record.keys, record.values).map {
            .array([.string($0), try json($1, depth: depth + 1)])
          }))
    }
  }

  private func tensor(_ tensor: Tensor) throws -> JSON {
    guard !tensor.requiresGradient else {
      guard tensor.isParameter else {
        throw UnstorableValue(description: "a result that is still differentiated", isMutable: true)
      }
      return try once(tensor) {
        var entries: [(key: String, value: JSON)] = [("parameter", plain(tensor.detached))]
        if let gradient = tensor.grad { entries.append(("grad", plain(gradient.detached))) }
        return .object(entries)
      }
    }
    return plain(tensor)
  }

  private func plain(_ tensor: Tensor) -> JSON {
    let name = "t\(stored.tensors.count)"
    stored.tensors.append(NamedParameter(name, tensor))
    var entries: [(key: String, value: JSON)] = [("tensor", .string(name))]
    if tensor.isMask { entries.append(("mask", .bool(true))) }
    if let whole = tensor.whole {
      entries.append(("whole", .array((0..<whole.count).map { .string("\(whole[$0])") })))
    }
    return .object(entries)
  }

  private func object(_ object: ForeignObject) throws -> JSON {
    switch object.payload {
    case let image as ImageObject:
      do {
        return tagged("image", .string(Base64.encode(try PNG.encode(image.picture))))
      } catch {
        throw UnstorableValue(description: "an image", isMutable: false)
      }
    case let dataset as DatasetObject where isHashing:
      guard let hash = try? dataset.contentHash() else {
        throw UnstorableValue(description: object.type.name.withArticle, isMutable: false)
      }
      return tagged(object.type.name, .string(hash))
    case let tokens as TokenSequence: return try self.tokens(tokens.tokens)
    case let model as SMAPTokenizer: return try self.model("tokenizer", .tokenizer(model))
    case let model as LinearCode: return try self.model("linear", .linear(model))
    case let generator as Generator:
      return try once(generator) {
        var entries: [(key: String, value: JSON)] = [
          (
            "generator",
            try model("weights", .generator(generator.model, tokenizer: generator.tokenizer))
          )
        ]
        if let tokenizer = generator.tokenizer {
          entries.append(("tokenizer", try model("tokenizer", .tokenizer(tokenizer))))
        }
        return .object(entries)
      }
    default:
      throw UnstorableValue(
        description: object.type.name == "tokens" ? "tokens" : object.type.name.withArticle,
        isMutable: !StateEncoder.constantTypes.contains(object.type.name))
    }
  }

  /// Types whose objects never change after they were made.
  private static let constantTypes: Set<String> = [
    MediaTypes.image.name, MediaTypes.figure.name, DatasetTypes.dataset.name,
    ModelTypes.tokens.name, ModelTypes.schedule.name, ControlTypes.control.name,
    TableFunctions.type.name,
  ]

  private func model(_ tag: String, _ model: StorableModel) throws -> JSON {
    try once(model.object) {
      let name = "m\(stored.models.count)"
      stored.models.append((name, model))
      return tagged(tag, .string(name))
    }
  }

  private func tokens(_ tokens: Tokens) throws -> JSON {
    guard tokens.condition.vectors == nil, !tokens.latents.requiresGradient,
      let labels = try? tokens.condition.plainLabels()
    else { throw UnstorableValue(description: "tokens with mixed conditions", isMutable: false) }
    var entries: [(key: String, value: JSON)] = [
      ("tokens", plain(tokens.latents)), ("classes", .number(Double(tokens.condition.classCount))),
      ("labels", .array(labels.map { $0.map { .number(Double($0)) } ?? .null })),
    ]
    if let ids = tokens.ids { entries.append(("ids", .array(ids.map { .number(Double($0)) }))) }
    if let maker = tokens.maker { entries.append(("maker", .string(maker.hexadecimal))) }
    return .object(entries)
  }
}

/// Why stored values cannot be read.
public struct DamagedState: Error {
  /// What is wrong with them.
  public let message: String
}

/// Decodes values.
public final class StateDecoder {
  private let session: Session
  private let tensors: [String: Tensor]
  private let modelPath: (String) -> String
  private var known: [Int: Value] = [:]

  /// Decodes values for a session from tensors by name and the paths of models' files.
  public init(
    _ session: Session, tensors: [NamedParameter], modelPath: @escaping (String) -> String
  ) {
    self.session = session
    self.tensors = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
    self.modelPath = modelPath
  }

  /// The value of a JSON form.
  ///
  /// - Throws: `DamagedState`, and what reading a model's file throws.
  public func value(_ json: JSON, depth: Int = 0) throws -> Value {
    guard depth < 1100 else { throw DamagedState(message: "values nest too deep") }
    switch json {
    case .null: return .nil
    case .bool(let flag): return .bool(flag)
    case .number(let number): return .number(number)
    case .string(let text): return .string(text)
    case .array: throw DamagedState(message: "a bare array")
    case .object: return try tagged(json, depth: depth)
    }
  }

  private func tagged(_ json: JSON, depth: Int) throws -> Value {
    if let number = json["same"]?.integer {
      guard let value = known[number] else { throw DamagedState(message: "an unknown reference") }
      return value
    }
    if let number = json["id"]?.integer, let inner = json["is"] {
      return try shared(inner, number, depth: depth)
    }
    if let text = json["number"]?.text, let number = Double(text) { return .number(number) }
    if let bounds = json["range"]?.elements?.compactMap(\.double), bounds.count == 3 {
      return .range(try NumberRange(bounds[0], bounds[1], step: bounds[2]))
    }
    if json["tensor"] != nil { return .tensor(try tensor(json)) }
    if let name = json["builtin"]?.text {
      guard let builtin = session.builtins.functions.first(where: { $0.qualifiedName == name })
      else { throw DamagedState(message: "no function \(name)") }
      return .builtin(builtin)
    }
    if let name = json["namespace"]?.text, let value = session.builtins.globals[name] {
      return value
    }
    if let text = json["image"]?.text, let bytes = Base64.decode(text) {
      return ImageObject(try PNG.decode(bytes, name: "image")).value
    }
    if let latents = json["tokens"] { return try tokens(latents, json) }
    throw DamagedState(message: "an unknown form")
  }

  /// A value that may occur again, also within itself.
  private func shared(_ json: JSON, _ number: Int, depth: Int) throws -> Value {
    if let items = json["list"]?.elements {
      let list = List()
      known[number] = .list(list)
      for item in items { list.append(try value(item, depth: depth + 1)) }
      return .list(list)
    }
    if let fields = json["record"]?.elements {
      let record = Record()
      known[number] = .record(record)
      for field in fields {
        guard let pair = field.elements, pair.count == 2, let name = pair[0].text else {
          throw DamagedState(message: "a field without a name")
        }
        record[name] = try value(pair[1], depth: depth + 1)
      }
      return .record(record)
    }
    let made: Value
    if let plain = json["parameter"] {
      let parameter = try Tensor.parameter(tensor(plain))
      parameter.grad = try json["grad"].map { try tensor($0) }
      made = .tensor(parameter)
    } else if let name = json["tokenizer"]?.text {
      made = try SMAPTokenizer.load(path: modelPath(name)).value
    } else if let name = json["linear"]?.text {
      made = try PictureCodeValue.value(PictureCodeFile.load(path: modelPath(name)))
    } else if let weights = json["generator"]?["is"]?["weights"]?.text {
      let tokenizer = try json["tokenizer"].map { try value($0, depth: depth + 1) }
      var owner: SMAPTokenizer?
      if case .object(let object)? = tokenizer { owner = object.payload as? SMAPTokenizer }
      made = Generator(try CARDGenerator.load(path: modelPath(weights)), tokenizer: owner).value
    } else {
      throw DamagedState(message: "an unknown form")
    }
    known[number] = made
    return made
  }

  private func tensor(_ json: JSON) throws -> Tensor {
    guard let name = json["tensor"]?.text, let stored = tensors[name] else {
      throw DamagedState(message: "a tensor is missing")
    }
    if let whole = json["whole"]?.elements?.compactMap({ $0.text.flatMap { Int($0) } }) {
      guard whole.count == stored.count else { throw DamagedState(message: "a tensor is cut off") }
      return try Tensor(wholeNumbers: whole, shape: stored.shape)
    }
    let tensor = try Tensor(shape: stored.shape, values: stored.toArray())
    tensor.isMask = json["mask"] == .bool(true)
    return tensor
  }

  private func tokens(_ latents: JSON, _ json: JSON) throws -> Value {
    guard let classes = json["classes"]?.integer, let labels = json["labels"]?.elements else {
      throw DamagedState(message: "tokens without labels")
    }
    let latents = try tensor(latents)
    let ids = json["ids"]?.elements?.compactMap(\.integer)
    guard latents.rank == 3, labels.count == latents.shape[0],
      ids == nil || ids?.count == latents.shape[0] * latents.shape[1]
    else { throw DamagedState(message: "tokens are cut off") }
    return TokenSequence(
      Tokens(
        latents: latents, ids: ids,
        condition: try Condition(labels.map(\.integer), classCount: classes),
        maker: json["maker"]?.text.flatMap { TokenMaker(hexadecimal: $0) }
      )
    ).value
  }
}

/// Codes of pictures as values.
enum PictureCodeValue {
  static func value(_ code: any PictureCode) throws -> Value {
    if let tokenizer = code as? SMAPTokenizer { return tokenizer.value }
    if let linear = code as? LinearCode { return linear.value }
    throw DamagedState(message: "a model of an unknown kind")
  }
}
