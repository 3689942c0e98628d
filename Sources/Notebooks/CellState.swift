// SPDX-License-Identifier: Apache-2.0
//
// The names of a session as the cache sees them: a hash of each value. A data set has no stored
// form, but its content is hashed like that of a tensor, also where a list or a record holds it.
// Any other value without a stored form is known by the cell that made it, since the same cell
// makes the same value; if it may change, by the last cell that could reach it.

import Files
import Glibc
import Library
import Runtime
import Syntax

/// The hashes of all values between two cells.
struct CellState {
  /// What a cell has changed.
  struct Change {
    /// The names whose values an entry must hold.
    var values: [String] = []
    /// The names of functions that the cell declares.
    var declared: [String] = []
    /// The new hashes.
    var hashes: [(key: String, value: String)] = []
    /// Why the cell cannot be cached, or nil.
    var obstacle: String?
  }

  private struct Known {
    var hash: String
    /// The object behind the value, if there is one.
    var identity: ObjectIdentifier?
    /// Why it has no stored form, or nil.
    var unstorable: UnstorableValue?
    var isDeclared = false
    var shared: Set<ObjectIdentifier> = []
  }

  private var known: [String: Known] = [:]

  // MARK: - The key of a cell

  /// The hash of everything that the results of a cell depend on, except files.
  func key(of program: Program, _ session: Session, version: Int) -> String {
    var hash = ContentHash()
    hash.add(version)
    hash.add(CellState.programStamp)
    for text in program.significantTexts { hash.add(text) }
    hash.add("names")
    for (name, value) in known.sorted(by: { $0.key < $1.key }) {
      hash.add(name)
      hash.add(value.hash)
    }
    hash.add("arguments")
    for argument in session.arguments { hash.add(argument) }
    hash.add("\(session.randomPlace.seed) \(session.randomPlace.draws) \(session.isRandomStrict)")
    hash.add(session.path)
    hash.add(CellState.currentFolder)
    return hash.hexadecimal
  }

  /// Size and time of this program: another build may compute other bits.
  private static let programStamp = FileVersion(of: "/proc/self/exe").stamp

  private static var currentFolder: String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
  }

  // MARK: - After a cell

  /// Takes up what a cell has changed by running.
  mutating func update(after program: Program, key: String, _ session: Session) -> Change {
    let reached = session.reachableNames(from: program.words)
    let declaredHere = Dictionary(
      program.statements.compactMap { statement in
        statement.declaredFunction.map { ($0, program.source.text(statement.span)) }
      }
    ) { _, last in last }
    var change = Change()
    for (name, value) in session.variables {
      let before = known[name]
      let now = look(at: name, value, before, reached, declaredHere, key, session, &change)
      if now.hash != before?.hash {
        change.hashes.append((name, now.hash))
        if now.isDeclared {
          change.declared.append(name)
        } else if now.unstorable == nil {
          change.values.append(name)
        }
      }
      known[name] = now
    }
    addSharing(to: &change)
    return change
  }

  private func look(
    at name: String, _ value: Value, _ before: Known?, _ reached: Set<String>,
    _ declaredHere: [String: String], _ key: String, _ session: Session, _ change: inout Change
  ) -> Known {
    let identity = value.identity
    let isSame = before?.identity != nil && before?.identity == identity
    let encoder = StateEncoder(session)
    do {
      try encoder.add("value", value)
      return Known(hash: encoder.hash, identity: identity, shared: encoder.shared)
    } catch let error as UnstorableValue {
      var now = Known(
        hash: before?.hash ?? "", identity: identity, unstorable: error, shared: encoder.shared)
      if isSame, !error.isMutable || !reached.contains(name) {
        now.isDeclared = before?.isDeclared ?? false
        return now
      }
      if !error.isMutable, !isSame, let text = declaredHere[name] {
        (now.hash, now.isDeclared) = ("declared " + text, true)
        return now
      }
      now.hash = CellState.contentHash(of: name, value, session) ?? "made by \(key) as \(name)"
      if isSame, now.hash == before?.hash { return now }
      change.obstacle =
        change.obstacle
        ?? (isSame
          ? "it may change `\(name)`, \(error.description), which is not stored"
          : "`\(name)` holds \(error.description), which is not stored")
      return now
    } catch {
      return Known(hash: "made by \(key) as \(name)", identity: identity)
    }
  }

  /// The hash of a value that is not stored only because of the data sets in it.
  private static func contentHash(of name: String, _ value: Value, _ session: Session) -> String? {
    let encoder = StateEncoder(session, forHash: true)
    guard (try? encoder.add("value", value)) != nil else { return nil }
    return encoder.hash
  }

  /// Adds the names that share lists, records or models with a changed one, which are stored with
  /// it.
  private func addSharing(to change: inout Change) {
    var chosen = Set(change.values)
    var objects = chosen.reduce(into: Set<ObjectIdentifier>()) {
      $0.formUnion(known[$1]?.shared ?? [])
    }
    var grows = !objects.isEmpty
    while grows {
      grows = false
      for (name, value) in known
      where !chosen.contains(name) && !value.shared.isDisjoint(with: objects) {
        guard value.unstorable == nil else {
          change.obstacle =
            change.obstacle ?? "it shares a value with `\(name)`, which is not stored"
          continue
        }
        chosen.insert(name)
        objects.formUnion(value.shared)
        grows = true
      }
    }
    change.values = chosen.sorted()
  }

  // MARK: - From the cache

  /// Takes up the hashes of an entry whose values were just defined.
  mutating func accept(_ hashes: JSON?, _ session: Session) {
    for entry in hashes?.entries ?? [] {
      guard let hash = entry.value.text else { continue }
      known[entry.key, default: Known(hash: hash)].hash = hash
    }
    // Names that share values were defined anew, too.
    for (name, value) in session.variables {
      guard var now = known[name] else { continue }
      now.identity = value.identity
      now.isDeclared = now.hash.hasPrefix("declared ")
      known[name] = now
    }
  }
}

extension Value {
  /// The object behind the value, if it is one that can be shared.
  fileprivate var identity: ObjectIdentifier? {
    switch self {
    case .list(let list): ObjectIdentifier(list)
    case .record(let record): ObjectIdentifier(record)
    case .function(let closure): ObjectIdentifier(closure)
    case .tensor(let tensor): ObjectIdentifier(tensor)
    case .object(let object): ObjectIdentifier(object)
    default: nil
    }
  }
}

extension Program {
  /// The texts of all tokens: blanks and comments change no result.
  fileprivate var significantTexts: [String] {
    statements.flatMap { statement -> [String] in
      let part = Source(path: source.path, text: source.text(statement.span))
      return Lexer.tokenize(part).tokens.map { part.text($0.span) } + [statement.isMuted ? ";" : ""]
    }
  }
}
