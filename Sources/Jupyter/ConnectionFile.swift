// SPDX-License-Identifier: Apache-2.0
//
// The connection file: the ports that a kernel binds, and the key that signs messages. A front end
// writes it before it starts the kernel; a kernel that is started by hand writes its own, which
// only its user may read. A kernel runs whatever a front end sends, so it binds this machine only,
// and without a key anybody on it could be that front end.

import Files
import Glibc

/// Where a kernel listens, and its key.
struct ConnectionFile {
  /// The channels, by the names that the file gives their ports.
  enum Channel: String, CaseIterable {
    case shell, iopub, stdin, control
    case heartbeat = "hb"
  }

  /// `tcp` or `ipc`.
  let transport: String
  /// The address of this machine; for `ipc` the beginning of the sockets' paths.
  let address: String
  /// The port of each channel; 0 for one that the system chooses.
  let ports: [Channel: Int]
  /// The key.
  let key: [UInt8]

  /// A connection with ports that the system chooses and a random key.
  init() {
    transport = "tcp"
    address = "127.0.0.1"
    ports = [:]
    key = Array(Sender.identifier().utf8)
  }

  /// Reads a connection file.
  ///
  /// - Throws: `FileError`; `TransportError` for a file that is none, or that would let others in.
  init(path: String) throws {
    let bytes = try FileReader.read(path: path, limit: 1 << 16)
    let json: JSON
    do {
      json = try JSON.parse(bytes)
    } catch let error as JSON.ParseError {
      throw TransportError(
        "\(path) is not a connection file: \(error.message) at byte \(error.offset)")
    }
    try self.init(json, path: path)
  }

  /// Reads the object of a connection file.
  init(_ json: JSON, path: String) throws {
    func refused(_ words: String, hint: String = "") -> TransportError {
      TransportError("\(path): \(words)", hint: hint)
    }
    let scheme = json["signature_scheme"]?.text ?? "hmac-sha256"
    guard scheme == "hmac-sha256" else {
      throw refused("signatures are hmac-sha256, not \(scheme)")
    }
    guard let key = json["key"]?.text, !key.isEmpty else {
      throw refused(
        "it has no key, so everybody could run code here",
        hint: "a front end writes one unless it is told not to")
    }
    transport = json["transport"]?.text ?? "tcp"
    address = json["ip"]?.text ?? "127.0.0.1"
    switch transport {
    case "ipc": break
    case "tcp":
      guard ConnectionFile.isLoopback(address) else {
        throw refused(
          "\(address) is not an address of this machine alone",
          hint: "use 127.0.0.1, and ssh for a kernel on another machine")
      }
    default: throw refused("the transport is tcp or ipc, not \(transport)")
    }
    var ports: [Channel: Int] = [:]
    for channel in Channel.allCases {
      let name = channel.rawValue + "_port"
      guard let port = json[name]?.integer, (0...65_535).contains(port) else {
        throw refused("\(name) is not a port")
      }
      ports[channel] = port
    }
    (self.ports, self.key) = (ports, Array(key.utf8))
  }

  private static func isLoopback(_ address: String) -> Bool {
    if ["localhost", "::1"].contains(address) { return true }
    let parts = address.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// The endpoint of a channel.
  func endpoint(_ channel: Channel) -> String {
    let port = ports[channel] ?? 0
    guard transport == "tcp" else { return "ipc://\(address)-\(port)" }
    let host = address == "::1" ? "[::1]" : address == "localhost" ? "127.0.0.1" : address
    return "tcp://\(host):" + (port == 0 ? "*" : "\(port)")
  }

  // MARK: - Writing

  /// The text of a file for a connection whose channels are bound to these endpoints.
  func text(boundTo endpoints: [Channel: String]) -> String {
    var entries: [(key: String, value: JSON)] = Channel.allCases.map { channel in
      let digits = endpoints[channel].flatMap { $0.split(separator: ":").last } ?? "0"
      return (channel.rawValue + "_port", .integer(Int(digits) ?? 0))
    }
    entries += [
      ("ip", .string(address)), ("key", .string(String(decoding: key, as: UTF8.self))),
      ("transport", .string(transport)), ("signature_scheme", .string("hmac-sha256")),
      ("kernel_name", .string("smap")),
    ]
    return JSON.object(entries).rendered + "\n"
  }

  /// Writes a new file that only its user may read.
  ///
  /// - Throws: `FileError`.
  static func write(_ text: String, path: String) throws {
    try AtomicFile.makeFolders(for: path)
    let file = try Descriptor(
      path: path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, operation: "write", isOwn: true)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
  }

  /// A path in Jupyter's runtime folder, where front ends look for connection files.
  static func newPath(environment: (String) -> String?) -> String {
    let name = "kernel-\(Sender.identifier()).json"
    if let folder = environment("JUPYTER_RUNTIME_DIR"), !folder.isEmpty {
      return "\(folder)/\(name)"
    }
    return "\(JupyterFolders.user(environment))/runtime/\(name)"
  }
}

/// The folders in which Jupyter looks for files.
enum JupyterFolders {
  /// The user's data folder.
  static func user(_ environment: (String) -> String?) -> String {
    if let folder = environment("JUPYTER_DATA_DIR"), !folder.isEmpty { return folder }
    if let data = environment("XDG_DATA_HOME"), !data.isEmpty { return "\(data)/jupyter" }
    return "\(environment("HOME") ?? ".")/.local/share/jupyter"
  }
}
