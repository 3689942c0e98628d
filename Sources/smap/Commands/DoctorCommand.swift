// SPDX-License-Identifier: Apache-2.0
//
// `smap doctor`: diagnostic information on one screen: the system, and what smap found or is
// missing. It also removes what killed processes have left.

import ArgumentParser
import Cluster
import Console
import Files
import Glibc
import Images
import Hosts
import Jupyter
import Library
import Runtime
import Tensors

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what smap runs on and what it misses; remove temporary files.",
    discussion: """
      A line that begins with ! is about something that is missing or wrong, and the line under it says \
      what to do; the exit code is 1 then, else 0. Temporary files that killed processes have left in \
      the folders are removed.
      """)

  @Argument(
    help: "Folders in which temporary files are looked for.", completion: .directory)
  var folders: [String] = ["."]

  func run() throws {
    var report = DoctorReport()
    report.addPrograms()
    report.addTerminal()
    report.addResources()
    report.addJupyter()
    report.addMPI()
    report.addMemory()
    report.addHistory()
    for folder in folders { report.addTemporaryFiles(in: folder) }
    let written = StandardOutput.write(report.text)
    throw ArgumentParser.ExitCode(written != 0 ? written : report.hasProblems ? 1 : 0)
  }
}

/// The lines of the report.
private struct DoctorReport {
  private var lines: [String] = []
  private(set) var hasProblems = false

  var text: String { lines.map { $0 + "\n" }.joined() }

  private mutating func add(_ title: String, _ text: String) {
    lines.append("  " + padded(title) + text)
  }

  private mutating func add(_ title: String, problem: String, advice: String) {
    hasProblems = true
    lines.append("! " + padded(title) + problem)
    lines.append("  " + padded("") + advice)
  }

  private func padded(_ title: String) -> String {
    title + String(repeating: " ", count: max(1, 13 - title.count))
  }

  // MARK: - Programs

  mutating func addPrograms() {
    lines.append("smap \(smapVersion), \(DoctorReport.executable ?? "of unknown place")")
    add("system", DoctorReport.system)
    let level =
      switch BLAS.kernelLevel {
      case 4: "kernels for x86-64-v4 (AVX-512)"
      case 3: "kernels for x86-64-v3 (AVX2)"
      default: "kernels for \(BLAS.kernelName == "NEON" ? "aarch64 (NEON)" : "any processor")"
      }
    let precision = Precision.bfloat16.isAvailable ? ", bfloat16" : ""
    let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    add("processor", DoctorReport.processor ?? "unknown")
    let limit = ThreadPool.processorQuota().map { "; the control group allows \($0)" } ?? ""
    let threads = ThreadPool.threadCount
    let share = threads > processors ? "\(threads) threads on" : "\(threads) of"
    add("", "\(level)\(precision); \(share) \(counted(processors, "processor"))\(limit)")
    if let problem = BLAS.problem {
      add(
        "OpenBLAS", problem: "not usable: \(problem)",
        advice: "products are slow and linear algebra fails; install libopenblas0")
    } else {
      let path = DoctorReport.mapped("libopenblas") ?? "found"
      add("OpenBLAS", "\(path), kernels for \(BLAS.core ?? "some processor")")
    }
    add("libpng", PNG.libraryVersion)
    add("libjpeg-turbo", JPEG.libraryVersion)
    add("libwebp", WebP.libraryVersion)
    add("libedit", LineEditor.libraryVersion)
  }

  /// The running executable.
  private static var executable: String? {
    guard let path = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(path) }
    return PathText.printable(PathText.text(of: path))
  }

  private static var system: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "unknown" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return "\(text(names.sysname)) \(text(names.release)), \(text(names.machine))"
  }

  /// The name of the processor; on ARM, which gives none, that of the board or the numbers of maker
  /// and part.
  private static var processor: String? {
    let properties = lines(of: "/proc/cpuinfo")
    func field(_ name: String) -> String? {
      properties.first { $0.hasPrefix(name) }
        .flatMap { $0.split(separator: ":", maxSplits: 1).last }
        .map { String($0.drop { $0 == " " }) }
    }
    if let name = field("model name") { return name }
    if let board = lines(of: "/proc/device-tree/model").first.map({ $0.prefix { $0 != "\0" } }),
      !board.isEmpty
    {
      return PathText.printable(String(board))
    }
    guard let maker = field("CPU implementer"), let part = field("CPU part") else { return nil }
    return "maker \(maker), part \(part)"
  }

  /// The file of a library loaded into this process.
  private static func mapped(_ name: String) -> String? {
    lines(of: "/proc/self/maps").first { $0.contains(name) }
      .flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
  }

  private static func lines(of path: String) -> [Substring] {
    let bytes = (try? FileReader.read(path: path)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  // MARK: - Terminal

  mutating func addTerminal() {
    let terminal = Terminal()
    let name = Terminal.variable("TERM") ?? ""
    guard terminal.isTerminal else {
      add("terminal", "none: output goes to a file or a pipe (TERM=\(name))")
      return
    }
    let size = terminal.size
    let colors =
      switch terminal.colors {
      case .none: "no colours"
      case .palette: "256 colours"
      case .full: "all colours"
      }
    let style = PictureStyle.choose(for: terminal) ?? .none
    add(
      "terminal",
      "\(name), \(size.columns) x \(size.rows), \(colors), "
        + "\(terminal.isUnicode ? "Unicode" : "ASCII only"), \(style.words)")
  }

  // MARK: - Data and models

  mutating func addResources() {
    let found = ResourceLocator.check()
    let sound = found.filter { $0.problem == nil }.map(\.name)
    if !sound.isEmpty { add("data, models", sound.joined(separator: ", ")) }
    for (name, problem) in found {
      guard let problem else { continue }
      add(
        name, problem: problem,
        advice: "set SMAP_HOME to the folder that holds smap's Examples, or reinstall smap")
    }
  }

  // MARK: - Jupyter

  /// The libraries of the kernel and where it is installed. All of it is optional, so nothing that
  /// is missing is a problem.
  mutating func addJupyter() {
    let zeroMQ =
      ZeroMQ.problem == nil ? "ZeroMQ \(ZeroMQ.version)" : "no ZeroMQ (install libzmq5)"
    let signatures =
      SignatureLibrary.problem == nil ? SignatureLibrary.name : "no libcrypto (install libssl3)"
    let places = KernelSpec.installed.map { PathText.printable($0) }
    add("Jupyter", "\(zeroMQ), \(signatures)")
    add(
      "",
      places.isEmpty
        ? "kernel not installed (smap kernel install)"
        : "kernel in \(places.joined(separator: ", "))")
  }

  // MARK: - Several machines

  /// The library that carries the messages of a job; nothing else needs it.
  mutating func addMPI() {
    add("mpirun", Job.libraryVersion ?? "no Open MPI (install openmpi-bin)")
  }

  // MARK: - Memory

  mutating func addMemory() {
    let (quota, limit) = (MemoryBudget.quota(), MemoryBudget.limit)
    let owner = quota == nil ? "" : " allowed by the control group"
    add(
      "memory",
      "\(describeBytes(MemoryBudget.available))\(owner), of which smap may hold "
        + describeBytes(limit))
    add(
      "limits",
      "address space \(DoctorReport.limit(RLIMIT_AS)), file size \(DoctorReport.limit(RLIMIT_FSIZE)), "
        + "time \(DoctorReport.limit(RLIMIT_CPU, isBytes: false))")
    // A process that exceeds the limit of its control group is killed without a message.
    if let quota, quota < limit {
      add(
        "container", problem: "it may take \(describeBytes(quota)) only",
        advice: "run smap with --max-memory below that, lest the system end it without a word")
    }
  }

  private static func limit(_ resource: __rlimit_resource, isBytes: Bool = true) -> String {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return "unknown" }
    guard let value = Int(exactly: limit.rlim_cur) else { return "unlimited" }
    return isBytes ? describeBytes(value) : "\(value) s"
  }

  // MARK: - Files

  mutating func addHistory() {
    guard let path = History.defaultPath() else {
      add("history", "not kept, since HOME is not set")
      return
    }
    let history = History(path: path)
    if let note = history.note {
      add("history", problem: note, advice: "move \(PathText.printable(path)) away")
    } else {
      add("history", "\(PathText.printable(path)), \(history.entries.count) entries")
    }
  }

  mutating func addTemporaryFiles(in folder: String) {
    let name = PathText.printable(folder)
    do {
      let swept = try AtomicFile.sweep(folder: folder)
      let words =
        swept.count == 0
        ? "none left over in \(name)"
        : "removed \(swept.count) of \(describeBytes(swept.bytes)) from \(name)"
      add("temporary", words)
    } catch {
      add(
        "temporary", problem: "\(error)", advice: "name folders that you may read and write")
    }
  }
}
