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
  /// The number of processes.
  public var workerCount: Int { channel.size }
  /// This process.
  public var worker: Int { channel.rank }

  init(_ channel: MessageChannel) { self.channel = channel }

  /// See `GradientExchange`.
  public func total(
    _ parameters: [Tensor], isReady: (_ index: Int) throws -> Bool,
    adding: (_ index: Int, _ before: Tensor?) throws -> Tensor?
  ) throws -> [Tensor?] {
    var chain = GradientChain(channel, parameters)
    return try chain.run(isReady: isReady, adding: adding)
  }

  // MARK: - Numbers and facts

  /// See `GradientExchange`.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
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
