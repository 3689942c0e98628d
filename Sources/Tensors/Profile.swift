// SPDX-License-Identifier: Apache-2.0
//
// Where a run spends its time: for each kind of kernel and each built-in function the number of
// calls and the time. Operations are instrumented where they enter a kernel; while no profile is
// active, that costs one branch.
//
// Time is measured as a fraction of the machine. An operation started by a session's own thread has
// all threads to itself, so its time counts in full, whether it uses them or not. One inside a
// chunk has one of them, so its time is divided by their number. The kernels' times then add up to
// the wall-clock time, and operations divided by time can be compared with the peak of the whole
// machine.

import CKernels
import Synchronization

/// The recorder of a profile.
public enum Profile {
  /// The kinds of kernels.
  public enum Stage: String, Sendable, CaseIterable {
    case product = "matrix product, packed"
    case libraryProduct = "matrix product, OpenBLAS"
    case packing = "packing of matrices"
    case attention = "attention"
    case attentionGradient = "attention, gradient"
    case norm = "norms and modulation"
    case normGradient = "norms, gradient"
    case activation = "activations and their gradients"
    case convolution = "windows of convolutions"
    case elementwise = "elementwise"
    case reduction = "reductions"
    case movement = "moving elements"
    case random = "random numbers"
    case decomposition = "decompositions"
    case gradientSums = "sums of gradients"
    case exchange = "waits for other processes"
    case optimizer = "optimizer"
  }

  /// The sizes of a product [rows, depth] x [depth, columns]; zeros for other kernels.
  public struct Sizes: Hashable, Sendable {
    /// Rows of the left operand.
    public var rows = 0
    /// Columns of the left operand and rows of the right one.
    public var depth = 0
    /// Columns of the right operand.
    public var columns = 0

    /// Describes a product.
    public init(rows: Int = 0, depth: Int = 0, columns: Int = 0) {
      (self.rows, self.depth, self.columns) = (rows, depth, columns)
    }
  }

  /// The counters of one kind of kernel.
  public struct Totals: Sendable {
    /// The number of calls.
    public var calls = 0
    /// Seconds, as a fraction of the machine.
    public var seconds = 0.0
    /// Floating-point operations: exact for products, one per element for elementwise kernels.
    public var operations = 0
    /// Bytes read and written, each operand once.
    public var bytes = 0

    mutating func add(_ other: Totals) {
      calls += other.calls
      seconds += other.seconds
      operations &+= other.operations
      bytes &+= other.bytes
    }
  }

  /// The counters of one built-in function.
  public struct CallTotals: Sendable {
    /// The number of calls.
    public var calls = 0
    /// Seconds from its start to its end, those of nested calls included.
    public var total = 0.0
    /// Seconds without those of nested built-in calls.
    public var own = 0.0
  }

  /// Memory blocks allocated for tensors since the profile began.
  public struct Allocations: Sendable {
    /// All blocks, most of which were reused.
    public var blocks = 0
    /// Blocks allocated from the system.
    public var fromSystem = 0
    /// Their bytes.
    public var bytesFromSystem = 0
  }

  /// All recorded data.
  public struct Snapshot: Sendable {
    /// Seconds from the start to the end of the profile.
    public var seconds = 0.0
    /// The counters of each kind of kernel.
    public var stages: [Stage: Totals] = [:]
    /// Packed products by their sizes.
    public var products: [Sizes: Totals] = [:]
    /// The counters of each built-in function, by its full name.
    public var calls: [String: CallTotals] = [:]
    /// Memory blocks.
    public var allocations = Allocations()
  }

  private struct Key: Hashable {
    var stage: Stage
    var sizes: Sizes
  }

  private struct OpenCall {
    var name: String
    var start: Double
    var nested = 0.0
  }

  private struct State {
    var start = 0.0
    var totals: [Key: Totals] = [:]
    var calls: [String: CallTotals] = [:]
    var open: [OpenCall] = []
    var blocksBefore = Allocations()
  }

  private static let state = Mutex(State())
  /// The most product sizes that are counted separately; further ones are counted without sizes.
  private static let mostSizes = 4096

  /// Whether a profile is active.
  @inline(__always)
  public static var isOn: Bool { smap_is_profiling() != 0 }

  /// Begins a profile.
  public static func start() {
    state.withLock {
      $0 = State(start: smap_seconds(), blocksBefore: blocksSoFar)
    }
    smap_set_profiling(1)
  }

  /// Ends the profile and returns what was recorded.
  public static func stop() -> Snapshot {
    smap_set_profiling(0)
    let now = smap_seconds()
    return state.withLock { state in
      while !state.open.isEmpty { close(&state, at: now) }
      var snapshot = Snapshot(seconds: now - state.start, calls: state.calls)
      for (key, totals) in state.totals {
        snapshot.stages[key.stage, default: Totals()].add(totals)
        if key.sizes != Sizes() { snapshot.products[key.sizes, default: Totals()].add(totals) }
      }
      let (before, after) = (state.blocksBefore, blocksSoFar)
      snapshot.allocations = Allocations(
        blocks: after.blocks - before.blocks, fromSystem: after.fromSystem - before.fromSystem,
        bytesFromSystem: after.bytesFromSystem - before.bytesFromSystem)
      return snapshot
    }
  }

  private static var blocksSoFar: Allocations {
    Allocations(
      blocks: smap_taken_blocks(), fromSystem: smap_fresh_blocks(),
      bytesFromSystem: smap_fresh_bytes())
  }

  // MARK: - Kernels

  /// Runs a kernel and counts it, if a profile is active.
  @inline(__always)
  package static func measure<Result>(
    _ stage: Stage, operations: @autoclosure () -> Int = 0, bytes: @autoclosure () -> Int = 0,
    sizes: @autoclosure () -> Sizes = Sizes(), _ body: () throws -> Result
  ) rethrows -> Result {
    let start = isOn ? smap_seconds() : 0
    let result = try body()
    if start > 0 {
      record(stage, since: start, operations: operations(), bytes: bytes(), sizes: sizes())
    }
    return result
  }

  @inline(never)
  private static func record(
    _ stage: Stage, since start: Double, operations: Int, bytes: Int, sizes: Sizes
  ) {
    let elapsed = smap_seconds() - start
    let share = ThreadPool.isInsideChunk ? Double(smap_thread_count()) : 1
    let totals = Totals(calls: 1, seconds: elapsed / share, operations: operations, bytes: bytes)
    state.withLock { state in
      var key = Key(stage: stage, sizes: sizes)
      if state.totals[key] == nil, state.totals.count >= mostSizes { key.sizes = Sizes() }
      state.totals[key, default: Totals()].add(totals)
    }
  }

  // MARK: - Built-in functions

  /// Records the start of a built-in function; `leave` must follow.
  package static func enter(_ name: String) {
    state.withLock { $0.open.append(OpenCall(name: name, start: smap_seconds())) }
  }

  /// Records the end of the built-in function that started last.
  package static func leave() {
    let now = smap_seconds()
    state.withLock { close(&$0, at: now) }
  }

  private static func close(_ state: inout State, at now: Double) {
    guard let call = state.open.popLast() else { return }
    let elapsed = now - call.start
    if !state.open.isEmpty { state.open[state.open.count - 1].nested += elapsed }
    var totals = state.calls[call.name] ?? CallTotals()
    totals.calls += 1
    totals.own += elapsed - call.nested
    // A recursive function counts once.
    if !state.open.contains(where: { $0.name == call.name }) { totals.total += elapsed }
    state.calls[call.name] = totals
  }

  // MARK: - Peaks of the machine

  /// Floating-point operations per second of all threads together, measured for about that long.
  public static func peakOperations(seconds: Double = 0.05) -> Double {
    let sum = Mutex(0.0)
    // Threads that take turns on a processor would each count its whole rate.
    let threads = min(ThreadPool.threadCount, ThreadPool.processorCount)
    ThreadPool.forEach(chunks: threads) { _ in
      let rate = smap_peak_operations(seconds)
      sum.withLock { $0 += rate }
    }
    return sum.withLock { $0 }
  }

  /// Bytes per second that all threads together transfer to and from memory (c = a + x b, beyond
  /// any cache).
  public static func memoryBandwidth(megabytes: Int = 192) throws -> Double {
    let count = (megabytes << 20) / 12
    let (a, b) = (
      try Tensor(repeating: 1, shape: [count]), try Tensor(repeating: 2, shape: [count])
    )
    let c = try Tensor(repeating: 0, shape: [count])
    var best = 0.0
    for _ in 0..<5 {
      let start = smap_seconds()
      ThreadPool.forEachBlock(rows: count, rowsPerBlock: Tensor.blockSize) { block in
        let i = block.lowerBound
        _ = smap_triad(a.pointer + i, b.pointer + i, 3, c.pointer + i, block.count)
      }
      best = max(best, Double(12 * count) / (smap_seconds() - start))
    }
    return best
  }
}
