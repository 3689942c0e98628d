// SPDX-License-Identifier: Apache-2.0
//
// Which functions of the library the laboratory may try: those whose result has a shape that
// follows from the shapes of tensors and from exact values alone, and that change nothing but, in
// a few cases, their first argument.

/// How a function may be tried.
struct PureFunction {
  /// Parameters that take tensors although their annotation does not say so.
  var tensors: Set<String> = []
  /// Whether the result can be larger than the operands, so that numbers have to be looked at.
  var isGrowing = false
  /// Whether the numbers in the result follow from exact arguments; false for random draws.
  var isExact = true
  /// Whether it changes its first argument, or raises an error, and so is good for something even if
  /// nobody takes what it gives. It is tried on copies.
  var hasEffect = false
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
    let everyday = [
      "len", "sorted", "enumerate", "zip", "keys", "values", "number", "split", "join", "replace",
      "strip", "lower", "upper", "index", "get", "has",
    ]
    for name in everyday { table[name] = plain }
    for name in ["pop", "insert", "remove"] { table[name] = PureFunction(hasEffect: true) }
    table["assert"] = PureFunction(tensors: ["condition"], hasEffect: true)
    return table
  }()

  /// Functions and methods without effect besides those above: to call one and drop what it gives
  /// is a mistake.
  static let withoutEffect: Set<String> = Set(table.filter { !$0.value.hasEffect }.keys).union([
    "type", "grad", "value_and_grad", "random.split", "random.fold", "allclose", "item",
  ])
}
