// SPDX-License-Identifier: Apache-2.0
//
// Chains of elementwise operations without large intermediate results.
//
// Each operation on large tensors reads and writes memory, which takes longer than the arithmetic.
// So a function is traced once on a few elements; the recorded operations then run over short
// pieces of the large tensors, on all threads, and intermediate results stay in the L1 cache. The
// kernels are the same, and so are the bits.
//
// The function must be elementwise. One that is not is detected at an operation that cannot be
// recorded, or when another piece, computed both ways, differs.

import CKernels

/// The recorded operations of a function.
package final class ElementwiseTrace {
  /// The position of a tensor in a trace.
  package struct Place {
    let trace: ElementwiseTrace
    let value: Int
  }

  /// One operation on values, which are numbered: inputs first, then the results of steps.
  fileprivate enum Step {
    case pair(BinaryOperation, Int, Int)
    case numberAtRight(BinaryOperation, Int, Float)
    case numberAtLeft(BinaryOperation, Float, Int)
    case single(UnaryOperation, Int)
    case constant(Float)
    case choice(Int, Int, Int)

    /// The values that it reads.
    var operands: [Int] {
      switch self {
      case .pair(_, let a, let b): [a, b]
      case .numberAtRight(_, let a, _), .numberAtLeft(_, _, let a), .single(_, let a): [a]
      case .constant: []
      case .choice(let condition, let yes, let no): [condition, yes, no]
      }
    }
  }

  fileprivate let inputCount: Int
  fileprivate private(set) var steps: [Step] = []

  fileprivate init(inputCount: Int) { self.inputCount = inputCount }

  private static func refusal(_ reason: String) -> TensorError {
    TensorError.value(
      "this function cannot be fused: \(reason)",
      hint:
        "fused takes arithmetic, comparisons, where and functions of one number; without it, any works"
    )
  }

  /// The number of a tensor's value; nil for a constant.
  private func place(of tensor: Tensor) throws -> Int? {
    if let place = tensor.node?.place, place.trace === self { return place.value }
    guard tensor.node == nil else {
      throw Self.refusal("it does more than work element by element")
    }
    guard tensor.count == 1 else {
      throw Self.refusal("it uses a tensor of shape \(tensor.shape) that is not an argument")
    }
    return nil
  }

  /// Records an operation with its `result`.
  func add(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, _ result: Tensor) throws
    -> Tensor
  {
    switch (try place(of: a), try place(of: b)) {
    case (let x?, let y?): return note(.pair(operation, x, y), result)
    case (let x?, nil): return note(.numberAtRight(operation, x, b.pointer[0]), result)
    case (nil, let y?): return note(.numberAtLeft(operation, a.pointer[0], y), result)
    case (nil, nil): return result
    }
  }

  func add(_ operation: BinaryOperation, _ a: Tensor, _ b: Float, _ result: Tensor) throws -> Tensor
  {
    guard let x = try place(of: a) else { return result }
    return note(.numberAtRight(operation, x, b), result)
  }

  func add(_ operation: BinaryOperation, _ a: Float, _ b: Tensor, _ result: Tensor) throws -> Tensor
  {
    guard let y = try place(of: b) else { return result }
    return note(.numberAtLeft(operation, a, y), result)
  }

  func add(_ operation: UnaryOperation, _ a: Tensor, _ result: Tensor) throws -> Tensor {
    guard let x = try place(of: a) else { return result }
    return note(.single(operation, x), result)
  }

  /// Records a selection between two values with its `result`.
  func add(choice condition: Tensor, _ yes: Tensor, _ no: Tensor, _ result: Tensor) throws -> Tensor
  {
    let values = try [condition, yes, no].map { tensor in
      try place(of: tensor) ?? constant(tensor.pointer[0])
    }
    return note(.choice(values[0], values[1], values[2]), result)
  }

  /// A value that is the same number everywhere.
  private func constant(_ number: Float) -> Int {
    steps.append(.constant(number))
    return inputCount + steps.count - 1
  }

  private func note(_ step: Step, _ result: Tensor) -> Tensor {
    steps.append(step)
    return marked(result, inputCount + steps.count - 1)
  }

  /// The tensor as a value of this trace.
  private func marked(_ tensor: Tensor, _ value: Int) -> Tensor {
    let node = GradientNode(parents: []) { _ in [] }
    node.place = Place(trace: self, value: value)
    tensor.node = node
    return tensor
  }

  /// Runs `body` on inputs and returns the number of its result.
  fileprivate func record(
    _ inputs: [Tensor], _ body: ([Tensor]) throws -> Tensor
  ) throws -> (value: Int, isMask: Bool) {
    let wasEnabled = smap_gradients_enabled()
    smap_set_gradients_enabled(1)
    defer { smap_set_gradients_enabled(wasEnabled) }
    let result = try body(inputs.enumerated().map { marked($1, $0) })
    guard result.shape == inputs.first?.shape, let value = try place(of: result) else {
      throw Self.refusal("its result does not have one element for each of its arguments'")
    }
    return (value, result.isMask)
  }

  fileprivate func refuse() -> TensorError {
    Self.refusal("its elements are not all treated alike")
  }
}

extension Tensor {
  /// `body` applied to tensors of one shape, element by element, without large intermediate
  /// results.
  ///
  /// `body` receives pieces of the tensors, of shape [n]. Short tensors, and those that are
  /// differentiated, are passed whole. Throws a ValueError if it is not elementwise.
  public static func fused(_ inputs: [Tensor], _ body: ([Tensor]) throws -> Tensor) throws -> Tensor
  {
    guard let first = inputs.first else { throw TensorError.value("there is nothing to fuse") }
    if let other = inputs.first(where: { $0.shape != first.shape }) {
      throw TensorError.shape(
        "fused takes tensors of one shape, not \(first.shape) and \(other.shape)")
    }
    let sample = FusedProgram.pieceLength
    guard first.count > 2 * sample, !inputs.contains(where: \.isRecording) else {
      return try body(inputs.map(\.detachedUnlessRecording))
    }
    let trace = ElementwiseTrace(inputCount: inputs.count)
    let (value, isMask) = try trace.record(pieces(inputs, from: 0, count: sample), body)
    let result = try value < inputs.count ? inputs[value] : run(trace, value, inputs)
    if value >= inputs.count { result.isMask = isMask }
    let last = first.count - sample
    let checked = try withoutGradients { try body(pieces(inputs, from: last, count: sample)) }
    for i in 0..<sample where checked.count == sample {
      let (a, b) = (checked.pointer[i], result.pointer[last + i])
      guard a == b || (a.isNaN && b.isNaN) else { throw trace.refuse() }
    }
    return result
  }

  private static func run(_ trace: ElementwiseTrace, _ value: Int, _ inputs: [Tensor]) throws
    -> Tensor
  {
    let result = try Tensor(uninitialized: inputs[0].shape)
    try FusedProgram(trace, result: value).run(
      inputs.map { UnsafePointer($0.pointer) }, into: result)
    return result
  }

  private var detachedUnlessRecording: Tensor { isRecording ? self : detached }

  private static func pieces(_ tensors: [Tensor], from start: Int, count: Int) throws -> [Tensor] {
    try tensors.map { tensor in
      let piece = try Tensor(uninitialized: [count])
      piece.pointer.update(from: tensor.pointer + start, count: count)
      piece.isMask = tensor.isMask
      return piece
    }
  }
}

/// The steps that a result needs, with registers for intermediate results.
private struct FusedProgram {
  /// Elements per pass through all steps: a few pieces fit into the L1 cache.
  static let pieceLength = 2048

  private enum Source {
    case input(Int)
    case register(Int)
  }

  private var steps: [(step: ElementwiseTrace.Step, operands: [Source], register: Int)] = []
  private var registerCount = 0

  init(_ trace: ElementwiseTrace, result: Int) {
    var lastUse: [Int: Int] = [result: Int.max]
    var needed = Set([result])
    for (index, step) in trace.steps.enumerated().reversed()
    where needed.contains(trace.inputCount + index) {
      for operand in step.operands where needed.insert(operand).inserted || lastUse[operand] == nil
      {
        lastUse[operand] = index
      }
    }
    var places: [Int: Int] = [:]
    var free: [Int] = []
    for (index, step) in trace.steps.enumerated() {
      let value = trace.inputCount + index
      guard needed.contains(value) else { continue }
      let operands = step.operands.map { operand in
        operand < trace.inputCount ? Source.input(operand) : .register(places[operand] ?? 0)
      }
      // A kernel may not write where it reads: registers are released after the step.
      let register = free.popLast() ?? registerCount
      registerCount = max(registerCount, register + 1)
      places[value] = register
      steps.append((step, operands, register))
      for operand in Set(step.operands) where lastUse[operand] == index {
        if let place = places[operand] { free.append(place) }
      }
    }
  }

  func run(_ inputs: [UnsafePointer<Float>], into result: Tensor) throws {
    let length = FusedProgram.pieceLength
    let perChunk = Tensor.blockSize
    let chunks = (result.count + perChunk - 1) / perChunk
    let room = try Tensor(uninitialized: [min(chunks, 256), registerCount * length])
    let (out, count) = (result.pointer, result.count)
    // More chunks than buffers would share one: each of 256 stretches uses its own.
    let stretch = (chunks + 255) / 256 * perChunk
    Profile.measure(
      .elementwise, operations: steps.count &* count, bytes: 4 &* (inputs.count + 1) &* count
    ) {
      ThreadPool.forEach(chunks: (count + stretch - 1) / stretch) { chunk in
        let registers = room.pointer + chunk * registerCount * length
        for start in Swift.stride(
          from: chunk * stretch, to: min(count, (chunk + 1) * stretch), by: length)
        {
          if Stop.isRequested { return }
          let piece = min(length, min(count, (chunk + 1) * stretch) - start)
          run(inputs, at: start, count: piece, registers: registers, out: out + start)
        }
      }
    }
    try Stop.check()
  }

  /// Runs all steps on one piece; the last one writes to the result.
  private func run(
    _ inputs: [UnsafePointer<Float>], at start: Int, count: Int,
    registers: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>
  ) {
    func read(_ source: Source) -> UnsafePointer<Float> {
      switch source {
      case .input(let index): inputs[index] + start
      case .register(let index): UnsafePointer(registers + index * FusedProgram.pieceLength)
      }
    }
    for (index, (step, operands, register)) in steps.enumerated() {
      let to = index == steps.count - 1 ? out : registers + register * FusedProgram.pieceLength
      switch step {
      case .pair(let operation, _, _):
        operation.row.pointee.runs(read(operands[0]), read(operands[1]), to, count)
      case .numberAtRight(let operation, _, let number):
        operation.row.pointee.run_number(read(operands[0]), number, to, count)
      case .numberAtLeft(let operation, let number, _):
        operation.row.pointee.number_run(number, read(operands[0]), to, count)
      case .single(let operation, _): operation.row.pointee.kernel(read(operands[0]), to, count)
      case .constant(let number): to.update(repeating: number, count: count)
      case .choice:
        smap_where(read(operands[0]), read(operands[1]), read(operands[2]), to, count)
      }
    }
  }
}
