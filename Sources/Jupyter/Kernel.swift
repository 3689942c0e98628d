// SPDX-License-Identifier: Apache-2.0
//
// A Jupyter kernel: five sockets and four threads.
//
//   shell, stdin   the thread of the session: cells, completion, help, `input`
//   control        interrupts, shutdown; also while a cell runs
//   iopub          the publisher: output and status
//   heartbeat      echoes, and watches whether the front end is still there

import Console
import Files
import Glibc
import Hosts
import Library
import Runtime
import Synchronization
import Tensors

/// A kernel for one front end or several.
public final class Kernel: @unchecked Sendable {
  private let context: SocketContext
  private let wires: Wires
  private let connection: ConnectionFile
  private let sockets: [ConnectionFile.Channel: Socket]
  /// The connection file that this process has written, to be removed at the end.
  private var ownFile: String?

  private init(_ connection: ConnectionFile) throws {
    self.connection = connection
    let signer = try Signer(key: connection.key)
    let context = try SocketContext()
    self.context = context
    var sockets: [ConnectionFile.Channel: Socket] = [:]
    for channel in ConnectionFile.Channel.allCases {
      let kind: Socket.Kind =
        switch channel {
        case .iopub: .publisher
        case .heartbeat: .reply
        case .shell, .control, .stdin: .router
        }
      sockets[channel] = try Socket(kind, context, at: connection.endpoint(channel))
    }
    self.sockets = sockets
    guard let publisher = sockets[.iopub] else { throw TransportError("there is no publisher") }
    wires = try Wires(signer: signer, publisher: publisher)
  }

  /// Serves until a front end or a signal ends it, and returns the exit code.
  ///
  /// Without a path, a new connection file is written to Jupyter's runtime folder.
  public static func run(connectionPath: String?, options: HostOptions) -> Int32 {
    do {
      let kernel: Kernel
      if let connectionPath {
        warnOfReaders(connectionPath)
        kernel = try Kernel(ConnectionFile(path: connectionPath))
      } else {
        kernel = try Kernel(ConnectionFile())
        try kernel.announce()
      }
      return kernel.serve(options)
    } catch let error as TransportError {
      Diagnostics.say(
        "smap kernel: \(error.description)" + (error.hint.isEmpty ? "" : "\n  \(error.hint)"))
      return 65
    } catch {
      let error = ScriptError(anything: error)
      Diagnostics.say("smap kernel: \(error.message)")
      return ExitCode.of(error)
    }
  }

  /// Others who can read the key can run code here.
  private static func warnOfReaders(_ path: String) {
    var status = stat()
    guard stat(PathText.systemName(path), &status) == 0, status.st_mode & 0o077 != 0 else { return }
    Diagnostics.say(
      "smap kernel: \(PathText.printable(path)) is open to other users, who can read its key")
  }

  /// Writes the connection file and says how to connect.
  private func announce() throws {
    let path = ConnectionFile.newPath(environment: Terminal.variable)
    try ConnectionFile.write(
      connection.text(boundTo: sockets.mapValues(\.endpoint)), path: path)
    ownFile = path
    let name = path.split(separator: "/").last.map(String.init) ?? path
    Diagnostics.say(
      """
      smap kernel: connect with
        jupyter console --existing \(name)
      """)
  }

  // MARK: - Serving

  private func serve(_ options: HostOptions) -> Int32 {
    let receiver = KernelReceiver(wires.publisher)
    let publisher = wires.publisher
    publisher.publish("status", ["execution_state": "starting"], parent: [:])
    let code = Interpreter.serve(options: options, receiver: receiver) { [self] host in
      Remarks.receive = { publisher.write("note: \($0)\n", to: "stderr", parent: [:]) }
      do {
        let control = try Worker { [self] in serveControl() }
        _ = try Worker { [self] in serveHeartbeat() }
        let code = serveShell(host, receiver)
        wires.isOver.store(true, ordering: .releasing)
        // The control thread sees the end within its next wait.
        control.join()
        return code
      } catch {
        Diagnostics.say("smap kernel: \(error)")
        return 70
      }
    }
    end()
    // An end that a front end has asked for is none by a signal.
    return wasShutDown ? 0 : code
  }

  private var wasShutDown: Bool { wires.wasShutDown.load(ordering: .acquiring) }

  /// Closes what is open. The heartbeat waits in its socket, so the process exits without ending
  /// the context; the other sockets have sent what they hold.
  private func end() {
    wires.publisher.finish()
    sockets[.shell]?.close()
    sockets[.stdin]?.close()
    sockets[.control]?.close()
    if let ownFile { unlink(PathText.systemName(ownFile)) }
    // Closed sockets send in the background.
    usleep(100_000)
  }

  // MARK: - Shell

  private func serveShell(_ host: Host, _ receiver: KernelReceiver) -> Int32 {
    guard let socket = sockets[.shell], let input = sockets[.stdin] else { return 70 }
    let runner = CellRunner(host, receiver, wires.publisher)
    let inputs = InputChannel(input, wires)
    let shell = Channel("shell", socket, wires)
    let introspection = Introspection(host, runner.console)
    let widgets = receiver.widgets
    var pending: [Message] = []
    host.session.lineSource = { prompt, check in try inputs.line(prompt, check) }
    shell.handlers = sharedHandlers.merging([
      "execute_request": { [unowned shell] request in
        inputs.request = request
        defer { inputs.request = nil }
        let content = try runner.execute(request)
        // What has arrived by now was sent by somebody who does not know of the error.
        if receiver.failure != nil, request.content["stop_on_error"]?.flag ?? true {
          while let message = shell.next() { pending.append(message) }
        }
        return content
      },
      "complete_request": { try introspection.completion($0) },
      "inspect_request": { try introspection.inspection($0) },
      "is_complete_request": { try introspection.completeness($0) },
      "history_request": { try runner.history.answer($0.content) },
      "comm_info_request": { try widgets.information($0) },
      "comm_open": { message in
        try widgets.opened(message)
        return nil
      },
      "comm_msg": { message in
        try widgets.received(message)
        return nil
      },
      "comm_close": { message in
        widgets.closed(message)
        return nil
      },
    ]) { _, own in own }
    while !Interrupt.shared.isTerminating {
      while let message = shell.next() {
        shell.handle(message)
        let declined = pending
        pending = []
        for message in declined { decline(message, on: shell) }
        if let code = runner.exitCode { return code }
        if Interrupt.shared.isTerminating { return 0 }
      }
      socket.wait(orFor: Interpreter.termination)
    }
    return 0
  }

  /// Answers a message that waited while a cell failed: further cells are not executed.
  private func decline(_ message: Message, on shell: Channel) {
    if message.type == "execute_request" { shell.abort(message) } else { shell.handle(message) }
  }

  /// Handlers of both channels.
  private var sharedHandlers: [String: RequestHandler] {
    let connection = self.connection
    return [
      "kernel_info_request": { _ in KernelInformation.reply },
      "connect_request": { _ in
        .object(
          [("status", "ok")]
            + ConnectionFile.Channel.allCases.map {
              ($0.rawValue + "_port", .integer(connection.ports[$0] ?? 0))
            })
      },
      "shutdown_request": { [self] in shutDown($0) },
      "interrupt_request": { _ in
        Interrupt.shared.request()
        return ["status": "ok"]
      },
    ]
  }

  private func shutDown(_ request: Message) -> JSON {
    let content: JSON = [
      "status": "ok", "restart": .bool(request.content["restart"]?.flag ?? false),
    ]
    wires.publisher.publish("shutdown_reply", content, parent: request.header)
    wires.wasShutDown.store(true, ordering: .releasing)
    Interpreter.terminate()
    return content
  }

  // MARK: - Control and heartbeat

  private func serveControl() {
    guard let socket = sockets[.control] else { return }
    let control = Channel("control", socket, wires)
    control.handlers = sharedHandlers
    while !wires.isOver.load(ordering: .acquiring) {
      socket.wait(orFor: Interpreter.termination)
      while let message = control.next() { control.handle(message) }
      // The script has been told; the thread of the session ends soon.
      if Interrupt.shared.isTerminating { usleep(10_000) }
    }
  }

  /// Echoes, and ends the kernel when the process that started it is gone.
  private func serveHeartbeat() {
    guard let socket = sockets[.heartbeat] else { return }
    let parent = getppid()
    let isWatched = Terminal.variable("JPY_PARENT_PID") != nil
    while !wires.isOver.load(ordering: .acquiring) {
      socket.wait(milliseconds: 1000)
      while let frames = socket.receive() { socket.send(frames.isEmpty ? [[]] : frames) }
      if isWatched, getppid() != parent { return Interpreter.terminate() }
    }
  }
}
