// SPDX-License-Identifier: Apache-2.0
//
// Tokens that are codes (vq, fsq): the head predicts probabilities of the next code given the
// context of the backbone (method 6.6, after LlamaGen). A code is written as digits, of which each
// is predicted given those before it, so that the chain rule gives the probability of any of the up
// to 2^24 codes of fsq.

import Networks
import Tensors

/// One residual block: x + MLP(norm of x).
final class CodeBlock: Module {
  private let norm: LayerNorm
  private let first: Linear
  private let second: Linear

  init(width: Int, _ initial: inout Initializer) throws {
    norm = try LayerNorm(width, initial)
    first = try Linear(width, width, &initial)
    second = try Linear(width, width, gain: 0, &initial)
  }

  /// x: [rows, width].
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try Stop.check()
    return try second(first(norm(x), activation: .silu), addedTo: x)
  }

  var namedParameters: [NamedParameter] {
    norm.named(under: "norm") + first.named(under: "first") + second.named(under: "second")
  }
}

/// The next code, digit by digit.
final class CategoricalHead: TokenHead {
  static let name = "categorical"
  static let summary = "for tokenizers with codes: each code from the probabilities of all codes"
  static let options = ["head_width", "head_depth"]
  static let samplingOptions = ["top_k", "top_p"]
  static let trainingOptions = ["input_noise"]
  static let continuesTokens = true

  let digits: CodeDigits
  private let context: Linear
  /// The values of each digit, as what follows them reads them in the head: [size, headWidth].
  private let before: [Embedding]
  private let blocks: [CodeBlock]
  private let norm: LayerNorm
  private let outputs: [Linear]
  /// The values of each digit, as the backbone reads them: [size, width].
  private let read: [Embedding]
  /// What each value of each digit adds to the vector of a code: [size, T].
  private let vectors: [Tensor]

  init(_ configuration: GeneratorConfiguration, _ initial: inout Initializer) throws {
    digits = CodeDigits(configuration.codeDigits)
    let (sizes, width) = (digits.sizes, configuration.headWidth)
    context = try Linear(configuration.width, width, &initial)
    before = try sizes.dropLast().map { try Embedding($0, width, deviation: 0.5, &initial) }
    blocks = try (0..<configuration.headDepth).map { _ in try CodeBlock(width: width, &initial) }
    norm = try LayerNorm(width, initial)
    outputs = try sizes.map { try Linear(width, $0, gain: 0, &initial) }
    read = try sizes.map {
      try Embedding($0, configuration.width, deviation: 0.5, &initial)
    }
    vectors = try sizes.map { try Tensor.zeros([$0, configuration.tokenDim]) }
  }

  static func validate(_ configuration: GeneratorConfiguration) throws {
    guard !configuration.codeDigits.isEmpty else {
      throw TensorError.value(
        "head = \"\(name)\" samples codes, and the tokens of this tokenizer are vectors",
        hint: "take a tokenizer with quantizer = \"vq\" or \"fsq\", or head = \"flow\"")
    }
  }

  static func sizes(_ configuration: GeneratorConfiguration) -> [SizePart] {
    let (width, head) = (configuration.width, configuration.headWidth)
    let values = configuration.codeDigits.reduce(0, +)
    return [
      SizePart(
        configuration.headDepth * 2 * SizePart.linear(head, head), "head_depth", "head_width"),
      SizePart(width * head, "width", "head_width"),
      SizePart(values * (head + width + configuration.tokenDim), "code_digits", "width"),
    ]
  }

  // MARK: - Codes

  var state: [NamedParameter] {
    vectors.enumerated().map { NamedParameter("codes.\($0)", $1) }
  }

  /// Takes the vectors of the codes. A channel belongs to the digit that changes it, or to the
  /// first.
  func adopt(_ tokenizer: SMAPTokenizer) throws {
    guard digits.sizes == tokenizer.configuration.quantizer.type.codeDigits(tokenizer.configuration)
    else {
      throw TensorError.shape(
        "this generator samples codes of \(digits.sizes) digits, and this tokenizer has others",
        hint: "make a generator for it with card.model(tok, head = \"\(CategoricalHead.name)\")")
    }
    try Tensor.withoutGradients {
      let zero = try tokenizer.quantizer.vectors(of: [0])
      var free = [Bool](repeating: true, count: zero.count)
      // The first digit has what no other one changes.
      for index in (0..<digits.count).reversed() {
        let rows = try tokenizer.quantizer.vectors(
          of: (0..<digits.sizes[index]).map { $0 * digits.places[index] })
        let table = vectors[index]
        for channel in 0..<zero.count where free[channel] {
          let isOwn = (0..<digits.sizes[index]).contains {
            rows.pointer[$0 * zero.count + channel] != zero.pointer[channel]
          }
          guard isOwn || index == 0 else { continue }
          free[channel] = false
          for value in 0..<digits.sizes[index] {
            let place = value * zero.count + channel
            table.pointer[place] = rows.pointer[place]
          }
        }
      }
      ParameterChanges.note()
    }
  }

  /// The vectors of codes: [n, T].
  func vectors(of ids: [Int]) throws -> Tensor {
    try (0..<digits.count).reduce(Tensor.zeros([ids.count, vectors[0].shape[1]])) { sum, index in
      try sum.add(vectors[index].rows(at: digits.digit(index, of: ids)))
    }
  }

  /// Throws a ValueError unless there are codes of this generator for so many tokens.
  private func check(_ ids: [Int], count: Int) throws {
    guard ids.count == count else {
      throw TensorError.value(
        "a generator with head = \"\(CategoricalHead.name)\" reads codes, and these tokens are vectors",
        hint: "smap.encode gives codes if the tokenizer has them")
    }
    let codes = digits.sizes.reduce(1, *)
    if let wrong = ids.first(where: { !(0..<codes).contains($0) }) {
      throw TensorError.index("there is no code \(wrong) among \(codes)")
    }
  }

  func embed(_ tokens: Tensor, ids: [Int], _ backbone: CausalBackbone) throws -> Tensor {
    let shape = Array(tokens.shape.dropLast()) + [backbone.width]
    try check(ids, count: tokens.count / max(tokens.shape[tokens.rank - 1], 1))
    return try digits.sizes.indices.reduce(backbone.input(tokens)) { sum, index in
      try sum.add(read[index](digits.digit(index, of: ids)).reshape(shape))
    }
  }

  // MARK: - Probabilities

  /// The logits of one digit [rows, size], given contexts [rows, width] through `prepare` and the
  /// digits before it of codes.
  func logits(_ index: Int, _ prepared: Tensor, ids: [Int]) throws -> Tensor {
    let known = try (0..<index).reduce(prepared) { sum, earlier in
      try sum.add(before[earlier](digits.digit(earlier, of: ids)))
    }
    return try outputs[index](norm(blocks.reduce(known) { try $1($0) }))
  }

  /// The projection of contexts [rows, width], which all digits share.
  func prepare(_ contexts: Tensor) throws -> Tensor { try context(contexts) }

  /// The logarithms of the probabilities of codes [n] in contexts [.., width]: [n, 1].
  private func logProbabilities(of ids: [Int], _ contexts: Tensor) throws -> Tensor {
    let prepared = try prepare(
      contexts.reshape([ids.count, contexts.shape[contexts.rank - 1]]))
    let digitwise = try digits.sizes.indices.map { index in
      let logs = try logits(index, prepared, ids: ids).logSoftmax(dim: -1)
      let values = digits.digit(index, of: ids).map { Float($0) }
      return try logs.gather(dim: 1, index: Tensor(shape: [ids.count, 1], values: values))
    }
    return try digitwise.dropFirst().reduce(digitwise[0]) { try $0.add($1) }
  }

  func logLikelihood(_ batch: TokenBatch, of model: CARDGenerator, steps: Int) throws -> Tensor {
    try check(batch.ids, count: batch.count * batch.length)
    return try logProbabilities(of: batch.ids, model.contexts(batch))
      .reshape([batch.count, batch.length])
  }

  func loss(
    _ batch: TokenBatch, of model: CARDGenerator, _ recipe: GeneratorRecipe,
    _ draws: inout RandomStream
  ) throws -> TokenLoss {
    let rows = batch.count * batch.length
    let read = try disturbed(batch, recipe.inputNoise, model, &draws)
    let each = try logProbabilities(of: batch.ids, model.contexts(batch, reading: read))
    let total = try -each.mean()
    let values = each.detached
    return TokenLoss(
      total: total, terms: [try total.item()],
      positions: {
        var sums = [Double](repeating: 0, count: batch.length)
        for row in 0..<rows { sums[row % batch.length] -= Double(values.pointer[row]) }
        return sums.map { Float($0 / Double(batch.count)) }
      })
  }

  /// What the backbone reads: up to a share `most` of the codes of a picture are any code, so that
  /// it tolerates errors of its own samples.
  private func disturbed(
    _ batch: TokenBatch, _ most: Float, _ model: CARDGenerator, _ draws: inout RandomStream
  ) throws -> (tokens: Tensor, ids: [Int]) {
    guard most > 0 else { return (batch.tokens, batch.ids) }
    let all = digits.sizes.reduce(1, *)
    var ids = batch.ids
    for picture in 0..<batch.count {
      let share = Double(draws.uniform(0, most))
      for i in picture * batch.length..<(picture + 1) * batch.length
      where draws.uniform() < share {
        ids[i] = draws.index(below: all)
      }
    }
    let tokens = try Tensor.withoutGradients {
      try model.standardized(vectors(of: ids).reshape(batch.tokens.shape))
    }
    return (tokens, ids)
  }

  // MARK: - Sampling

  func sample(_ request: SamplingRequest, from model: CARDGenerator) throws -> SampledTokens {
    let sampler = try CodeSampler(self, model, request)
    func sampled(_ found: TokensInOrder, _ count: Int) throws -> SampledTokens {
      let ids = found.ids(first: count) ?? []
      return SampledTokens(
        latents: try vectors(of: ids)
          .reshape([request.pictures, count, model.configuration.tokenDim]), ids: ids)
    }
    let onToken = request.onToken.map { onToken in
      { (found: TokensInOrder, count: Int) in try onToken(sampled(found, count)) }
    }
    return try sampled(model.sampleInOrder(request, sampler, onToken: onToken), request.count)
  }

  var namedParameters: [NamedParameter] {
    context.named(under: "context")
      + before.enumerated().flatMap { $1.named(under: "before.\($0)") }
      + blocks.enumerated().flatMap { $1.named(under: "blocks.\($0)") }
      + norm.named(under: "norm")
      + outputs.enumerated().flatMap { $1.named(under: "outputs.\($0)") }
      + read.enumerated().flatMap { $1.named(under: "read.\($0)") }
  }
}
