// SPDX-License-Identifier: Apache-2.0
//
// A 3 x 3 convolution with channels last, as a matrix product over the neighbourhoods of a few
// lines at a time (im2col). All neighbourhoods of a picture take nine times its memory; those of a
// few lines stay in the cache, and the backward pass recomputes them.

import CKernels
import Tensors

/// A 3 x 3 convolution over pictures with channels last; edge pixels are repeated outwards.
public final class Convolution3x3: Module {
  /// [out, 9 * in]: the nine neighbours row by row, each with its channels.
  public let weight: Tensor
  /// [out].
  public let bias: Tensor
  private let channels: Int
  private let packed = PackedWeight()

  /// Xavier initialisation by fan-in and fan-out, bias zero.
  public init(
    _ inChannels: Int, _ outChannels: Int, gain: Float = 1, _ initial: inout Initializer
  ) throws {
    channels = inChannels
    weight = try initial.xavier(out: outChannels, in: inChannels * 9, gain: gain)
    bias = try initial.constant(0, [outChannels])
  }

  /// x: [B, H, W, in] gives [B, H, W, out]. If its weights are fixed, no gradient by them is made.
  public func callAsFunction(
    _ x: Tensor, activation: Activation = .none, isFixed: Bool = false
  ) throws -> Tensor {
    guard x.rank == 4, x.shape[3] == channels else {
      throw TensorError.shape("this convolution takes [B, H, W, \(channels)], not \(x.shape)")
    }
    let (weight, bias) = isFixed ? (weight.detached, bias.detached) : (weight, bias)
    return try x.convolved3x3(weight, bias, activation: activation, packed: packed)
  }

  /// All parameters, always in the same order.
  public var namedParameters: [NamedParameter] {
    [NamedParameter("weight", weight), NamedParameter("bias", bias)]
  }
}

/// How a batch of pictures [B, H, W, C] is divided into bands of lines.
private struct Bands {
  let batch: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Lines per band.
  let lines: Int
  /// Bands per picture.
  let perPicture: Int

  /// The maximum size of a band's neighbourhoods, in floats.
  private static let room = 1 << 15

  init(_ shape: [Int]) {
    (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    lines = max(1, min(height, Bands.room / max(1, width * 9 * channels)))
    perPicture = height == 0 ? 0 : (height + lines - 1) / lines
  }

  var count: Int { batch * perPicture }
  /// The row stride of the neighbourhoods in floats: whole vectors.
  var pitch: Int { (9 * channels + 15) / 16 * 16 }
  /// Floats per picture.
  var pictureSize: Int { height * width * channels }
  /// The maximum number of pixels in a band.
  var pixels: Int { lines * width }

  func picture(of band: Int) -> Int { band / perPicture }

  /// The lines of a band in its picture.
  func range(of band: Int) -> Range<Int> {
    let first = band % perPicture * lines
    return first..<min(height, first + lines)
  }

  /// The first pixel of a band among those of all pictures.
  func firstPixel(of band: Int) -> Int {
    (picture(of: band) * height + range(of: band).lowerBound) * width
  }

  /// The neighbourhoods of a band: [pixels, pitch].
  func unfold(_ x: Tensor, band: Int, into rows: UnsafeMutablePointer<Float>) {
    let range = range(of: band)
    Profile.measure(.convolution, bytes: 40 &* range.count &* width &* channels) {
      smap_unfold3x3(
        x.pointer + picture(of: band) * pictureSize, height, width, channels, range.lowerBound,
        range.upperBound, rows, pitch)
    }
  }
}

extension Tensor {
  /// `activation(convolution + bias)` of [B, H, W, C] with a weight [out, 9 * C].
  package func convolved3x3(
    _ weight: Tensor, _ bias: Tensor, activation: Activation = .none,
    packed: PackedWeight = PackedWeight()
  ) throws -> Tensor {
    let out = weight.shape[0]
    let bands = Bands(shape)
    let result = try Tensor(uninitialized: shape.dropLast() + [out])
    let isRecorded =
      smap_gradients_enabled() != 0 && [self, weight, bias].contains(where: \.requiresGradient)
    let before = activation != .none && isRecorded ? try Tensor(uninitialized: result.shape) : nil
    let right = try packed.forward(weight)
    try bands.forEach { band, neighbourhoods in
      bands.unfold(self, band: band, into: neighbourhoods)
      let first = bands.firstPixel(of: band) * out
      var epilogue = ProductEpilogue()
      epilogue.bias = UnsafePointer(bias.pointer)
      epilogue.activation = activation.kernel
      epilogue.before = before.map { $0.pointer + first }
      try right.multiply(
        LeftOperand(rows: neighbourhoods, width: bands.pitch),
        rows: bands.range(of: band).count * bands.width, into: result.pointer + first, epilogue)
    }
    guard isRecorded else { return result }
    let (x, w, needsInput) = (detached, weight.detached, requiresGradient)
    let (needsWeight, needsBias) = (weight.requiresGradient, bias.requiresGradient)
    return result.recorded(from: [self, weight, bias]) { gradient in
      let slope = try Tensor.activationGradient(before, gradient, activation)
      let dx = needsInput ? try slope.foldedGradient(w, packed, like: x) : nil
      let dw = needsWeight ? try slope.neighbourhoodGradient(x, like: w) : nil
      let db =
        needsBias ? try slope.columnSums(rows: x.count / bands.channels, width: out) : nil
      return [dx, dw, db]
    }
  }

  /// dx from dy [B, H, W, out].
  private func foldedGradient(_ weight: Tensor, _ packed: PackedWeight, like x: Tensor) throws
    -> Tensor
  {
    let bands = Bands(x.shape)
    let out = weight.shape[0]
    let dx = try Tensor.zeros(x.shape)
    let right = try packed.backward(weight)
    let rows = try Tensor(uninitialized: [bands.pixels, 9 * bands.channels])
    for band in 0..<bands.count {
      let range = bands.range(of: band)
      try right.multiply(
        LeftOperand(rows: pointer + bands.firstPixel(of: band) * out, width: out),
        rows: range.count * bands.width, into: rows.pointer)
      Profile.measure(.convolution, bytes: 44 &* range.count &* bands.width &* bands.channels) {
        smap_fold3x3(
          rows.pointer, bands.height, bands.width, bands.channels, range.lowerBound,
          range.upperBound, dx.pointer + bands.picture(of: band) * bands.pictureSize)
      }
    }
    return dx
  }

  /// The gradient of a weight [out, 9 * C] from dy [B, H, W, out]: one band after another.
  private func neighbourhoodGradient(_ x: Tensor, like weight: Tensor) throws -> Tensor {
    let bands = Bands(x.shape)
    let out = weight.shape[0]
    let dw = try Tensor.zeros(weight.shape)
    let neighbourhoods = try Tensor(uninitialized: [bands.pixels, bands.pitch])
    var epilogue = ProductEpilogue()
    epilogue.accumulates = true
    for band in 0..<bands.count {
      bands.unfold(x, band: band, into: neighbourhoods.pointer)
      let pixels = bands.range(of: band).count * bands.width
      let right = try PackedMatrix(
        rows: 0..<pixels, of: neighbourhoods, columns: 9 * bands.channels, pitch: bands.pitch)
      try right.multiply(
        LeftOperand(transposed: pointer + bands.firstPixel(of: band) * out, width: out), rows: out,
        into: dw.pointer, epilogue)
    }
    return dw
  }
}

extension Bands {
  /// Calls `body` for each band, on all threads, with a buffer for its neighbourhoods; throws the
  /// first error in the order of the bands.
  fileprivate func forEach(
    _ body: (_ band: Int, _ neighbourhoods: UnsafeMutablePointer<Float>) throws -> Void
  ) throws {
    let perChunk = max(1, (count + 15) / 16)
    let chunks = (count + perChunk - 1) / perChunk
    let room = try Tensor(uninitialized: [max(chunks, 1), pixels * pitch])
    var outcomes = [Result<Void, any Error>](repeating: .success(()), count: chunks)
    outcomes.withUnsafeMutableBufferPointer { slots in
      let slots = slots
      ThreadPool.forEach(chunks: chunks) { chunk in
        let neighbourhoods = room.pointer + chunk * pixels * pitch
        slots[chunk] = Result {
          for band in chunk * perChunk..<min(count, (chunk + 1) * perChunk) {
            try body(band, neighbourhoods)
          }
        }
      }
    }
    for outcome in outcomes { try outcome.get() }
  }
}
