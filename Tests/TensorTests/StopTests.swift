// SPDX-License-Identifier: Apache-2.0
//
// A stop request ends long work and does not affect short work. In processes of their own, because
// the request applies to the whole process.

import CKernels
import Synchronization
@testable import Tensors
import Testing

@Suite struct StopTests {
  @Test func longWorkThrows() async {
    await #expect(processExitsWith: .success) {
      let square = try Tensor.zeros([1024, 1024])
      let many = try Tensor.zeros([1 << 25])
      Stop.request()
      #expect(throws: CancellationError.self) { try square.matmul(square) }
      #expect(throws: CancellationError.self) { try many.argsort() }
      #expect(throws: CancellationError.self) {
        try Tensor.rand([1 << 25], key: RandomKey(seed: 1))
      }
      let large = try DoubleMatrix.identity(1024)
      #expect(throws: CancellationError.self) { try large.eliminated() }
      #expect(throws: CancellationError.self) { try large.cholesky() }
      let matrix = try Tensor.rand([512, 512], key: RandomKey(seed: 1))
      #expect(throws: CancellationError.self) { try matrix.singularValues() }
      #expect(throws: CancellationError.self) { try matrix.symmetricEigen() }
      #expect(throws: CancellationError.self) { try matrix.orthogonalFactors() }
      #expect(throws: CancellationError.self) { try matrix.leastSquares(matrix) }
      #expect(throws: CancellationError.self) { try many.reshape([1 << 12, 1 << 13]).transposed() }
      Stop.clear()
      #expect(try square.matmul(square).shape == [1024, 1024])
      let (q, r) = try matrix.orthogonalFactors()
      let error = zip(try q.matmul(r).toArray(), matrix.toArray()).map { abs($0 - $1) }.max()
      #expect((error ?? 1) < 1e-4)
    }
  }

  @Test func workEndsWhenItsTimeIsUp() throws {
    // The deadline applies to one thread, and to those that work for it.
    let square = try Tensor.zeros([1024, 1024])
    let weight = try Tensor.parameter(square)
    let loss = try weight.mul(2).sum()
    Stop.setDeadline(seconds: 1e-9, after: 1)
    defer { Stop.setDeadline(seconds: nil, after: 0) }
    #expect(throws: DeadlineError.self) { try square.matmul(square) }
    #expect(throws: DeadlineError.self) { try loss.gradients(for: [weight]) }
    #expect(try square.sum().item() == 0)
    // All eight pieces of the work see it, on whichever thread.
    let seen = Mutex(0)
    ThreadPool.forEach(chunks: 8) { _ in if Stop.isRequested { seen.withLock { $0 += 1 } } }
    #expect(seen.withLock { $0 } == 8)
    Stop.setDeadline(seconds: 1e6, after: 1e6)
    #expect(try square.matmul(square).shape == [1024, 1024])
    Stop.setDeadline(seconds: nil, after: 0)
    ThreadPool.forEach(chunks: 8) { _ in if Stop.isRequested { seen.withLock { $0 += 1 } } }
    #expect(seen.withLock { $0 } == 8)
  }

  @Test func manySmallStepsAreLeft() async {
    await #expect(processExitsWith: .success) {
      let column = try Tensor.zeros([50_000, 1])
      let sizes = [Int](repeating: 1, count: 50_000)
      Stop.request()
      #expect(throws: CancellationError.self) { try column.chunk(50_000) }
      #expect(throws: CancellationError.self) { try column.split(sizes: sizes) }
    }
  }

  @Test func aLongRowIsNotOrderedToItsEnd() async {
    await #expect(processExitsWith: .success) {
      let count = 1 << 17
      let row = try Tensor.rand([count], key: RandomKey(seed: 1))
      let first = UnsafeMutablePointer<SmapPlace>.allocate(capacity: count)
      let second = UnsafeMutablePointer<SmapPlace>.allocate(capacity: count)
      #expect(smap_order_row(row.pointer, count, 0, first, second) != nil)
      Stop.request()
      #expect(smap_order_row(row.pointer, count, 0, first, second) == nil)
    }
  }

  @Test func shortWorkIsDone() async {
    await #expect(processExitsWith: .success) {
      let ones = try Tensor(repeating: 1, shape: [64, 64])
      Stop.request()
      #expect(try ones.matmul(ones).sum().item() == 64 * 64 * 64)
      #expect(try Tensor(shape: [3], values: [3, 1, 2]).argsort().count == 3)
    }
  }
}
