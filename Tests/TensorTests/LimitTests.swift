// SPDX-License-Identifier: Apache-2.0
//
// Invalid operations fail with an error that says what was wrong; merely large ones work.

import Tensors
import Testing

@Suite struct LimitTests {
  @Test func theBudgetIsKept() throws {
    let tooMany = MemoryBudget.limit / 4 + 1
    let error = tensorError { _ = try Tensor.zeros([tooMany]) }
    #expect(error?.kind == "LimitError")
    #expect(error?.message.contains(describeBytes(MemoryBudget.limit)) == true)
    let row = try Tensor.zeros([1, 100_000])
    let column = try Tensor.zeros([10_000_000, 1])
    #expect(tensorError { _ = try row + column }?.kind == "LimitError")
    #expect(tensorError { _ = try column.matmul(row) }?.kind == "LimitError")
    #expect(tensorError { _ = try row.expand([10_000_000, 100_000]) }?.kind == "LimitError")
  }

  @Test func memoryIsGivenBack() throws {
    // Other tests run at the same time, so a block larger than all of theirs together is tracked.
    let count = 64_000_000
    func held() -> Int { MemoryBudget.held / (count * 2) }
    let before = held()
    do { _ = try Tensor(uninitialized: [count]) }
    #expect(held() <= before + 1)
  }

  @Test(arguments: [
    [1 << 62, 2], [1 << 40, 1 << 40], [.max], [0, .max], [0, 1 << 37, 1 << 37], [-1], [3, -2, 0],
    [0, -1],
    [Int](repeating: 2, count: 17),
  ])
  func impossibleShapes(_ shape: [Int]) {
    #expect(tensorError { _ = try Tensor.zeros(shape) } != nil)
    let wider = shape + [-2]
    #expect(tensorError { _ = try Tensor.zeros([1]).expand(wider) } != nil)
    #expect(tensorError { _ = try Tensor.zeros([1]).reshape(wider) } != nil)
    #expect(tensorError { _ = try Tensor.rand(shape, key: RandomKey(seed: 0)) } != nil)
  }

  @Test func deepGraphsAreFreed() throws {
    let x = try Tensor.parameter(try v(1))
    var y = try x * 1
    for _ in 0..<100_000 { y = try y + 1 }
    #expect(try y.item() == 100_001)
    let gradient = try y.gradients(for: [x])
    #expect(gradient[0]?.toArray() == [1])
    y = x
  }

  @Test func strangePositions() throws {
    let x = try Tensor.zeros([3, 2])
    for bad in [Double.nan, .infinity, 1e300, -1e300, 0.5] {
      #expect(tensorError { _ = try TensorIndex.position(bad) }?.kind == "IndexError")
      let list = try v(Float(bad))
      #expect(tensorError { _ = try x.subscripted([.gather(list)]) }?.kind == "IndexError")
      #expect(tensorError { _ = try Tensor.oneHot(list, classes: 3) }?.kind == "IndexError")
      #expect(
        tensorError { _ = try x.gather(dim: 0, index: list.reshape([1, 1])) }?.kind == "IndexError")
    }
    #expect(tensorError { _ = try TensorIndex.bound(.nan) }?.kind == "IndexError")
    let far = try TensorIndex.bound(1e300)
    let slice = TensorIndex.slice(start: try TensorIndex.bound(-1e300), stop: far, step: far)
    #expect(try x.subscripted([slice]).shape == [1, 2])
    let back = TensorIndex.slice(start: .max, stop: .min, step: .min)
    #expect(try x.subscripted([back]).shape == [1, 2])
    #expect(try x.subscripted([.slice(start: .min, stop: .max, step: .max)]).shape == [1, 2])
    let empty = TensorIndex.slice(start: 5, stop: 2, step: 1)
    #expect(try x.subscripted([empty]).shape == [0, 2])
  }

  @Test func wrongIndices() throws {
    let x = try Tensor.zeros([3, 2])
    let error = tensorError { _ = try x.subscripted([.index(3)]) }
    #expect(error?.message == "index 3 is out of range for dimension 0 of shape [3, 2]")
    #expect(error?.hint == "indices go from -3 to 2")
    for bad: [TensorIndex] in [
      [.index(0), .index(0), .index(0)], [.ellipsis, .ellipsis],
      [.slice(start: nil, stop: nil, step: 0)], [.mask(try v(1, 0))], [.index(-4)], [.index(.min)],
      [.mask(try Tensor.scalar(1))],
    ] {
      #expect(tensorError { _ = try x.subscripted(bad) }?.kind == "IndexError")
    }
    let lists: [TensorIndex] = [.gather(try v(0, 1)), .gather(try v(0, 1, 1))]
    #expect(tensorError { _ = try x.subscripted(lists) }?.kind == "ShapeError")
  }

  @Test func productsThatDoNotFit() throws {
    let error = tensorError { _ = try Tensor.zeros([32, 784]).matmul(Tensor.zeros([512, 10])) }
    #expect(error?.kind == "ShapeError")
    #expect(error?.message == "cannot multiply [32, 784] by [512, 10]")
    #expect(error?.hint == "the left side has 784 columns, the right side 512 rows")
    #expect(tensorError { _ = try Tensor.scalar(1).matmul(v(1)) }?.kind == "ShapeError")
    let batches = tensorError {
      _ = try Tensor.zeros([2, 3, 4]).matmul(Tensor.zeros([3, 4, 5]))
    }
    #expect(batches?.kind == "ShapeError")
  }

  @Test func sumsOfPatternsThatDoNotFit() throws {
    let x = try Tensor.zeros([2, 3])
    for bad in ["ij,jk->ik", "ijk", "ij->ik", "ij->ii", "i1", "i...j...", "ij->->i", ""] {
      #expect(tensorError { _ = try Tensor.einsum(bad, [x]) } != nil, "\(bad)")
    }
    let sizes = tensorError { _ = try Tensor.einsum("ij,ij", [x, x.transposed()]) }
    #expect(sizes?.kind == "ShapeError")
    #expect(tensorError { _ = try Tensor.einsum("", []) } != nil)
  }

  @Test func emptyTensors() throws {
    let empty = try Tensor.zeros([0, 3])
    #expect(try empty.sum().item() == 0)
    #expect(try empty.prod(dims: [0]).toArray() == [1, 1, 1])
    #expect(try empty.mean().item().isNaN)
    #expect(try empty.sum(dim: 1).shape == [0])
    #expect(try empty.maximum(dims: [1]).shape == [0])
    #expect(tensorError { _ = try empty.maximum() }?.kind == "ValueError")
    #expect(tensorError { _ = try empty.argmax(dim: 0) }?.kind == "ValueError")
    #expect(try empty.softmax().shape == [0, 3])
    #expect(try empty.softmax(dim: 0).shape == [0, 3])
    #expect(try empty.all().item() == 1)
    #expect(try empty.any().item() == 0)
    #expect(try empty.matmul(Tensor.zeros([3, 2])).shape == [0, 2])
    #expect(try empty.transposed().matmul(empty).toArray() == [Float](repeating: 0, count: 9))
    #expect(try Tensor.cat([empty, Tensor.zeros([2, 3])]).shape == [2, 3])
    #expect(try empty.cumsum(dim: 0).shape == [0, 3])
    #expect(try Tensor.einsum("ij->j", [empty]).toArray() == [0, 0, 0])
    #expect(try empty.flip(dims: [0]).shape == [0, 3])
    #expect(try empty.pad([0, 0, 1, 1], value: 2).toArray() == [Float](repeating: 2, count: 6))
  }

  @Test func otherMistakes() throws {
    let x = try Tensor.zeros([2, 3])
    let mistakes: [(String, () throws -> Void)] = [
      ("IndexError", { _ = try x.sum(dim: 2) }), ("ValueError", { _ = try x.sum(dims: [0, -2]) }),
      ("ShapeError", { _ = try x.permute([0]) }), ("ShapeError", { _ = try x.permute([0, 0]) }),
      ("IndexError", { _ = try x.transpose(0, 5) }),
      ("IndexError", { _ = try x.unsqueeze(dim: 4) }),
      ("IndexError", { _ = try x.narrow(dim: 0, start: 1, count: .max) }),
      ("IndexError", { _ = try x.narrow(dim: 0, start: -1, count: 1) }),
      ("ValueError", { _ = try x.chunk(0) }), ("ValueError", { _ = try x.split(size: -1) }),
      ("ShapeError", { _ = try x.split(sizes: [1]) }), ("ValueError", { _ = try Tensor.cat([]) }),
      ("ShapeError", { _ = try Tensor.cat([x, Tensor.zeros([3])]) }),
      ("ShapeError", { _ = try Tensor.stack([x, Tensor.zeros([3])]) }),
      ("ValueError", { _ = try x.pad([1]) }), ("ValueError", { _ = try x.pad([.max, .max]) }),
      ("ValueError", { _ = try x.pad([-4, 0]) }), ("ValueError", { _ = try x.pad([0, .min]) }),
      ("ValueError", { _ = try x.repeated([1]) }), ("ValueError", { _ = try x.repeated([1, -1]) }),
      ("LimitError", { _ = try x.repeated([.max, .max]) }),
      ("ShapeError", { _ = try Tensor.zeros([2]).tril() }),
      ("ShapeError", { _ = try Tensor.zeros([2, 2, 2]).diag() }),
      ("ValueError", { _ = try x.topK(4) }), ("ValueError", { _ = try x.topK(-1) }),
      ("ValueError", { _ = try x.clamp(min: 2, max: 1) }),
      ("ValueError", { _ = try x.norm(order: .nan) }),
      ("ValueError", { _ = try Tensor.arange(0, .infinity) }),
      ("ValueError", { _ = try Tensor.arange(0, 1, step: 0) }),
      ("LimitError", { _ = try Tensor.arange(0, 1e300) }),
      ("ValueError", { _ = try Tensor.linspace(0, 1, count: -1) }),
      ("ShapeError", { _ = try Tensor.eye(-1) }),
      ("ValueError", { _ = try Tensor.oneHot(x, classes: -1) }),
      ("ShapeError", { _ = try x.expand([3, 3]) }), ("ShapeError", { _ = try x.expand([3]) }),
      ("ShapeError", { _ = try x.expand([-1, 2, 3]) }), ("ShapeError", { _ = try x.item() }),
      ("ShapeError", { _ = try x.gather(dim: 0, index: Tensor.zeros([1])) }),
      ("ShapeError", { _ = try x.gather(dim: 0, index: Tensor.zeros([1, 4])) }),
    ]
    for (i, (kind, body)) in mistakes.enumerated() {
      let error = tensorError(body)
      #expect(error?.kind == kind, "mistake \(i): \(error?.message ?? "no error")")
    }
    _ = try x.roll(shift: .min)
    _ = try x.roll(shift: .max)
    _ = try Tensor.zeros([2, 2]).tril(diagonal: .max)
  }
}
