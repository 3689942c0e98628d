// SPDX-License-Identifier: Apache-2.0
//
// The options of a host. The command line, the `#:` lines of tests and other hosts set them;
// nothing is parsed here.

import Console
import Runtime

/// The options that all ways of running scripts share.
public struct HostOptions: Sendable {
  /// The seed of the session's random stream.
  public var seed: UInt64 = 0
  /// The number of threads; nil for all processors.
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
  /// Whether random functions without a seed are an error.
  public var isRandomStrict = false
  /// Whether errors are written as JSON, one object per line.
  public var reportsJSON = false

  /// Options with their defaults.
  public init() {}
}
