// SPDX-License-Identifier: Apache-2.0
//
// Linear codes of pictures, the baselines of learned tokens: a mean and principal components, in
// order of variance, T of them a token. For linear maps and squared error nothing does better at
// any prefix, so a tokenizer has learned something only where it beats them at equal numbers.
//
//   pca              one mean, one basis; the class is ignored
//   class-mean-pca   the mean of each class, one basis of what the classes leave
//   per-class-pca    a mean and a basis for each class: all that a linear map can make of a label
//
// A picture without a class, or of one that the data set lacks, is coded by the mean of all
// pictures; by per-class-pca with the basis of all of them.

import Tensors

/// The kinds of linear codes.
public enum LinearCodeKind: String, Sendable, CaseIterable {
  case pca
  case classMean = "class-mean-pca"
  case perClass = "per-class-pca"
}

/// A mean and ordered directions, for all pictures or for each class.
public final class LinearCode: PictureCode {
  /// What the class changes.
  public let kind: LinearCodeKind
  /// The sizes.
  public let shape: Shape
  /// Names of the classes, in order of index; may be empty.
  public var classNames: [String] = []
  /// Notes that travel with the file.
  public var notes: [(key: String, value: String)] = []
  /// Mean pictures [rows, channels * H * W]: of each class, then of all; for `pca` of all alone.
  public let means: Tensor
  /// Directions of length one [bases, K * T, channels * H * W].
  public let directions: Tensor
  /// The variance along each direction [bases, K * T].
  public let variances: Tensor

  /// The sizes of a linear code.
  public struct Shape: Sendable, Equatable {
    /// The width and height of the pictures in pixels.
    public var imageSize: Int
    /// 1 if all pictures it was fitted to are grey, else 3.
    public var channels: Int
    /// The number of tokens.
    public var numTokens: Int
    /// The channels of a token.
    public var tokenDim: Int
    /// The number of classes.
    public var numClasses: Int

    /// Numbers of a flattened picture.
    var pixelCount: Int { channels * imageSize * imageSize }
    /// Numbers of all tokens of a picture.
    var channelCount: Int { numTokens * tokenDim }
  }

  /// A code whose tables are zero.
  init(_ kind: LinearCodeKind, _ shape: Shape) throws {
    (self.kind, self.shape) = (kind, shape)
    let rows = kind == .pca ? 1 : shape.numClasses + 1
    let bases = kind == .perClass ? rows : 1
    means = try Tensor.zeros([rows, shape.pixelCount])
    directions = try Tensor.zeros([bases, shape.channelCount, shape.pixelCount])
    variances = try Tensor.zeros([bases, shape.channelCount])
  }

  /// The width and height of the pictures in pixels.
  public var imageSize: Int { shape.imageSize }
  /// The number of tokens.
  public var numTokens: Int { shape.numTokens }
  /// The channels of a token.
  public var tokenDim: Int { shape.tokenDim }
  /// The number of classes.
  public var numClasses: Int { shape.numClasses }
  /// Nil: the tokens are continuous.
  public var codeCount: Int? { nil }

  /// The coordinates of pictures [B, 3, H, W] along the directions: tokens [B, K, T].
  ///
  /// A code of grey pictures sees the mean of the three colours.
  public func encode(_ images: Tensor, condition: Condition) throws -> Tokens {
    try checkShape(images)
    let condition = try checkedCondition(condition, count: images.shape[0])
    let parts = try inParallel(count: images.shape[0], size: LinearCode.blockSize) { range in
      let flat = try self.flat(
        images.narrow(dim: 0, start: range.lowerBound, count: range.count))
      let result = try Tensor.zeros([range.count, self.shape.channelCount])
      for group in try self.groups(condition.slice(range)) {
        let centred = try flat.rows(at: group.pictures).sub(self.mean(group.row))
        let basis = try self.basis(group.row, count: self.shape.channelCount)
        try group.add(centred.matmul(basis.transpose(0, 1)), to: result)
      }
      return try result.reshape([range.count, self.numTokens, self.tokenDim])
    }
    return Tokens(
      latents: try Tensor.cat(parts, dim: 0), ids: nil, condition: condition, maker: maker)
  }

  /// The mean plus what the first tokens add along their directions, clamped to 0...1.
  ///
  /// A mixture of classes is the mixture of what each class would decode.
  public func decode(
    _ tokens: Tokens, condition: Condition?, places: TokenPlaces?
  ) throws -> Tensor {
    let condition = try checkedCondition(condition, for: tokens)
    let places = try checkedPlaces(places, for: tokens)
    let isWhole = places.isPrefix && places.lengths == nil
    let all = isWhole ? tokens.latents : try places.spread(tokens.latents, over: numTokens)
    let kept = all.shape[1] * tokenDim
    let parts = try inParallel(count: tokens.count, size: LinearCode.blockSize) { range in
      let latents =
        try all.narrow(dim: 0, start: range.lowerBound, count: range.count)
        .reshape([range.count, kept])
      let result = try Tensor.zeros([range.count, self.shape.pixelCount])
      for group in try self.groups(condition.slice(range)) {
        let basis = try self.basis(group.row, count: kept)
        let pixels = try latents.rows(at: group.pictures).matmul(basis)
        try group.add(pixels.add(self.mean(group.row)), to: result)
      }
      return try self.pictures(result.clamp(min: 0, max: 1))
    }
    return try Tensor.cat(parts, dim: 0)
  }

  /// A picture's numbers depend on the pictures of its block at most, never on threads.
  private static let blockSize = 32

  /// The mean picture of a class, or of all: [pixels].
  private func mean(_ row: Int) throws -> Tensor {
    try means.narrow(dim: 0, start: kind == .pca ? 0 : row, count: 1)
  }

  /// The first `count` directions for a class, or for all: [count, pixels].
  private func basis(_ row: Int, count: Int) throws -> Tensor {
    try directions.narrow(dim: 0, start: kind == .perClass ? row : 0, count: 1)
      .reshape([shape.channelCount, shape.pixelCount]).narrow(dim: 0, start: 0, count: count)
  }

  /// Pictures that share a class, with the weight that the class has for each.
  private struct Group {
    let row: Int
    var pictures: [Int] = []
    var weights: [Float] = []

    /// Adds the weighted rows of `values` to the rows of the group's pictures.
    func add(_ values: Tensor, to sums: Tensor) throws {
      let width = sums.shape[1]
      for (i, picture) in pictures.enumerated() {
        let (from, to) = (values.pointer + i * width, sums.pointer + picture * width)
        for p in 0..<width { to[p] += weights[i] * from[p] }
      }
    }
  }

  private func groups(_ condition: Condition) throws -> [Group] {
    guard kind != .pca else {
      return [
        Group(
          row: numClasses, pictures: Array(0..<condition.count),
          weights: Array(repeating: 1, count: condition.count))
      ]
    }
    guard condition.classCount == numClasses else {
      throw TensorError.value(
        "these labels are of \(counted(condition.classCount, "class")), the code knows \(numClasses)"
      )
    }
    var groups: [Int: Group] = [:]
    for picture in 0..<condition.count {
      for part in condition.parts(of: picture) {
        groups[part.row, default: Group(row: part.row)].pictures.append(picture)
        groups[part.row]?.weights.append(part.weight)
      }
    }
    return groups.values.sorted { $0.row < $1.row }
  }

  /// Pictures [B, 3, H, W] as rows [B, pixels].
  func flat(_ images: Tensor) throws -> Tensor {
    let rows = images.detached
    if shape.channels == 3 { return try rows.reshape([images.shape[0], shape.pixelCount]) }
    return try rows.mean(dim: 1).reshape([images.shape[0], shape.pixelCount])
  }

  /// Rows [B, pixels] as pictures [B, 3, H, W].
  public func pictures(_ rows: Tensor) throws -> Tensor {
    let side = imageSize
    return try rows.reshape([rows.shape[0], shape.channels, side, side])
      .expand([rows.shape[0], 3, side, side])
  }
}
