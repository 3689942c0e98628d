// SPDX-License-Identifier: Apache-2.0
//
// `data.load` and `data.save`: one table of file formats, by file extension. Arrays are stored as
// .npy, records of arrays as .npz and .safetensors, everything else as text: .json, .jsonl, .csv,
// .txt, .md.

import Files
import Networks
import Runtime
import Tensors

/// A file format for values.
private struct FileFormat: Sendable {
  let ending: String
  let load: @Sendable (Call, String) throws -> Value
  let save: @Sendable (Call, String) throws -> Void
}

/// Reading and writing files of values.
enum DataFiles {
  static let functions: [Builtin] = [load, save, JSONLines.append]

  private static let formats: [FileFormat] = [
    FileFormat(ending: ".npy", load: loadArray, save: saveArray),
    FileFormat(ending: ".npz", load: loadArchive, save: saveArchive),
    FileFormat(ending: ".safetensors", load: loadCheckpoint, save: saveCheckpoint),
    FileFormat(ending: ".json", load: TextFiles.loadJSON, save: TextFiles.saveJSON),
    FileFormat(ending: ".jsonl", load: JSONLines.load, save: JSONLines.save),
    FileFormat(ending: ".csv", load: TextFiles.loadTable, save: TextFiles.saveTable),
    FileFormat(ending: ".txt", load: TextFiles.loadText, save: TextFiles.saveText),
    FileFormat(ending: ".md", load: TextFiles.loadText, save: TextFiles.saveText),
  ]

  private static let load = Builtin(
    "data.load(path: string) -> any",
    "Reads a file: a tensor from .npy, a record of tensors from .npz or .safetensors, or text.",
    details:
      "A .json file gives records, lists and plain values; a .jsonl file a list of them, one "
      + "for each line; a .csv file a list of records, one for each line, named by the first; a "
      + ".txt or .md file a string. Numbers of other kinds "
      + "become 32-bit floats in tensors.",
    example:
      #"data.save([{x: 1, y: 2}], "points.csv"); data.load("points.csv")   #=> [{x: 1, y: 2}]"#,
    body: { call in
      let path = try call.path("path", endingIn: formats.map(\.ending))
      return try format(of: path, call).load(call, path)
    })

  private static let save = Builtin(
    "data.save(x, path: string)",
    "Writes a value to a file of the kind that the path ends in: what `data.load` reads.",
    details: "A tensor goes to .npy, a record of tensors to .npz or .safetensors, a list of "
      + "records to .csv, a string to .txt or .md, any plain value to .json, and a list of them to .jsonl.",
    example: #"data.save({w: eye(2)}, "w.npz"); data.load("w.npz").w.shape   #=> [2, 2]"#,
    body: { call in
      let path = try call.path("path", endingIn: formats.map(\.ending))
      try format(of: path, call).save(call, path)
      return .nil
    })

  /// The endings of files of values that are no models.
  static let endingsOfOthers = formats.map(\.ending).filter { $0 != ".safetensors" }

  private static func format(of path: String, _ call: Call) throws -> FileFormat {
    let lowered = path.lowercased()
    guard let format = formats.first(where: { lowered.hasSuffix($0.ending) }) else {
      throw call.failure(.value, "the kind of \"\(path)\" is not known")
    }
    return format
  }

  // MARK: - Arrays

  private static let loadArray: @Sendable (Call, String) throws -> Value = { call, path in
    try tensor(NumPyFile.read(path: path), path, call)
  }

  private static let saveArray: @Sendable (Call, String) throws -> Void = { call, path in
    if case .record = try call["x"] {
      throw call.failure(
        .value, "an .npy file holds one tensor", hint: "end the path in .npz or .safetensors",
        argument: "path")
    }
    try NumPyFile.write(call.tensor("x"), path: path)
  }

  private static func tensor(
    _ content: NumPyFile.Content, _ path: String, _ call: Call
  ) -> Value {
    if content.isRounded { noteRounding(path, call) }
    return .tensor(content.tensor)
  }

  private static func noteRounding(_ path: String, _ call: Call) {
    call.session.note("'\(path)': numbers above 2**24 were rounded to 32-bit floats")
  }

  private static let loadArchive: @Sendable (Call, String) throws -> Value = { call, path in
    // The content of an entry and its tensor are in memory at the same time.
    let room = max(0, (MemoryBudget.limit - MemoryBudget.held) / 2)
    let archive = try ZipArchive(FileReader.read(path: path), path: path, limit: room)
    let record = Record()
    for entry in archive.entries {
      try call.checkInterrupt()
      guard entry.name.hasSuffix(".npy") else {
        throw ScriptError.data("'\(path)' holds `\(entry.name)`, which is no array")
      }
      let content = try NumPyFile.content(
        archive.content(of: entry), path: "\(path): \(entry.name)")
      record[String(entry.name.dropLast(4))] = tensor(content, path, call)
    }
    return .record(record)
  }

  private static let saveArchive: @Sendable (Call, String) throws -> Void = { call, path in
    let files = try namedTensors(call).map { entry in
      (name: entry.name + ".npy", content: NumPyFile.bytes(of: entry.tensor))
    }
    try ZipArchive.write(files, path: path)
  }

  private static let loadCheckpoint: @Sendable (Call, String) throws -> Value = { call, path in
    let record = Record()
    let checkpoint = try Checkpoint.read(path: path)
    for entry in checkpoint.tensors { record[entry.name] = .tensor(entry.tensor) }
    if let first = checkpoint.rounded.first {
      let more = checkpoint.rounded.count - 1
      noteRounding("\(path): \(first)\(more > 0 ? " and \(more) more" : "")", call)
    }
    return .record(record)
  }

  private static let saveCheckpoint: @Sendable (Call, String) throws -> Void = { call, path in
    let tensors = try namedTensors(call)
    guard !tensors.contains(where: { $0.name == Checkpoint.metadataKey }) else {
      throw call.failure(
        .value, "no tensor in a .safetensors file can have the name `\(Checkpoint.metadataKey)`",
        hint: "the format keeps this name for notes; choose another", argument: "x")
    }
    try Checkpoint(metadata: [], tensors: tensors).write(path: path)
  }

  /// The tensors in a record; lists of numbers are converted to tensors.
  private static func namedTensors(_ call: Call) throws -> [NamedParameter] {
    guard case .record(let record) = try call["x"] else {
      throw call.wrongType("x", "a record of tensors")
    }
    return try zip(record.keys, record.values).map { key, value in
      do {
        return NamedParameter(key, try Conversion.tensor(value))
      } catch let error as ScriptError where error.kind == .type {
        throw call.failure(
          .type, "`\(key)` is \(value.typePhrase), not a tensor",
          hint: "save a record of tensors only", argument: "x")
      }
    }
  }
}
