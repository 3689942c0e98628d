// SPDX-License-Identifier: Apache-2.0
//
// Numbers of things in messages, in the singular where there is one.

/// `1 element`, `2 elements`, `2 classes`.
package func counted(_ count: Int, _ noun: String) -> String {
  guard count != 1 else { return "1 \(noun)" }
  let needsVowel = noun.hasSuffix("s") || noun.hasSuffix("x")
  return "\(count) \(noun)\(needsVowel ? "es" : "s")"
}

/// `3 labels do not fit 1 picture`: what is wrong with two numbers of things that belong together.
package func misfit(_ count: Int, _ noun: String, _ others: Int, _ other: String) -> String {
  "\(counted(count, noun)) \(count == 1 ? "does" : "do") not fit \(counted(others, other))"
}
