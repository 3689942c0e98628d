// SPDX-License-Identifier: Apache-2.0
//
// The cache of cells that have run. A cell is found by everything that its results depend on: its
// code, the values of all names before it, the random stream, the arguments of the script, and this
// program; the files that it read must have the same content. An entry holds the outputs and the
// values that the cell has changed, so later cells go on as if it had run.
//
// A cell is run every time if it cannot be stored: when a value has no stored form, a file was
// written, or the clock or the user was asked. It says so, once it takes long enough to matter.

import Files
import Glibc
import Hosts
import Library
import Networks
import Runtime
import Syntax

/// Finds the outputs of cells that have run before with the same inputs.
public final class CellCache {
  /// What a cell gave.
  struct Entry {
    let outputs: [CellOutput]
    let run: CellRun
  }

  private let folder: String
  private let minimumSeconds: Double
  private var state = CellState()
  private var key = ""

  /// Cells that are faster are run: to store their values would take longer.
  public static let usualMinimum = 0.2
  /// All entries together take at most this much; the oldest are removed.
  private static let maximumBytes = 4 << 30
  private static let version = 1

  /// The cache in a folder, of this user unless another is given.
  public init(folder: String? = nil, minimumSeconds: Double = CellCache.usualMinimum) {
    self.folder = folder ?? CellCache.userFolder
    self.minimumSeconds = minimumSeconds
  }

  private static var userFolder: String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let base = variable("XDG_CACHE_HOME") ?? (variable("HOME") ?? "/tmp") + "/.cache"
    return base + "/smap/notebooks"
  }

  // MARK: - Finding

  /// The outputs of a cell that has run before; its values are defined again then.
  func find(_ program: Program, _ session: Session) -> Entry? {
    key = state.key(of: program, session, version: CellCache.version)
    let path = entryPath
    guard FileReader.exists(path), let bytes = try? FileReader.read(path: path),
      let json = try? JSON.parse(bytes), let outputs = json["outputs"]?.elements,
      let run = json["run"].flatMap(StoredCell.run)
    else { return nil }
    let shown = outputs.compactMap(StoredCell.output)
    guard shown.count == outputs.count, areCurrent(json["files"]) else { return nil }
    do {
      try restore(json, program, session)
    } catch {
      return nil
    }
    // The oldest entries are removed first.
    utimes(path, nil)
    return Entry(outputs: shown, run: run)
  }

  private var entryPath: String { "\(folder)/\(key).json" }

  private func areCurrent(_ files: JSON?) -> Bool {
    (files?.elements ?? []).allSatisfy { file in
      guard let path = file["path"]?.text, let stamp = file["stamp"]?.text,
        let hash = file["sha256"]?.text
      else { return false }
      return FileVersion(path: path, stamp: stamp, hash: hash).isCurrent
    }
  }

  /// Defines the values that the cell had changed.
  private func restore(_ json: JSON, _ program: Program, _ session: Session) throws {
    let hasTensors = json["tensors"] == .bool(true)
    let tensors = hasTensors ? try Checkpoint.read(path: "\(folder)/\(key).tensors").tensors : []
    let (folder, key) = (folder, key)
    let decoder = StateDecoder(session, tensors: tensors) { "\(folder)/\(key).\($0)" }
    var values: [(String, Value)] = []
    for entry in json["values"]?.entries ?? [] {
      values.append((entry.key, try decoder.value(entry.value)))
    }
    guard let seed = json["seed"]?.text.flatMap({ UInt64($0) }),
      let draws = json["draws"]?.integer, draws >= 0
    else { throw DamagedCache() }
    let declared = Set((json["declared"]?.elements ?? []).compactMap(\.text))
    let statements = program.statements.filter {
      $0.declaredFunction.map(declared.contains) ?? false
    }
    if !statements.isEmpty {
      _ = try session.evaluate(Program(source: program.source, statements: statements))
    }
    for (name, value) in values { session.define(name, value) }
    session.seed(seed, draws: UInt64(draws))
    state.accept(json["hashes"], session)
  }

  private struct DamagedCache: Error {}

  // MARK: - Storing

  /// Stores a cell that has run; returns why that cannot be, or nil.
  func store(
    _ cell: NotebookCell, _ program: Program, _ session: Session, files: FileTrace
  ) -> String? {
    let change = state.update(after: program, key: key, session)
    guard let run = cell.run, run.seconds >= minimumSeconds else { return nil }
    if let reason = CellRules.obstacle(program, files) ?? change.obstacle { return reason }
    let encoder = StateEncoder(session)
    do {
      for name in change.values {
        guard let value = session.value(named: name) else { continue }
        try encoder.add(name, value)
      }
      try write(encoder.stored, cell, run, change, session, files)
      prune()
      return nil
    } catch let error as UnstorableValue {
      return "\(error.description) is not stored"
    } catch {
      return "the cache cannot be written: \(ScriptError(anything: error).message)"
    }
  }

  private func write(
    _ stored: StoredValues, _ cell: NotebookCell, _ run: CellRun, _ change: CellState.Change,
    _ session: Session, _ files: FileTrace
  ) throws {
    let size = stored.tensors.reduce(0) { $0 + 4 * $1.tensor.count }
    guard size < CellCache.maximumBytes / 4 else {
      throw UnstorableValue(description: "a value of \(size >> 20) MB", isMutable: false)
    }
    if !stored.tensors.isEmpty {
      try Checkpoint(metadata: [], tensors: stored.tensors).write(path: "\(folder)/\(key).tensors")
    }
    for (name, model) in stored.models { try model.save(path: "\(folder)/\(key).\(name)") }
    let place = session.randomPlace
    let document: JSON = .object([
      ("outputs", .array(cell.outputs.map(StoredCell.json))), ("run", StoredCell.json(run)),
      ("values", .object(stored.document)), ("tensors", .bool(!stored.tensors.isEmpty)),
      ("declared", .array(change.declared.map { .string($0) })),
      ("hashes", .object(change.hashes.map { ($0.key, .string($0.value)) })),
      ("seed", .string("\(place.seed)")), ("draws", .number(Double(place.draws))),
      ("files", .array(files.read.map { CellCache.json(FileVersion(of: $0)) })),
    ])
    // Written last: an entry without its parts is never found.
    try AtomicFile.write(path: entryPath, bytes: Array(document.rendered.utf8))
  }

  private static func json(_ file: FileVersion) -> JSON {
    .object([
      ("path", .string(file.path)), ("stamp", .string(file.stamp)), ("sha256", .string(file.hash)),
    ])
  }

  /// Removes the oldest files while there are too many bytes.
  private func prune() {
    let names = (try? FileReader.names(inFolder: folder)) ?? []
    var files: [(path: String, size: Int, time: Int)] = names.compactMap { name in
      var status = stat()
      let path = folder + "/" + name
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return (path, Int(status.st_size), status.st_mtim.tv_sec)
    }
    var total = files.reduce(0) { $0 + $1.size }
    files.sort { $0.time < $1.time }
    for file in files where total > CellCache.maximumBytes {
      unlink(file.path)
      total -= file.size
    }
  }
}

/// What cannot be cached by what a cell says or did.
enum CellRules {
  /// Why the results of a cell must not be taken from a cache, or nil.
  static func obstacle(_ program: Program, _ files: FileTrace) -> String? {
    if let path = files.written.first { return "it writes a file, such as \(path)" }
    let words = program.words
    if words.contains("input") { return "it asks the user" }
    if words.contains("import") { return "it imports a module" }
    if words.contains("sys") {
      // `sys.args` and `sys.version` always give the same.
      return ["clock", "threads", "limits", "lock"].first(where: words.contains)
        .map { "it uses sys.\($0)" }
    }
    return nil
  }
}

extension Program {
  /// The names and keywords of its statements.
  var words: Set<String> {
    guard let first = statements.first, let last = statements.last else { return [] }
    let text = source.text(first.span.joined(with: last.span))
    let part = Source(path: source.path, text: text)
    return Set(
      Lexer.tokenize(part).tokens.filter { $0.kind == .name || $0.kind.isKeyword }
        .map { part.text($0.span) })
  }
}

extension Statement {
  /// The name of the function that it declares, if it does nothing else: `fn f() = 1`, or
  /// `let f = fn() = 1`.
  var declaredFunction: String? {
    switch kind {
    case .function(let name, _): return name.text
    case .let(let pattern, let expression):
      guard case .name(let name) = pattern.kind, case .function = expression.kind else {
        return nil
      }
      return name.text
    default: return nil
    }
  }
}
