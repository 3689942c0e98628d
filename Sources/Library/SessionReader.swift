// SPDX-License-Identifier: Apache-2.0
//
// Values of a session file. Every claim of the file is checked: it may come from anywhere.

import Files
import Models
import Networks
import Runtime
import Tensors

/// Makes values of what a file says.
struct SessionReader {
  let session: Session
  let path: String
  let json: JSON
  /// The file of a model.
  let model: (Int) throws -> Checkpoint
  var tensors: [NamedParameter] = []
  private var containers: [Value] = []
  private var models: [Int: Value] = [:]

  init(
    session: Session, path: String, json: JSON, model: @escaping (Int) throws -> Checkpoint
  ) {
    (self.session, self.path, self.json, self.model) = (session, path, json, model)
  }

  private func unsound(_ problem: String) -> ScriptError { SessionFile.unsound(path, problem) }

  /// The variables of the file, with what gives the value of each. All is checked before.
  mutating func variables() throws -> [(String, () throws -> Value)] {
    guard let stored = json["containers"]?.elements, let names = json["variables"]?.elements else {
      throw unsound("its variables are missing")
    }
    // All containers exist before any is filled, so that they may contain each other.
    for item in stored {
      switch item.elements?.first?.text {
      case "list": containers.append(.list(List()))
      case "record": containers.append(.record(Record()))
      default: throw unsound("a container is neither a list nor a record")
      }
    }
    for (index, item) in stored.enumerated() { try fill(containers[index], item) }
    return try names.map { entry -> (String, () throws -> Value) in
      guard let pair = entry.elements, pair.count == 2, let name = pair[0].text,
        Display.isName(name)
      else { throw unsound("a variable has no name") }
      if let parts = pair[1].elements, parts.first?.text == "function", parts.count == 2,
        let text = parts[1].text
      {
        guard let declaration = FunctionDeclaration(name, text) else {
          throw unsound("`\(name)` is no declaration of a function")
        }
        return (name, { [session] in try declaration.function(in: session) })
      }
      let made = try value(pair[1])
      return (name, { made })
    }
  }

  private mutating func fill(_ container: Value, _ item: JSON) throws {
    try Stop.check()
    for element in (item.elements ?? []).dropFirst() {
      switch container {
      case .list(let list): list.append(try value(element))
      case .record(let record):
        guard let pair = element.elements, pair.count == 2, let key = pair[0].text,
          record[key] == nil
        else { throw unsound("a field of a record is malformed") }
        record[key] = try value(pair[1])
      default: break
      }
    }
  }

  private mutating func value(_ json: JSON) throws -> Value {
    switch json {
    case .null: return .nil
    case .bool(let bool): return .bool(bool)
    case .string(let text): return .string(text)
    case .array(let parts): return try value(parts)
    default: throw unsound("a value is malformed")
    }
  }

  private mutating func value(_ parts: [JSON]) throws -> Value {
    func number(_ index: Int) throws -> Double {
      guard parts.indices.contains(index), let text = parts[index].text, let number = Double(text)
      else { throw unsound("a number is malformed") }
      return number
    }
    func flag(_ index: Int) -> Bool {
      if parts.indices.contains(index), case .bool(true) = parts[index] { true } else { false }
    }
    switch parts.first?.text {
    case "number": return .number(try number(1))
    case "range": return .range(try NumberRange(number(1), number(2), step: number(3)))
    case "tensor":
      let stored = try tensor(parts, 1)
      guard flag(3) else {
        stored.isMask = flag(2)
        return .tensor(stored)
      }
      return .tensor(try Tensor.parameter(stored))
    case "container":
      guard let index = parts.last?.integer, containers.indices.contains(index) else {
        throw unsound("it has no such container")
      }
      return containers[index]
    case "tokens": return TokenSequence(try tokens(parts)).value
    case "tokenizer", "linear code", "generator": return try modelValue(parts)
    default: throw unsound("it holds an unknown kind of value")
    }
  }

  private func tensor(_ parts: [JSON], _ index: Int) throws -> Tensor {
    guard parts.indices.contains(index), let place = parts[index].integer,
      tensors.indices.contains(place)
    else { throw unsound("it has no such tensor") }
    return tensors[place].tensor
  }

  private mutating func modelValue(_ parts: [JSON]) throws -> Value {
    guard parts.count >= 2, let place = parts[1].integer, place >= 0 else {
      throw unsound("it has no such model")
    }
    if let known = models[place] { return known }
    let checkpoint = try model(place)
    let name = "\(path), model \(place)"
    let made: Value
    switch parts[0].text {
    case "tokenizer": made = try SMAPTokenizer.load(checkpoint, path: name).value
    case "linear code": made = try LinearCode.load(checkpoint, path: name).value
    default:
      let generator = Generator(try CARDGenerator.load(checkpoint, path: name))
      if parts.count == 3, let own = parts[2].elements, own.first?.text == "tokenizer",
        case .object(let object) = try modelValue(own)
      {
        generator.tokenizer = object.payload as? SMAPTokenizer
      }
      made = generator.value
    }
    models[place] = made
    return made
  }

  private func tokens(_ parts: [JSON]) throws -> Tokens {
    guard (5...6).contains(parts.count), let classCount = parts[3].integer, classCount >= 0 else {
      throw unsound("tokens are malformed")
    }
    let latents = try tensor(parts, 1)
    guard latents.rank == 3 else { throw unsound("tokens are malformed") }
    let ids = parts[2].elements?.compactMap(\.integer)
    guard ids.map({ $0.count == latents.shape[0] * latents.shape[1] }) ?? true else {
      throw unsound("tokens are malformed")
    }
    let condition: Condition
    if let labels = parts[4].elements {
      condition = try Condition(labels.map(\.integer), classCount: classCount)
    } else if let vectors = parts[4]["vectors"] {
      let areNull = (parts[4]["null"]?.elements ?? []).map { $0 == .bool(true) }
      condition = try Condition(vectors: tensor([vectors], 0), areNull: areNull)
    } else {
      condition = try Condition(
        weights: tensor([parts[4]["weights"] ?? .null], 0), classCount: classCount)
    }
    guard condition.count == latents.shape[0] else { throw unsound("tokens are malformed") }
    let maker = parts.count == 6 ? parts[5].text.flatMap { TokenMaker(hexadecimal: $0) } : nil
    return Tokens(latents: latents, ids: ids, condition: condition, maker: maker)
  }
}
