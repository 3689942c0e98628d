// SPDX-License-Identifier: Apache-2.0
//
// The server on the standard streams. All input that has arrived is read before any request is
// answered, so that requests can still be cancelled; documents are checked when the queue is empty.

import Files
import Glibc
import Runtime

extension Server {
  /// Serves one client until it requests an exit or its input ends, and returns the exit code.
  public static func run(library: LibraryTable, input: Int32, output: Int32) -> Int32 {
    let server = Server(library: library)
    var loop = ServerLoop(server: server, input: input, output: output)
    return loop.run()
  }
}

/// Transfers bytes between descriptors and a server.
private struct ServerLoop {
  let server: Server
  let input: Int32
  let output: Int32
  private var reader = MessageReader()
  private var queue: [MessageReader.Piece] = []
  private var isAtEnd = false
  /// Why the input cannot be read.
  private var failure: FileError?

  init(server: Server, input: Int32, output: Int32) {
    self.server = server
    self.input = input
    self.output = output
  }

  mutating func run() -> Int32 {
    while true {
      if queue.isEmpty {
        if let failure { return failure.exitCode }
        if isAtEnd { return server.exitCodeAtEnd }
        if !hasInput { guard send(server.idle()) else { return 74 } }
        read()
      }
      while hasInput, !isAtEnd { read() }
      guard !queue.isEmpty else { continue }
      let piece = queue.removeFirst()
      guard send(answers(to: piece)) else { return 74 }
      if let code = server.exitCode { return code }
    }
  }

  private func answers(to piece: MessageReader.Piece) -> [JSON] {
    switch piece {
    case .message(let bytes): server.receive(bytes)
    case .broken(let words):
      [Message.failure(.null, RequestError(code: .parseError, message: words))]
    }
  }

  /// Whether input can be read without blocking.
  private var hasInput: Bool {
    var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) > 0
  }

  /// Waits for bytes and queues the messages in them.
  private mutating func read() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var count = Glibc.read(input, &buffer, buffer.count)
    while count < 0, errno == EINTR { count = Glibc.read(input, &buffer, buffer.count) }
    if count < 0 {
      failure = FileError(path: "standard input", operation: "read", code: errno)
    }
    guard count > 0 else {
      isAtEnd = true
      return
    }
    reader.feed(buffer[..<count])
    while let piece = reader.next() {
      if case .message(let bytes) = piece, let json = try? JSON.parse(bytes, repairsText: true) {
        server.cancel(json)
      }
      queue.append(piece)
    }
  }

  /// Writes messages; false if the client has closed its end.
  private func send(_ messages: [JSON]) -> Bool {
    for message in messages {
      let bytes = MessageReader.framed(message.rendered)
      var start = 0
      while start < bytes.count {
        let written = bytes.withUnsafeBytes { part in
          Glibc.write(output, part.baseAddress.map { $0 + start }, part.count - start)
        }
        if written > 0 {
          start += written
        } else if errno != EINTR {
          return false
        }
      }
    }
    return true
  }
}
