// SPDX-License-Identifier: Apache-2.0
//
// The chapters on the library: functions by namespace, methods by type, types with their fields,
// constants. All of it is derived from the table that sessions use.

import Library
import Runtime

/// The chapters derived from the table of the library.
enum FunctionChapters {
  /// The functions that are called by their name.
  static func functions(_ builtins: BuiltinTable) -> Manual.Chapter {
    let named = builtins.functions.filter { !$0.isMethodOnly }
    let plain = named.filter { $0.namespace.isEmpty }
    var sections = [
      Manual.Section(
        title: "Everyday", text: "Functions for all kinds of values.",
        entries: plain.filter { !isOfTensors($0) }.map(entry)),
      Manual.Section(
        title: "Tensors",
        text: "Functions that take or make tensors. A number or a rectangular list of numbers is "
          + "converted to a tensor where one is expected.",
        entries: plain.filter(isOfTensors).map(entry)),
    ]
    var seen: Set<String> = [""]
    for namespace in named.map(\.namespace) where seen.insert(namespace).inserted {
      sections.append(
        Manual.Section(
          title: namespace, text: builtins.namespaceSummaries[namespace] ?? "",
          entries: named.filter { $0.namespace == namespace }.map(entry)))
    }
    return Manual.Chapter(
      title: "Functions", page: .language,
      text: "A call looks like the header: arguments go by position, then by name; those with a "
        + "default may be omitted, those after `*` go by name only. `help(\"sum\")` shows the "
        + "same at the prompt.",
      sections: sections)
  }

  /// The functions that exist only as methods, by the type they belong to.
  static func methods(_ builtins: BuiltinTable) -> Manual.Chapter {
    var seen: Set<String> = []
    let types = builtins.functions.compactMap(\.receiverType).filter { seen.insert($0).inserted }
    return Manual.Chapter(
      title: "Methods", page: .language,
      text: "`x.f(a)` calls the function `f` that belongs to the type of `x`. Numbers, lists and "
        + "ranges answer to the methods of tensors too.",
      sections: types.map { methods(of: $0, builtins) })
  }

  private static func methods(of type: String, _ builtins: BuiltinTable) -> Manual.Section {
    let functions = builtins.functions.filter { $0.receiverType == type }
    let named = functions.filter { !$0.isMethodOnly }
    let also =
      named.isEmpty
      ? ""
      : "These functions are methods as well: "
        + named.map { "`\($0.qualifiedName)`" }.joined(separator: ", ") + "."
    return Manual.Section(
      title: "Methods of \(type)", text: also,
      entries: functions.filter(\.isMethodOnly).map { function in
        var entry = entry(function)
        entry.title = "\(type).\(function.name)"
        return entry
      })
  }

  /// The types of the language and of the library.
  static func types(_ builtins: BuiltinTable) -> Manual.Chapter {
    let own = Manual.Section(
      title: "Types of the language",
      text: "`type(x)` gives the name of a type; a signature may demand it: `fn f(x: number)`. A "
        + "shape such as `[N, 3]` demands a tensor and binds the name of a size.",
      rows: builtins.languageTypes.map { Manual.Row($0.name, $0.summary) })
    let library = builtins.types.map { type in
      Manual.Entry(
        title: type.name, text: type.summary,
        rows: type.fields.map { field in
          Manual.Row("." + field.name, field.summary + (field.set == nil ? "" : " Can be set."))
        })
    }
    return Manual.Chapter(
      title: "Types", page: .language,
      sections: [
        own,
        Manual.Section(
          title: "Types of the library", text: "Objects that functions of the library make.",
          entries: library),
      ])
  }

  /// Values with a name.
  static func constants(_ builtins: BuiltinTable) -> Manual.Chapter {
    Manual.Chapter(
      title: "Constants", page: .language,
      sections: [
        Manual.Section(
          title: "Named values",
          rows: builtins.constants.map { constant in
            Manual.Row(
              "\(constant.name) = \(Display.text(constant.value.value))", constant.summary)
          })
      ])
  }

  private static func entry(_ function: Builtin) -> Manual.Entry {
    var text = function.summary
    if !function.details.isEmpty { text += "\n\n" + function.details }
    if let type = function.receiverType, !function.isMethodOnly {
      let call = function.parameterNames.count > 1 ? "(..)" : "()"
      text += "\n\nA method of \(type) too: `x.\(function.name)\(call)`."
    }
    return Manual.Entry(
      title: function.qualifiedName, signature: function.signature, text: text,
      example: function.example)
  }

  private static func isOfTensors(_ function: Builtin) -> Bool {
    [function.receiverType, function.resultType].contains("tensor")
  }
}
