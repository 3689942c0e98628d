// SPDX-License-Identifier: Apache-2.0
//
// The exchange of a training over the processes of a job. With P bytes of parameters a process
// receives and sends 2 P bytes in a step, however many there are, and a block waits for as many
// hops as there are processes twice; additions are the same as those of one process.

import CMPI
import Tensors
import Training

/// Combines the gradients of the processes of a job.
public final class RankExchange: GradientExchange {
  private let channel: MessageChannel
  /// What the exchange is for, as a part of a sentence: `training 2`.
  private let purpose: String
  /// The number of processes.
  public var workerCount: Int { channel.size }
  /// This process.
  public var worker: Int { channel.rank }

  init(_ channel: MessageChannel, purpose: String) {
    (self.channel, self.purpose) = (channel, purpose)
  }

  /// See `GradientExchange`.
  public func total(
    _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?] {
    var chain = GradientChain(channel, parameters, purpose: purpose)
    return try chain.run(isReady: isReady, adding: adding)
  }

  // MARK: - Numbers and facts

  /// See `GradientExchange`. Every message says what it is for. Processes that are in different
  /// calls of a script would take each other's messages for their own, so that ends the job.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let mark = Array(purpose.utf8) + [0]
    // All processes must hear of what is too large for a message.
    let fits = mark.count + bytes.count < Int(Int32.max)
    let named = mark + [fits ? 1 : 0] + (fits ? bytes : [])
    let others = (0..<workerCount).filter { $0 != worker }
    let sent = named.withUnsafeBytes { raw in others.map { channel.send(raw, to: $0, .gathered) } }
    let all = try (0..<workerCount).map {
      $0 == worker ? named : try channel.receiveAny(from: $0, .gathered, purpose)
    }
    let purposes = all.map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if let other = purposes.firstIndex(where: { $0 != purposes[0] }) {
      channel.endJob.never(
        "process \(other) of \(workerCount) is in \(purposes[other]), but process 0 in "
          + "\(purposes[0]): all processes must make the same calls; the job ends",
        code: JobEnd.fault, rank: worker)
    }
    for message in sent { try channel.complete(message, purpose) }
    if let rank = all.firstIndex(where: { $0[mark.count] == 0 }) {
      throw TensorError.limit("process \(rank) would send more than 2 GB to the others at once")
    }
    return all.map { Array($0.dropFirst(mark.count + 1)) }
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
