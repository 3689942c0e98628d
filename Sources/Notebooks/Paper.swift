// SPDX-License-Identifier: Apache-2.0
//
// A page as PDF. A browser lays it out, since only a browser knows the whole of HTML, CSS and
// fonts: Chromium, run without a window and without a network.

import Files
import Glibc
import Hosts

/// Why there is no PDF.
public struct PaperError: Error, Sendable {
  /// What went wrong.
  public let message: String
  /// What to do.
  public let hint: String
}

/// Prints pages with Chromium.
enum Paper {
  /// The programs that can do it, in the order of trial.
  private static let browsers = [
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
  ]

  /// Writes a page as a PDF file, all or nothing.
  ///
  /// - Throws: `PaperError` when there is no browser or it fails, `FileError`.
  static func write(_ page: String, to path: String) throws {
    try AtomicFile.check(path: path)
    guard Sandbox.current == nil else {
      throw PaperError(
        message: "a PDF needs a browser, which a sandbox does not start",
        hint: "write the page with --to html, and print it")
    }
    guard let browser = browser else {
      throw PaperError(
        message: "a PDF needs Chromium, which is not installed",
        hint:
          "apt-get install chromium, name a browser in SMAP_BROWSER, or print the page of --to html"
      )
    }
    let folder = try temporaryFolder()
    defer { remove(folder) }
    try AtomicFile.write(path: folder + "/page.html", bytes: Array(page.utf8))
    let words =
      [
        browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
        "--user-data-dir=\(folder)/profile", "--no-pdf-header-footer",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--print-to-pdf=\(folder)/page.pdf",
      ] + (geteuid() == 0 ? ["--no-sandbox"] : []) + ["file://\(folder)/page.html"]
    let status = try run(words)
    guard status == 0, let bytes = try? FileReader.read(path: folder + "/page.pdf"),
      bytes.starts(with: Array("%PDF".utf8))
    else {
      throw PaperError(
        message: "\(browser) made no PDF (exit status \(status))",
        hint: "write the page with --to html, and print it")
    }
    try AtomicFile.write(path: path, bytes: bytes)
  }

  private static var browser: String? {
    if let own = getenv("SMAP_BROWSER").map({ String(cString: $0) }), !own.isEmpty { return own }
    let folders = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin").split(separator: ":")
    for browser in browsers {
      for folder in folders where access("\(folder)/\(browser)", X_OK) == 0 {
        return "\(folder)/\(browser)"
      }
    }
    return nil
  }

  private static func temporaryFolder() throws -> String {
    let parent = TemporaryFolder.path
    var template = Array("\(parent)/smap-page-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) } != nil
    }
    guard made else { throw FileError(path: parent, operation: "make a folder in", code: errno) }
    return String(
      decoding: template.dropLast().map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  /// Removes a folder with all that is in it; links are removed, not followed.
  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in (try? FileReader.names(inFolder: path)) ?? [] { remove(path + "/" + name) }
    }
    _ = Glibc.remove(path)
  }

  /// Runs a program without input and output, and returns its exit status.
  private static func run(_ words: [String]) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, "/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0)
    }
    let arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, words[0], &actions, nil, arguments, environ)
    guard code == 0 else { throw FileError(path: words[0], operation: "start", code: code) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return -1 }
      // Ctrl-C ends the browser, too; a resized window does not.
      if Interpreter.requestedEnd != nil { kill(process, SIGTERM) }
    }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }
}
