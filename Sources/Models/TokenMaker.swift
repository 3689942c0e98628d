// SPDX-License-Identifier: Apache-2.0
//
// Which tokenizer made some tokens. Tokens of two tokenizers may have the same shape, but what one
// says with a number means nothing to the other.

import Files
import Networks
import Tensors

/// A name of the weights of a tokenizer.
///
/// Weights are compared in half precision, so a tokenizer that was saved and loaded in it is the
/// same one; training makes another.
public struct TokenMaker: Equatable, Sendable {
  /// The beginning of a SHA-256: sixteen hexadecimal digits.
  public let hexadecimal: String

  /// Values of each tensor that count: training changes nearly all of them.
  private static let sampledValues = 64
  private static let digits = 16

  /// The name of what has these parameters.
  init(_ parameters: [NamedParameter]) {
    var hash = ContentHash()
    for parameter in parameters {
      let count = parameter.tensor.count
      hash.add(parameter.name)
      hash.add(count)
      let sampled = min(count, TokenMaker.sampledValues)
      let halves = (0..<sampled).map {
        Float16(parameter.tensor.pointer[$0 * count / sampled]).bitPattern.littleEndian
      }
      halves.withUnsafeBytes { hash.add($0) }
    }
    hexadecimal = String(hash.hexadecimal.prefix(TokenMaker.digits))
  }

  /// The name that a file holds; nil if it is none.
  public init?(hexadecimal text: String) {
    guard text.utf8.count == TokenMaker.digits, UInt64(text, radix: 16) != nil else { return nil }
    hexadecimal = text
  }
}

extension SMAPTokenizer {
  /// The name of its weights as they are now.
  public var maker: TokenMaker { TokenMaker(stateTensors) }
}

extension LinearCode {
  /// The name of its directions and means.
  public var maker: TokenMaker { TokenMaker(stateTensors) }
}
