// SPDX-License-Identifier: Apache-2.0
//
// Tensors that are pictures, by shape and values, are shown as pictures: [B, 3, H, W], [B, 1, H, W]
// and [3, H, W] with values in about 0 to 1, as decoders give them. The shape alone would also fit
// the weights of a convolution and the scores of attention, hence the least size and the range.
// `print` always writes the numbers.

import Images
import Tensors

/// Pictures in tensors, for display.
enum PictureDisplay {
  /// The fewest pixels in a row or a column of what is taken for a picture.
  private static let leastSize = 8
  /// The most pictures on a sheet.
  private static let mostPictures = 32
  /// The most pictures side by side.
  private static let mostColumns = 8
  /// The most elements whose range is measured.
  private static let mostElements = 1 << 26
  /// How far decoded values pass 0 and 1.
  private static let range: ClosedRange<Float> = -0.25...1.25

  /// The sheet of the pictures in a tensor, with one line about them; nil if it holds none.
  static func sheet(of tensor: Tensor) -> (picture: Picture, caption: String)? {
    guard holdsPictures(tensor.shape), tensor.count <= mostElements, tensor.whole == nil,
      let extent = extent(of: tensor)
    else { return nil }
    let count = tensor.rank == 4 ? tensor.shape[0] : 1
    let shown = min(count, mostPictures)
    guard
      let pictures = try? (0..<shown).map({ try Picture(tensor, at: $0) }),
      let picture = count == 1 ? pictures.first : try? sheet(of: pictures)
    else { return nil }
    let part = shown < count ? ", the first \(shown) shown" : ""
    return (picture, "\(tensor.shape), \(extent)\(part)")
  }

  private static func sheet(of pictures: [Picture]) throws -> Picture {
    try PictureGrid(
      pictures, columns: min(pictures.count, mostColumns), padding: 2
    ).render()
  }

  private static func holdsPictures(_ shape: [Int]) -> Bool {
    let (channels, batch): (Int, Int)
    switch shape.count {
    case 3: (channels, batch) = (shape[0], 1)
    case 4: (channels, batch) = (shape[1], shape[0])
    default: return false
    }
    return batch > 0 && (channels == 3 || channels == 1 && shape.count == 4)
      && shape.suffix(2).allSatisfy { $0 >= leastSize }
  }

  /// `from 0 to 1, mean 0.25`, or nil if the values are not those of pictures.
  private static func extent(of tensor: Tensor) -> String? {
    tensor.withValues { values -> String? in
      var (least, most, sum) = (Float.infinity, -Float.infinity, 0.0)
      for value in values {
        guard range.contains(value) else { return nil }
        least = min(least, value)
        most = max(most, value)
        sum += Double(value)
      }
      let mean = TensorDisplay.element(Float(sum / Double(values.count)))
      return "from \(TensorDisplay.element(least)) to \(TensorDisplay.element(most)), mean \(mean)"
    }
  }
}
