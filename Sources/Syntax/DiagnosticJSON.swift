// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics for programs: one JSON object per line. All fields are always present; a field that
// does not apply is null. Lines and columns count from 1; columns count Unicode scalars, not bytes;
// the end is exclusive.
//
//     {"kind":"NameError","message":"nothing is called `lerning`","file":"a.smap","line":2,
//      "column":1,"endLine":2,"endColumn":8,"label":null,"hint":"did you mean ..","trace":[]}

/// Turns diagnostics into JSON.
public enum DiagnosticJSON {
  /// A diagnostic as one line of JSON, without a newline. `trace` lists the calls that led to the
  /// error, innermost first, each as `function at file:line:column`; `details` are further text
  /// fields.
  public static func render(
    _ diagnostic: Diagnostic, trace: [String] = [], details: [(name: String, text: String)] = []
  ) -> String {
    let start = diagnostic.position
    let end = diagnostic.span.flatMap { span in
      diagnostic.source?.position(of: max(span.start, span.end))
    }
    let fields: [(name: String, value: String)] = [
      ("kind", string(diagnostic.kind.rawValue)),
      ("message", string(diagnostic.message)),
      ("file", diagnostic.source.map { string($0.path) } ?? "null"),
      ("line", number(start?.line)),
      ("column", number(start?.column)),
      ("endLine", number(end?.line)),
      ("endColumn", number(end?.column)),
      ("label", diagnostic.label.isEmpty ? "null" : string(diagnostic.label)),
      ("hint", diagnostic.hint.map(string) ?? "null"),
      ("trace", "[" + trace.map(string).joined(separator: ",") + "]"),
    ]
    let all = fields + details.map { ($0.name, string($0.text)) }
    return "{" + all.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  /// Several diagnostics, one per line.
  public static func render(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map { render($0) }.joined(separator: "\n")
  }

  private static func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "null" }

  /// A JSON string literal: quotes, backslashes and control characters are escaped.
  private static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += #"\""#
      case "\\": result += #"\\"#
      case "\n": result += #"\n"#
      case "\r": result += #"\r"#
      case "\t": result += #"\t"#
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let code = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
