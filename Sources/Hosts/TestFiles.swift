// SPDX-License-Identifier: Apache-2.0
//
// Which files `smap test` runs. A named file is run whatever it contains. In folders, only files
// with expectations are run: scripts and documents with a marker, and transcripts of the prompt. So
// `smap test .` skips scripts that train for an hour.

import Expectations
import Files
import Syntax

/// A file with expectations.
enum TestFile {
  case document(ExpectationDocument)
  case transcript(Transcript)

  var source: Source {
    switch self {
    case .document(let document): document.source
    case .transcript(let transcript): transcript.source
    }
  }

  var flags: [String] {
    switch self {
    case .document(let document): document.flags
    case .transcript(let transcript): transcript.flags
    }
  }

  /// Classifies a text; nil if it has no prompts.
  init?(_ source: Source) {
    let path = source.path
    if !path.hasSuffix(".txt") {
      self = .document(ExpectationDocument(source))
    } else if let transcript = Transcript(source) {
      self = .transcript(transcript)
    } else {
      return nil
    }
  }

  private var expectsSomething: Bool {
    switch self {
    case .document(let document): document.hasMarkers
    case .transcript: true
    }
  }

  /// The test files at paths of files and folders.
  ///
  /// - Throws: `FileError` for what cannot be read.
  static func find(_ paths: [String]) throws -> [TestFile] {
    try paths.flatMap { path in
      guard !FileReader.isFolder(path) else { return try inFolder(path) }
      guard let file = try TestFile(ProgramText.file(path)) else {
        throw TestFileError.noPrompt(path)
      }
      return [file]
    }
  }

  private static func inFolder(_ folder: String) throws -> [TestFile] {
    let prefix = folder == "." ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    return try FileReader.names(inFolder: folder).filter { !$0.hasPrefix(".") }.flatMap { name in
      let path = prefix + name
      if FileReader.isFolder(path) { return try inFolder(path) }
      guard [".smap", ".md", ".txt"].contains(where: name.hasSuffix) else { return [TestFile]() }
      let source = Source(path: path, bytes: try FileReader.read(path: path))
      guard !source.isBinary else { return [] }
      return TestFile(source).map { $0.expectsSomething ? [$0] : [] } ?? []
    }
  }
}

/// What is wrong with a named file.
enum TestFileError: Error, CustomStringConvertible {
  case noPrompt(String)

  var description: String {
    switch self {
    case .noPrompt(let path):
      "'\(path)' is no transcript: it has no line that begins with `\(Transcript.prompts[0])`"
    }
  }
}
