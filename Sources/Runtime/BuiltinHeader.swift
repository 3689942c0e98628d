// SPDX-License-Identifier: Apache-2.0
//
// The header of a built-in function, parsed when it is first used. A session needs the names of all
// functions at its start, and the types that have them as methods, but the parameters of a few
// only: to parse all headers was a third of the time that smap took to start.

import Synchronization
import Syntax

/// What the declaration of a built-in says.
final class BuiltinHeader: Sendable {
  /// The full name.
  let name: String
  /// What is written between the colon and the comma of the first parameter, if it can be passed by
  /// position.
  let firstAnnotation: String?
  private let text: String
  private let parsed = AtomicLazyReference<Parsed>()

  /// A header with what follows from it.
  final class Parsed: Sendable {
    let header: Header
    let places: ParameterPlaces

    init(_ text: String) {
      header = Header(parsing: text)
      places = ParameterPlaces(header.parameters)
    }
  }

  init(_ text: String) {
    self.text = text
    (name, firstAnnotation) = BuiltinHeader.start(of: text)
  }

  /// The parsed header. Threads that ask for it at the same time get the same one.
  var whole: Parsed { parsed.load() ?? parsed.storeIfNil(Parsed(text)) }

  /// The name before the parenthesis, and the annotation of the first parameter.
  private static func start(of text: String) -> (String, String?) {
    let bytes = text.utf8
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")) else { return (text, nil) }
    let name = String(text[..<open])
    let rest = bytes[bytes.index(after: open)...]
    guard rest.first != UInt8(ascii: "*"), rest.first != UInt8(ascii: ".") else {
      return (name, nil)
    }
    var depth = 0
    var colon: String.Index?
    for index in rest.indices {
      switch rest[index] {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ":") where colon == nil: colon = bytes.index(after: index)
      case UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: "="):
        guard depth == 0 else { continue }
        return (name, colon.map { text[$0..<index].filter { $0 != " " } })
      default: break
      }
    }
    return (name, nil)
  }
}
