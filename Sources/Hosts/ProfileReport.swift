// SPDX-License-Identifier: Apache-2.0
//
// The report of `smap run --profile`: the same numbers as a table for people or as JSON.

import Files
import Glibc
import Runtime
import Tensors

/// Where a run spent its time, compared with the peaks of the machine.
public struct ProfileReport {
  private let title: String
  private let snapshot: Profile.Snapshot
  private let threads: Int
  /// Floating-point operations per second of all threads.
  private let peak: Double
  /// Memory bandwidth in bytes per second.
  private let bandwidth: Double
  private let peakOfTensors: Int
  private let peakOfProcess: Int
  /// The number of instructions that the interpreter executed.
  private let instructions: Int

  /// Measures the peak of the processor and begins a profile; the returned closure ends it.
  public static func begin(_ title: String, _ session: Session) -> () -> ProfileReport {
    let peak = Profile.peakOperations()
    session.countsInstructions = true
    Profile.start()
    return { ProfileReport(title, peak: peak, instructions: session.instructionCount) }
  }

  private init(_ title: String, peak: Double, instructions: Int) {
    self.title = title
    self.instructions = instructions
    self.peak = peak
    snapshot = Profile.stop()
    threads = ThreadPool.threadCount
    peakOfTensors = MemoryBudget.peak
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    peakOfProcess = usage.ru_maxrss * 1024
    // Last, since it allocates memory itself; under a tight limit it is skipped.
    bandwidth = (try? Profile.memoryBandwidth()) ?? 0
  }

  /// Writes the report: as a table to standard error for `-`, as JSON if the name ends in .json.
  public func write(to path: String) throws {
    if path == "-" {
      Diagnostics.say(table)
    } else {
      let text = path.hasSuffix(".json") ? json.rendered + "\n" : table
      try AtomicFile.write(path: path, bytes: Array(text.utf8))
    }
  }

  // MARK: - Rows

  private var stages: [(name: String, totals: Profile.Totals)] {
    Profile.Stage.allCases.compactMap { stage in
      snapshot.stages[stage].map { (stage.rawValue, $0) }
    }.sorted { $0.totals.seconds > $1.totals.seconds }
  }

  private var products: [(sizes: Profile.Sizes, totals: Profile.Totals)] {
    snapshot.products.map { (sizes: $0.key, totals: $0.value) }.sorted { a, b in
      a.totals.seconds == b.totals.seconds
        ? key(a.sizes) > key(b.sizes) : a.totals.seconds > b.totals.seconds
    }
  }

  private func key(_ sizes: Profile.Sizes) -> String {
    "\(sizes.rows) x \(sizes.depth) x \(sizes.columns)"
  }

  private var calls: [(name: String, totals: Profile.CallTotals)] {
    snapshot.calls.map { (name: $0.key, totals: $0.value) }.sorted { a, b in
      a.totals.own == b.totals.own ? a.name < b.name : a.totals.own > b.totals.own
    }
  }

  private var inKernels: Double { stages.reduce(0) { $0 + $1.totals.seconds } }

  /// The operations of products and attention, which are compared with the peak.
  private var operations: Int {
    snapshot.stages.reduce(0) { sum, stage in
      switch stage.key {
      case .product, .libraryProduct, .attention, .attentionGradient:
        sum &+ stage.value.operations
      default: sum
      }
    }
  }

  private func share(_ part: Double, of whole: Double) -> Double {
    whole > 0 ? part / whole : 0
  }

  // MARK: - As a table

  private var table: String {
    let rate = share(Double(operations), of: snapshot.seconds)
    var lines = [
      "profile of \(title): \(fixed(snapshot.seconds, 3)) s on \(threads) threads",
      "peak of the machine: \(fixed(peak / 1e9, 1)) GFLOP/s, "
        + "\(fixed(bandwidth / 1e9, 1)) GB/s of memory",
      BLAS.core.map { "OpenBLAS: kernels for \($0)" } ?? "OpenBLAS: not used",
      "instructions of the language: \(instructions)",
      "products and attention: \(fixed(Double(operations) / 1e9, 3)) GFLOP, "
        + "\(fixed(rate / 1e9, 1)) GFLOP/s over the run, \(percent(rate, peak)) of the peak",
      "",
    ]
    lines +=
      Columns(
        ["built-in", "calls", "total s", "self s", "share"],
        calls.map {
          [
            $0.name, "\($0.totals.calls)", fixed($0.totals.total, 4), fixed($0.totals.own, 4),
            percent($0.totals.own, snapshot.seconds),
          ]
        }
      ).lines + [""]
    let head = ["calls", "s", "share", "GFLOP/s", "of peak", "GB/s"]
    let between = max(snapshot.seconds - inKernels, 0)
    lines +=
      Columns(
        ["kernel"] + head,
        stages.map { [$0.name] + row($0.totals) } + [
          [
            "between the kernels", "", fixed(between, 4), percent(between, snapshot.seconds), "",
            "", "",
          ]
        ]
      ).lines + [""]
    if !products.isEmpty {
      lines +=
        Columns(
          ["product: rows x depth x columns"] + head,
          products.prefix(40).map { [key($0.sizes)] + row($0.totals) }
        ).lines + [""]
    }
    let blocks = snapshot.allocations
    lines += [
      "blocks of memory taken: \(blocks.blocks), from the system: \(blocks.fromSystem) "
        + "(\(describeBytes(blocks.bytesFromSystem)))",
      "most memory at once: tensors \(describeBytes(peakOfTensors)), "
        + "process \(describeBytes(peakOfProcess))",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ totals: Profile.Totals) -> [String] {
    let rate = share(Double(totals.operations), of: totals.seconds)
    return [
      "\(totals.calls)", fixed(totals.seconds, 4), percent(totals.seconds, snapshot.seconds),
      fixed(rate / 1e9, 1), percent(rate, peak),
      fixed(share(Double(totals.bytes), of: totals.seconds) / 1e9, 1),
    ]
  }

  private func percent(_ part: Double, _ whole: Double) -> String {
    fixed(100 * share(part, of: whole), 1) + " %"
  }

  private func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, value < 1e12 else { return "\(value)" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((value * Double(scale)).rounded())
    let rest = String(whole % scale)
    let zeros = String(repeating: "0", count: max(0, digits - rest.count))
    return "\(whole / scale)" + (digits > 0 ? "." + zeros + rest : "")
  }

  /// Text in columns: the first left-aligned, numbers right-aligned.
  private struct Columns {
    let lines: [String]

    init(_ head: [String], _ rows: [[String]]) {
      let all = [head] + rows
      let widths = head.indices.map { i in all.map { $0[i].count }.max() ?? 0 }
      lines = all.map { row in
        zip(row, widths).enumerated().map { index, cell in
          let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
          return index == 0 ? cell.0 + blanks : blanks + cell.0
        }.joined(separator: "  ")
      }
    }
  }

  // MARK: - As JSON

  private var json: JSON {
    .object([
      ("title", .string(title)), ("threads", .number(Double(threads))),
      ("seconds", .number(snapshot.seconds)), ("peak_flops", .number(peak)),
      ("memory_bandwidth", .number(bandwidth)),
      ("openblas_core", BLAS.core.map { .string($0) } ?? .null),
      ("flops", .number(Double(operations))),
      ("instructions", .number(Double(instructions))),
      (
        "builtins",
        .array(
          calls.map {
            .object([
              ("name", .string($0.name)), ("calls", .number(Double($0.totals.calls))),
              ("total_seconds", .number($0.totals.total)), ("self_seconds", .number($0.totals.own)),
            ])
          })
      ),
      ("kernels", .array(stages.map { .object([("name", .string($0.name))] + fields($0.totals)) })),
      (
        "products",
        .array(
          products.map {
            .object(
              [
                ("rows", .number(Double($0.sizes.rows))),
                ("depth", .number(Double($0.sizes.depth))),
                ("columns", .number(Double($0.sizes.columns))),
              ] + fields($0.totals))
          })
      ),
      ("blocks_taken", .number(Double(snapshot.allocations.blocks))),
      ("blocks_from_system", .number(Double(snapshot.allocations.fromSystem))),
      ("bytes_from_system", .number(Double(snapshot.allocations.bytesFromSystem))),
      ("peak_bytes_of_tensors", .number(Double(peakOfTensors))),
      ("peak_bytes_of_process", .number(Double(peakOfProcess))),
    ])
  }

  private func fields(_ totals: Profile.Totals) -> [(key: String, value: JSON)] {
    [
      ("calls", .number(Double(totals.calls))), ("seconds", .number(totals.seconds)),
      ("flops", .number(Double(totals.operations))), ("bytes", .number(Double(totals.bytes))),
    ]
  }
}
