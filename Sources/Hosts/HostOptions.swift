// SPDX-License-Identifier: Apache-2.0
//
// What a host is started with. The command line, the `#:` lines of tests and other hosts fill it in;
// nothing here is parsed.

import Console
import Runtime

/// The choices that all ways of running scripts share.
public struct HostOptions: Sendable {
  /// Where the session's random stream starts.
  public var seed: UInt64 = 0
  /// How many threads share the work; nil for all processors.
  public var threads: Int?
  /// Whether output has colours.
  public var color = Terminal.ColorChoice.auto
  /// The name of a picture style, or `auto`.
  public var images = "auto"
  /// Bounds on what one evaluation may use.
  public var limits = Limits()
  /// The most bytes for tensors, lists and all else; nil for no bound of our own.
  public var memoryBytes: Int?
  /// The folder outside which scripts find no files; nil for no sandbox.
  public var sandbox: String?
  /// Whether random draws that name no seed are refused.
  public var isRandomStrict = false
  /// Whether errors are written as JSON, one object a line.
  public var reportsJSON = false

  /// Options with their defaults.
  public init() {}
}
