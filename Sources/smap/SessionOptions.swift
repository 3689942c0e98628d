// SPDX-License-Identifier: Apache-2.0
//
// The options that all ways of running scripts share.

import ArgumentParser
import Console
import Hosts
import Runtime
import Tensors

/// Options that all ways of running share.
struct SessionOptions: ParsableArguments {
  @Option(help: "Start the session's random stream at this whole number.")
  var seed: UInt64 = 0

  @Option(help: "How many threads share the work (default: one for each core).")
  var threads: Int?

  @Option(help: "Colours: auto, always, never.", completion: .list(["auto", "always", "never"]))
  var color = "auto"

  @Option(
    help: "Pictures in the terminal: auto, kitty, iterm2, sixel, blocks, none.",
    completion: .list(["auto", "kitty", "iterm2", "sixel", "blocks", "none"]))
  var images = "auto"

  @Option(help: "The most seconds that one evaluation may take.")
  var maxSeconds: Double?

  @Option(help: "The most loop iterations and calls that one evaluation may take.")
  var maxSteps: Int?

  @Option(help: "The most memory for tensors, lists and all else, such as 2GB or 500MB.")
  var maxMemory: String?

  @Option(help: "The most text that one evaluation may print and show, such as 10MB.")
  var maxOutput: String?

  @Option(help: "How deep calls may nest, from 1 to 10000.")
  var maxDepth: Int?

  @Option(
    help: "The folder outside which scripts find no files; shipped data may be read.",
    completion: .directory)
  var sandbox: String?

  @Flag(help: "Make random functions without a seed an error.")
  var strictRandom = false

  func validate() throws {
    let mostThreads = ThreadPool.mostThreads
    if let threads, !(1...mostThreads).contains(threads) {
      throw ValidationError("--threads is a whole number from 1 to \(mostThreads)")
    }
    if threads == nil, let text = ThreadPool.unusableSetting {
      throw ValidationError(
        "SMAP_NUM_THREADS is a whole number from 1 to \(mostThreads), not '\(text)'")
    }
    if let maxSeconds, !(maxSeconds > 0) { throw ValidationError("--max-seconds is above 0") }
    if let maxSteps, maxSteps < 1 { throw ValidationError("--max-steps is a whole number from 1") }
    for (name, size) in [("--max-memory", maxMemory), ("--max-output", maxOutput)] {
      if let size, SessionOptions.bytes(size) == nil {
        throw ValidationError("\(name) is a size such as 2GB or 500MB, not \(size)")
      }
    }
    if let maxDepth, !(1...10_000).contains(maxDepth) {
      throw ValidationError("--max-depth is a whole number from 1 to 10000")
    }
    guard ["auto", "always", "never"].contains(color) else {
      throw ValidationError("--color is auto, always or never, not \(color)")
    }
    guard ["auto", "kitty", "iterm2", "sixel", "blocks", "none"].contains(images) else {
      throw ValidationError(
        "--images is auto, kitty, iterm2, sixel, blocks or none, not \(images)")
    }
  }

  /// The options in the form of a host.
  var host: HostOptions {
    var host = HostOptions()
    host.seed = seed
    host.threads = threads
    host.color = Terminal.ColorChoice(rawValue: color) ?? .auto
    host.images = images
    host.limits = Limits(
      depth: maxDepth ?? Limits().depth, steps: maxSteps, seconds: maxSeconds,
      outputBytes: maxOutput.flatMap(SessionOptions.bytes))
    host.memoryBytes = maxMemory.flatMap(SessionOptions.bytes)
    host.sandbox = sandbox
    host.isRandomStrict = strictRandom
    return host
  }

  /// The options in a line `#:` of a script.
  ///
  /// - Throws: an ArgumentError for anything that is no session option.
  static func ofScript(_ flags: [String]) throws -> HostOptions {
    do {
      let own = try parse(flags)
      guard own.sandbox == nil else { throw ValidationError("a sandbox is for a whole process") }
      return own.host
    } catch {
      throw ScriptError.argument(
        message(for: error), hint: "#: takes the options of `smap run`")
    }
  }

  /// A size with a unit as a number of bytes, or nil.
  static func bytes(_ text: String) -> Int? {
    let units: [(String, Double)] = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1)]
    let upper = text.uppercased()
    let (suffix, factor) = units.first { upper.hasSuffix($0.0) } ?? ("", 1)
    guard let number = Double(upper.dropLast(suffix.count)), number > 0 else { return nil }
    return Int(exactly: (number * factor).rounded())
  }
}
