// SPDX-License-Identifier: Apache-2.0
//
// Formatting: the layout of `smap fmt`, as one edit of the lines between the first and the last
// that change, so that marks and folds elsewhere are preserved.

import Files
import Syntax

extension Server {
  /// The edit that formats a document; none if it is formatted already.
  func formatting(_ request: TextRequest) throws(RequestError) -> JSON {
    let document = request.document
    let result: String
    do {
      result = try Formatter.format(document.source)
    } catch Formatter.Failure.syntax(let errors) {
      let first = errors.first?.message ?? "unknown"
      throw RequestError(
        code: .requestFailed, message: "a text with syntax errors is not laid out: \(first)")
    } catch {
      throw RequestError(
        code: .requestFailed, message: "the new form would not be the same program")
    }
    guard let (old, new) = Server.difference(document.bytes, Array(result.utf8)) else { return [] }
    let place = Span(old.lowerBound, old.upperBound)
    return [
      ["range": document.range(place), "newText": .string(String(decoding: new, as: UTF8.self))]
    ]
  }

  /// The range of `old` that changes, in whole lines, and its replacement in `new`; nil if they are
  /// equal.
  private static func difference(_ old: [UInt8], _ new: [UInt8]) -> (Range<Int>, ArraySlice<UInt8>)?
  {
    guard old != new else { return nil }
    let shorter = min(old.count, new.count)
    var start = zip(old, new).prefix { $0 == $1 }.count
    while start > 0, old[start - 1] != UInt8(ascii: "\n") { start -= 1 }
    var common = zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count
    common = min(common, shorter - start)
    // The part after the change begins after a newline that both have.
    while common > 0,
      old[old.count - common - 1] != UInt8(ascii: "\n")
        || new[new.count - common - 1] != UInt8(ascii: "\n")
    {
      common -= 1
    }
    return (start..<old.count - common, new[start..<new.count - common])
  }
}
