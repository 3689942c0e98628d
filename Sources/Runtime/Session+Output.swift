// SPDX-License-Identifier: Apache-2.0
//
// What a session sends to its receiver, within the limit of output, and what it reads. Of the
// frames of an animation every receiver gets the last one as a value; a terminal shows the others
// meanwhile.

import Tensors

extension Session {
  /// Writes text where `print` writes; beyond the limit of output nothing more is written.
  public func write(_ text: String) throws {
    try send(.text(text), size: text.utf8.count)
  }

  /// Sends an event that counts as so many bytes of output.
  private func send(_ event: SessionEvent, size: @autoclosure () -> Int) throws {
    try settleFrame()
    guard let limit = limits.outputBytes else { return try receiver.receive(event) }
    let before = writtenBytes
    writtenBytes = before.addingReportingOverflow(size()).partialValue
    if writtenBytes <= limit {
      try receiver.receive(event)
    } else if before <= limit {
      try receiver.receive(
        .text("\n... the output limit of \(limit) bytes is reached ...\n"))
    }
  }

  /// Delivers what has been printed and is held back.
  public func flush() throws { try receiver.flush() }

  /// Makes a remark to the user. One that cannot be delivered is no reason to end a program.
  public func note(_ text: String, isRepeated: Bool = true) {
    if !isRepeated, !notes.insert(text).inserted { return }
    try? settleFrame()
    try? receiver.receive(.diagnostic(.note(text)))
  }

  /// Shows a prompt and waits for a line of the input; nil at its end.
  public func readLine(prompt: String) throws -> String? {
    try settleFrame()
    guard let lineSource else {
      try write(prompt)
      return nil
    }
    try receiver.receive(.status(.waiting))
    defer { try? receiver.receive(.status(.running)) }
    return try lineSource(prompt) { try spend(0) }
  }

  func checkOutput() throws {
    if let limit = limits.outputBytes, writtenBytes > limit {
      throw ScriptError.limit("this session may write \(describeBytes(limit)) at a time")
    }
  }

  /// Shows a value as `show` does.
  public func show(_ value: Value, title: String? = nil) throws {
    var bundle = try Display.bundle(value, self)
    bundle.title = title
    // The answer to a program that has ended is not part of what it wrote.
    guard evaluations > 0 else {
      try settleFrame()
      return try receiver.receive(.value(bundle))
    }
    try send(.value(bundle), size: bundle.titledText.utf8.count)
  }

  /// Shows a value that is still changing: what is shown so next takes its place, and what else is
  /// written comes after the last one.
  public func showFrame(_ value: Value, title: String? = nil) throws {
    var bundle = try Display.bundle(value, self)
    // A text that changes is read, not copied into a program.
    if case .text(let text) = value { bundle = Bundle(text: text.string) }
    bundle.title = title
    pendingFrame = bundle
    try receiver.receive(.frame(bundle))
  }

  /// Makes the last frame a value that stays, if there is one.
  public func settleFrame() throws {
    guard let bundle = pendingFrame else { return }
    pendingFrame = nil
    try send(.value(bundle), size: bundle.titledText.utf8.count)
  }
}
