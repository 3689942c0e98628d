// SPDX-License-Identifier: Apache-2.0
//
// All heads of CARD there are. Names, validation, signatures, help and checkpoints derive from this
// list.

/// The heads by name.
enum HeadRegistry {
  /// In the order in which help lists them; the first is the default.
  static var all: [any TokenHead.Type] {
    [FlowHead.self, CategoricalHead.self, RefineHead.self, DiffusionHead.self]
  }
}

/// The name of a head that exists.
public struct HeadKind: RawRepresentable, CaseIterable, Sendable, Hashable {
  /// The name in scripts and checkpoints.
  public let rawValue: String
  private let index: Int

  /// The head of that name, or nil.
  public init?(rawValue: String) {
    guard let index = HeadRegistry.all.firstIndex(where: { $0.name == rawValue }) else {
      return nil
    }
    self.init(at: index)
  }

  private init(at index: Int) {
    self.index = index
    rawValue = HeadRegistry.all[index].name
  }

  /// Every head, in the order of the registry.
  public static var allCases: [HeadKind] { HeadRegistry.all.indices.map { HeadKind(at: $0) } }

  /// The first of the registry.
  public static var standard: HeadKind { HeadKind(at: 0) }

  /// `"flow" (what it does), "categorical" (what it does)`, for help.
  public static var summary: String {
    HeadRegistry.all.map { "\"\($0.name)\" (\($0.summary))" }.joined(separator: ", ")
  }

  /// The conforming type.
  var type: any TokenHead.Type { HeadRegistry.all[index] }
}
