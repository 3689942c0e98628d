// SPDX-License-Identifier: Apache-2.0
//
// Augmentation of training pictures that preserves their meaning: shift, scale, rotation, hue,
// saturation. With a few thousand pictures the tokenizer would otherwise overfit. Pictures are
// never mirrored: text, flags and clocks would become something else.

import Glibc
import Tensors

/// The amounts of augmentation.
public struct Augmentation: Sendable, Equatable {
  /// The fraction of pictures that are moved.
  public var moveShare: Float = 0.4
  /// Largest shift in pixels along each axis.
  public var shift: Float = 1
  /// Largest relative change of size.
  public var scale: Float = 0.06
  /// Largest rotation in radians.
  public var rotation: Float = 0.05
  /// The fraction of pictures whose hue is rotated by any angle.
  public var hueShare: Float = 0.15
  /// The fraction of pictures whose saturation changes by up to a half.
  public var saturationShare: Float = 0.1

  /// The amounts that the shipped models were trained with.
  public init() {}

  /// An amount by the name that scripts use.
  public struct Amount: Sendable {
    /// The name.
    public let name: String
    /// The largest value.
    public let most: Double
    /// One phrase.
    public let summary: String
    /// Where it is kept.
    public let path: WritableKeyPath<Augmentation, Float> & Sendable
  }

  /// The amounts.
  public static let amounts: [Amount] = [
    Amount(name: "move", most: 1, summary: "fraction of pictures moved", path: \.moveShare),
    Amount(name: "shift", most: 1024, summary: "largest shift in pixels", path: \.shift),
    Amount(name: "scale", most: 0.9, summary: "largest change of size", path: \.scale),
    Amount(name: "turn", most: 3.2, summary: "largest rotation in radians", path: \.rotation),
    Amount(name: "hue", most: 1, summary: "fraction with another hue", path: \.hueShare),
    Amount(
      name: "saturation", most: 1, summary: "fraction with another saturation",
      path: \.saturationShare),
  ]

  /// What a checkpoint of a training must agree with: `usual` for the amounts of the shipped models
  /// and for none, which the option `augment` tells apart, or the amounts.
  var settings: String {
    if self == .none || self == Augmentation() { return "usual" }
    return Augmentation.amounts.map { "\($0.name) \(self[keyPath: $0.path])" }
      .joined(separator: ", ")
  }

  /// No change at all.
  public static let none: Augmentation = {
    var none = Augmentation()
    (none.moveShare, none.hueShare, none.saturationShare) = (0, 0, 0)
    return none
  }()

  /// Whether any picture can be changed by these amounts.
  var changesPictures: Bool {
    hueShare > 0 || saturationShare > 0 || moveShare > 0 && max(shift, scale, rotation) > 0
  }

  /// Throws a ValueError if pictures of so many pixels a side are moved out of sight.
  public func validate(side: Int) throws {
    guard moveShare > 0, shift >= Float(side) else { return }
    throw TensorError.value(
      "a shift of \(shift.inWords) pixels moves pictures of \(side) x \(side) pixels out of sight",
      hint: "the amount of `shift` is in pixels, below \(side) here")
  }

  /// How one picture was changed, in numbers of about the same size; all zero if it was not. A
  /// network that is told them need not put their effects into its tokens.
  struct Change: Equatable {
    /// How many numbers describe a change.
    static let count = 7

    /// The shift in quarters of the side, ten times the logarithm of the size and the angle.
    var (dx, dy, size, turn): (Float, Float, Float, Float) = (0, 0, 0, 0)
    /// The angle of the hue as cosine - 1 and sine, and the saturation - 1.
    var (hueCosine, hueSine, saturation): (Float, Float, Float) = (0, 0, 0)

    /// The numbers in order.
    var values: [Float] { [dx, dy, size, turn, hueCosine, hueSine, saturation] }
  }

  /// Copies one picture [3, H, W] to [H, W, 3], augmented by the next samples of the stream, and
  /// returns how it was changed.
  @discardableResult
  func copy(
    _ picture: UnsafePointer<Float>, side: Int, to pixels: UnsafeMutablePointer<Float>,
    _ draws: inout RandomStream
  ) -> Change {
    var change = Change()
    if Float(draws.uniform()) < moveShare {
      move(picture, side: side, to: pixels, &change, &draws)
    } else {
      for c in 0..<3 {
        for i in 0..<side * side { pixels[i * 3 + c] = picture[c * side * side + i] }
      }
    }
    if Float(draws.uniform()) < hueShare {
      let angle = draws.uniform(-.pi, .pi)
      (change.hueCosine, change.hueSine) = (cosf(angle) - 1, sinf(angle))
      mix(pixels, side * side, Augmentation.hueMatrix(angle))
    }
    if Float(draws.uniform()) < saturationShare {
      let amount = draws.uniform(0.5, 1.5)
      change.saturation = amount - 1
      mix(pixels, side * side, Augmentation.saturationMatrix(amount))
    }
    return change
  }

  /// An affine map about the centre, bilinear, with white outside.
  private func move(
    _ picture: UnsafePointer<Float>, side: Int, to pixels: UnsafeMutablePointer<Float>,
    _ change: inout Change, _ draws: inout RandomStream
  ) {
    let centre = Float(side - 1) / 2
    let (dx, dy) = (draws.uniform(-shift, shift), draws.uniform(-shift, shift))
    let zoom = 1 + draws.uniform(-scale, scale)
    let angle = draws.uniform(-rotation, rotation)
    (change.dx, change.dy) = (4 * dx / Float(side), 4 * dy / Float(side))
    (change.size, change.turn) = (10 * logf(zoom), 10 * angle)
    let (c, s) = (cosf(angle) / zoom, sinf(angle) / zoom)
    for y in 0..<side {
      for x in 0..<side {
        let (u, v) = (Float(x) - centre - dx, Float(y) - centre - dy)
        let (sx, sy) = (c * u + s * v + centre, -s * u + c * v + centre)
        let (x0, y0) = (sx.rounded(.down), sy.rounded(.down))
        let (fx, fy) = (sx - x0, sy - y0)
        let (column, row) = (Int(x0), Int(y0))
        for channel in 0..<3 {
          let plane = picture + channel * side * side
          func at(_ r: Int, _ q: Int) -> Float {
            r >= 0 && r < side && q >= 0 && q < side ? plane[r * side + q] : 1
          }
          let top = at(row, column) * (1 - fx) + at(row, column + 1) * fx
          let bottom = at(row + 1, column) * (1 - fx) + at(row + 1, column + 1) * fx
          pixels[(y * side + x) * 3 + channel] = top * (1 - fy) + bottom * fy
        }
      }
    }
  }

  /// A rotation of colours about the grey axis.
  private static func hueMatrix(_ angle: Float) -> [Float] {
    let (c, s) = (cosf(angle), sinf(angle))
    let third = (1 - c) / 3
    let root = s / Float(3).squareRoot()
    return [
      c + third, third - root, third + root,
      third + root, c + third, third - root,
      third - root, third + root, c + third,
    ]
  }

  private static func saturationMatrix(_ amount: Float) -> [Float] {
    let grey: [Float] = [0.299, 0.587, 0.114]
    return (0..<9).map { i in grey[i % 3] * (1 - amount) + (i / 3 == i % 3 ? amount : 0) }
  }

  private func mix(_ pixels: UnsafeMutablePointer<Float>, _ count: Int, _ matrix: [Float]) {
    for i in 0..<count {
      let (r, g, b) = (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])
      for c in 0..<3 {
        let value = matrix[3 * c] * r + matrix[3 * c + 1] * g + matrix[3 * c + 2] * b
        pixels[3 * i + c] = min(max(value, 0), 1)
      }
    }
  }
}
