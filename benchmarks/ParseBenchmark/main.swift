// SPDX-License-Identifier: Apache-2.0
//
// Measures the lexer and the parser alone: lines per second on scripts of growing length, bytes per
// second on one long line, and the memory of the tree; then the checker and the formatter, which
// must be linear in the length of a script, too. Times are processor time of this process, the best
// of some rounds, so that a busy machine disturbs little. `benchmarks/parse.sh` builds and runs it;
// the package excludes it otherwise.
//
// usage: parse-benchmark [FILE...]   without files, on generated scripts

import Checking
import Glibc
import Library
import Syntax

/// A script of a realistic mix: eighteen lines that are repeated with different names and numbers.
func script(lines: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(lines * 40)
  var block = 0
  var count = 0
  while count < lines {
    for line in template(block) {
      bytes.append(contentsOf: line.utf8)
      bytes.append(0x0A)
      count += 1
    }
    block += 1
  }
  return bytes
}

private func template(_ n: Int) -> [String] {
  [
    "# %% Part \(n): a little of everything",
    "let width_\(n) = \(n % 97) + 2.5 * scale",
    "let values_\(n) = [1, 2, \(n), width_\(n), -4.25e-3, true]",
    "let options_\(n) = {rate: 0.001, steps: \(n), name: \"run {width_\(n):.2f}\", deep: {a: 1}}",
    "",
    "## Adds the weighted terms of `items`.",
    "fn combine_\(n)(items, weight = 1, bias = nil) {",
    "  let total = 0",
    "  for [index, item] in enumerate(items) {",
    "    if index % 2 == 0 and item > weight { total += item * weight }  # every other one",
    "    running[index] = total / (index + 1)",
    "  }",
    "  total",
    "}",
    "",
    "values_\(n) |> map(fn(x) = x ** 2 - 1) |> filter(fn(x) = x > \(n % 7)) |> print",
    "print(\"part {options_\(n).name} of {len(values_\(n))}\", combine_\(n)(values_\(n), weight = 3))",
    "board[\(n % 8), 1:width_\(n):2] = zeros(3, 4).reshape(-1, 2) @ weights.T",
  ]
}

/// One list on one line of about that many bytes.
func longLine(bytes: Int) -> [UInt8] {
  var text = Array("let x = [".utf8)
  var n = 0
  while text.count < bytes {
    text.append(contentsOf: "f(a\(n % 1000), \(n)) + 0.5, ".utf8)
    n += 1
  }
  return text + Array("0]\n".utf8)
}

func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Bytes of memory that this process holds now.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 128)
  guard fgets(&buffer, 128, file) != nil else { return 0 }
  let fields = String(decoding: buffer.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
    separator: " ")
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}

struct Measurement {
  var lines = 0
  var lexing = Double.infinity
  var parsing = Double.infinity
  var treeBytes = 0
}

func measure(_ bytes: [UInt8], rounds: Int) -> Measurement {
  var result = Measurement()
  let source = Source(path: "benchmark", bytes: bytes)
  result.lines = source.lineCount - 1
  for _ in 0..<rounds {
    var start = processorSeconds()
    let tokens = Lexer.tokenize(source).tokens.count
    result.lexing = min(result.lexing, processorSeconds() - start)
    let before = residentBytes()
    start = processorSeconds()
    do {
      // The time covers the line table, the tokens, the tree, and freeing them.
      let (program, diagnostics) = Parser.parse(Source(path: "benchmark", bytes: bytes))
      guard diagnostics.isEmpty, tokens > 1, !program.statements.isEmpty else {
        print("syntax error: \(diagnostics.first?.message ?? "nothing parsed")")
        exit(2)
      }
      result.treeBytes = max(result.treeBytes, residentBytes() - before)
    }
    result.parsing = min(result.parsing, processorSeconds() - start)
  }
  return result
}

func report(_ name: String, _ bytes: [UInt8], rounds: Int) {
  let result = measure(bytes, rounds: rounds)
  // One long line says nothing about lines.
  let (rate, share) =
    result.lines > 1
    ? (
      "\(Int((Double(result.lines) / result.parsing / 1000).rounded()) * 1000)",
      "\(result.treeBytes / result.lines)"
    ) : ("", "")
  let megabytes = (Double(bytes.count) / result.parsing / 1e5).rounded() / 10
  print(
    "| \(name) | \(result.lines) | \((result.lexing * 1e4).rounded() / 10)"
      + " | \((result.parsing * 1e4).rounded() / 10) | \(rate) | \(megabytes)"
      + " | \(share) |")
}

/// A script whose names are all defined, so that the checker has typical work.
func wholeScript(lines: Int) -> [UInt8] {
  let names = ["scale = 2", "weights = zeros(2, 2)", "board = zeros(8, 3, 2)", "running = {}"]
  return Array(names.map { "let \($0)\n" }.joined().utf8) + script(lines: lines)
}

/// The shortest of the rounds, in seconds of processor time.
func best(_ rounds: Int, _ body: () -> Void) -> Double {
  (0..<rounds).reduce(.infinity) { shortest, _ in
    let start = processorSeconds()
    body()
    return min(shortest, processorSeconds() - start)
  }
}

func reportTools(lines: Int, rounds: Int, _ checker: Checker) {
  let source = Source(path: "benchmark", bytes: wholeScript(lines: lines))
  let checking = best(rounds) {
    guard checker.check(source).isReadable else { exit(2) }
  }
  let formatting = best(rounds) {
    guard (try? Formatter.format(source)) != nil else { exit(2) }
  }
  let cells = [checking, formatting].map { seconds in
    "\((seconds * 1e4).rounded() / 10) | \(Int((Double(lines) / seconds / 1000).rounded()) * 1000)"
  }
  print("| mixed | \(lines) | \(cells.joined(separator: " | ")) |")
}

print("| script | lines | tokens, ms | tokens and tree, ms | lines/s | MB/s | bytes a line |")
print("|---|---|---|---|---|---|---|")
if CommandLine.arguments.count > 1 {
  for path in CommandLine.arguments.dropFirst() {
    guard let file = fopen(path, "rb") else { continue }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    fclose(file)
    report(path, bytes, rounds: 5)
  }
} else {
  report("mixed", script(lines: 10_000), rounds: 9)
  report("mixed", script(lines: 100_000), rounds: 5)
  report("mixed", script(lines: 1_000_000), rounds: 2)
  report("one line of 1 MB", longLine(bytes: 1_000_000), rounds: 5)
  report("one line of 10 MB", longLine(bytes: 10_000_000), rounds: 2)
}

if CommandLine.arguments.count == 1 {
  print("\n| script | lines | check, ms | lines/s | fmt, ms | lines/s |")
  print("|---|---|---|---|---|---|")
  let checker = Checker(library: Catalog.all)
  reportTools(lines: 10_000, rounds: 5, checker)
  reportTools(lines: 100_000, rounds: 3, checker)
  reportTools(lines: 400_000, rounds: 1, checker)
}
