// SPDX-License-Identifier: Apache-2.0
//
// Working with lists. Functions accept whatever a loop can iterate over: lists, ranges, tensors,
// records (as pairs of name and value), strings.

import Runtime

/// Functions on lists and records.
enum EverydayLists {
  static let functions: [Builtin] = callbacks + arrangements

  /// Methods whose names are functions of tensors, too.
  static let methods: [Builtin] = [
    Builtin(
      "sort(items: list, *, key = nil, reverse = false)",
      "Sorts a list in place, as `sorted` does.",
      details: "`key` must leave the list as it is.",
      example: "let xs = [3, 1, 2]; xs.sort(); xs   #=> [1, 2, 3]",
      methodOnly: true
    ) { call in
      let list = try call.list("items")
      let before = list.items
      let sorted = try ordered(
        before, key: call.optionalFunction("key"), reverse: call.bool("reverse"), call)
      // What `key` has appended would be lost.
      guard list.isUnchanged(since: before) else {
        throw call.failure(
          .value, "the list was changed while it was sorted", hint: "key may only look at it",
          argument: "key")
      }
      list.items = sorted
      return .nil
    }
  ]

  private static let callbacks: [Builtin] = [
    Builtin(
      "map(items: any, f: function) -> list", "Lists what `f` gives for each item.",
      example: "map([1, 2, 3], fn(x) = x ** 2)   #=> [1, 4, 9]"
    ) { call in
      let function = try call.function("f")
      return .list(
        try items(call).map { item in
          try call.checkInterrupt()
          return try call.invoke(function, [item])
        })
    },
    Builtin(
      "filter(items: any, f: function) -> list", "Lists the items for which `f` gives `true`.",
      example: "filter(range(6), fn(x) = x % 2 == 1)   #=> [1, 3, 5]"
    ) { call in
      let function = try call.function("f")
      return .list(
        try items(call).filter { item in
          try call.checkInterrupt()
          return try holds(call.invoke(function, [item]), call)
        })
    },
    Builtin(
      "fold(items, initial, f) -> any",
      "Combines all items into one value: `f` takes the value so far and an item.",
      example: "fold([1, 2, 3], 0, fn(sum, x) = sum + x)   #=> 6"
    ) { call in
      let function = try call.function("f")
      return try items(call).reduce(call["initial"]) { value, item in
        try call.checkInterrupt()
        return try call.invoke(function, [value, item])
      }
    },
    Builtin(
      "sorted(items, *, key = nil, reverse = false) -> list", purity: .pure,
      "Lists the items in ascending order; the sort is stable; `key` gives what to compare.",
      example: "sorted([3, 1, 2], reverse = true)   #=> [3, 2, 1]"
    ) { call in
      .list(
        try ordered(
          items(call), key: call.optionalFunction("key"), reverse: call.bool("reverse"), call))
    },
  ]

  private static let arrangements: [Builtin] = [
    Builtin(
      "zip(...lists) -> list", purity: .pure,
      "Lists the first items together, then the second, and so on.",
      details: "It ends with the shortest list.",
      example: "zip([1, 2], [\"a\", \"b\"])   #=> [[1, \"a\"], [2, \"b\"]]"
    ) { call in
      let lists = try call.values("lists").map { try call.session.elements(of: $0) }
      let count = lists.map(\.count).min() ?? 0
      try call.session.claim(elements: count, bytesEach: Session.listBytes(lists.count))
      return .list(
        try (0..<count).map(checking: call.session) { index in .list(lists.map { $0[index] }) })
    },
    Builtin(
      "enumerate(items, start = 0) -> list", purity: .pure, "Lists each item with its number.",
      example: "enumerate([\"a\", \"b\"], start = 1)   #=> [[1, \"a\"], [2, \"b\"]]"
    ) { call in
      let start = try call.number("start")
      let items = try items(call)
      try call.session.claim(elements: items.count, bytesEach: Session.pairBytes)
      return .list(
        try items.enumerated().map(checking: call.session) {
          .list([.number(start + Double($0)), $1])
        })
    },
    Builtin(
      "distinct(items, *, key = nil) -> list", purity: .pure,
      "Lists the distinct items in the order of their first occurrence.",
      details:
        "Items are the same where `==` says so, lists and records too; with `key`, where what it "
        + "gives is the same. It takes one step for each item, however many differ.",
      example: "distinct([3, 1, 3, [2], [2]])   #=> [3, 1, [2]]"
    ) { call in
      let key = try call.optionalFunction("key")
      var seen = DistinctValues(call.session)
      return .list(
        try items(call).filter { item in
          try seen.insert(key.map { try call.invoke($0, [item]) } ?? item)
        })
    },
    Builtin(
      "keys(r: record) -> list", purity: .pure, "Lists the names of the fields of a record.",
      example: "keys({a: 1, b: 2})   #=> [\"a\", \"b\"]"
    ) { call in
      .list(try call.record("r").keys.map(checking: call.session) { .string($0) })
    },
    Builtin(
      "values(r: record) -> list", purity: .pure, "Lists the values of the fields of a record.",
      example: "values({a: 1, b: 2})   #=> [1, 2]"
    ) { call in .list(try call.record("r").values) },
  ]

  /// The values in ascending or descending order of their keys; the sort is stable.
  private static func ordered(
    _ values: [Value], key: Value?, reverse: Bool, _ call: Call
  ) throws -> [Value] {
    let keys = try values.map(checking: call.session) { value in
      try SortKey(key.map { try call.invoke($0, [value]) } ?? value, call)
    }
    guard let first = keys.first else { return [] }
    guard keys.allSatisfy({ $0.isComparable(to: first) }) else {
      throw call.failure(.type, "numbers and strings have no common order", argument: "items")
    }
    try call.session.claim(elements: keys.count, bytesEach: 2 * MemoryLayout<SortKey>.stride)
    var comparisons = 0
    let order = try keys.indices.sorted { a, b in
      comparisons &+= 1
      if comparisons & 0xFFF == 0 { try call.checkInterrupt() }
      let (low, high) = reverse ? (keys[b], keys[a]) : (keys[a], keys[b])
      return low.precedes(high) || (!high.precedes(low) && a < b)
    }
    return order.map { values[$0] }
  }

  static func items(_ call: Call) throws -> [Value] {
    try call.session.elements(of: call["items"])
  }

  private static func holds(_ value: Value, _ call: Call) throws -> Bool {
    switch value {
    case .bool(let bool): return bool
    case .tensor(let tensor) where tensor.rank == 0: return try tensor.item() != 0
    default:
      throw call.failure(
        .type, "f must give true or false, but it gave \(value.typePhrase)", argument: "f")
    }
  }
}

/// The key that `sorted` compares: a number, a string, or several of them in order.
private enum SortKey {
  case number(Double)
  case text(String)
  case list([SortKey])

  init(_ value: Value, _ call: Call, depth: Int = 0) throws {
    if let number = Conversion.number(value) {
      self = .number(number)
    } else if let text = value.asString {
      self = .text(text)
    } else if case .list(let list) = value, depth < 4 {
      self = .list(try list.items.map { try SortKey($0, call, depth: depth + 1) })
    } else {
      throw call.failure(
        .type, "\(value.typePhrase) has no order",
        hint: "give a key: sorted(items, key = fn(x) = ..)",
        argument: "items")
    }
  }

  func isComparable(to other: SortKey) -> Bool {
    switch (self, other) {
    case (.number, .number), (.text, .text): true
    case (.list(let a), .list(let b)): zip(a, b).allSatisfy { $0.isComparable(to: $1) }
    default: false
    }
  }

  /// NaN comes last.
  func precedes(_ other: SortKey) -> Bool {
    switch (self, other) {
    case (.number(let a), .number(let b)): a < b || (b.isNaN && !a.isNaN)
    case (.text(let a), .text(let b)): a < b
    case (.list(let a), .list(let b)):
      a.lexicographicallyPrecedes(b) { $0.precedes($1) }
    default: false
    }
  }
}
