// SPDX-License-Identifier: Apache-2.0
//
// Support for tensor tests: short literals, comparison, and the reader of golden files.

import Glibc
import Tensors
import Testing

/// A tensor of the given shape and values.
func t(_ shape: [Int], _ values: [Float]) throws -> Tensor {
  try Tensor(shape: shape, values: values)
}

/// A vector.
func v(_ values: Float...) throws -> Tensor { try Tensor(shape: [values.count], values: values) }

/// Normal samples that differ from test to test by their seed.
func normal(_ shape: [Int], seed: UInt64) throws -> Tensor {
  try Tensor.randn(shape, key: RandomKey(seed: seed))
}

/// Whether two numbers are as close as float32 arithmetic brings them.
func isClose(_ a: Float, _ b: Float, relative: Float = 2e-5, absolute: Float = 2e-6) -> Bool {
  if a == b || (a.isNaN && b.isNaN) { return true }
  return abs(a - b) <= absolute + relative * abs(b)
}

/// Records an issue unless shape and values agree.
func expectClose(
  _ found: Tensor, _ wanted: Tensor, relative: Float = 2e-5, absolute: Float = 2e-6,
  _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.shape == wanted.shape, "\(comment)", sourceLocation: sourceLocation)
  for (i, (a, b)) in zip(found.toArray(), wanted.toArray()).enumerated()
  where !isClose(a, b, relative: relative, absolute: absolute) {
    Issue.record(
      "\(comment) element \(i) is \(a) instead of \(b)", sourceLocation: sourceLocation)
    return
  }
}

/// The error that `body` throws, if it is one of tensors.
func tensorError(_ body: () throws -> Void) -> TensorError? {
  do { try body() } catch { return error as? TensorError }
  return nil
}

/// Runs `body` with one, two and four threads.
func withThreadCounts(_ body: (Int) throws -> Void) rethrows {
  let before = ThreadPool.threadCount
  defer { ThreadPool.threadCount = before }
  for count in [1, 2, 4] {
    ThreadPool.threadCount = count
    try body(count)
  }
}

/// One case of a golden file.
struct Golden: CustomTestStringConvertible, Sendable {
  struct Values: Sendable {
    let shape: [Int]
    let values: [Float]
    func tensor() throws -> Tensor { try Tensor(shape: shape, values: values) }
  }

  let name: String
  var inputs: [Values] = []
  var outputs: [Values] = []
  var testDescription: String { name }

  /// The cases of `Tests/Goldens/numpy/<file>.txt`.
  static func cases(_ file: String) -> [Golden] {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let text = contents("/\(folder)/Goldens/numpy/\(file).txt")
    var cases: [Golden] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0] == "case" {
        cases.append(Golden(name: String(line.dropFirst(5))))
        continue
      }
      let shape = words[1].dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }
      let values = Values(shape: shape, values: words.dropFirst(2).compactMap { Float($0) })
      if words[0] == "in" {
        cases[cases.count - 1].inputs.append(values)
      } else {
        cases[cases.count - 1].outputs.append(values)
      }
    }
    return cases
  }

  private static func contents(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
