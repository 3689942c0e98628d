// SPDX-License-Identifier: Apache-2.0
//
// A session with the whole library, for tests about pictures, data and models.

import Files
import Glibc
import Library
import Runtime
import Tensors
import Testing

/// Runs scripts and records what they print.
final class ModelSession {
  private final class Receiver: EventReceiver {
    var printed = ""
    var notes: [String] = []
    var onProgress: ((ProgressReport) -> Void)?

    func receive(_ event: SessionEvent) {
      switch event {
      case .text(let text): printed += text
      case .value(let bundle): printed += bundle.titledText
      case .frame: break
      case .progress(let report): onProgress?(report)
      case .diagnostic(.note(let text)): notes.append(text)
      case .diagnostic, .status: break
      }
    }
  }

  let session: Session
  let interrupt = Interrupt()
  private let receiver = Receiver()
  var printed: String { receiver.printed }
  /// The remarks to the user.
  var notes: [String] { receiver.notes }

  /// What is called with every report of progress.
  var onProgress: ((ProgressReport) -> Void)? {
    get { receiver.onProgress }
    set { receiver.onProgress = newValue }
  }

  init() {
    session = Session(library: Catalog.all, interrupt: interrupt, receiver: receiver)
  }

  /// The value of a program.
  func value(_ text: String) throws -> Value { try session.evaluate(text: text).value }

  /// What a prompt would display for a program.
  func shown(_ text: String) throws -> String { Display.text(try value(text), session) }

  /// The numbers of a tensor, list or number that a program gives.
  func numbers(_ text: String) throws -> [Float] {
    try Conversion.tensor(try value(text)).toArray()
  }

  /// The error that a program ends with.
  func error(_ text: String) throws -> ScriptError {
    do {
      _ = try session.evaluate(text: text)
    } catch let error as ScriptError {
      return error
    }
    Issue.record("no error from: \(text)")
    return ScriptError(.error, "")
  }

  /// A tokenizer and a few pictures, small enough for debug builds.
  func makeTokenizer(_ choices: String = "") throws {
    _ = try value(
      """
      let set = data.shapes(12, size = 16, seed = 3).record()
      let tok = smap.tokenizer(image_size = 16, num_tokens = 8, token_dim = 4, width = 16,
        depth = 1, decoder_depth = 1, heads = 2, pixel_channels = 4, seed = 1\(choices))
      """)
  }

  /// A generator for that tokenizer.
  func makeGenerator() throws {
    try makeTokenizer()
    _ = try value(
      """
      let model = card.model(tok, width = 16, depth = 1, heads = 2, head_width = 16,
        head_depth = 1, seed = 2)
      """)
  }
}

/// A folder that is removed with its files when the test ends.
final class ScratchFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/smap-library-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  private var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }
}

/// The files next to the tests.
enum ScriptFiles {
  /// The folder `Tests`.
  static let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")

  /// The text of a file; empty if it cannot be read.
  static func read(_ path: String) -> String {
    String(decoding: (try? FileReader.read(path: path)) ?? [], as: UTF8.self)
  }
}
