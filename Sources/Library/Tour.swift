// SPDX-License-Identifier: Apache-2.0
//
// A tour of the language, one line at a time; what it is for comes first. The steps build on
// each other, so that they can be typed one after another; a test runs them in this way.

/// A line to type, and its output.
public struct TourStep: Sendable {
  /// What the step shows, in a sentence.
  public let words: String
  /// The line to type.
  public let line: String
  /// The output at the prompt; empty for none.
  public let shows: String

  init(_ words: String, _ line: String, shows: String = "") {
    self.words = words
    self.line = line
    self.shows = shows
  }
}

/// The tour.
public enum Tour {
  /// The steps, each of which may use the names of earlier ones.
  public static let steps: [TourStep] = [
    TourStep(
      "A name for a picture that ships with smap; show(picture) draws it.",
      #"let picture = data.emoji32("val").images[[20]]"#),
    TourStep("A tokenizer that was trained on such pictures.", #"let tok = smap.load("emoji-kl")"#),
    TourStep(
      "It gives 16 tokens for the picture; the order of tokens carries meaning.",
      #"let tokens = smap.encode(tok, picture, label = "hand")"#),
    TourStep("The shape: one picture, 16 tokens.", "tokens.shape", shows: "[1, 16]"),
    TourStep(
      "Any first tokens give a picture; show(smap.decode(tok, tokens[:4])) draws it.",
      "fn quality(k) = metrics.psnr(smap.decode(tok, tokens[:k]), picture)"),
    TourStep(
      "More tokens give a better picture.",
      #""{[quality(k) for k in [1, 8, 16]]:.0f} dB""#, shows: #""[18, 20, 21] dB""#),
    TourStep("The prompt shows the value of what you type.", "2 ** 10 / 4", shows: "256"),
    TourStep("let introduces a name; lists are written in brackets.", "let xs = [3, 1, 2]"),
    TourStep(
      "Functions are called with parentheses, arguments by position or name.",
      "clamp(xs, min = 2)", shows: "tensor([3, 2, 2])"),
    TourStep(
      "Strings have holes, and holes have formats.",
      #""{len(xs)} numbers, mean {mean(xs):.2f}""#, shows: #""3 numbers, mean 2.00""#),
    TourStep(
      "A comprehension makes a list from another.", "[x ** 2 for x in xs if x > 1]",
      shows: "[9, 4]"),
    TourStep(
      "fn defines a function; a default makes an argument optional.",
      "fn scale(x, by = 10) = x * by"),
    TourStep(
      "Arithmetic on lists of numbers makes tensors; |> hands a value on.",
      "xs |> scale(by = 2)", shows: "tensor([6, 2, 4])"),
    TourStep(
      "A matrix has rows parted by semicolons; @ is the matrix product.",
      "[1, 2; 3, 4] @ [1, 1]", shows: "tensor([3, 7])"),
    TourStep(
      "if has a value; conditions must be true or false.",
      #"if sum(xs) > 5 { "large" } else { "small" }"#, shows: #""large""#),
    TourStep("A record holds values under names.", "let point = {x: 3, y: 4}"),
    TourStep(
      "Fields come after a dot.", "sqrt(point.x ** 2 + point.y ** 2)", shows: "5"),
    TourStep(
      "Errors name the place and the remedy, and leave your names alone.",
      "try { xs[7] } catch e { e.kind }", shows: #""IndexError""#),
    TourStep(
      "What is random can be given a seed; a final ; shows nothing.",
      "let noise = randn([3], seed = 1);"),
  ]

  /// The steps as a program with expectations.
  public static var program: String {
    steps.map { step in
      step.line + "\n" + (step.shows.isEmpty ? "" : "#=> \(step.shows)\n")
    }.joined()
  }
}
