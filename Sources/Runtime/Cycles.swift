// SPDX-License-Identifier: Apache-2.0
//
// The cycle collector: finds lists, records, functions, shared variables and library objects that
// are only referenced by each other, and frees them.
//
// References are counted, so unreferenced objects are freed at once, except reference cycles. A
// cycle is closed by storing a container that holds containers in one that existed before; the
// machine has Swift add that one to a watch list first (`CMachine/cycles.c`), and no other store
// costs anything. Once the list has grown, everything reachable from it is visited, and the
// references found on the way are counted. An object with more references than were found is
// referenced from elsewhere, by a register, a global or native code, and stays alive with
// everything reachable from it. The rest is garbage.
//
// So a reference that the search does not see keeps an object alive; it never frees too much.

import CMachine
import Tensors

/// The watched containers of one session, and the search for cycles among them.
final class Cycles {
  private var chunks: [Int] = []
  private var free: [UInt32] = []
  /// The number of watched containers at which a search is due.
  private var threshold = Cycles.smallestThreshold
  private var isDue = false
  /// How many containers may be added before the watched ones are counted.
  private var unchecked = Cycles.smallestThreshold
  /// The memory use at which a search is due.
  private var memoryThreshold = Cycles.smallestMemory

  private static let smallestThreshold = 512
  private static let smallestMemory = 128 << 20
  // MARK: - Watching

  /// Watches a container if storing a value in it might close a cycle. Call it before a container
  /// that scripts can reach changes.
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

  /// Counts the watched containers, collects empty entries, and takes a new chunk if there are few.
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

  /// Stops watching everything.
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

  /// Searches for cycles if enough has accumulated since the last time. Call it between two
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

  /// Searches for unreachable cycles, and frees them.
  @inline(never) func collect(_ interrupt: Interrupt?) {
    var search = CycleSearch(interrupt)
    for chunk in chunks {
      for container in WatchList.places(ofChunk: chunk) where !container.isTrivial {
        search.start(at: container)
      }
    }
    let garbage = search.run()
    isDue = false
    // However much is alive, a search may take only a fraction of the time since the last one.
    let watched = search.watchedAndAlive
    threshold = watched + max(Cycles.smallestThreshold, watched, search.alive / 4)
    unchecked = threshold - watched
    for value in garbage { value.dropContents() }
  }
}

/// One search for cycles.
private struct CycleSearch {
  private struct Node {
    let container: Slot
    /// The references found; `alive` once it is known to be referenced from elsewhere.
    var references: UInt32
    /// The container's watch word from before the search.
    let watch: UInt32
  }

  private static let alive = UInt32.max
  /// Marks a watch word as the number of a node instead of that of an entry.
  private static let visited: UInt32 = 1 << 31
  /// The number of values visited between two polls of the interrupt.
  private static let pollInterval = 1 << 16

  private var nodes: [Node] = []
  private let interrupt: Interrupt?
  /// How many containers are alive, and how many of them are watched.
  private(set) var alive = 0
  private(set) var watchedAndAlive = 0

  init(_ interrupt: Interrupt?) { self.interrupt = interrupt }

  /// Registers a container as a root of the search.
  mutating func start(at container: Slot) { _ = visit(container) }

  /// The number of a container's node, which is created on the first visit.
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

  /// The unreachable containers. Their contents must be released next, and nothing else may happen
  /// before.
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

  /// Visits everything reachable, and counts the references found; false if the user has
  /// interrupted it, or there are more nodes than can be numbered.
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

  /// Marks what is referenced from elsewhere, with everything reachable from it.
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
  /// Sets the watch word of a container.
  fileprivate func setWatch(_ number: UInt32) {
    switch self {
    case .list(let list): list.watch = number
    case .record(let record): record.watch = number
    case .cell(let cell): cell.watch = UInt(number)
    default: break
    }
  }

  /// Releases the contents of a container, which others of its cycle keep alive until all are
  /// empty.
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
