// SPDX-License-Identifier: Apache-2.0
//
// Convolutions and pooling compared with plain loops in double precision, and their gradients and
// those of the losses with finite differences.

import Networks
import Tensors
import Testing

@Suite struct ConvolutionTests {
  /// The definition, element by element.
  private func reference(
    _ x: Tensor, _ weight: Tensor, _ window: WindowGeometry, groups: Int
  ) -> [Float] {
    let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (outputs, depth, rows, columns) = (
      weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3]
    )
    let (a, w) = (x.toArray(), weight.toArray())
    func places(_ side: Int, _ size: Int, _ step: Int, _ pad: Int, _ gap: Int) -> Int {
      (side + 2 * pad - (size - 1) * gap - 1) / step + 1
    }
    let down = places(
      height, rows, window.stride.0, window.padding.0, window.dilation.0)
    let across = places(
      width, columns, window.stride.1, window.padding.1, window.dilation.1)
    var result: [Float] = []
    for b in 0..<batch {
      for o in 0..<outputs {
        let first = o / (outputs / groups) * depth
        for i in 0..<down {
          for j in 0..<across {
            var sum = 0.0
            for c in 0..<depth {
              for r in 0..<rows {
                for s in 0..<columns {
                  let y = i * window.stride.0 + r * window.dilation.0 - window.padding.0
                  let z = j * window.stride.1 + s * window.dilation.1 - window.padding.1
                  guard y >= 0, y < height, z >= 0, z < width else { continue }
                  let pixel = a[((b * channels + first + c) * height + y) * width + z]
                  sum += Double(pixel * w[((o * depth + c) * rows + r) * columns + s])
                }
              }
            }
            result.append(Float(sum))
          }
        }
      }
    }
    return result
  }

  @Test(arguments: [
    (1, [2, 3, 5, 6], [4, 3, 3, 2], (1, 1), (0, 0), (1, 1)),
    (1, [1, 2, 7, 5], [3, 2, 3, 3], (2, 1), (1, 2), (1, 1)),
    (2, [2, 4, 6, 6], [6, 2, 2, 2], (2, 2), (0, 1), (2, 1)),
    (3, [1, 3, 4, 4], [3, 1, 3, 3], (1, 1), (1, 1), (1, 1)),
  ])
  func convolutionAgreesWithItsDefinition(
    _ groups: Int, _ picture: [Int], _ weights: [Int], _ stride: (Int, Int),
    _ padding: (Int, Int), _ dilation: (Int, Int)
  ) throws {
    let x = try Tensor.randn(picture, key: RandomKey(seed: 1))
    let weight = try Tensor.randn(weights, key: RandomKey(seed: 2))
    let window = WindowGeometry(
      size: (weights[2], weights[3]), stride: stride, padding: padding, dilation: dilation)
    let found = try x.convolved(weight, window: window, groups: groups)
    let wanted = reference(x, weight, window, groups: groups)
    #expect(found.count == wanted.count)
    for (a, b) in zip(found.toArray(), wanted) { #expect(abs(a - b) < 1e-4) }
    let moved = try x.convolved(
      weight, bias: Tensor(repeating: 2, shape: [weights[0]]), window: window, groups: groups)
    for (a, b) in zip(moved.toArray(), wanted) { #expect(abs(a - b - 2) < 1e-4) }
  }

  private func check(
    _ shapes: [[Int]], _ name: String, _ function: ([Tensor]) throws -> Tensor
  ) throws {
    let inputs = try shapes.enumerated().map {
      try Tensor.randn($1, key: RandomKey(seed: 40 + UInt64($0)))
    }
    let parameters = try inputs.map { try Tensor.parameter($0) }
    let result = try function(parameters)
    let weights = try Tensor.randn(result.shape, key: RandomKey(seed: 9))
    let gradients = try (result * weights).sum().gradients(for: parameters)
    for (place, input) in inputs.enumerated() {
      let gradient = try #require(gradients[place], "\(name): no gradient of input \(place)")
      for i in 0..<input.count {
        func total(_ change: Float) throws -> Double {
          var values = input.toArray()
          values[i] += change
          var moved = inputs
          moved[place] = try Tensor(shape: input.shape, values: values)
          let found = try function(moved)
          return zip(found.toArray(), weights.toArray())
            .reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let slope = Float(try (total(4e-3) - total(-4e-3)) / 8e-3)
        #expect(
          abs(gradient.toArray()[i] - slope) < 4e-3 * max(1, abs(slope)),
          "\(name): input \(place), element \(i)")
      }
    }
  }

  @Test func gradients() throws {
    let window = WindowGeometry(size: (2, 2), stride: (2, 1), padding: (1, 0))
    try check([[1, 2, 3, 4], [2, 1, 2, 2], [2]], "conv2d") {
      try $0[0].convolved($0[1], bias: $0[2], window: window, groups: 2)
    }
    try check([[1, 1, 4, 4]], "max_pool2d") {
      try $0[0].maxPooled(WindowGeometry(size: (2, 2), stride: (2, 2)))
    }
    try check([[1, 1, 3, 3]], "avg_pool2d") {
      try $0[0].averagePooled(WindowGeometry(size: (2, 2), padding: (1, 1)))
    }
    try check([[2, 3], [2, 3]], "smooth_l1_loss") {
      try Losses.smoothMeanAbsoluteError($0[0], target: $0[1])
    }
    try check([[2, 3], [2, 3]], "bce_with_logits") {
      try Losses.binaryCrossEntropy($0[0], target: $0[1])
    }
    try check([[2, 3]], "nll_loss") {
      try Losses.negativeLogLikelihood(
        $0[0].logSoftmax(), target: Tensor(shape: [2], values: [2, 0]))
    }
    try check([[2, 3], [2, 3]], "kl_div") {
      try Losses.divergence($0[0].logSoftmax(), target: $0[1].softmax())
    }
  }

  @Test func oddWindowsAreErrors() throws {
    let x = try Tensor.zeros([1, 1, 3, 3])
    let weight = try Tensor.zeros([1, 1, 2, 2])
    for window in [
      WindowGeometry(size: (2, 2), stride: (0, 1)), WindowGeometry(size: (2, 2), padding: (-1, 0)),
      WindowGeometry(size: (2, 2), dilation: (3, 3)),
      WindowGeometry(size: (2, 2), stride: (Int.max, 1)),
    ] {
      #expect(throws: TensorError.self) { try x.convolved(weight, window: window) }
    }
    #expect(throws: TensorError.self) {
      try x.maxPooled(WindowGeometry(size: (4, 4)))
    }
  }
}
