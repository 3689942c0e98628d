// SPDX-License-Identifier: Apache-2.0
//
// Which tokenizer made some tokens. Tokens of two tokenizers may have the same shape, but what one
// says with a number means nothing to the other.

import Networks
import Tensors

/// A number that identifies the weights of a tokenizer.
///
/// Weights are compared in half precision, so a tokenizer that was saved and loaded in it is the
/// same one; training makes another.
public struct TokenMaker: Equatable, Sendable {
  /// The number.
  public let bits: UInt64

  /// Values of each tensor that count: training changes nearly all of them.
  private static let sampledValues = 64

  /// The identity of what has these parameters.
  init(_ parameters: [NamedParameter]) {
    // FNV-1a, 64 bits: Fowler, Noll and Vo; RFC 9923.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ value: UInt64) { hash = (hash ^ value) &* 0x0000_0100_0000_01b3 }
    for parameter in parameters {
      for byte in parameter.name.utf8 { add(UInt64(byte)) }
      let count = parameter.tensor.count
      add(UInt64(count))
      for i in 0..<min(count, TokenMaker.sampledValues) {
        let place = count <= TokenMaker.sampledValues ? i : i * count / TokenMaker.sampledValues
        add(UInt64(Float16(parameter.tensor.pointer[place]).bitPattern))
      }
    }
    bits = hash
  }

  /// The identity written as `text`, sixteen hexadecimal digits; nil if it is not written so.
  public init?(hexadecimal text: String) {
    guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else { return nil }
    self.bits = bits
  }

  /// Sixteen hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension SMAPTokenizer {
  /// The identity of its weights as they are now.
  public var maker: TokenMaker { TokenMaker(stateTensors) }
}

extension LinearCode {
  /// The identity of its directions and means.
  public var maker: TokenMaker { TokenMaker(stateTensors) }
}
