// SPDX-License-Identifier: Apache-2.0
//
// The processor time and memory that containers have, and the cores that processors belong to, read
// from trees of files like those of Linux.

import Foundation
import Tensors
import Testing

@Suite struct ProcessorTests {
  /// The quota that a tree of files states; keys are paths below the root.
  private func quota(_ files: [String: String]) throws -> Int? {
    try with(files) { ThreadPool.processorQuota(root: $0) }
  }

  private func with<Result>(_ files: [String: String], _ body: (String) -> Result) throws -> Result
  {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, content) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try content.write(to: file, atomically: false, encoding: .utf8)
    }
    return body(root.path)
  }

  @Test(arguments: [
    ("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("1000 100000", 1),
  ])
  func quotasAreRoundedUp(_ line: String, _ expected: Int) throws {
    #expect(
      try quota(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": line + "\n"]) == expected)
  }

  @Test(arguments: ["max 100000", "", "0 0", "-1 100000", "many", "9223372036854775807 1"])
  func othersAreNone(_ line: String) throws {
    #expect(try quota(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": line]) == nil)
  }

  @Test func theLowestOfAllGroupsCounts() throws {
    let files = [
      "proc/self/cgroup": "0::/outer/inner\n",
      "sys/fs/cgroup/outer/cpu.max": "300000 100000\n",
      "sys/fs/cgroup/outer/inner/cpu.max": "800000 100000\n",
    ]
    #expect(try quota(files) == 3)
  }

  @Test func theFirstVersionHasTwoFiles() throws {
    let files = [
      "proc/self/cgroup": "4:memory:/m\n2:cpu,cpuacct:/docker/x\n1:cpuset:/\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try quota(files) == 3)
    var free = files
    free["sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "-1\n"
    #expect(try quota(free) == nil)
  }

  @Test func missingAndMalformedFilesAreNoQuota() throws {
    #expect(try quota([:]) == nil)
    #expect(try quota(["proc/self/cgroup": ""]) == nil)
    #expect(try quota(["proc/self/cgroup": "nothing\n::\n1:cpu\n0::\n"]) == nil)
    let long = String(repeating: "/x", count: 5000)
    #expect(try quota(["proc/self/cgroup": "0::\(long)\n"]) == nil)
  }

  private func memory(_ files: [String: String]) throws -> Int? {
    try with(files) { MemoryBudget.quota(root: $0) }
  }

  @Test func theLowestMemoryOfAllGroupsCounts() throws {
    let files = [
      "proc/self/cgroup": "0::/outer/inner\n",
      "sys/fs/cgroup/outer/memory.max": "2147483648\n",
      "sys/fs/cgroup/outer/inner/memory.max": "max\n",
    ]
    #expect(try memory(files) == 2_147_483_648)
    // A container of the first version sees its own group as the root of its hierarchy.
    let first = [
      "proc/self/cgroup": "4:memory:/docker/x\n2:cpu:/docker/x\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
    ]
    #expect(try memory(first) == 536_870_912)
    // Which states no limit as the largest number of whole pages.
    let free = first.merging(
      ["sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"]) { $1 }
    #expect(try memory(free) == nil)
    #expect(try memory([:]) == nil)
  }

  @Test(arguments: ["max", "", "0", "-1", "many"])
  func otherMemoryIsNoLimit(_ line: String) throws {
    #expect(try memory(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": line]) == nil)
  }

  /// Two hyper-threads of four cores: 0 and 4, 1 and 5, ..., as the two forms of lists name them.
  @Test(arguments: [
    ("11111111", 4), ("11110000", 4), ("10001000", 1), ("00001111", 4), ("01001100", 2),
    ("00000000", 0),
  ])
  func hyperThreadsShareACore(_ allowed: String, _ cores: Int) throws {
    let allowed = allowed.map { $0 == "1" }
    var (pairs, neighbours) = ([String: String](), [String: String]())
    for i in 0..<8 {
      let place = "sys/devices/system/cpu/cpu\(i)/topology/thread_siblings_list"
      pairs[place] = "\(i % 4),\(i % 4 + 4)\n"
      neighbours[place] = "\(i / 2 * 2)-\(i / 2 * 2 + 1)\n"
    }
    #expect(try with(pairs) { ThreadPool.coreCount(allowed: allowed, root: $0) } == cores)
    let expected = (0..<4).count { allowed[2 * $0] || allowed[2 * $0 + 1] }
    #expect(try with(neighbours) { ThreadPool.coreCount(allowed: allowed, root: $0) } == expected)
  }

  @Test func processorsWithoutTopologyAreCores() throws {
    #expect(try with([:]) { ThreadPool.coreCount(allowed: [true, false, true], root: $0) } == 2)
    let odd = ["sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "-,x\n"]
    #expect(try with(odd) { ThreadPool.coreCount(allowed: [true, true], root: $0) } == 2)
  }
}
