// SPDX-License-Identifier: Apache-2.0
//
// Labelled pictures as the training loops take them.

import Glibc
import Tensors

/// Pictures with their classes.
public struct TrainingData {
  /// The pictures.
  public let pictures: any PictureSource
  /// The class of each picture.
  public let labels: [Int]
  /// The number of classes.
  public let classCount: Int
  /// A vector for each picture [N, D], for models that are conditioned by vectors; or nil.
  public let vectors: Tensor?

  /// Checks that pictures [N, 3, H, H], with values from 0 to 1, and labels belong together.
  public init(
    images: Tensor, labels: [Int], classCount: Int, vectors: Tensor? = nil
  ) throws {
    guard images.rank == 4, images.shape[1] == 3, images.shape[2] == images.shape[3],
      images.shape[0] == labels.count
    else {
      throw TensorError.shape(
        "a data set needs square pictures [N, 3, H, H] and N labels, not \(images.shape) and "
          + "\(labels.count)")
    }
    try self.init(
      pictures: TensorPictures(images: images.detached), labels: labels, classCount: classCount,
      vectors: vectors)
    try TrainingData.checkPixels(images)
  }

  /// Checks that pictures, whose values are those of pixels, and labels belong together.
  public init(
    pictures: any PictureSource, labels: [Int], classCount: Int, vectors: Tensor? = nil
  ) throws {
    guard pictures.count == labels.count else {
      throw TensorError.shape(misfit(labels.count, "label", pictures.count, "picture"))
    }
    guard !labels.isEmpty else { throw TensorError.value("the data set is empty") }
    for label in labels where label < 0 || label >= classCount {
      throw TensorError.value(
        "there is no class \(label)", hint: "the model knows classes 0 to \(classCount - 1)")
    }
    if let vectors { try TrainingData.checkVectors(vectors, count: labels.count) }
    self.vectors = vectors?.detached
    self.pictures = pictures
    self.labels = labels
    self.classCount = classCount
  }

  /// Rejects what is not one vector of finite numbers for each picture.
  ///
  /// - Throws: a `TensorError` about shape or value.
  public static func checkVectors(_ vectors: Tensor, count: Int) throws {
    guard vectors.rank == 2, vectors.shape[0] == count, vectors.shape[1] > 0 else {
      throw TensorError.shape(
        "the vectors of \(count) pictures have the shape [\(count), D], not \(vectors.shape)")
    }
    let width = vectors.shape[1]
    let wrong = vectors.withValues { $0.firstIndex { !$0.isFinite } }
    if let wrong {
      throw TensorError.value(
        "the vector of picture \(wrong / width) holds \(vectors.pointer[wrong].inWords)",
        hint: "vectors hold finite numbers")
    }
  }

  /// The values that pixels may have: from 0 to 1, with room for what resizing overshoots, and too
  /// narrow for pictures in [-1, 1].
  private static let pixelRange: ClosedRange<Float> = -0.5...1.5

  /// Finds pictures whose values cannot be those of pixels, which are from 0 to 1; resizing may
  /// overshoot a little.
  ///
  /// - Throws: a `TensorError` that names the first such picture of [N, ...].
  public static func checkPixels(_ images: Tensor) throws {
    let size = images.count / max(images.shape[0], 1)
    for index in 0..<images.shape[0] {
      let pixels = UnsafeBufferPointer(start: images.pointer + index * size, count: size)
      guard let wrong = pixels.first(where: { !pixelRange.contains($0) }) else { continue }
      throw TensorError.value(
        "picture \(index) holds \(wrong.inWords); pixels have values from 0 to 1",
        hint: scalingHint(wrong))
    }
  }

  /// How values of which `wrong` is one are brought to 0 to 1.
  private static func scalingHint(_ wrong: Float) -> String {
    guard wrong.isFinite else { return "leave the picture out, or fix it" }
    if wrong > 2 { return "divide bytes by 255" }
    if wrong > 0 { return "clamp(x, 0, 1) cuts off what lies beyond" }
    return wrong >= -1.01
      ? "(x + 1) / 2 maps values from -1 to 1" : "x * std + mean takes back a standardisation"
  }

  /// The number of pictures.
  public var count: Int { labels.count }

  /// Ranges of pictures that are measured or encoded at a time: many enough for all threads, few
  /// enough that their floats take little memory.
  var groups: [Range<Int>] { TrainingData.groups(of: 0..<count) }

  /// Groups of some pictures, of which the first begins a micro-batch.
  static func groups(of pictures: Range<Int>) -> [Range<Int>] {
    stride(from: pictures.lowerBound, to: pictures.upperBound, by: groupSize).map {
      $0..<min($0 + groupSize, pictures.upperBound)
    }
  }
  /// A multiple of the pictures of a micro-batch, so that groups change no bits.
  private static let groupSize = 32 * picturesPerMicroBatch

  /// The classes of the pictures of a range.
  func condition(_ range: Range<Int>) throws -> Condition {
    try Condition(labels[range].map { $0 }, classCount: classCount)
  }

  /// What a code that is conditioned by vectors of `size` numbers, or by classes if that is 0, is
  /// told of some pictures.
  ///
  /// - Throws: a `TensorError` if the vectors are missing or of another size.
  public func condition(
    of places: [Int], vectorSize size: Int, areNull: [Bool]? = nil
  ) throws -> Condition {
    guard size > 0 else {
      let classes = places.enumerated().map { areNull?[$0] == true ? nil : Optional(labels[$1]) }
      return try Condition(classes, classCount: classCount)
    }
    return try Condition(
      vectors: vectors(ofSize: size).rows(at: places), areNull: areNull)
  }

  /// The vectors of all pictures, which must have so many numbers.
  func vectors(ofSize size: Int) throws -> Tensor {
    guard let vectors else {
      throw TensorError.value(
        "this tokenizer is conditioned by vectors of \(size) numbers, which the data set lacks",
        hint: "data.with_condition(dataset, vectors) adds a tensor [N, \(size)]")
    }
    guard vectors.shape[1] == size else {
      throw TensorError.shape(
        "this tokenizer is conditioned by vectors of \(size) numbers, the data set has vectors of "
          + "\(vectors.shape[1])")
    }
    return vectors
  }

  /// The weight of each picture when classes are sampled more evenly: its class's size to the power
  /// of -balance. 0 leaves the data as it is, 1 makes all classes alike.
  func classWeights(balance: Double) -> [Double] {
    var sizes = [Double](repeating: 0, count: classCount)
    for label in labels { sizes[label] += 1 }
    return labels.map { pow(sizes[$0], -balance) }
  }
}

/// Which pictures the steps take: every picture once, in random order, before any twice.
struct EpochOrder {
  private let count: Int
  private let seed: UInt64
  private var order: [Int] = []
  private var epoch = 0

  init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  /// Goes past the pictures of earlier steps.
  mutating func skip(_ steps: Int, of size: Int) throws {
    for step in 0..<steps {
      try Stop.check(at: step)
      _ = try next(size)
    }
  }

  mutating func next(_ size: Int) throws -> [Int] {
    let batch = try upcoming(size)
    order.removeLast(size)
    return batch
  }

  /// What `next` will give.
  mutating func upcoming(_ size: Int) throws -> [Int] {
    while order.count < size {
      var draws = RandomStream(seed: seed, 0x0DE2, epoch)
      order = try draws.permutation(count) + order
      epoch += 1
    }
    return Array(order.suffix(size))
  }
}

extension TrainingData {
  /// A checksum of pictures and labels.
  ///
  /// - Throws: errors of the file that the pictures are read from.
  func fingerprint() throws -> String {
    var sum = Checksum()
    for size in [count, 3, pictures.side, pictures.side] { sum.mix(UInt64(size)) }
    for index in 0..<count {
      try pictures.withPlanes(of: index) { sum.mix($0, count: 3 * pictures.side * pictures.side) }
    }
    for label in labels { sum.mix(UInt64(label)) }
    if let vectors { sum.mix(vectors) }
    return sum.text
  }

  /// The pictures of a range, each augmented by random numbers that depend on the seed, the
  /// variant and its index; variant 0 is the pictures as they are.
  func variant(
    _ variant: Int, of range: Range<Int>, _ augmentation: Augmentation, seed: UInt64
  ) throws -> Tensor {
    guard variant > 0 else { return try pictures.images(range) }
    let side = pictures.side
    let size = side * side * 3
    let pixels = try Tensor(uninitialized: [range.count, side, side, 3])
    try ThreadPool.forEachBlock(trying: range.count, rowsPerBlock: 64) { block in
      for i in block {
        var draws = RandomStream(seed: seed, 0xA46, variant, range.lowerBound + i)
        _ = try pictures.withPlanes(of: range.lowerBound + i) {
          augmentation.copy($0, side: side, to: pixels.pointer + i * size, &draws)
        }
      }
    }
    return try PixelLayout.channelsFirst(pixels)
  }
}

/// A checksum of numbers (FNV-1a over words), which tells one data set from another.
struct Checksum {
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The checksum as hexadecimal digits.
  var text: String { String(hash, radix: 16) }

  mutating func mix(_ bits: UInt64) { hash = (hash ^ bits) &* 0x0000_0100_0000_01B3 }

  mutating func mix(_ tensor: Tensor) {
    for size in tensor.shape { mix(UInt64(size)) }
    mix(tensor.pointer, count: tensor.count)
  }

  mutating func mix(_ values: UnsafePointer<Float>, count: Int) {
    for i in 0..<count { mix(UInt64(values[i].bitPattern)) }
  }
}
