// SPDX-License-Identifier: Apache-2.0
//
// One exchange of gradients. Sums pass from process to process in a chain, and the totals of the
// last one go round from there, each in blocks of parameters: while a process adds to one block,
// the next one adds to the block before it. A process may still compute gradients meanwhile, on
// other threads: then this one polls, since messages make progress only within calls of MPI, but
// sleeps between two polls.

import Glibc
import Tensors

/// The sums and totals of an exchange under way.
struct GradientChain {
  /// Parameters that travel together: as many as fill half a megabyte, or one that is larger.
  private struct Block {
    var indices: Range<Int>
    var numbers: Int
    /// Each parameter says whether a gradient has reached it.
    var bytes: Int { (indices.count + numbers) * MemoryLayout<Float>.stride }

    static let least = 1 << 17

    static func all(of parameters: [Tensor]) -> [Block] {
      var blocks: [Block] = []
      for (i, parameter) in parameters.enumerated() {
        if let last = blocks.last, last.numbers < least {
          blocks[blocks.count - 1].indices = last.indices.lowerBound..<i + 1
          blocks[blocks.count - 1].numbers += parameter.count
        } else {
          blocks.append(Block(indices: i..<i + 1, numbers: parameter.count))
        }
      }
      return blocks
    }
  }

  private let channel: MessageChannel
  /// The training that the gradients are of, for people.
  private let purpose: String
  /// Messages of an exchange that has failed half-way are not taken for those of the next one.
  private let round: Int32
  private let parameters: [Tensor]
  private let blocks: [Block]
  private var totals: [Tensor?]
  /// Blocks to whose sums this process has added, and blocks whose totals it has.
  private var (added, settled) = (0, 0)
  /// What arrives next is asked for before it is needed.
  private var sums: [MessageChannel.Message] = []
  private var results: [MessageChannel.Message] = []
  private var sent: [MessageChannel.Message] = []

  /// Begins an exchange; all processes begin theirs in the same order.
  init(_ channel: MessageChannel, _ parameters: [Tensor], purpose: String) {
    (self.channel, self.parameters, self.purpose) = (channel, parameters, purpose)
    round = channel.nextRound()
    blocks = Block.all(of: parameters)
    totals = [Tensor?](repeating: nil, count: parameters.count)
    if channel.rank > 0 { sums = blocks.prefix(2).map { receive($0, .sums) } }
    if !isLast { results = blocks.prefix(2).map { receive($0, .totals) } }
  }

  /// The bytes of the largest block, of which two or three may be under way.
  private var largest: Int { 4 * (blocks.map(\.bytes).max() ?? 0) }

  private var isLast: Bool { channel.rank == channel.size - 1 }

  /// See `GradientExchange.total`. After an error messages stay under way, with their bytes.
  mutating func run(
    isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?] {
    var idle = 0
    defer { channel.waits.end() }
    while settled < blocks.count || !sent.isEmpty {
      let hasAdded = try addToNext(isReady, adding)
      let hasSettled = try settleNext()
      let isLess = releaseSent()
      guard !hasAdded, !hasSettled, !isLess else {
        if idle > 0 { channel.waits.end() }
        idle = 0
        continue
      }
      idle += 1
      if idle % 16 == 0 { try Stop.check() }
      try pause(idle, isReady)
    }
    return totals
  }

  /// Sleeps while gradients are computed: for 50 microseconds after a block has moved, since a fast
  /// network hands over one piece of the next for each poll, and for longer when none comes.
  /// Afterwards nobody else wants the processor.
  private func pause(_ idle: Int, _ isReady: (Int) throws -> Bool) throws {
    guard let last = parameters.indices.last else { return }
    if try isReady(last) {
      if idle >= 1000 { channel.waits.begin(purpose, bytes: largest) }
      return MessageChannel.pause(idle)
    }
    usleep(added == 0 ? 400 : idle < 32 ? 50 : 200)
  }

  /// Adds to a block of sums and sends it on, if it is there and so are the gradients.
  private mutating func addToNext(
    _ isReady: (Int) throws -> Bool, _ adding: (Int, Tensor?) throws -> Tensor?
  ) throws -> Bool {
    guard added < blocks.count else { return false }
    let block = blocks[added]
    if channel.rank > 0, !channel.isDone(&sums[0]) { return false }
    guard try block.indices.allSatisfy(isReady) else { return false }
    var found = [Tensor?](repeating: nil, count: block.indices.count)
    if channel.rank > 0 {
      found = try unpacked(sums.removeFirst(), block)
      if added + 2 < blocks.count { sums.append(receive(blocks[added + 2], .sums)) }
    }
    for (place, index) in block.indices.enumerated() {
      found[place] = try adding(index, found[place])
    }
    added += 1
    send(found, block, isLast ? .totals : .sums)
    if isLast { settle(found, block) }
    return true
  }

  /// Takes a block of totals and sends it on, if it is there: from the last process to the first,
  /// and on to the one before the last.
  private mutating func settleNext() throws -> Bool {
    guard !isLast, settled < blocks.count, channel.isDone(&results[0]) else { return false }
    let block = blocks[settled]
    let found = try unpacked(results.removeFirst(), block)
    if settled + 2 < blocks.count { results.append(receive(blocks[settled + 2], .totals)) }
    if channel.rank + 2 < channel.size { send(found, block, .totals) }
    settle(found, block)
    return true
  }

  private mutating func settle(_ found: [Tensor?], _ block: Block) {
    totals.replaceSubrange(block.indices, with: found)
    settled += 1
  }

  // MARK: - Messages

  /// Releases the bytes that have been sent, in their order; false if there are none.
  private mutating func releaseSent() -> Bool {
    let before = sent.count
    while let first = sent.first, channel.isReleased(first) { sent.removeFirst() }
    return sent.count < before
  }

  private mutating func send(_ found: [Tensor?], _ block: Block, _ tag: MessageChannel.Tag) {
    let next = (channel.rank + 1) % channel.size
    sent.append(channel.start(packed(found, block), to: next, tag, round: round))
  }

  private func receive(_ block: Block, _ tag: MessageChannel.Tag) -> MessageChannel.Message {
    let before = (channel.rank + channel.size - 1) % channel.size
    return channel.receive(block.bytes, from: before, tag, round: round)
  }

  private func packed(_ sums: [Tensor?], _ block: Block) -> UnsafeMutableRawBufferPointer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: block.bytes, alignment: 64)
    let numbers = bytes.bindMemory(to: Float.self)
    var offset = sums.count
    for (place, sum) in sums.enumerated() {
      numbers[place] = sum == nil ? 0 : 1
      let count = parameters[block.indices.lowerBound + place].count
      if let sum, count > 0 {
        (numbers.baseAddress! + offset).update(from: sum.pointer, count: count)
      }
      offset += count
    }
    return bytes
  }

  private func unpacked(
    _ message: MessageChannel.Message, _ block: Block
  ) throws -> [Tensor?] {
    defer { message.bytes.deallocate() }
    let numbers = message.bytes.bindMemory(to: Float.self)
    var offset = block.indices.count
    return try block.indices.enumerated().map { place, index in
      let parameter = parameters[index]
      defer { offset += parameter.count }
      guard numbers[place] != 0 else { return nil }
      let sum = try Tensor(uninitialized: parameter.shape)
      if sum.count > 0 {
        sum.pointer.update(from: numbers.baseAddress! + offset, count: sum.count)
      }
      return sum
    }
  }
}
