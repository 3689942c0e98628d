// SPDX-License-Identifier: Apache-2.0
//
// JSON as Swift literals, for messages and files that smap writes.

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
  /// An object, its members in the order in which they are written.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { ($0.0, $0.1) })
  }

  /// An array.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }

  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }

  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// A number that is whole.
  public static func integer(_ integer: Int) -> JSON { .number(Double(integer)) }

  /// The boolean, if this is one.
  public var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
}
