// SPDX-License-Identifier: Apache-2.0
//
// Gradient kernels compared with their formulas in double precision, for odd sizes, zero and one.

import CKernels
import Glibc
import Tensors
import Testing

@Suite struct GradientKernelTests {
  @Test(arguments: [0, 1, 2, 5], [1, 2, 7, 16, 17, 192, 200])
  func norms(_ rows: Int, _ width: Int) throws {
    let (x, dy) = (try Floats(rows * width, seed: 30), try Floats(rows * width, seed: 31))
    let (gain, y) = (try Floats(width, seed: 32), Floats(zeros: rows * width))
    let (mean, scale, dx) = (Floats(zeros: rows), Floats(zeros: rows), Floats(zeros: rows * width))
    let (dgain, dbias) = (Floats(zeros: width), Floats(zeros: width))
    let (px, pd, pg, py) = (x.pointer, dy.pointer, gain.pointer, y.pointer)
    let (pm, ps, pdx) = (mean.pointer, scale.pointer, dx.pointer)
    let (pdg, pdb) = (dgain.pointer, dbias.pointer)
    smap_layer_norm(px, pg, py, 1e-5, rows, width, py, pm, ps)
    smap_layer_norm_backward(px, pg, pm, ps, pd, rows, width, pdx, pdg, pdb)
    func row(_ r: Int, _ of: (Int) -> Double) -> Double {
      (0..<width).reduce(0) { $0 + of(r * width + $1) } / Double(width)
    }
    let centres = (0..<rows).map { r in row(r) { x[$0] } }
    let rates = (0..<rows).map { r in
      1 / (row(r) { pow(x[$0] - centres[r], 2) } + 1e-5).squareRoot()
    }
    func standard(_ i: Int) -> Double { (x[i] - centres[i / width]) * rates[i / width] }
    func up(_ i: Int) -> Double { dy[i] * gain[i % width] }
    expect(
      dx,
      (0..<rows * width).map { i in
        let r = i / width
        return rates[r] * (up(i) - row(r, up) - standard(i) * row(r) { up($0) * standard($0) })
      }, tolerance: width == 1 ? 1 : 1e-3)
    func column(_ i: Int, _ of: (Int) -> Double) -> Double {
      (0..<rows).reduce(0) { $0 + of($1 * width + i) }
    }
    expect(dgain, (0..<width).map { column($0) { dy[$0] * standard($0) } }, tolerance: 1e-3)
    expect(dbias, (0..<width).map { column($0) { dy[$0] } })
    dgain.pointer.update(repeating: 0, count: width)
    smap_rms_norm(px, pg, 1e-5, rows, width, py, ps)
    smap_rms_norm_backward(px, pg, ps, pd, rows, width, pdx, pdg)
    let sizes = (0..<rows).map { r in 1 / (row(r) { x[$0] * x[$0] } + 1e-5).squareRoot() }
    expect(
      dx,
      (0..<rows * width).map { i in
        let size = sizes[i / width]
        return up(i) * size - x[i] * pow(size, 3) * row(i / width) { up($0) * x[$0] }
      }, tolerance: 1e-4)
    expect(dgain, (0..<width).map { column($0) { dy[$0] * x[$0] * sizes[$0 / width] } })
    #expect(mean.isIntact && scale.isIntact && y.isIntact)
  }

  @Test(arguments: [1, 2, 5, 16, 17, 31], [1, 4, 8, 33])
  func attention(_ tokens: Int, _ headWidth: Int) throws {
    let (heads, batch) = (2, 2)
    let width = heads * headWidth
    let qkv = try Floats(batch * tokens * 3 * width, seed: 33)
    let dout = try Floats(batch * tokens * width, seed: 34)
    let present = (0..<batch).map { max(1, tokens - 2 * $0) }
    for (prefix, group, isRagged) in [
      (0, 1, false), (tokens / 2, 1, false), (tokens, 1, false), (tokens / 2, 3, false),
      (1, 2, true), (tokens, 1, true),
    ] {
      let (out, lse) = (
        Floats(zeros: batch * tokens * width), Floats(zeros: batch * heads * tokens)
      )
      let scratch = Floats(zeros: smap_attention_scratch(tokens, headWidth))
      let slope = Floats(zeros: batch * tokens * 3 * width)
      let (x, y, l, s) = (qkv.pointer, out.pointer, lse.pointer, scratch.pointer)
      let (dy, dx) = (dout.pointer, slope.pointer)
      present.withUnsafeBufferPointer { counts in
        let mask = SMAPMask(
          prefix: prefix, group: group, lengths: isRagged ? counts.baseAddress : nil)
        smap_attention(x, tokens, heads, headWidth, mask, 0, tokens, 0, batch * heads, y, l, s)
        smap_attention_backward(
          x, y, l, dy, tokens, heads, headWidth, mask, 0, tokens, 0, batch * heads, dx, s)
      }
      #expect(scratch.isIntact && out.isIntact && lse.isIntact)
      var wanted = [Double](repeating: 0, count: slope.count)
      for pair in 0..<batch * heads {
        let head = AttentionReference(
          qkv, dout, tokens: tokens, width: width, headWidth: headWidth, batch: pair / heads,
          head: pair % heads, prefix: prefix, group: group,
          present: isRagged ? present[pair / heads] : tokens)
        head.add(to: &wanted)
      }
      expect(slope, wanted, tolerance: 1e-4)
    }
  }

  @Test(arguments: [0, 1, 7, 16, 100])
  func activations(_ count: Int) throws {
    let (u, dy, du) = (
      try Floats(count, seed: 35), try Floats(count, seed: 36), Floats(zeros: count)
    )
    let (pu, pd, po) = (u.pointer, dy.pointer, du.pointer)
    smap_gelu_backward(pu, pd, po, count)
    expect(
      du,
      (0..<count).map { i in
        let density = exp(-0.5 * u[i] * u[i]) / (2 * Double.pi).squareRoot()
        return dy[i] * (0.5 * (1 + erf(u[i] / 2.0.squareRoot())) + u[i] * density)
      })
    let (again, y) = (Floats(zeros: count), Floats(zeros: count))
    for i in 0..<count { again.pointer[i] = dy.pointer[i] }
    let (pa, py) = (again.pointer, y.pointer)
    smap_gelu_again(pu, pa, py, count)
    expect(again, du.doubles)
    expect(y, (0..<count).map { u[$0] * 0.5 * (1 + erf(u[$0] / 2.0.squareRoot())) })
    smap_silu_backward(pu, pd, po, count)
    func slope(_ x: Double) -> Double { sigmoid(x) * (1 + x * (1 - sigmoid(x))) }
    expect(du, (0..<count).map { dy[$0] * slope(u[$0]) })
    let (wide, dwide) = (try Floats(2 * count, seed: 37), Floats(zeros: 2 * count))
    let (pw, pdw) = (wide.pointer, dwide.pointer)
    smap_swiglu_backward(pw, pd, 1, count, pdw)
    expect(
      dwide,
      (0..<count).map { dy[$0] * slope(wide[$0]) * wide[count + $0] }
        + (0..<count).map { dy[$0] * wide[$0] * sigmoid(wide[$0]) })
  }

  @Test(arguments: [0, 1, 3, 8], [1, 5, 16, 37])
  func gates(_ rows: Int, _ width: Int) throws {
    let stride = 3 * width + 1
    let (x, dy) = (try Floats(rows * width, seed: 38), try Floats(rows * width, seed: 39))
    let m = try Floats(rows * stride + 3 * width, seed: 40)
    let (dx, dm) = (Floats(zeros: rows * width), Floats(zeros: m.count))
    let (px, pd, pm, pdx, pdm) = (x.pointer, dy.pointer, m.pointer, dx.pointer, dm.pointer)
    func part(_ of: Floats, _ index: Int, _ i: Int) -> Double {
      of[i / width * stride + index * width + i % width]
    }
    smap_modulate_backward(px, pm + width, pd, stride, 1, rows, width, pdx, pdm, pdm + width)
    smap_gate_backward(pm + 2 * width, px, pd, stride, rows, width, pdm + 2 * width, pdx)
    #expect(dm.isIntact)
    for i in 0..<rows * width {
      #expect(abs(part(dm, 0, i) - dy[i]) < 1e-6)
      #expect(abs(part(dm, 1, i) - dy[i] * x[i]) < 1e-5)
      #expect(abs(part(dm, 2, i) - dy[i] * x[i]) < 1e-5)
    }
    expect(dx, (0..<rows * width).map { dy[$0] * part(m, 2, $0) })
    smap_modulate_backward(px, pm + width, pd, stride, 1, rows, width, pdx, pdm, pdm + width)
    expect(dx, (0..<rows * width).map { dy[$0] * (1 + part(m, 1, $0)) })
    let sums = Floats(zeros: width)
    let column = sums.pointer
    smap_add_column_sums(pd, rows, width, column)
    expect(sums, (0..<width).map { c in (0..<rows).reduce(0) { $0 + dy[$1 * width + c] } })
  }

  @Test(arguments: [1, 2, 3, 7], [[1, 1], [1, 24], [2, 3], [5, 1], [5, 24]])
  func neighbourhoods(_ height: Int, _ line: [Int]) throws {
    let (width, channels) = (line[0], line[1])
    let picture = try Floats(height * width * channels, seed: 41)
    let pitch = (9 * channels + 15) / 16 * 16
    let first = height / 3
    let rows = Floats(zeros: (height - first) * width * pitch)
    let (p, r) = (picture.pointer, rows.pointer)
    smap_unfold3x3(p, height, width, channels, first, height, r, pitch)
    func source(_ row: Int, _ entry: Int) -> Int {
      let (y, x) = (first + row / width, row % width)
      let (dy, dx) = (entry / channels / 3 - 1, entry / channels % 3 - 1)
      let (line, column) = (min(max(y + dy, 0), height - 1), min(max(x + dx, 0), width - 1))
      return (line * width + column) * channels + entry % channels
    }
    expect(
      rows,
      (0..<rows.count).map { i in
        i % pitch < 9 * channels ? picture[source(i / pitch, i % pitch)] : 0
      })
    let (dense, folded) = (
      try Floats((height - first) * width * 9 * channels, seed: 42),
      try Floats(picture.count, seed: 43)
    )
    var wanted = folded.doubles
    for i in 0..<dense.count { wanted[source(i / (9 * channels), i % (9 * channels))] += dense[i] }
    let (d, f) = (dense.pointer, folded.pointer)
    smap_fold3x3(d, height, width, channels, first, height, f)
    expect(folded, wanted)
  }
}

/// The gradient of attention of one head of one picture.
private struct AttentionReference {
  let q: [[Double]], k: [[Double]], v: [[Double]], up: [[Double]]
  let place: (_ token: Int, _ part: Int) -> Int
  let prefix: Int
  let group: Int
  let present: Int

  init(
    _ qkv: Floats, _ dout: Floats, tokens: Int, width: Int, headWidth: Int, batch: Int, head: Int,
    prefix: Int, group: Int, present: Int
  ) {
    place = { (batch * tokens + $0) * 3 * width + $1 * width + head * headWidth }
    func rows(_ part: Int) -> [[Double]] {
      (0..<tokens).map { t in
        (0..<headWidth).map {
          qkv[(batch * tokens + t) * 3 * width + part * width + head * headWidth + $0]
        }
      }
    }
    (q, k, v) = (rows(0), rows(1), rows(2))
    up = (0..<tokens).map { t in
      (0..<headWidth).map { dout[(batch * tokens + t) * width + head * headWidth + $0] }
    }
    (self.prefix, self.group, self.present) = (prefix, group, present)
  }

  /// How many tokens token i sees.
  private func seen(by i: Int) -> Int {
    guard i >= prefix else { return min(prefix, present) }
    let behind = i - prefix
    let end = behind < group ? i + 1 : prefix + (behind / group + 1) * group
    return min(end, present)
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  func add(to gradient: inout [Double]) {
    let scale = 1 / Double(q[0].count).squareRoot()
    for i in q.indices {
      let seen = 0..<seen(by: i)
      let powers = seen.map { exp(dot(q[i], k[$0]) * scale) }
      let shares = powers.map { $0 / powers.reduce(0, +) }
      let slopes = seen.map { dot(up[i], v[$0]) }
      let mean = dot(shares, slopes)
      for j in seen {
        let ds = shares[j] * (slopes[j] - mean) * scale
        for d in q[i].indices {
          gradient[place(i, 0) + d] += ds * k[j][d]
          gradient[place(j, 1) + d] += ds * q[i][d]
          gradient[place(j, 2) + d] += shares[j] * up[i][d]
        }
      }
    }
  }
}
