// SPDX-License-Identifier: Apache-2.0
//
// The exchange of a training over the processes of a job. Sums pass from process to process in a
// chain, and the totals of the last one go round from there, each in blocks of parameters: while a
// process adds to one block, the next one adds to the block before it. With P bytes of parameters a
// process receives and sends 2 P bytes in a step, however many there are, and a block waits for as
// many hops as there are processes twice; additions are the same as those of one process.

import CMPI
import Tensors
import Training

/// Combines the gradients of the processes of a job.
public final class RankExchange: GradientExchange {
  private let channel: MessageChannel
  /// The number of processes.
  public var workerCount: Int { channel.size }
  /// This process.
  public var worker: Int { channel.rank }

  init(_ channel: MessageChannel) { self.channel = channel }

  // MARK: - Sums

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

  /// See `GradientExchange`.
  public func total(
    _ parameters: [Tensor], adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?] {
    let blocks = Block.all(of: parameters)
    let last = workerCount - 1
    var sent: [MessageChannel.Message] = []
    // Only a stop ends this wait, and it is told by the next check of the training.
    defer { for message in sent { try? channel.complete(message) } }
    var totals = [Tensor?](repeating: nil, count: parameters.count)
    // What arrives next is asked for before it is needed.
    var arriving = worker > 0 ? blocks.prefix(2).map { receive($0, .sums) } : []
    for (number, block) in blocks.enumerated() {
      var sums = [Tensor?](repeating: nil, count: block.indices.count)
      if worker > 0 {
        sums = try unpacked(arriving.removeFirst(), block, parameters)
        if number + 2 < blocks.count { arriving.append(receive(blocks[number + 2], .sums)) }
      }
      for (place, index) in block.indices.enumerated() {
        sums[place] = try adding(index, sums[place])
      }
      let next = worker == last ? 0 : worker + 1
      sent.append(
        channel.start(
          packed(sums, block, parameters), to: next, worker == last ? .totals : .sums))
      if worker == last { totals.replaceSubrange(block.indices, with: sums) }
    }
    guard worker != last else { return totals }
    // Round from the last process to the first, and on to the one before the last.
    arriving = blocks.prefix(2).map { receive($0, .totals) }
    for (number, block) in blocks.enumerated() {
      let sums = try unpacked(arriving.removeFirst(), block, parameters)
      if number + 2 < blocks.count { arriving.append(receive(blocks[number + 2], .totals)) }
      totals.replaceSubrange(block.indices, with: sums)
      if worker + 1 < last {
        sent.append(channel.start(packed(sums, block, parameters), to: worker + 1, .totals))
      }
    }
    return totals
  }

  private func receive(_ block: Block, _ tag: MessageChannel.Tag) -> MessageChannel.Message {
    channel.receive(block.bytes, from: worker == 0 ? workerCount - 1 : worker - 1, tag)
  }

  private func packed(
    _ sums: [Tensor?], _ block: Block, _ parameters: [Tensor]
  ) -> UnsafeMutableRawBufferPointer {
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
    _ message: MessageChannel.Message, _ block: Block, _ parameters: [Tensor]
  ) throws -> [Tensor?] {
    var message = message
    try channel.finish(&message)
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

  // MARK: - Numbers and facts

  /// See `GradientExchange`.
  public func gather(_ values: [Float]) throws -> [Float] {
    let all = try values.withUnsafeBytes { try gather(Array($0)) }
    return all.flatMap { bytes in
      bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
  }

  /// The bytes of every process, in the order of the processes.
  func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let others = (0..<workerCount).filter { $0 != worker }
    let sent = bytes.withUnsafeBytes { raw in others.map { channel.send(raw, to: $0, .gathered) } }
    let all = try (0..<workerCount).map {
      $0 == worker ? bytes : try channel.receiveAny(from: $0, .gathered)
    }
    for message in sent { try channel.complete(message) }
    return all
  }

  /// See `GradientExchange`.
  public func agree(on facts: [(key: String, value: String)]) throws {
    let lines = facts.map { "\($0.key)\u{0}\($0.value)" }.joined(separator: "\u{1}")
    let all = try gather(Array(lines.utf8)).map {
      String(decoding: $0, as: UTF8.self).split(separator: "\u{1}").map { line in
        line.split(separator: "\u{0}", omittingEmptySubsequences: false).map(String.init)
      }
    }
    for (rank, other) in all.enumerated() {
      for place in 0..<max(other.count, all[0].count) {
        let first = place < all[0].count ? all[0][place] : ["", "nothing"]
        let found = place < other.count ? other[place] : ["", "nothing"]
        guard first != found else { continue }
        throw WorkerDisagreement(
          worker: rank, key: first[0].isEmpty ? found[0] : first[0], first: first.last ?? "",
          other: found.last ?? "")
      }
    }
  }
}
