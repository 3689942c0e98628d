// SPDX-License-Identifier: Apache-2.0
//
// The variables of a session in a file: a zip archive of `session.json`, the tensors as
// safetensors, and one file for each model. Nothing in it is run when it is read: functions are
// kept as the text of their declarations, and a text that is anything else is refused. Lists and
// records that contain each other, or that two variables share, are kept so.

import Files
import Models
import Networks
import Runtime
import Tensors

/// Reads and writes the variables of sessions.
public enum SessionFile {
  /// The ending by which such a file is recognised.
  public static let suffix = ".session"
  /// The version of the format, which files carry; a newer one is refused.
  static let version = 1
  static let mark = "smap session"
  static let contents = "session.json"
  static let tensors = "tensors.safetensors"
  /// Bytes of all that a file may hold.
  private static let largest = 1 << 31

  /// What was written.
  public struct Report: Sendable {
    /// How many variables.
    public var saved = 0
    /// The variables that cannot be kept, with what they are.
    public var left: [(name: String, kind: String)] = []
  }

  /// Writes all variables and the place in the random stream.
  ///
  /// - Throws: `FileError`, `CheckpointError` for weights that are not finite.
  public static func write(_ session: Session, path: String) throws -> Report {
    try write(session.variables.map { ($0.name, $0.value) }, of: session, path: path)
  }

  /// As `write`, for some values.
  private static func write(
    _ variables: [(String, Value)], of session: Session, path: String
  ) throws -> Report {
    var writer = SessionWriter(session)
    var report = Report()
    var names: [JSON] = []
    for (name, value) in variables {
      if let stored = writer.variable(name, value) {
        names.append(.array([.string(name), stored]))
        report.saved += 1
      } else {
        report.left.append((name, value.typePhrase))
      }
    }
    let place = session.randomPlace
    let content = JSON.object([
      ("kind", .string(mark)), ("version", .number(Double(version))),
      ("seed", .string("\(place.seed)")), ("draws", .string("\(place.draws)")),
      ("variables", .array(names)), ("containers", .array(writer.containers)),
    ])
    var files = [(name: contents, content: Array(content.rendered.utf8))]
    files.append((tensors, try AtomicFile.bytes { try writer.checkpoint.write(path: path) }))
    for (index, save) in writer.models.enumerated() {
      files.append(("model\(index).safetensors", try AtomicFile.bytes { try save(path) }))
    }
    try ZipArchive.write(files, path: path)
    return report
  }

  /// Some values as the bytes of such a file; errors name `path`.
  static func bytes(
    of variables: [(String, Value)], of session: Session, path: String
  ) throws -> (bytes: [UInt8], report: Report) {
    var report = Report()
    let bytes = try AtomicFile.bytes { report = try write(variables, of: session, path: path) }
    return (bytes, report)
  }

  /// Defines the variables of a file in a session and returns how many there are. The session is
  /// unchanged if the file cannot be read.
  ///
  /// - Throws: `FileError`, `ArchiveError`, `CheckpointError`, or a ValueError for other
  ///   contents.
  public static func read(_ path: String, into session: Session) throws -> Int {
    let found = try contents(of: FileReader.read(path: path), path: path, for: session)
    for (name, value) in found.variables { session.define(name, value) }
    session.seed(found.seed, draws: found.draws)
    return found.variables.count
  }

  /// The variables that the bytes of a file hold, and the place in the random stream; errors name
  /// `path`.
  static func contents(
    of bytes: [UInt8], path: String, for session: Session
  ) throws -> (variables: [(name: String, value: Value)], seed: UInt64, draws: UInt64) {
    let archive = try ZipArchive(bytes, path: path, limit: largest)
    func content(_ name: String) throws -> [UInt8] {
      guard let entry = archive.entries.first(where: { $0.name == name }) else {
        throw unsound(path, "`\(name)` is missing")
      }
      return try archive.content(of: entry)
    }
    let json: JSON
    do {
      json = try JSON.parse(try content(contents))
    } catch let error as JSON.ParseError {
      throw unsound(path, "\(error.message) at byte \(error.offset) of `\(contents)`")
    }
    guard json["kind"]?.text == mark, let found = json["version"]?.integer else {
      throw unsound(path, "`\(contents)` does not say that it is one")
    }
    guard found <= version else {
      throw ScriptError.value(
        "\(path): a newer smap wrote this session (format \(found), known are 1 to \(version))")
    }
    var reader = SessionReader(session: session, path: path, json: json) { index in
      let name = "model\(index).safetensors"
      return try Checkpoint.decode(try content(name), path: "\(path)/\(name)")
    }
    reader.tensors = try Checkpoint.decode(try content(tensors), path: "\(path)/\(tensors)").tensors
    let variables = try reader.variables()
    guard let seed = json["seed"]?.text.flatMap({ UInt64($0) }),
      let draws = json["draws"]?.text.flatMap({ UInt64($0) })
    else { throw unsound(path, "the place in the random stream is missing") }
    return (try variables.map { ($0.0, try $0.1()) }, seed, draws)
  }

  static func unsound(_ path: String, _ problem: String) -> ScriptError {
    .value("\(path) is no session file: \(problem)")
  }
}

/// Collects values for a file.
struct SessionWriter {
  private let session: Session
  private(set) var containers: [JSON] = []
  private var places: [ObjectIdentifier: Int] = [:]
  private var tensors: [NamedParameter] = []
  /// What writes each model to a path.
  private(set) var models: [(String) throws -> Void] = []
  private var modelPlaces: [ObjectIdentifier: Int] = [:]
  private var depth = 0

  /// Deeper values are not kept.
  private static let mostDepth = 500

  init(_ session: Session) { self.session = session }

  var checkpoint: Checkpoint { Checkpoint(metadata: [], tensors: tensors) }

  private struct Unsupported: Error {}

  /// A variable as JSON; nil if it holds what cannot be kept. Then nothing of it is.
  mutating func variable(_ name: String, _ value: Value) -> JSON? {
    let before = self
    do {
      if case .function(let closure) = value {
        guard let text = closure.declaration(named: name) else { return nil }
        return .array([.string("function"), .string(text)])
      }
      return try store(value)
    } catch {
      self = before
      return nil
    }
  }

  private mutating func store(_ value: Value) throws -> JSON {
    depth += 1
    defer { depth -= 1 }
    guard depth < SessionWriter.mostDepth else { throw Unsupported() }
    func item(_ kind: String, _ content: JSON...) -> JSON { .array([.string(kind)] + content) }
    switch value {
    case .nil: return .null
    case .bool(let bool): return .bool(bool)
    case .number(let number): return item("number", .string("\(number)"))
    case .text(let text): return .string(text.string)
    case .range(let range):
      return item(
        "range", .string("\(range.start)"), .string("\(range.stop)"), .string("\(range.step)"))
    case .tensor(let tensor):
      guard tensor.whole == nil else { throw Unsupported() }
      return item(
        "tensor", store(tensor), .bool(tensor.isMask), .bool(tensor.isParameter))
    case .list(let list):
      return try container(list) { writer in
        .array([.string("list")] + (try list.items.map { try writer.store($0) }))
      }
    case .record(let record):
      guard record.title == nil else { throw Unsupported() }
      return try container(record) { writer in
        .array(
          [.string("record")]
            + (try zip(record.keys, record.values).map { key, value -> JSON in
              .array([.string(key), try writer.store(value)])
            }))
      }
    case .object(let object): return try store(object)
    case .cell, .function, .builtin: throw Unsupported()
    }
  }

  private mutating func store(_ tensor: Tensor) -> JSON {
    tensors.append(NamedParameter("t\(tensors.count)", tensor.detached))
    return .number(Double(tensors.count - 1))
  }

  private mutating func container(
    _ object: AnyObject, _ content: (inout SessionWriter) throws -> JSON
  ) throws -> JSON {
    let identity = ObjectIdentifier(object)
    let place = places[identity] ?? containers.count
    if places[identity] == nil {
      places[identity] = place
      containers.append(.null)
      containers[place] = try content(&self)
    }
    return .array([.string("container"), .number(Double(place))])
  }

  private mutating func store(_ object: ForeignObject) throws -> JSON {
    switch object.payload {
    case let tokenizer as SMAPTokenizer:
      return model("tokenizer", tokenizer) { try tokenizer.save(path: $0) }
    case let code as LinearCode: return model("linear code", code) { try code.save(path: $0) }
    case let generator as Generator:
      let own = model("generator", generator.model) { try generator.model.save(path: $0) }
      guard let tokenizer = generator.tokenizer, case .array(let items) = own else { return own }
      return .array(items + [model("tokenizer", tokenizer) { try tokenizer.save(path: $0) }])
    case let sequence as TokenSequence: return store(sequence.tokens)
    default: throw Unsupported()
    }
  }

  private mutating func model(
    _ kind: String, _ object: AnyObject, _ save: @escaping (String) throws -> Void
  ) -> JSON {
    let identity = ObjectIdentifier(object)
    let place = modelPlaces[identity] ?? models.count
    if modelPlaces.updateValue(place, forKey: identity) == nil { models.append(save) }
    return .array([.string(kind), .number(Double(place))])
  }

  private mutating func store(_ tokens: Tokens) -> JSON {
    let condition: JSON
    if let labels = tokens.condition.labels {
      condition = .array(labels.map { $0.map { JSON.number(Double($0)) } ?? .null })
    } else if let (vectors, areNull) = tokens.condition.vectors {
      condition = .object([
        ("vectors", store(vectors)), ("null", .array(areNull.map { .bool($0) })),
      ])
    } else {
      condition = .object([("weights", tokens.condition.classWeights.map { store($0) } ?? .null)])
    }
    return .array([
      .string("tokens"), store(tokens.latents),
      tokens.ids.map { JSON.array($0.map { .number(Double($0)) }) } ?? .null,
      .number(Double(tokens.condition.classCount)), condition,
      tokens.maker.map { .string($0.hexadecimal) } ?? .null,
    ])
  }
}
