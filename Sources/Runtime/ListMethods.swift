// SPDX-License-Identifier: Apache-2.0
//
// More methods of lists and records, under Python's names.

/// Methods of lists and records in addition to those in `CoreFunctions`.
enum ListMethods {
  static let functions = lists + records

  private static let lists: [Builtin] = [
    Builtin(
      "extend(items: list, others: list)", "Adds all elements of another list at the end.",
      example: "let xs = [1]; xs.extend([2, 3]); xs   #=> [1, 2, 3]", methodOnly: true
    ) { call in
      let list = try call.list("items")
      let others = try call.values("others")
      try call.session.claim(elements: list.count + others.count)
      try call.session.watch(call["items"], storing: call["others"])
      list.append(contentsOf: others)
      return .nil
    },
    Builtin(
      "remove(items: list, value)", purity: .changing,
      "Takes the first element equal to `value` out of a list.",
      details: "`pop` takes an element out by its index.",
      example: "let xs = [1, 2, 1]; xs.remove(1); xs   #=> [2, 1]", methodOnly: true
    ) { call in
      let list = try call.list("items")
      if let position = try Comparison.position(of: call["value"], in: list, call.session) {
        _ = list.remove(at: position)
        return .nil
      }
      throw call.failure(
        .value, "no element is equal to \(Display.text(try call["value"], call.session))",
        hint: "xs.pop(index) takes an element out by its index", argument: "value")
    },
    Builtin(
      "count(items: list, value) -> number", purity: .pure,
      "How many elements are equal to `value`.",
      example: "[1, 2, 1].count(1)   #=> 2", methodOnly: true
    ) { call in
      .integer(try Comparison.count(of: call["value"], in: call.list("items"), call.session))
    },
    Builtin(
      "copy(items: list) -> list", purity: .pure,
      "A list of the same elements, which can change by itself.",
      example: "let xs = [1]; let ys = xs.copy(); ys.append(2); xs   #=> [1]", methodOnly: true
    ) { call in
      let items = try call.list("items").items
      try call.session.claim(elements: items.count)
      // Both lists share the elements until one of them changes (copy on write).
      return .list(items)
    },
    Builtin(
      "clear(items: list)", "Takes all elements out of a list.",
      example: "let xs = [1]; xs.clear(); xs   #=> []", methodOnly: true
    ) { call in
      try call.list("items").removeAll()
      return .nil
    },
  ]

  private static let records: [Builtin] = [
    Builtin(
      "items(r: record) -> list", purity: .pure,
      "The fields of a record as pairs of name and value.",
      example: "{a: 1, b: 2}.items()   #=> [[\"a\", 1], [\"b\", 2]]", methodOnly: true
    ) { call in
      let record = try call.record("r")
      try call.session.claim(
        elements: record.count, bytesEach: Session.pairBytes + Session.objectBytes)
      return .list(
        try zip(record.keys, record.values).map(checking: call.session) {
          .list([.string($0), $1])
        })
    },
    Builtin(
      "merge(r: record, other: record) -> record", purity: .pure,
      "A record of the fields of both; those of `other` count where both have one.",
      example: "{a: 1, b: 2}.merge({b: 3})   #=> {a: 1, b: 3}", methodOnly: true
    ) { call in
      let (record, other) = (try call.record("r"), try call.record("other"))
      try call.session.claim(elements: record.count + other.count)
      let merged = Record()
      var polling = call.polling
      for fields in [record, other] {
        for (name, value) in zip(fields.keys, fields.values) {
          try polling.turn()
          merged[name] = value
        }
      }
      return .record(merged)
    },
    Builtin(
      "copy(r: record) -> record", purity: .pure,
      "A record of the same fields, which can change by itself.",
      example: "let r = {a: 1}; let s = r.copy(); s.a = 2; r.a   #=> 1", methodOnly: true
    ) { call in
      let (record, copy) = (try call.record("r"), Record())
      try call.session.claim(elements: record.count)
      var polling = call.polling
      for (name, value) in zip(record.keys, record.values) {
        try polling.turn()
        copy[name] = value
      }
      return .record(copy)
    },
  ]
}
