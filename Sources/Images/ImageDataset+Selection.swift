// SPDX-License-Identifier: Apache-2.0
//
// Data sets made of data sets. All but `joined` share the pixels of the set that they come from.

import Tensors

/// What a split keeps together.
public enum SplitUnit: String, Sendable, CaseIterable {
  /// Pictures of one name go to the same side; pictures without names are split one by one.
  case name
  /// Pictures of one group go to the same side.
  case group
}

extension ImageDataset {
  /// The pictures at the given indices, which may repeat; the classes stay as they are.
  ///
  /// - Throws: `ImageError` when an index is out of range, `TensorError` when memory is short.
  public func subset(_ indices: [Int]) throws -> ImageDataset {
    for index in indices where !places.indices.contains(index) {
      throw ImageError(kind: "IndexError", message: "picture \(index) of a data set of \(count)")
    }
    let charge = try ImageDataset.charge(
      pictures: indices.count, areNamed: !names.isEmpty, areGrouped: !groups.isEmpty)
    return ImageDataset(
      trusted: store, places: indices.map { places[$0] }, labels: indices.map { labels[$0] },
      classNames: classNames, names: names.isEmpty ? [] : indices.map { names[$0] },
      groups: groups.isEmpty ? [] : indices.map { groups[$0] }, naming: naming,
      vectors: try vectors?.rows(at: indices), charge: charge)
  }

  /// The pictures in a random order.
  public func shuffled(seed: UInt64) throws -> ImageDataset {
    var draws = RandomStream(seed: seed, 0x5F1E)
    return try subset(try draws.permutation(count))
  }

  /// Two parts, the first with about `fraction` of the pictures of each class where units allow it.
  ///
  /// Units (names or groups) are taken in a random order and go whole to one side. The first part
  /// gets units until it has its share, so a split by groups may be off by at most the size of one
  /// group.
  ///
  /// - Throws: `ImageError` when a part would be empty, or groups are asked for that are not known.
  public func split(
    _ fraction: Double, by unit: SplitUnit, seed: UInt64
  ) throws -> (first: ImageDataset, second: ImageDataset) {
    guard unit == .name || !groups.isEmpty else {
      throw ImageError.value(
        "this data set knows no groups", hint: "split by = \"name\" splits picture by picture")
    }
    let keys = unit == .group ? groups : names
    var members: [[Int]] = []
    if keys.isEmpty {
      members = (0..<count).map { [$0] }
    } else {
      var unitOfKey: [String: Int] = [:]
      for (index, key) in keys.enumerated() {
        if let unit = unitOfKey[key] {
          members[unit].append(index)
        } else {
          unitOfKey[key] = members.count
          members.append([index])
        }
      }
    }
    let wanted = Int((fraction * Double(count)).rounded())
    var draws = RandomStream(seed: seed, 0x5B17)
    let order =
      unit == .name
      ? interleaved(try draws.permutation(members.count), members)
      : try draws.permutation(members.count)
    var first: [Int] = []
    var second: [Int] = []
    for unit in order {
      if first.count < wanted { first += members[unit] } else { second += members[unit] }
    }
    guard !first.isEmpty, !second.isEmpty else {
      throw ImageError.value(
        "a split at \(fraction) of \(count) pictures leaves one part empty",
        hint: unit == .group ? "there are \(members.count) groups" : "")
    }
    return (try subset(first.sorted()), try subset(second.sorted()))
  }

  /// Units in an order in which every beginning has the classes in proportion: the n-th of N units
  /// of a class comes at (n + 1/2) / N.
  private func interleaved(_ order: [Int], _ members: [[Int]]) -> [Int] {
    var seen = [Int](repeating: 0, count: classNames.count)
    var sizes = seen
    for unit in members { sizes[labels[unit[0]]] += 1 }
    let keyed = order.enumerated().map {
      position, unit -> (key: Double, position: Int, unit: Int) in
      let label = labels[members[unit][0]]
      seen[label] += 1
      return ((Double(seen[label]) - 0.5) / Double(sizes[label]), position, unit)
    }
    return keyed.sorted { ($0.key, $0.position) < ($1.key, $1.position) }.map(\.unit)
  }

  /// Equally many pictures of every class that has any: `perClass`, or as many as the smallest
  /// class has. Larger classes give a random choice; smaller ones repeat all of theirs.
  ///
  /// - Throws: `ImageError` when the data set is empty, `TensorError` when the memory limit is too
  ///   low for so many pictures.
  public func balanced(perClass: Int? = nil, seed: UInt64) throws -> ImageDataset {
    let members = classNames.indices.map { indices(ofClass: $0) }.filter { !$0.isEmpty }
    guard let least = members.map(\.count).min() else {
      throw ImageError.value("an empty data set cannot be balanced")
    }
    let share = perClass ?? least
    let (total, overflows) = share.multipliedReportingOverflow(by: members.count)
    guard !overflows, total <= 1 << 28 else {
      throw ImageError.limit("\(share) pictures of each of \(members.count) classes are too many")
    }
    // The indices, and their sorted copy.
    let charge = try MemoryCharge(bytes: 2 * total * MemoryLayout<Int>.stride)
    var chosen: [Int] = []
    chosen.reserveCapacity(total)
    for (label, own) in members.enumerated() {
      var draws = RandomStream(seed: seed, 0xBA1A, label)
      var left = share
      while left > 0 {
        try Stop.check()
        let order = try draws.permutation(own.count).prefix(left)
        chosen += order.map { own[$0] }
        left -= order.count
      }
    }
    return try withExtendedLifetime(charge) { try subset(chosen.sorted()) }
  }

  /// The pictures of several data sets of one size, one set after the other.
  ///
  /// Classes are matched by name; those that the first set lacks are appended to its own. Colour
  /// sets make grey ones colour.
  ///
  /// - Throws: `ImageError` for no sets or sets of other sizes, `TensorError` when memory is short,
  ///   `FileError` when pixels lie in a file that cannot be read.
  public static func joined(_ sets: [ImageDataset]) throws -> ImageDataset {
    guard let first = sets.first else { throw ImageError.value("no data sets to join") }
    for other in sets where other.size != first.size {
      throw ImageError.shape(
        "data sets of \(first.size) x \(first.size) and \(other.size) x \(other.size) pixels do not join"
      )
    }
    let channels = sets.contains { $0.channels == 3 } ? 3 : 1
    var classNames = first.classNames
    var bytes: [UInt8] = []
    var labels: [Int] = []
    let count = sets.reduce(0) { $0 + $1.count }
    let size = count * first.size * first.size * channels
    let charge = try MemoryCharge(bytes: size)
    bytes.reserveCapacity(size)
    for set in sets {
      let label = set.classNames.map { name -> Int in
        if let known = classNames.firstIndex(of: name) { return known }
        classNames.append(name)
        return classNames.count - 1
      }
      labels += set.labels.map { label[$0] }
      for place in set.places {
        try Stop.check()
        if set.channels == channels {
          try set.store.withBytes(of: place) { bytes += $0 }
        } else {
          bytes += try set.store.picture(place).pixels
        }
      }
    }
    let vectors = try PictureVectors.joined(sets.map(\.vectors))
    let joined = try ImageDataset(
      store: try PictureStore(
        side: first.size, channels: channels, pixels: .array(bytes, charge)),
      labels: labels, classNames: classNames,
      names: sets.contains { $0.names.isEmpty } ? [] : sets.flatMap(\.names),
      groups: sets.contains { $0.groups.isEmpty } ? [] : sets.flatMap(\.groups),
      naming: sets.allSatisfy { $0.naming == first.naming } ? first.naming : .pictures)
    return joined.with(vectors)
  }

  /// The mean of all pictures as a tensor [1, 3, size, size], summed in 64-bit integers.
  ///
  /// - Throws: `ImageError` when the data set is empty.
  public func meanImage() throws -> Tensor {
    guard count > 0 else { throw ImageError.value("an empty data set has no mean picture") }
    var sums = [UInt64](repeating: 0, count: store.pictureSize)
    for (index, place) in places.enumerated() {
      if index % 4096 == 0 { try Stop.check() }
      try store.withBytes(of: place) { bytes in
        for position in bytes.indices { sums[position] += UInt64(bytes[position]) }
      }
    }
    let result = try Tensor(uninitialized: [1, 3, size, size])
    let plane = size * size
    for channel in 0..<3 {
      for pixel in 0..<plane {
        let position = channels == 1 ? pixel : pixel * 3 + channel
        result.pointer[channel * plane + pixel] =
          Float(Double(sums[position]) / Double(count) / 255)
      }
    }
    return result
  }

  /// A sheet of up to `limit` pictures, spread evenly over the set, for looking at it.
  ///
  /// - Throws: `ImageError` when the data set is empty.
  public func sheet(limit: Int = 24, columns: Int = 12) throws -> Picture {
    let shown = min(count, limit)
    let chosen = try (0..<shown).map { place in try picture(place * count / shown) }
    return try PictureGrid(chosen, columns: columns).render()
  }
}

extension ImageDataset {
  /// The pictures of the given classes, which become the only ones, in the given order.
  ///
  /// - Throws: `ImageError` when a class does not exist.
  public func restricted(toClasses chosen: [Int]) throws -> ImageDataset {
    for label in chosen where !classNames.indices.contains(label) {
      throw ImageError(
        kind: "IndexError", message: "class \(label) of a data set of \(classNames.count) classes")
    }
    var renumbered: [Int: Int] = [:]
    for (new, old) in chosen.enumerated() { renumbered[old] = new }
    let kept = try subset(labels.indices.filter { renumbered[labels[$0]] != nil })
    return ImageDataset(
      trusted: kept.store, places: kept.places,
      labels: kept.labels.compactMap { renumbered[$0] }, classNames: chosen.map { classNames[$0] },
      names: kept.names, groups: kept.groups, naming: naming, vectors: kept.vectors,
      charge: kept.charge)
  }

  /// The same pictures under other names of the classes; there must be at least as many.
  public func renamed(_ names: [String]) -> ImageDataset {
    precondition(names.count >= classNames.count, "the caller compares the numbers of classes")
    return ImageDataset(
      trusted: store, places: places, labels: labels, classNames: names, names: self.names,
      groups: groups, naming: naming, vectors: vectors, charge: charge)
  }
}
