// SPDX-License-Identifier: Apache-2.0
//
// The things that people come for, with a line that does each and the page that explains it. They
// stand at the head of the overview.

/// A thing to do, by an example.
public struct HelpTask: Sendable {
  /// What it is, in a word or two.
  public let name: String
  /// A line that does it; it may use names of the lines before.
  public let code: String
  /// The topic that explains it.
  public let topic: String

  /// The tasks, in the order in which a user meets them.
  public static let all = [
    HelpTask(name: "a tensor", code: "let x = randn(2, 3); x @ x.T", topic: "tensors"),
    HelpTask(
      name: "a picture", code: "let picture = data.emoji32(\"val\").images[[20]]", topic: "image"),
    HelpTask(name: "show it", code: "show(picture)", topic: "show"),
    HelpTask(
      name: "a tokenizer", code: "let tok = smap.load(\"emoji-kl\")", topic: "smap.load"),
    HelpTask(name: "tokens", code: "let t = smap.encode(tok, picture)", topic: "smap.encode"),
    HelpTask(name: "a prefix", code: "show(smap.decode(tok, t[:4]))", topic: "smap.decode"),
    HelpTask(
      name: "training", code: "smap.train(tok, data.emoji32(), steps = 100)", topic: "smap.train"),
    HelpTask(
      name: "sampling", code: "card.sample(card.load(\"emoji-card\"), \"clock\")",
      topic: "card.sample"),
    HelpTask(name: "plots", code: "show(plot.line([1, 4, 9]))", topic: "plot"),
    HelpTask(name: "files", code: "data.save({x}, \"x.npz\")", topic: "data"),
    HelpTask(name: "notebooks", code: "a script with # %% lines", topic: "notebooks"),
    HelpTask(name: "keys", code: "Tab, Up, Ctrl-R, ?name", topic: "keys"),
    HelpTask(name: "the language", code: "a dozen lines to type", topic: "tour"),
  ]
}
