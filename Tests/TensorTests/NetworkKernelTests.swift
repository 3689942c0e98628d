// SPDX-License-Identifier: Apache-2.0
//
// Network kernels compared with double precision, for sizes that are multiples of vectors and
// others, zero and one.

import CKernels
import Glibc
import Tensors
import Testing

@Suite struct NetworkKernelTests {
  struct Product: Sendable, CustomTestStringConvertible {
    var m, k, n: Int
    var isTransposed = false
    var activation: Int32 = 0
    var hasBias = false
    var hasResidual = false
    var accumulates = false
    var testDescription: String {
      "\(m) x \(k) x \(n)\(isTransposed ? ", transposed" : ""), activation \(activation), "
        + "\(hasBias ? "bias " : "")\(hasResidual ? "residual " : "")\(accumulates ? "added" : "")"
    }
  }

  /// Every height of a tile, odd widths, zero and one; each with a different epilogue. Rows of 512
  /// floats are copied before they are multiplied; a few rows use the wide path over several
  /// panels; a large right operand is processed in several passes.
  static let products: [Product] = {
    let sizes = (Array(0...29) + [70]).flatMap { m in
      [(1, 1), (17, 31), (40, 32), (33, 65), (0, 5)].map { (m: m, k: $0.0, n: $0.1) }
    }
    let collisions = [6, 7, 14, 15, 16, 29, 31].map { (m: $0, k: 512, n: 33) }
    let wide = (1...4).flatMap { m in [(m: m, k: 40, n: 330), (m: m, k: 9, n: 96)] }
    let large = [
      (m: 31, k: 200, n: 1000), (m: 29, k: 512, n: 700), (m: 28, k: 2, n: 98_400),
      (m: 30, k: 0, n: 3), (m: 101, k: 40, n: 70), (m: 101, k: 700, n: 33),
    ]
    return (sizes + collisions + wide + large).enumerated().map { pick, size in
      Product(
        m: size.m, k: size.k, n: size.n, isTransposed: pick % 2 == 1 && size.k < 512,
        activation: Int32(pick % 3), hasBias: pick % 4 > 1, hasResidual: pick % 5 > 2,
        accumulates: pick % 7 == 0)
    }
  }()

  @Test(arguments: products)
  func packedProducts(_ p: Product) throws {
    let (a, b) = (try Floats(p.m * p.k, seed: 1), try Floats(p.k * p.n, seed: 2))
    let (bias, residual) = (try Floats(p.n, seed: 3), try Floats(p.m * p.n, seed: 4))
    let (c, before) = (try Floats(p.m * p.n, seed: 5), Floats(zeros: p.m * p.n))
    let old = c.doubles
    let panels = (p.n + 31) / 32
    let packed = Floats(zeros: smap_packed_size(p.k, p.n))
    smap_pack(b.pointer, p.n, 1, p.k, p.n, 0, panels, packed.pointer)
    #expect(packed.isIntact)
    let (row, depth) = p.isTransposed ? (1, p.m) : (p.k, 1)
    let scratch = Floats(zeros: smap_product_scratch(p.k, row, depth, Int(SMAP_PACKED)))
    run(p, panels, a, packed, bias, residual, before, c, scratch)
    #expect(before.isIntact && scratch.isIntact)
    expect(
      c,
      (0..<p.m * p.n).map { entry in
        let (i, j) = (entry / p.n, entry % p.n)
        var sum = p.accumulates ? old[entry] : 0
        for d in 0..<p.k {
          sum += (p.isTransposed ? a[d * p.m + i] : a[i * p.k + d]) * b[d * p.n + j]
        }
        if p.hasBias { sum += bias[j] }
        if p.activation == 1 { sum = gelu(sum) }
        if p.activation == 2 { sum *= sigmoid(sum) }
        return p.hasResidual ? sum + residual[entry] : sum
      })
  }

  private func run(
    _ p: Product, _ panels: Int, _ a: Floats, _ packed: Floats, _ bias: Floats, _ residual: Floats,
    _ before: Floats, _ c: Floats, _ scratch: Floats
  ) {
    var epilogue = SMAPEpilogue()
    epilogue.activation = p.activation
    epilogue.accumulate = p.accumulates ? 1 : 0
    if p.hasBias { epilogue.bias = UnsafePointer(bias.pointer) }
    if p.hasResidual { epilogue.residual = UnsafePointer(residual.pointer) }
    if p.activation != 0 { epilogue.before = before.pointer }
    let (x, y, z, s) = (
      a.pointer, packed.pointer, c.pointer, scratch.pointer
    )
    withExtendedLifetime((a, packed, bias, residual, before, c, scratch)) {
      smap_product(
        p.m, p.n, p.k, x, p.isTransposed ? 1 : p.k, p.isTransposed ? p.m : 1, y,
        Int(SMAP_PACKED), 32 * p.k, 0, panels, z,
        p.n, &epilogue, s)
    }
  }

  @Test(arguments: [0, 1, 2, 5, 33], [1, 2, 7, 16, 17, 192, 200])
  func norms(_ rows: Int, _ width: Int) throws {
    let (x, gain) = (try Floats(rows * width, seed: 6), try Floats(width, seed: 7))
    let (bias, y) = (try Floats(width, seed: 8), Floats(zeros: rows * width))
    let (mean, scale) = (Floats(zeros: rows), Floats(zeros: rows))
    let (px, pg, pb, py) = (
      x.pointer, gain.pointer, bias.pointer, y.pointer
    )
    let (pm, ps) = (mean.pointer, scale.pointer)
    smap_layer_norm(px, pg, pb, 1e-5, rows, width, py, pm, ps)
    let centres = (0..<rows).map { r in
      (0..<width).reduce(0) { $0 + x[r * width + $1] } / Double(width)
    }
    let deviations = (0..<rows).map { r in
      let sum = (0..<width).reduce(0) { sum, i in
        sum + pow(x[r * width + i] - centres[r], 2)
      }
      return (sum / Double(width) + 1e-5).squareRoot()
    }
    expect(
      y,
      (0..<rows * width).map { i in
        (x[i] - centres[i / width]) / deviations[i / width] * gain[i % width] + bias[i % width]
      }, tolerance: 3e-4)
    smap_rms_norm(px, pg, 1e-5, rows, width, py, ps)
    let sizes = (0..<rows).map { r in
      ((0..<width).reduce(0) { $0 + pow(x[r * width + $1], 2) } / Double(width) + 1e-5)
        .squareRoot()
    }
    expect(y, (0..<rows * width).map { i in x[i] / sizes[i / width] * gain[i % width] })
    #expect(mean.isIntact && scale.isIntact)
  }

  @Test(arguments: [1, 2, 5, 17, 40], [1, 4, 8, 33])
  func attention(_ tokens: Int, _ headWidth: Int) throws {
    let (heads, batch) = (2, 2)
    let width = heads * headWidth
    let qkv = try Floats(batch * tokens * 3 * width, seed: 9)
    for prefix in Set([0, tokens / 2, tokens]) {
      let (out, lse) = (
        Floats(zeros: batch * tokens * width), Floats(zeros: batch * heads * tokens)
      )
      let scratch = Floats(zeros: smap_attention_scratch(tokens, headWidth))
      let (x, y, l, s) = (
        qkv.pointer, out.pointer, lse.pointer, scratch.pointer
      )
      let mask = SMAPMask(prefix: prefix, group: 1, lengths: nil)
      smap_attention(x, tokens, heads, headWidth, mask, 0, tokens, 0, batch * heads, y, l, s)
      #expect(lse.isIntact && scratch.isIntact)
      func at(_ b: Int, _ token: Int, _ part: Int, _ h: Int, _ d: Int) -> Double {
        qkv[(b * tokens + token) * 3 * width + part * width + h * headWidth + d]
      }
      expect(
        out,
        (0..<batch * tokens * width).map { entry in
          let (b, i) = (entry / width / tokens, entry / width % tokens)
          let (h, d) = (entry % width / headWidth, entry % headWidth)
          let weights = (0..<max(prefix, i + 1)).map { j in
            exp(
              (0..<headWidth).reduce(0) { $0 + at(b, i, 0, h, $1) * at(b, j, 1, h, $1) }
                / Double(headWidth).squareRoot())
          }
          let sum = weights.enumerated().reduce(0) { $0 + $1.element * at(b, $1.offset, 2, h, d) }
          return sum / weights.reduce(0, +)
        })
    }
  }

  @Test(arguments: [1, 3, 33], [1, 5, 16, 40])
  func oneTokenOfAttention(_ length: Int, _ headWidth: Int) throws {
    let (heads, width) = (3, 3 * headWidth)
    let (q, keys) = (try Floats(width, seed: 10), try Floats(length * width, seed: 11))
    let (values, out) = (try Floats(length * width, seed: 12), Floats(zeros: width))
    let scratch = Floats(zeros: length)
    let (pq, pk, pv) = (q.pointer, keys.pointer, values.pointer)
    let (po, ps) = (out.pointer, scratch.pointer)
    // Heads may be distributed.
    smap_attention_step(pq, pk, pv, length, heads, headWidth, 0, 1, po, ps)
    smap_attention_step(pq, pk, pv, length, heads, headWidth, 1, heads, po, ps)
    expect(
      out,
      (0..<width).map { entry in
        let h = entry / headWidth * headWidth
        let weights = (0..<length).map { j in
          exp(
            (0..<headWidth).reduce(0) { $0 + q[h + $1] * keys[j * width + h + $1] }
              / Double(headWidth).squareRoot())
        }
        return (0..<length).reduce(0) { $0 + weights[$1] * values[$1 * width + entry] }
          / weights.reduce(0, +)
      })
    #expect(scratch.isIntact)
  }

  @Test(arguments: [0, 1, 2, 7, 16, 31, 1000])
  func adamSteps(_ count: Int) throws {
    let (p, g) = (try Floats(count, seed: 13), try Floats(count, seed: 14))
    let (m, v) = (try Floats(count, seed: 15), try Floats(count, seed: 16))
    for i in 0..<count { v.pointer[i] = Float(abs(v[i])) }
    let before = (p.doubles, m.doubles, v.doubles)
    let (pp, pg, pm, pv) = (
      p.pointer, g.pointer, m.pointer, v.pointer
    )
    smap_adamw(pp, pg, pm, pv, count, 0.5, 0.99, 0.01, 0.7, 0.9, 0.999, 1e-8)
    let first = (0..<count).map { 0.9 * before.1[$0] + 0.1 * 0.5 * g[$0] }
    let second = (0..<count).map { 0.999 * before.2[$0] + 0.001 * pow(0.5 * g[$0], 2) }
    expect(m, first)
    expect(v, second)
    expect(
      p,
      (0..<count).map {
        before.0[$0] * 0.99 - 0.01 * first[$0] / (second[$0].squareRoot() / 0.7 + 1e-8)
      })
  }

  @Test(arguments: [0, 1, 3, 8], [1, 5, 16, 37])
  func gates(_ rows: Int, _ width: Int) throws {
    let stride = 3 * width + 1
    let (x, h) = (try Floats(rows * width, seed: 17), try Floats(rows * width, seed: 18))
    let (m, y) = (try Floats(rows * stride + 3 * width, seed: 19), Floats(zeros: rows * width))
    let (px, ph, pm, py) = (
      x.pointer, h.pointer, m.pointer, y.pointer
    )
    smap_modulate(px, pm, pm + width, stride, 1, rows, width, py)
    func part(_ index: Int, _ i: Int) -> Double {
      m[i / width * stride + index * width + i % width]
    }
    expect(y, (0..<rows * width).map { x[$0] * (1 + part(1, $0)) + part(0, $0) })
    smap_gate(px, pm + 2 * width, ph, stride, rows, width, py)
    expect(y, (0..<rows * width).map { x[$0] + part(2, $0) * h[$0] })
    // In place: the result overwrites an operand.
    let sums = y.doubles
    smap_gate(py, pm + 2 * width, ph, stride, rows, width, py)
    expect(y, (0..<rows * width).map { sums[$0] + part(2, $0) * h[$0] })
    let (wide, half) = (try Floats(rows * 2 * width, seed: 20), Floats(zeros: rows * width))
    let (pw, pf) = (wide.pointer, half.pointer)
    smap_swiglu(pw, rows, width, pf)
    expect(
      half,
      (0..<rows * width).map { i in
        let gate = wide[i / width * 2 * width + i % width]
        return gate * sigmoid(gate) * wide[i / width * 2 * width + width + i % width]
      })
  }

  @Test(arguments: [0, 1, 3, 8], [1, 5, 16, 37, 192])
  func normsWithModulation(_ rows: Int, _ width: Int) throws {
    let stride = 2 * width + 1
    let (x, y) = (try Floats(rows * width, seed: 22), Floats(zeros: rows * width))
    let m = try Floats(rows * stride + 2 * width, seed: 23)
    let (px, pm, py) = (x.pointer, m.pointer, y.pointer)
    smap_modulated_norm(px, pm, pm + width, stride, 1e-5, rows, width, py)
    expect(
      y,
      (0..<rows).flatMap { r in
        let row = (0..<width).map { x[r * width + $0] }
        let mean = row.reduce(0, +) / Double(width)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        return row.enumerated().map { i, value in
          (value - mean) / (variance + 1e-5).squareRoot() * (1 + m[r * stride + width + i])
            + m[r * stride + i]
        }
      })
  }

  @Test(arguments: [Precision.float32, .bfloat16].filter(\.isAvailable))
  func whatIsNotANumberStaysInItsRow(_ precision: Precision) throws {
    let (m, k, n) = (16, 20, 40)
    let values = try normal([m, k], seed: 21)
    values.pointer[5 * k + 3] = .nan
    values.pointer[9 * k + 1] = .infinity
    let c = try Tensor.zeros([m, n])
    try precision.use {
      let packed = try PackedMatrix(try Tensor(repeating: 1, shape: [k, n]))
      try packed.multiply(LeftOperand(rows: values.pointer, width: k), rows: m, into: c.pointer)
    }
    for (entry, value) in c.toArray().enumerated() {
      switch entry / n {
      case 5: #expect(value.isNaN)
      case 9: #expect(value == .infinity)
      default: #expect(value.isFinite)
      }
    }
  }
}
