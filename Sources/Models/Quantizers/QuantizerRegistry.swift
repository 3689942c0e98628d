// SPDX-License-Identifier: Apache-2.0
//
// All quantizers there are. Names, validation, signatures, help and checkpoints derive from this
// list.

import Tensors

/// The quantizers by name.
enum QuantizerRegistry {
  /// In the order in which help lists them; the first is the default.
  static var all: [any Quantizer.Type] {
    [
      KLQuantizer.self,
      VQQuantizer.self,
      SoftVQQuantizer.self,
      FSQQuantizer.self,
      IdentityQuantizer.self,
    ]
  }

  /// How a script chooses one of the named quantizers: `quantizer = "kl", "softvq" or "none"`.
  static func choice(of names: [String]) -> String {
    let words = names.map { "\"\($0)\"" }
    let all = words.dropLast().joined(separator: ", ")
    return "quantizer = " + (all.isEmpty ? "" : all + " or ") + (words.last ?? "")
  }
}

/// The name of a quantizer that exists.
public struct QuantizerKind: RawRepresentable, CaseIterable, Sendable, Hashable {
  /// The name in scripts and checkpoints.
  public let rawValue: String
  private let index: Int

  /// The quantizer of that name, or nil.
  public init?(rawValue: String) {
    guard let index = QuantizerRegistry.all.firstIndex(where: { $0.name == rawValue }) else {
      return nil
    }
    self.init(at: index)
  }

  private init(at index: Int) {
    self.index = index
    rawValue = QuantizerRegistry.all[index].name
  }

  /// Every quantizer, in the order of the registry.
  public static var allCases: [QuantizerKind] {
    QuantizerRegistry.all.indices.map { QuantizerKind(at: $0) }
  }

  /// The first of the registry.
  public static var standard: QuantizerKind { QuantizerKind(at: 0) }

  /// `"kl" (what it does), "vq" (what it does)`, for help.
  public static var summary: String {
    QuantizerRegistry.all.map { "\"\($0.name)\" (\($0.summary))" }.joined(separator: ", ")
  }

  /// The conforming type.
  var type: any Quantizer.Type { QuantizerRegistry.all[index] }
}
