// SPDX-License-Identifier: Apache-2.0
//
// How a cell ran, as JSON for files and as one line for readers.

import Files
import Runtime

/// The record of a run in its two forms.
enum RunRecord {
  static func json(_ run: CellRun) -> JSON {
    var entries: [(key: String, value: JSON)] = [
      ("seed", .string(String(run.seed))), ("draws_before", .number(Double(run.drawsBefore))),
      ("draws", .number(Double(run.draws))),
      (
        "models",
        .array(
          run.models.map {
            .object([("kind", .string($0.kind)), ("sha256", .string($0.hash))])
          })
      ),
      ("token_budgets", .array(run.budgets.map { .number(Double($0)) })),
      ("seconds", .number((run.seconds * 1000).rounded() / 1000)), ("time", .string(run.time)),
      ("cached", .bool(run.isCached)), ("ending", .string(run.ending.rawValue)),
    ]
    if !run.uncachedBecause.isEmpty {
      entries.append(("run_every_time", .string(run.uncachedBecause)))
    }
    return .object(entries)
  }

  /// How a cell ran, and why it runs every time if it does: a line each.
  static func lines(_ run: CellRun) -> [String] {
    let reason = run.uncachedBecause
    return [line(run)] + (reason.isEmpty ? [] : ["run every time: \(reason)"])
  }

  /// `0.31 s, seed 0 (draws 1-3), tokenizer sha256 1a2b3c4d, tokens 1, 2, 4, at ..`.
  static func line(_ run: CellRun) -> String {
    let isShort = run.seconds < 0.001
    var parts = [isShort ? "under 1 ms" : "\(Formatting.general(run.seconds, digits: 2)) s"]
    if run.isCached { parts[0] += ", from the cache" }
    let (first, last) = (run.drawsBefore + 1, run.drawsBefore + run.draws)
    parts.append(
      run.draws == 0
        ? "seed \(run.seed), not used"
        : "seed \(run.seed), \(first == last ? "draw \(first)" : "draws \(first)-\(last)")")
    parts += run.models.map { "\($0.kind) sha256 \($0.hash.prefix(12))" }
    if !run.budgets.isEmpty {
      parts.append("token budget \(run.budgets.map(String.init).joined(separator: ", "))")
    }
    parts.append(run.time)
    return parts.joined(separator: " · ")
  }
}
