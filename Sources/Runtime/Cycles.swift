// SPDX-License-Identifier: Apache-2.0
//
// Finds lists, records, functions, shared variables and objects of the library that only hold each other,
// and frees them.
//
// References are counted, so whatever nobody holds is freed at once, except circles. A circle is closed
// by storing a container that holds containers in one that was there before; the machine has Swift
// put that one on a list first (`CMachine/cycles.c`), and no other store costs anything. Once the list
// has grown, everything that can be reached from it is visited, and the references met on the way
// are counted. What has more references than were met is held from elsewhere, by a register, a
// global or native code, and with all that it holds stays alive. The rest is held by itself alone.
//
// So a reference that the search does not know of keeps something alive; it never frees too much.

import CMachine
import Tensors

/// The watched containers of one session, and the search for circles among them.
final class Cycles {
  private var chunks: [Int] = []
  private var free: [UInt32] = []
  /// How many containers may be watched before a search is due.
  private var threshold = Cycles.smallestThreshold
  private var isDue = false
  /// How many containers may be added before those that are watched are counted.
  private var unchecked = Cycles.smallestThreshold
  /// How much memory may be held before a search is due.
  private var memoryThreshold = Cycles.smallestMemory

  private static let smallestThreshold = 512
  private static let smallestMemory = 128 << 20
  // MARK: - Watching

  /// Watches a container if storing a value in it might close a circle. To be called before a
  /// container that scripts can reach changes.
  func watch(_ container: UnsafePointer<Value>, storing value: UnsafePointer<Value>) {
    container.withMemoryRebound(to: Slot.self, capacity: 1) { container in
      value.withMemoryRebound(to: Slot.self, capacity: 1) { value in
        if machine_needs_watch(container, value) { add(container) }
      }
    }
  }

  @inline(never) private func add(_ container: UnsafePointer<Slot>) {
    unchecked -= 1
    if free.isEmpty || unchecked <= 0 { findPlaces() }
    guard let number = free.popLast() else { return }
    WatchList.put(container.pointee, at: number)
    container.withMemoryRebound(to: Value.self, capacity: 1) { $0.pointee.setWatch(number) }
  }

  /// Counts the watched containers, looks for empty places, and takes new ones if there are few.
  private func findPlaces() {
    var watched = 0
    free.removeAll(keepingCapacity: true)
    for chunk in chunks {
      for (place, container) in WatchList.places(ofChunk: chunk).enumerated() {
        if container.isTrivial {
          free.append(WatchList.number(place, inChunk: chunk))
        } else {
          watched += 1
        }
      }
    }
    if watched >= threshold { isDue = true }
    unchecked = max(threshold - watched, Cycles.smallestThreshold / 4)
    while free.count < unchecked, let chunk = WatchList.takeChunk() {
      chunks.append(chunk)
      for place in (0..<WatchList.chunkSize).reversed() {
        free.append(WatchList.number(place, inChunk: chunk))
      }
    }
  }

  /// Watches nothing any more.
  func stop() {
    for chunk in chunks {
      for place in WatchList.places(ofChunk: chunk) where !place.isTrivial {
        withUnsafePointer(to: place) { machine_watch($0)?.pointee = 0 }
      }
      WatchList.places(ofChunk: chunk).update(repeating: .nil)
      WatchList.returnChunk(chunk)
    }
    chunks = []
    free = []
  }

  // MARK: - Searching

  /// Searches for circles if enough has come together since the last time. To be called between two
  /// instructions.
  @inline(__always)
  func collectIfDue(resident: Int, _ interrupt: Interrupt) {
    guard !chunks.isEmpty, isDue || max(MemoryBudget.held, resident) > memoryThreshold else {
      return
    }
    collect(interrupt)
    let held = max(MemoryBudget.held, resident)
    memoryThreshold = max(Cycles.smallestMemory, min(2 * held, held / 2 + MemoryBudget.limit / 2))
  }

  /// Searches for circles that nobody holds, and frees them.
  @inline(never) func collect(_ interrupt: Interrupt?) {
    var search = CycleSearch(interrupt)
    for chunk in chunks {
      for container in WatchList.places(ofChunk: chunk) where !container.isTrivial {
        search.start(at: container)
      }
    }
    let garbage = search.run()
    isDue = false
    // However much is alive, a search may take only a part of the time since the last one.
    let watched = search.watchedAndAlive
    threshold = watched + max(Cycles.smallestThreshold, watched, search.alive / 4)
    unchecked = threshold - watched
    for value in garbage { value.dropContents() }
  }
}

/// One search for circles.
private struct CycleSearch {
  private struct Node {
    let container: Slot
    /// The references that were met; `alive` once it is known to be held from elsewhere.
    var references: UInt32
    /// What the container noted before the search.
    let watch: UInt32
  }

  private static let alive = UInt32.max
  /// Marks the number of a node where a container has the number of its place.
  private static let visited: UInt32 = 1 << 31
  /// How many values are looked at between two looks at the interrupt.
  private static let pollInterval = 1 << 16

  private var nodes: [Node] = []
  private let interrupt: Interrupt?
  /// How many containers are alive, and how many of them are watched.
  private(set) var alive = 0
  private(set) var watchedAndAlive = 0

  init(_ interrupt: Interrupt?) { self.interrupt = interrupt }

  /// Notes a container where references are followed from.
  mutating func start(at container: Slot) { _ = visit(container) }

  /// The number of the node of a container, which is new if it is met for the first time.
  private mutating func visit(_ container: Slot) -> Int {
    let watch = withUnsafePointer(to: container) { machine_watch($0) }
    guard let watch else { return 0 }
    if watch.pointee & CycleSearch.visited != 0 {
      return Int(watch.pointee & ~CycleSearch.visited)
    }
    nodes.append(Node(container: container, references: 0, watch: watch.pointee))
    watch.pointee = CycleSearch.visited | UInt32(truncatingIfNeeded: nodes.count - 1)
    return nodes.count - 1
  }

  /// The containers that only hold each other. Their contents are to be dropped, and nothing else may
  /// happen before.
  mutating func run() -> [Value] {
    defer { nodes = [] }
    let isComplete = countReferences()
    if isComplete { findAlive() }
    var garbage: [Value] = []
    for node in nodes {
      withUnsafePointer(to: node.container) { container in
        machine_watch(container)?.pointee = node.watch
        guard isComplete, node.references != CycleSearch.alive else {
          alive += 1
          if node.watch != 0 { watchedAndAlive += 1 }
          return
        }
        machine_hold(container)
        garbage.append(container.pointee.taken)
      }
    }
    return garbage
  }

  /// The containers that a container holds.
  private static func children(of container: Slot) -> UnsafeMutableBufferPointer<Slot> {
    withUnsafePointer(to: container) { container in
      var first = UnsafeMutablePointer(mutating: container)
      let count = machine_children(container, &first)
      return UnsafeMutableBufferPointer(start: first, count: count)
    }
  }

  /// Visits everything that can be reached, and counts the references met; false if the user has
  /// interrupted it, or there is more than can be numbered.
  private mutating func countReferences() -> Bool {
    var next = 0
    var work = 0
    while next < nodes.count {
      let children = CycleSearch.children(of: nodes[next].container)
      for child in children where child.isLink {
        nodes[visit(child)].references += 1
      }
      next += 1
      work += 1 + children.count
      guard work > CycleSearch.pollInterval else { continue }
      work = 0
      if let interrupt, interrupt.isRequested { return false }
      if nodes.count >= CycleSearch.visited >> 1 { return false }
    }
    return true
  }

  /// Marks what is held from elsewhere, with all that it holds.
  private mutating func findAlive() {
    var pending: [Int] = []
    for index in nodes.indices where nodes[index].references != CycleSearch.alive {
      let held = withUnsafePointer(to: nodes[index].container) { machine_reference_count($0) }
      guard held != Int(nodes[index].references) else { continue }
      nodes[index].references = CycleSearch.alive
      pending.append(index)
      while let index = pending.popLast() {
        let children = CycleSearch.children(of: nodes[index].container)
        for child in children where child.isLink {
          let index = visit(child)
          guard nodes[index].references != CycleSearch.alive else { continue }
          nodes[index].references = CycleSearch.alive
          pending.append(index)
        }
      }
    }
  }
}

extension Value {
  /// Notes the place of a container among those that are watched.
  fileprivate func setWatch(_ number: UInt32) {
    switch self {
    case .list(let list): list.watch = number
    case .record(let record): record.watch = number
    case .cell(let cell): cell.watch = UInt(number)
    default: break
    }
  }

  /// Drops what a container holds, which others of its circle keep alive until all are empty.
  fileprivate func dropContents() {
    switch self {
    case .list(let list): list.removeAll()
    case .record(let record): record.removeAll()
    case .function(let closure): closure.removeCaptures()
    case .cell(let cell): cell.value = .nil
    case .object(let object): object.removeHeldValues()
    default: break
    }
  }
}
