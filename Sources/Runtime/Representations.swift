// SPDX-License-Identifier: Apache-2.0
//
// The media of a bundle under their MIME types, encoded: what a notebook file stores and what a
// notebook kernel sends. A type of objects offers its media in one place, `ForeignType.bundle`;
// pages, notebook files, kernels and terminals all read the bundle.

import Images

/// A value in one medium.
public struct Representation: Sendable, Equatable {
  /// The encoded value.
  public enum Content: Sendable, Equatable {
    /// Text in UTF-8.
    case text(String)
    /// Binary data, such as a PNG file.
    case bytes([UInt8])

    /// How many bytes it takes.
    public var size: Int {
      switch self {
      case .text(let text): text.utf8.count
      case .bytes(let bytes): bytes.count
      }
    }
  }

  /// The MIME type: `image/png`.
  public let mediaType: String
  /// The value.
  public let content: Content

  /// A value in the medium of that type.
  public init(_ mediaType: String, _ content: Content) {
    (self.mediaType, self.content) = (mediaType, content)
  }
}

extension Bundle {
  /// All media of the value, plain text first and the richest last.
  ///
  /// - Throws: `ImageError` when a picture cannot be encoded.
  public func representations() throws -> [Representation] {
    var all = [Representation("text/plain", .text(text))]
    if let picture { all.append(Representation("image/png", .bytes(try PNG.encode(picture)))) }
    if let svg { all.append(Representation("image/svg+xml", .text(svg))) }
    if let html { all.append(Representation("text/html", .text(html))) }
    return all
  }

  /// The richest medium of the value.
  ///
  /// - Throws: as `representations`.
  public func richest() throws -> Representation {
    try representations().last ?? Representation("text/plain", .text(text))
  }
}
