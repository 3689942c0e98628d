// SPDX-License-Identifier: Apache-2.0
//
// Tensors of pictures arrive at the receiver as pictures, with one line about them.

import Hosts
import Runtime
import Testing

@Suite struct PictureTensorTests {
  /// The bundle of the value of a line.
  private func bundle(_ code: String) throws -> Bundle {
    let recorder = EventRecorder()
    let host = Host(HostOptions(), receiver: recorder)
    host.perform { try host.session.show(host.session.evaluate(text: code).value) }
    for case .value(let bundle) in recorder.events { return bundle }
    throw ScriptError.argument("nothing was shown")
  }

  @Test func picturesAreRecognisedByShapeAndValues() throws {
    for (code, caption, width) in [
      ("zeros(3, 8, 12)", "[3, 8, 12], from 0 to 0, mean 0", 12),
      ("rand(1, 3, 8, 8, seed = 1) * 0 + 0.5", "[1, 3, 8, 8], from 0.5 to 0.5, mean 0.5", 8),
      ("cat([zeros(2, 1, 8, 8), ones(2, 1, 8, 8)])", "[4, 1, 8, 8], from 0 to 1, mean 0.5", 42),
      ("zeros(40, 3, 8, 8)", "[40, 3, 8, 8], from 0 to 0, mean 0, the first 32 shown", 82),
    ] {
      let bundle = try bundle(code)
      #expect(bundle.caption == caption && bundle.picture?.width == width, "\(code)")
      #expect(bundle.text.hasPrefix("tensor("))
    }
  }

  @Test func otherTensorsAreNumbers() throws {
    for code in [
      "zeros(8, 8)", "zeros(2, 8, 8)", "zeros(2, 4, 8, 8)", "zeros(2, 3, 3, 3)",
      "zeros(0, 3, 8, 8)",
      "ones(1, 3, 8, 8) * 255", "zeros(3, 8, 8) / 0", "randn(1, 3, 8, 8, seed = 1)",
    ] {
      let bundle = try bundle(code)
      #expect(bundle.picture == nil && bundle.caption == nil, "\(code)")
    }
  }
}
