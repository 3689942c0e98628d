// SPDX-License-Identifier: Apache-2.0
//
// Headers of built-ins, as the table of the library writes them.

import Syntax
import Testing

@Suite struct SignatureTests {
  static let headers = [
    "sum(x: tensor, dim = nil, keepdim = false) -> tensor",
    "print(...values, sep = \" \", end = \"\\n\")", "range(start, stop = nil, step = 1) -> range",
    "sorted(items, *, key = nil, reverse = false) -> list", "zeros(...shape)",
    "randint(low, high, shape: list, *, seed = nil)",
    "allclose(x: tensor, y: tensor, *, rtol = 1e-5, atol = 1e-8) -> bool",
    "random.split(seed: number, num = 2) -> list",
    "optim.adamw(params: list, lr = 1e-3, *, betas = [0.9, 0.999], eps = 1e-8)",
    "image.load(path: string) -> [1, C, H, W]", "image.resize(x: [B, C, H, W], height, width)",
    "plot.line(y, x = nil, *, labels = nil, yscale = \"linear\") -> figure",
    "smap.tokenizer(*, image_size = 32, quantizer = \"vq\",\n  inject = \"both\") -> tokenizer",
    "flatten(x: tensor, start_dim = 0, end_dim = -1)", "sys.limits()",
    "f(x: [..., 3], y: []) -> []",
  ]

  @Test(arguments: headers) func headersParse(_ header: String) throws {
    let signature = try Parser.parseSignature(header)
    #expect(header.hasPrefix(signature.name + "("))
  }

  @Test func partsAreKept() throws {
    let header = "random.pick(x: [B, 3], *rest".replacing("*rest", with: "*, kind = \"a\") -> list")
    let named = try Parser.parseSignature(header)
    #expect(named.name == "random.pick")
    #expect(named.signature.parameters.map { $0.name?.text } == ["x", nil, "kind"])
    guard case .type("list") = named.signature.result?.kind,
      case .string("a") = named.signature.parameters[2].defaultValue?.kind,
      case .shape(let shape) = named.signature.parameters[0].annotation?.kind
    else {
      Issue.record("parts are missing")
      return
    }
    #expect(shape.count == 2)
  }

  @Test(arguments: ["", "f", "f(", "f(x) = 1", "f(x) y", "1(x)", "f(x:)", "f.(x)", "f(x)\ng(x)"])
  func wrongHeadersThrow(_ header: String) {
    #expect(throws: Diagnostic.self) { try Parser.parseSignature(header) }
  }
}
