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
  private let pictures: String?
  private let parsed = AtomicLazyReference<Parsed>()

  /// A header with what follows from it.
  final class Parsed: Sendable {
    let header: Header
    let places: ParameterPlaces

    init(_ text: String, pictures: String?) {
      header = Header(parsing: text, pictures: pictures)
      places = ParameterPlaces(header.parameters)
    }
  }

  /// A header whose parameter `pictures`, if there is one, also takes a data set.
  init(_ text: String, pictures: String? = nil) {
    (self.text, self.pictures) = (text, pictures)
    (name, firstAnnotation) = BuiltinHeader.start(of: text)
  }

  /// The parsed header. Threads that ask for it at the same time get the same one.
  var whole: Parsed { parsed.load() ?? parsed.storeIfNil(Parsed(text, pictures: pictures)) }

  /// The name before the parenthesis, and the annotation of the first parameter.
  private static func start(of text: String) -> (String, String?) {
    var text = text
    return text.withUTF8 { bytes in
      func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
      guard let open = bytes.firstIndex(of: UInt8(ascii: "(")) else {
        return (string(0..<bytes.count), nil)
      }
      let name = string(0..<open)
      var depth = 0
      var colon: Int?
      for index in open + 1..<bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "]"): depth -= 1
        // A marker or a rest parameter: what follows is passed by name, or has no type.
        case UInt8(ascii: "*"), UInt8(ascii: "."): if colon == nil { return (name, nil) }
        case UInt8(ascii: ":"): colon = colon ?? index
        case UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: "="):
          guard depth == 0 else { continue }
          return (name, colon.map { string($0 + 1..<index).filter { $0 != " " } })
        default: break
        }
      }
      return (name, nil)
    }
  }
}
