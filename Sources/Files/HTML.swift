// SPDX-License-Identifier: Apache-2.0
//
// Text within pages: those of notebooks, of the manual, and of displays in Jupyter.

/// Text for HTML.
public enum HTML {
  /// A text in which nothing is markup, for elements and for attributes in double quotes.
  public static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // What XML and HTML have no place for.
      case _ where scalar.value < 32 && !["\n", "\t"].contains(scalar): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
