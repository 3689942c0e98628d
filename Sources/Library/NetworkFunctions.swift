// SPDX-License-Identifier: Apache-2.0
//
// Layers and losses.

import Networks
import Runtime
import Tensors

/// The functions of `nn`.
enum NetworkFunctions {
  static let functions: [Builtin] = layers + pictureLayers + compositions + losses + otherLosses

  /// Sizes of layers; no machine has the memory for larger ones.
  private static let sizes = 1...(1 << 24)

  private static let layers: [Builtin] = [
    Builtin(
      "nn.linear(in_features, out_features, *, bias = true, seed = nil)",
      "Makes a layer that multiplies the last dimension by a matrix and adds a bias.",
      example: "nn.linear(3, 2, seed = 1)(ones(4, 3)).shape   #=> [4, 2]"
    ) { call in
      let (inputs, outputs) = (
        try call.integer("in_features", in: sizes), try call.integer("out_features", in: sizes)
      )
      let hasBias = try call.bool("bias")
      var initial = Initializer(seed: try call.seed("seed"))
      let layer = try Linear(inputs, outputs, bias: hasBias, &initial)
      return LayerValue("linear(\(inputs), \(outputs))", layer.namedParameters) { x in
        try layer(x)
      }.value
    },
    Builtin(
      "nn.embedding(num_embeddings, dim, *, seed = nil)",
      "Makes a layer that looks up a vector for each index.",
      example: "nn.embedding(10, 4, seed = 1)([3, 7]).shape   #=> [2, 4]"
    ) { call in
      let (rows, width) = (
        try call.integer("num_embeddings", in: sizes), try call.integer("dim", in: sizes)
      )
      var initial = Initializer(seed: try call.seed("seed"))
      let layer = try Embedding(rows, width, &initial)
      return LayerValue("embedding(\(rows), \(width))", layer.namedParameters) { x in
        try layer(indices(x, below: rows)).reshape(x.shape + [width])
      }.value
    },
    Builtin(
      "nn.layer_norm(dim)",
      "Makes a layer that normalises rows to mean 0 and variance 1.",
      example: "nn.layer_norm(2)([1, 3])   #=> tensor([-1, 1])"
    ) { call in
      let width = try call.integer("dim", in: sizes)
      let layer = try LayerNorm(width, Initializer(seed: 0))
      return LayerValue("layer_norm(\(width))", layer.namedParameters) { x in
        guard x.shape.last == width else {
          throw TensorError.shape(
            "layer_norm(\(width)) takes rows of \(width) numbers, not shape \(x.shape)")
        }
        return try layer(x)
      }.value
    },
    Builtin(
      "nn.transformer(width, depth, heads, *, causal = false, seed = nil)",
      "Makes a stack of pre-norm attention blocks over [batch, tokens, width].",
      details: "With `causal` a token sees itself and those before it.",
      example: "nn.transformer(8, 1, 2, seed = 1)(ones(1, 3, 8)).shape   #=> [1, 3, 8]"
    ) { call in try transformer(call) },
  ]

  private static let pictureLayers: [Builtin] = [
    Builtin(
      "nn.conv2d(in_channels, out_channels, kernel_size, *, stride = 1, padding = 0, "
        + "dilation = 1, groups = 1, bias = true, seed = nil)",
      "Makes a layer that convolves pictures [B, C, H, W].",
      example: "nn.conv2d(3, 8, 3, padding = 1, seed = 1)(ones(2, 3, 6, 6)).shape   "
        + "#=> [2, 8, 6, 6]"
    ) { call in
      let (inputs, outputs) = (
        try call.integer("in_channels", in: sizes), try call.integer("out_channels", in: sizes)
      )
      let size = try call.rowsAndColumns("kernel_size")
      guard (1...1024).contains(size.0), (1...1024).contains(size.1) else {
        throw call.failure(.value, "kernel_size must be from 1 to 1024", argument: "kernel_size")
      }
      let window = WindowGeometry(
        size: size, stride: try call.rowsAndColumns("stride"),
        padding: try call.rowsAndColumns("padding"),
        dilation: try call.rowsAndColumns("dilation"))
      var initial = Initializer(seed: try call.seed("seed"))
      let layer = try Convolution2d(
        inputs, outputs, window: window, groups: call.integer("groups", in: sizes),
        bias: call.bool("bias"),
        &initial)
      return LayerValue(
        "conv2d(\(inputs), \(outputs), \(size.0)x\(size.1))", layer.namedParameters
      ) { x in try layer(x) }.value
    },
    Builtin(
      "nn.group_norm(num_groups, num_channels)",
      "Makes a layer that normalises groups of channels of [B, C, ...] to mean 0 and variance 1.",
      example: "nn.group_norm(1, 2)([[1, 3]])[0]   #=> tensor([-1, 1])"
    ) { call in
      let (groups, channels) = (
        try call.integer("num_groups", in: sizes), try call.integer("num_channels", in: sizes)
      )
      guard channels % groups == 0 else {
        throw call.failure(
          .value, "\(channels) channels cannot be cut into \(groups) groups", argument: "num_groups"
        )
      }
      let layer = try LayerNorm(channels, Initializer(seed: 0))
      return LayerValue("group_norm(\(groups), \(channels))", layer.namedParameters) { x in
        guard x.rank >= 2, x.shape[1] == channels else {
          throw TensorError.shape(
            "group_norm(\(groups), \(channels)) takes [B, \(channels), ..], not \(x.shape)")
        }
        let plain = try x.reshape([x.shape[0], groups, -1]).layerNorm(nil, nil).reshape(x.shape)
        let shape = [channels] + [Int](repeating: 1, count: x.rank - 2)
        return try plain * layer.gain.reshape(shape) + layer.bias.reshape(shape)
      }.value
    },
    Builtin(
      "nn.rms_norm(dim)",
      "Makes a layer that divides rows by their root mean square.",
      example: "nn.rms_norm(2)([3, 3])   #=> tensor([1, 1])"
    ) { call in
      let width = try call.integer("dim", in: sizes)
      let layer = try RMSNorm(width, Initializer(seed: 0))
      return LayerValue("rms_norm(\(width))", layer.namedParameters) { x in try layer(x) }.value
    },
  ]

  private static let compositions: [Builtin] = [
    Builtin(
      "nn.sequential(...layers)",
      "Makes a layer that calls layers or functions one after another.",
      example: "nn.sequential(nn.linear(3, 2, seed = 1), relu)(ones(4, 3)).shape   #=> [4, 2]"
    ) { call in try sequential(call) },
    Builtin(
      "nn.params(layer) -> list", purity: .untried,
      "Lists the parameters of a layer, or of a list of layers.",
      example: "[p.shape for p in nn.params(nn.linear(3, 2, seed = 1))]   #=> [[2, 3], [2]]"
    ) { call in
      .list(try namedParameters(call).map { .tensor($0.tensor) })
    },
  ]

  private static let losses: [Builtin] = [
    Builtin(
      "nn.cross_entropy(logits: tensor, target: tensor)", purity: .pure,
      "Averages the negative log-probabilities of the correct classes.",
      details: "The last dimension of `logits` holds the classes; `target` holds class numbers, "
        + "or probabilities in the shape of `logits`.",
      example: "nn.cross_entropy([0, 0; 0, 0], [0, 1])   #=> tensor(0.6931)"
    ) { call in
      .tensor(try Losses.crossEntropy(call.tensor("logits"), target: call.tensor("target")))
    },
    Builtin(
      "nn.mse_loss(input: tensor, target: tensor)", purity: .pure(.broadcast),
      "Averages the squared differences.",
      example: "nn.mse_loss([1, 2], [1, 4])   #=> tensor(2)"
    ) { call in
      .tensor(try Losses.meanSquaredError(call.tensor("input"), target: call.tensor("target")))
    },
    Builtin(
      "nn.l1_loss(input: tensor, target: tensor)", purity: .pure(.broadcast),
      "Averages the absolute differences.",
      example: "nn.l1_loss([1, 2], [1, 4])   #=> tensor(1)"
    ) { call in
      .tensor(try Losses.meanAbsoluteError(call.tensor("input"), target: call.tensor("target")))
    },
  ]

  private static let otherLosses: [Builtin] = [
    Builtin(
      "nn.smooth_l1_loss(input: tensor, target: tensor, beta = 1)", purity: .pure(.broadcast),
      "Averages squares of small differences and magnitudes of large ones.",
      example: "nn.smooth_l1_loss([1, 2], [1, 5])   #=> tensor(1.25)"
    ) { call in
      .tensor(
        try Losses.smoothMeanAbsoluteError(
          call.tensor("input"), target: call.tensor("target"), beta: Float(call.number("beta"))))
    },
    Builtin(
      "nn.nll_loss(log_probs: tensor, target: tensor)", purity: .pure,
      "Averages the negative log-probabilities of the correct classes, from log-probabilities.",
      example: "nn.nll_loss(log_softmax([0, 0; 0, 0]), [0, 1])   #=> tensor(0.6931)"
    ) { call in
      .tensor(
        try Losses.negativeLogLikelihood(call.tensor("log_probs"), target: call.tensor("target")))
    },
    Builtin(
      "nn.bce_with_logits(logits: tensor, target: tensor)", purity: .pure(.broadcast),
      "Averages the binary cross-entropy; the probability is the sigmoid of the logit.",
      example: "nn.bce_with_logits([0, 0], [1, 0])   #=> tensor(0.6931)"
    ) { call in
      .tensor(try Losses.binaryCrossEntropy(call.tensor("logits"), target: call.tensor("target")))
    },
    Builtin(
      "nn.kl_div(log_probs: tensor, target: tensor)", purity: .pure(.broadcast),
      "Gives the divergence of target probabilities from log-probabilities, averaged over rows.",
      example: "nn.kl_div(log([0.5, 0.5]), [1, 0])   #=> tensor(0.6931)"
    ) { call in
      .tensor(try Losses.divergence(call.tensor("log_probs"), target: call.tensor("target")))
    },
  ]

  private static func transformer(_ call: Call) throws -> Value {
    let width = try call.integer("width", in: sizes)
    let depth = try call.integer("depth", in: 0...1024)
    let heads = try call.integer("heads", in: sizes)
    let isCausal = try call.bool("causal")
    var initial = Initializer(seed: try call.seed("seed"))
    let layer = try Transformer(width: width, depth: depth, heads: heads, &initial)
    let title = "transformer(\(width), \(depth), \(heads)\(isCausal ? ", causal = true" : ""))"
    return LayerValue(title, layer.namedParameters) { x in
      guard x.rank == 3, x.shape[2] == width else {
        throw TensorError.shape("\(title) takes [batch, tokens, \(width)], not \(x.shape)")
      }
      return try layer(x, mask: isCausal ? .causal : .full)
    }.value
  }

  private static func sequential(_ call: Call) throws -> Value {
    let layers = try call.values("layers")
    var named: [NamedParameter] = []
    var depth = 0
    for (index, layer) in layers.enumerated() {
      guard layer.isCallable else {
        throw call.failure(
          .type, "layer \(index) must be a function, but this is \(layer.typePhrase)",
          argument: "layers")
      }
      guard let module = module(in: layer) else { continue }
      depth = max(depth, (module as? LayerValue)?.depth ?? 0)
      named += module.namedParameters.map { NamedParameter("\(index).\($0.name)", $0.tensor) }
    }
    guard depth < LayerValue.maximumDepth else {
      throw call.failure(.value, "layers are nested too deep", argument: "layers")
    }
    let titles = layers.map { Display.text($0, call.session) }.joined(separator: ", ")
    let title = titles.utf8.count <= 200 ? titles : "\(layers.count) layers"
    return LayerValue.sequence("sequential(\(title))", named, depth: depth + 1, parts: layers)
  }

  private static func indices(_ x: Tensor, below rows: Int) throws -> [Int] {
    try x.withValues { values in
      try values.map { value in
        guard let index = Int(exactly: value), index >= 0, index < rows else {
          throw TensorError.index(
            "\(Display.number(Double(value))) is not one of \(rows) indices",
            hint: "indices count from 0")
        }
        return index
      }
    }
  }

  private static func module(in value: Value) -> (any Module)? {
    guard case .object(let object) = value else { return nil }
    return object.payload as? any Module
  }

  /// The parameters of the first argument, each once, by their names and their places in lists.
  static func namedParameters(_ call: Call) throws -> [NamedParameter] {
    var seen: Set<ObjectIdentifier> = []
    return try namedParameters(in: try call[call.receiver], call, path: [])
      .filter { seen.insert(ObjectIdentifier($0.tensor)).inserted }
  }

  private static func namedParameters(
    in value: Value, _ call: Call, path: [String]
  ) throws -> [NamedParameter] {
    func name(_ own: String) -> String { (path + [own]).joined(separator: ".") }
    switch value {
    case .list(let list) where path.count < 16:
      return try list.items.enumerated().flatMap {
        try namedParameters(in: $1, call, path: path + ["\($0)"])
      }
    case .tensor(let tensor) where tensor.isParameter:
      return [NamedParameter(path.isEmpty ? "0" : path.joined(separator: "."), tensor)]
    case .function, .builtin: return []
    default:
      if let module = module(in: value) {
        return module.namedParameters.map { NamedParameter(name($0.name), $0.tensor) }
      }
      throw call.failure(
        .type, "\(value.typePhrase) has no parameters",
        hint: "give a layer, param(x), or a list of them", argument: call.receiver)
    }
  }
}
