// SPDX-License-Identifier: Apache-2.0
//
// Values as MIME bundles: each medium under its type, pictures as base64.

import Files
import Runtime

enum MimeBundle {
  /// The media of a value.
  ///
  /// - Throws: `ScriptError` when a picture cannot be encoded.
  static func data(of bundle: Bundle) throws -> JSON {
    do {
      return .object(
        try bundle.representations().map { medium in
          switch medium.content {
          case .text(let text): (medium.mediaType, .string(text))
          case .bytes(let bytes): (medium.mediaType, .string(Base64.encode(bytes)))
          }
        })
    } catch {
      throw ScriptError(anything: error)
    }
  }

  /// What the media say of themselves: the size of a picture in pixels, so that a page has room for
  /// it before it is there.
  static func metadata(of bundle: Bundle) -> JSON {
    guard let picture = bundle.picture else { return [:] }
    return ["image/png": ["width": .integer(picture.width), "height": .integer(picture.height)]]
  }

  /// The text of a page of help.
  static func text(_ text: String) -> JSON { ["text/plain": .string(text)] }
}
