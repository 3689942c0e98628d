// SPDX-License-Identifier: Apache-2.0
//
// The kinds of errors with a sentence each, for the manual and for the test that raises every one.

extension Diagnostic.Kind {
  /// Every kind that the language and its library raise, and when they do.
  public static let all: [(kind: Diagnostic.Kind, summary: String)] = [
    (.syntax, "The text does not follow the grammar; nothing of it has run."),
    (.name, "A name means nothing here."),
    (.type, "A value is of the wrong type."),
    (.shape, "The shapes of tensors do not fit each other or an annotation."),
    (.value, "A value is of the right type, but not one that is allowed."),
    (.index, "An index or a field does not exist."),
    (.argument, "The arguments of a call do not fit the signature."),
    (.io, "Reading or writing a file failed."),
    (.assertion, "A condition given to `assert` does not hold."),
    (.limit, "A limit of the session is reached; most limits cannot be caught."),
    (.error, "What `error(message)` raises when it is given no kind."),
  ]
}
