// SPDX-License-Identifier: Apache-2.0
//
// Fitting a linear code. Pictures are read in groups, so their floats never exist at once: means
// first, then either the covariance of all pixels, where that is a matrix of moderate size, or
// products of a few directions with it, read off the pictures each time.

import Tensors

extension LinearCode {
  /// Fits means and principal components to pictures.
  ///
  /// - Parameters:
  ///   - onPass: called after each part of the work with the number of parts done and in all.
  /// - Throws: a `TensorError` when more numbers are asked for than a picture has, or what a stop
  ///   throws.
  public static func fitted(
    to data: TrainingData, kind: LinearCodeKind, numTokens: Int, tokenDim: Int, seed: UInt64 = 0,
    onPass: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> LinearCode {
    guard data.pictures.side <= largestSide else {
      throw TensorError.value(
        "a linear code takes pictures of at most \(largestSide) x \(largestSide) pixels")
    }
    let channels = try data.isGrey() ? 1 : 3
    let pixels = channels * data.pictures.side * data.pictures.side
    guard numTokens >= 1, tokenDim >= 1, numTokens <= pixels, numTokens * tokenDim <= pixels else {
      throw TensorError.value(
        "\(counted(numTokens, "token")) of \(tokenDim) are more numbers than the \(pixels) of a picture",
        hint: "give a smaller num_tokens or token_dim")
    }
    let code = try LinearCode(
      kind,
      Shape(
        imageSize: data.pictures.side, channels: channels, numTokens: numTokens,
        tokenDim: tokenDim, numClasses: data.classCount))
    let fit = LinearFit(code, data, seed: seed)
    let means = try fit.means()
    code.means.assign(
      kind == .pca ? try means.narrow(dim: 0, start: data.classCount, count: 1) : means)
    let everything = Array(0..<data.count)
    let parts = kind == .perClass ? data.classCount + 1 : 1
    for part in 0..<parts {
      try onPass(part, parts)
      let isClass = kind == .perClass && part < data.classCount
      let members = isClass ? everything.filter { data.labels[$0] == part } : everything
      guard !members.isEmpty else { continue }
      let residual = Residual(means: means, ofClass: kind == .classMean || isClass)
      code.store(try fit.components(members, residual), at: part)
    }
    if kind == .perClass { code.shareBasis(with: data.absentClasses) }
    return code
  }

  /// Keeps the directions of one basis.
  private func store(_ found: PrincipalComponents, at part: Int) {
    let (channels, pixels) = (shape.channelCount, shape.pixelCount)
    let target = directions.pointer + part * channels * pixels
    for channel in 0..<channels {
      let from = found.directions.pointer + channel * pixels
      // A direction and its opposite are equally good: the sign is that of its largest component.
      let largest = (0..<pixels).max { abs(from[$0]) < abs(from[$1]) } ?? 0
      let sign: Float = from[largest] < 0 ? -1 : 1
      for p in 0..<pixels { target[channel * pixels + p] = sign * from[p] }
      variances.pointer[part * channels + channel] = found.variances[channel]
    }
  }

  /// Gives classes without pictures the basis of all pictures.
  private func shareBasis(with absent: [Int]) {
    let size = shape.channelCount * shape.pixelCount
    for row in absent {
      (directions.pointer + row * size)
        .update(from: directions.pointer + numClasses * size, count: size)
      (variances.pointer + row * shape.channelCount).update(
        from: variances.pointer + numClasses * shape.channelCount, count: shape.channelCount)
    }
  }
}

/// What is subtracted from pictures before their components are found.
private struct Residual {
  /// [classes + 1, pixels].
  let means: Tensor
  /// Whether the mean is that of each picture's class.
  let ofClass: Bool
}

/// The passes over the pictures.
private struct LinearFit {
  private let code: LinearCode
  private let data: TrainingData
  private let seed: UInt64
  private var pixels: Int { code.shape.pixelCount }

  init(_ code: LinearCode, _ data: TrainingData, seed: UInt64) {
    (self.code, self.data, self.seed) = (code, data, seed)
  }

  /// Pictures whose floats exist at a time.
  private static let groupSize = 512
  /// The side of the largest covariance matrix that is formed.
  private static let largestCovariance = 4096

  /// Runs `body` for groups of pictures as rows [n, pixels].
  private func forEachGroup(_ members: [Int], _ body: ([Int], Tensor) throws -> Void) throws {
    for start in stride(from: 0, to: members.count, by: LinearFit.groupSize) {
      try Stop.check()
      let group = Array(members[start..<min(start + LinearFit.groupSize, members.count)])
      try body(group, try rows(group))
    }
  }

  private func rows(_ indices: [Int]) throws -> Tensor {
    let (width, planes) = (pixels, pixels / code.shape.channels)
    let result = try Tensor(uninitialized: [indices.count, width])
    let (values, pictures, isGrey) = (result.pointer, data.pictures, code.shape.channels == 1)
    try ThreadPool.forEachBlock(trying: indices.count, rowsPerBlock: 64) { block in
      for row in block {
        try pictures.withPlanes(of: indices[row]) {
          (values + row * width).update(from: $0, count: isGrey ? planes : width)
        }
      }
    }
    return result
  }

  /// The mean of each class, then of all: [classes + 1, pixels]. A class without pictures has the
  /// mean of all.
  func means() throws -> Tensor {
    let (classes, width) = (data.classCount, pixels)
    var sums = [Double](repeating: 0, count: (classes + 1) * width)
    var sizes = [Double](repeating: 0, count: classes + 1)
    try forEachGroup(Array(0..<data.count)) { group, rows in
      for (i, index) in group.enumerated() {
        let (row, label) = (rows.pointer + i * width, data.labels[index])
        sizes[label] += 1
        for p in 0..<width { sums[label * width + p] += Double(row[p]) }
      }
    }
    sizes[classes] = Double(data.count)
    for label in 0..<classes {
      for p in 0..<width { sums[classes * width + p] += sums[label * width + p] }
    }
    let means = try Tensor(uninitialized: [classes + 1, width])
    for label in 0...classes {
      let from = sizes[label] > 0 ? label : classes
      for p in 0..<width {
        means.pointer[label * width + p] = Float(sums[from * width + p] / sizes[from])
      }
    }
    return means
  }

  /// The principal components of some pictures around their means.
  func components(_ members: [Int], _ residual: Residual) throws -> PrincipalComponents {
    let count = code.shape.channelCount
    let isDense = pixels <= LinearFit.largestCovariance && pixels <= 2 * members.count
    if isDense {
      let scatter = try Tensor.zeros([pixels, pixels])
      try forEachGroup(members) { group, rows in
        let centred = try self.centred(rows, group, residual)
        scatter.assign(try scatter.add(centred.transpose(0, 1).matmul(centred)))
      }
      return try PrincipalComponents(
        dimensions: pixels, samples: members.count, count: count, seed: seed, rounds: 24
      ) { try $0.matmul(scatter) }
    }
    return try PrincipalComponents(
      dimensions: pixels, samples: members.count, count: count, seed: seed, rounds: 12
    ) { basis in
      var sum = try Tensor.zeros(basis.shape)
      try forEachGroup(members) { group, rows in
        let centred = try self.centred(rows, group, residual)
        sum = try sum.add(basis.matmul(centred.transpose(0, 1)).matmul(centred))
      }
      return sum
    }
  }

  private func centred(_ rows: Tensor, _ group: [Int], _ residual: Residual) throws -> Tensor {
    let labels = group.map { residual.ofClass ? data.labels[$0] : data.classCount }
    return try rows.sub(residual.means.rows(at: labels))
  }
}

extension TrainingData {
  /// Whether red, green and blue are equal in all pictures.
  func isGrey() throws -> Bool {
    let plane = pictures.side * pictures.side
    return try (0..<count).allSatisfy { index in
      try pictures.withPlanes(of: index) { planes in
        (0..<plane).allSatisfy {
          planes[$0] == planes[plane + $0] && planes[$0] == planes[2 * plane + $0]
        }
      }
    }
  }

  /// The classes without pictures.
  var absentClasses: [Int] {
    let present = Set(labels)
    return (0..<classCount).filter { !present.contains($0) }
  }
}
