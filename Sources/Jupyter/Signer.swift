// SPDX-License-Identifier: Apache-2.0
//
// Signatures of messages: HMAC-SHA256 with the key of the connection file, as hexadecimal text.

import CCrypto

/// The library of signatures.
public enum SignatureLibrary {
  /// Why the library cannot be used, or nil.
  public static var problem: String? {
    smap_crypto_open() != 0 ? nil : String(cString: smap_crypto_problem())
  }

  /// The name of the library that is loaded; only if there is no problem.
  public static var name: String { String(cString: smap_crypto_name()) }
}

/// Signs messages and checks signatures.
struct Signer: Sendable {
  private let key: [UInt8]

  /// A signer with the key of a connection, which is not empty.
  init(key: [UInt8]) throws {
    if let problem = SignatureLibrary.problem {
      throw TransportError(
        "the library of signatures is missing: \(problem)", hint: "install the package libssl3")
    }
    guard !key.isEmpty else { throw TransportError("the key of the connection is empty") }
    self.key = key
  }

  /// The signature of frames, taken as one text.
  func signature(of frames: some Sequence<[UInt8]>) -> [UInt8] {
    let message = Array(frames.joined())
    var digest = [UInt8](repeating: 0, count: Int(SMAP_HMAC_SIZE))
    let failed = smap_hmac(key, key.count, message, message.count, &digest)
    guard failed == 0 else { return [] }
    let digits = Array("0123456789abcdef".utf8)
    return digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  /// Whether a signature is that of the frames.
  func isValid(_ signature: [UInt8], of frames: some Sequence<[UInt8]>) -> Bool {
    let wanted = self.signature(of: frames)
    guard !wanted.isEmpty, wanted.count == signature.count else { return false }
    return smap_equal_in_constant_time(wanted, signature, wanted.count) != 0
  }
}
