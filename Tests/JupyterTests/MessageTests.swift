// SPDX-License-Identifier: Apache-2.0
//
// Frames to messages and back: the signature of RFC 4231, round trips, and everything that is no
// message. Where libcrypto is missing there are no signatures to test.

import Files
import Testing

@testable import Jupyter

@Suite(.enabled(if: SignatureLibrary.problem == nil))
struct MessageTests {
  private let sender = Sender()

  private func signer() throws -> Signer { try Signer(key: Array("key".utf8)) }

  private func message() -> Message {
    Message(
      route: [[1, 2]], header: sender.header("execute_request"), parent: [:],
      content: ["code": "1 + 1"], buffers: [[0, 255]])
  }

  @Test("The signature is HMAC-SHA256 of all parts, as RFC 4231 gives it")
  func knownSignature() throws {
    let signer = try Signer(key: Array("Jefe".utf8))
    let parts = ["what do ya want ", "for nothing?"].map { Array($0.utf8) }
    let wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    #expect(String(decoding: signer.signature(of: parts), as: UTF8.self) == wanted)
    #expect(signer.isValid(Array(wanted.utf8), of: parts))
    #expect(!signer.isValid(Array(wanted.uppercased().utf8), of: parts))
    #expect(!signer.isValid([], of: parts))
  }

  @Test("An empty key is refused")
  func emptyKey() { #expect(throws: TransportError.self) { try Signer(key: []) } }

  @Test("A message survives its frames")
  func roundTrip() throws {
    let signer = try signer()
    let sent = message()
    let received = try MessageCodec(signer).message(in: MessageCodec.frames(of: sent, signer))
    #expect(received.route == sent.route)
    #expect(received.header == sent.header && received.content == sent.content)
    #expect(received.buffers == sent.buffers)
    #expect(received.type == "execute_request")
  }

  @Test("A message that comes twice, also among thousands of others, is refused")
  func replay() throws {
    let signer = try signer()
    let codec = MessageCodec(signer)
    let frames = MessageCodec.frames(of: message(), signer)
    _ = try codec.message(in: frames)
    for _ in 0..<100 { _ = try codec.message(in: MessageCodec.frames(of: message(), signer)) }
    #expect(throws: MessageFault.replayed) { try codec.message(in: frames) }
  }

  @Test("Every prefix of the frames is refused")
  func truncated() throws {
    let signer = try signer()
    var sent = message()
    sent.buffers = []
    let frames = MessageCodec.frames(of: sent, signer)
    for count in 0..<frames.count {
      #expect(throws: MessageFault.self) {
        try MessageCodec(signer).message(in: Array(frames[..<count]))
      }
    }
  }

  @Test("A change of any byte of a signed part is noticed")
  func changedBytes() throws {
    let signer = try signer()
    let frames = MessageCodec.frames(of: message(), signer)
    for frame in 2..<7 {
      for place in frames[frame].indices {
        var changed = frames
        changed[frame][place] ^= 1
        #expect(throws: MessageFault.badSignature) {
          try MessageCodec(signer).message(in: changed)
        }
      }
    }
  }

  @Test("Identifiers are UUIDs of version 4, and differ")
  func identifiers() {
    let all = (0..<1000).map { _ in Sender.identifier() }
    #expect(Set(all).count == 1000)
    for text in all {
      let lengths = text.split(separator: "-").map(\.count)
      #expect(lengths == [8, 4, 4, 4, 12])
      let digits = Array(text)
      #expect(digits[14] == "4" && "89ab".contains(digits[19]))
    }
  }
}
