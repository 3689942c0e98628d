// SPDX-License-Identifier: Apache-2.0
//
// Which functions of the library the laboratory may try: those whose result has a shape that
// follows from the shapes of tensors and from exact numbers alone, and that change nothing.

/// How a function may be tried.
struct PureFunction {
  /// Parameters that take tensors although their annotation does not say so.
  var tensors: Set<String> = []
  /// Whether the result can be larger than the operands, so that numbers have to be looked at.
  var isGrowing = false
  /// Whether the numbers in the result follow from exact arguments; false for random draws.
  var isExact = true
  /// The text of the call, if another one has the same shape and costs less.
  var substitute: String?
}

extension PureFunction {
  private static let plain = PureFunction()
  private static let growing = PureFunction(isGrowing: true)

  /// By name; a function that is not listed is never tried.
  static let table: [String: PureFunction] = {
    var table: [String: PureFunction] = [:]
    let pointwise = [
      "abs", "exp", "log", "log2", "log10", "sqrt", "rsqrt", "sin", "cos", "tan", "tanh",
      "sigmoid", "relu", "gelu", "silu", "sign", "floor", "ceil", "round", "isnan", "clamp",
      "softmax", "log_softmax", "cumsum", "tril", "triu", "detach", "param",
    ]
    let reductions = [
      "sum", "mean", "prod", "min", "max", "argmin", "argmax", "all", "any", "logsumexp", "std",
      "var", "norm", "topk",
    ]
    let movement = [
      "reshape", "flatten", "squeeze", "unsqueeze", "transpose", "permute", "rearrange", "flip",
      "roll", "chunk", "gather", "diag", "tensor",
    ]
    for name in pointwise + reductions + movement { table[name] = plain }
    for name in ["maximum", "minimum"] { table[name] = growing }
    for name in ["cat", "stack"] { table[name] = PureFunction(tensors: ["tensors"]) }
    for name in ["expand", "pad", "one_hot", "eye", "arange", "linspace"] { table[name] = growing }
    table["einsum"] = PureFunction(tensors: ["tensors"], isGrowing: true)
    for name in ["matmul", "outer"] { table[name] = growing }
    table["where"] = PureFunction(tensors: ["x", "y"], isGrowing: true)
    table["zeros"] = growing
    for name in ["ones", "rand", "randn"] {
      table[name] = PureFunction(isGrowing: true, isExact: false, substitute: "zeros")
    }
    table["full"] = growing
    for name in ["nn.cross_entropy", "nn.mse_loss", "nn.l1_loss"] { table[name] = plain }
    table["range"] = plain
    return table
  }()

  /// Functions and methods without effect besides those above: to call one and drop what it gives
  /// is a mistake.
  static let withoutEffect: Set<String> = Set(table.keys).union([
    "len", "type", "map", "filter", "sorted", "zip", "enumerate", "keys", "values", "split",
    "join", "replace", "strip", "lower", "upper", "get", "has", "index", "number", "grad",
    "value_and_grad", "random.split", "random.fold", "allclose", "item",
  ]).subtracting(["map", "filter"])
}
