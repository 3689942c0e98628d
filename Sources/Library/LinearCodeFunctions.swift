// SPDX-License-Identifier: Apache-2.0
//
// `smap.linear_code`: principal components of a data set as a value with the functions of a
// tokenizer, so that every measure of learned tokens has its baseline.

import Images
import Models
import Runtime
import Tensors

/// The functions that make linear codes.
enum LinearCodeFunctions {
  static let functions: [Builtin] = [make]

  private static let make = Builtin(
    "smap.linear_code(dataset, kind = \"pca\", *, num_tokens = 16, token_dim = 6, seed = 0) "
      + "-> linear_code",
    "Fits the best linear code of a data set, the baseline of learned tokens.",
    details: """
      It passes where a tokenizer is encoded, decoded, measured or saved. Token j holds the next \
      `token_dim` principal components, so its first k tokens are the best k * token_dim numbers \
      that a linear map gives. `kind` says what the class changes: "pca" has one mean and one basis \
      and ignores the class; "class-mean-pca" subtracts the mean of the class, then has one basis; \
      "per-class-pca" has a mean and a basis for each class. Without a class, and for classes that \
      the data set lacks, the mean and the basis of all pictures are used. Decoding clamps values to \
      0..1. `seed` starts the search for the components and hardly matters.
      """,
    example: """
      let code = smap.linear_code(data.shapes(40, size = 8), "class-mean-pca", num_tokens = 4)
      smap.encode(code, zeros(2, 3, 8, 8), label = "circle").shape   #=> [2, 4]
      """,
    choices: ["kind": LinearCodeKind.words],
    body: { call in
      let kind = try call.choice("kind", as: LinearCodeKind.self)
      let data = try call.ownData("dataset")
      let task = LongTask("linear code", call)
      return try task.run {
        let code = try LinearCode.fitted(
          to: data, kind: kind, numTokens: call.integer("num_tokens", in: 1...4096),
          tokenDim: call.integer("token_dim", in: 1...1024), seed: call.seed("seed"),
          onPass: { try task.report($0, of: $1) })
        code.classNames = try call.classNames("dataset") ?? []
        return code.value
      }
    })
}

extension LinearCode {
  var value: Value { .object(ForeignObject(ModelTypes.linearCode, self)) }
}

extension ModelTypes {
  static let linearCode = ForeignType(
    "linear_code", "A mean and principal components, as tokens; works like a tokenizer.",
    base: "tokenizer",
    fields: [
      linear("kind", "What the class changes: \"pca\", \"class-mean-pca\" or \"per-class-pca\".") {
        .string($0.kind.rawValue)
      },
      linear("image_size", "The side of a picture in pixels.") { .integer($0.imageSize) },
      linear("num_tokens", "Tokens per picture (K).") { .integer($0.numTokens) },
      linear("token_dim", "Numbers per token (T).") { .integer($0.tokenDim) },
      linear("num_classes", "The number of classes (C).") { .integer($0.numClasses) },
      linear("classes", "The names of the classes.") { .strings($0.classNames) },
      linear("means", "Mean pictures: of each class, then of all; of all alone for \"pca\".") {
        .tensor(try $0.pictures($0.means))
      },
      linear("directions", "Unit vectors [bases, K * T, pixels], in order of variance.") {
        .tensor($0.directions)
      },
      linear("variances", "The variance along each direction: [bases, K * T].") {
        .tensor($0.variances)
      },
      linear("notes", "Metadata stored in the file, as a record.") { noteRecord($0.notes) },
    ],
    display: { object in
      guard let code = object.payload as? LinearCode else { return "linear_code" }
      return "linear_code(\"\(code.kind.rawValue)\", \(code.imageSize) x \(code.imageSize) pixels, "
        + "\(counted(code.numTokens, "token")) of \(code.tokenDim), "
        + "\(counted(code.numClasses, "class")))"
    })

  private static func linear(
    _ name: String, _ summary: String, _ get: @escaping @Sendable (LinearCode) throws -> Value
  ) -> ForeignType.Field {
    .init(
      name, summary,
      get: { object, _ in
        do {
          return try get(object.payload(as: LinearCode.self))
        } catch {
          throw ScriptError(anything: error)
        }
      })
  }
}
