// SPDX-License-Identifier: Apache-2.0
//
// Which models a session used, and at which token budgets: a notebook writes it beside the outputs
// of each cell. Nothing is noted unless somebody listens.

import Files
import Models
import Networks
import Runtime
import Tensors

/// The models and token budgets of some calls.
public final class ModelUse {
  /// A model that was used.
  public struct Model {
    /// `tokenizer`, `linear code` or `generator`.
    public let kind: String
    let object: AnyObject
    /// The SHA-256 of names, shapes and values of its parameters, in hexadecimal, as they are now.
    public let hash: () -> String
  }

  private static let key = "model use"
  private var models: [ObjectIdentifier: Model] = [:]
  private var order: [ObjectIdentifier] = []
  private var lengths: Set<Int> = []

  private init() {}

  /// The models, in the order of their first use.
  public var used: [Model] { order.compactMap { models[$0] } }

  /// The numbers of tokens that were encoded, decoded or sampled, in ascending order.
  public var budgets: [Int] { lengths.sorted() }

  /// Begins to note the uses in a session, from nothing.
  public static func begin(in session: Session) -> ModelUse {
    let use = ModelUse()
    session.attachments[key] = use
    return use
  }

  /// Ends noting.
  public static func end(in session: Session) { session.attachments[key] = nil }

  static func note(_ session: Session, _ code: any PictureCode, tokens: Int? = nil) {
    guard let use = session.attachments[key] as? ModelUse else { return }
    if let tokens { use.lengths.insert(tokens) }
    if let tokenizer = code as? SMAPTokenizer {
      use.add(tokenizer, kind: "tokenizer", parameters: { tokenizer.stateTensors })
    } else if let linear = code as? LinearCode {
      use.add(linear, kind: "linear code", parameters: { linear.stateTensors })
    }
  }

  static func note(_ session: Session, _ generator: CARDGenerator, tokens: Int? = nil) {
    guard let use = session.attachments[key] as? ModelUse else { return }
    if let tokens { use.lengths.insert(tokens) }
    use.add(generator, kind: "generator", parameters: { generator.stateTensors })
  }

  private func add(
    _ model: AnyObject, kind: String, parameters: @escaping () -> [NamedParameter]
  ) {
    let id = ObjectIdentifier(model)
    guard models[id] == nil else { return }
    order.append(id)
    models[id] = Model(
      kind: kind, object: model, hash: { ModelUse.hash(of: parameters()) })
  }

  /// The hash of parameters: names, shapes and values.
  static func hash(of parameters: [NamedParameter]) -> String {
    var hash = ContentHash()
    for parameter in parameters {
      hash.add(parameter.name)
      hash.add(parameter.tensor.rank)
      for size in parameter.tensor.shape { hash.add(size) }
      parameter.tensor.withValues { hash.add(UnsafeRawBufferPointer($0)) }
    }
    return hash.hexadecimal
  }
}
