// SPDX-License-Identifier: Apache-2.0
//
// From an error to its handler: the place and the trace of an error, and unwinding.

import CMachine
import Syntax

extension Machine {
  func tooDeep() -> ScriptError {
    let name = depth > 0 ? (frames + (depth - 1)).prototype.name : ""
    return .limit(
      "calls are nested more than \(maximumDepth) deep",
      hint: name.isEmpty ? "" : "does the recursion of `\(name)` end?", isCatchable: true)
  }

  func dropHandlers(from depth: Int) {
    while let last = handlers.last, last.depth >= depth { handlers.removeLast() }
  }

  /// Continues at the newest handler of this run, or pops its frames and rethrows.
  func recover(from error: any Error, floor: Int) throws {
    var error = ScriptError(error)
    if error.isCatchable {
      // A loop that only fails and catches must be interruptible, too.
      do { try session.spend(1) } catch let stop { error = ScriptError(stop) }
    }
    if error.source == nil { locate(&error) }
    if error.trace.isEmpty { addTrace(&error) }
    guard let handler = handlerTaking(error, floor: floor) else {
      unwind(to: floor)
      throw error
    }
    unwind(to: handler.depth)
    let frame = frames + (depth - 1)
    frame.registers[handler.register] = error.record
    frame.pointee.next = frame.pointee.layout.pointee.code + handler.target
  }

  /// The newest handler of this run that catches the error; the handlers above it are removed.
  private func handlerTaking(_ error: ScriptError, floor: Int) -> Handler? {
    while let handler = handlers.last, handler.depth > floor {
      handlers.removeLast()
      guard handler.takes(error) else { continue }
      return !error.isInterrupt || session.mayCatchInterrupt() ? handler : nil
    }
    return nil
  }

  private func unwind(to target: Int) {
    dropHandlers(from: target + 1)
    while depth > target {
      depth -= 1
      let frame = frames + depth
      frame.pointee.window.clear(frame.registerCount)
    }
  }

  func place(of frame: UnsafeMutablePointer<Frame>) -> (source: Source, span: Span) {
    let prototype = frame.prototype
    let index = frame.pointee.next - frame.pointee.layout.pointee.code
    return (prototype.source, prototype.span(at: index - 1))
  }

  private func locate(_ error: inout ScriptError) {
    guard depth > 0 else { return }
    (error.source, error.span) = place(of: frames + (depth - 1))
  }

  /// Records the calls that led here; of a long chain only both ends.
  private func addTrace(_ error: inout ScriptError) {
    let inner = ScriptError.innermostShown
    let outer = ScriptError.outermostShown
    for index in (0..<depth).reversed() {
      let fromTop = depth - 1 - index
      if depth > inner + outer, fromTop >= inner, index >= outer { continue }
      let frame = frames + index
      let (source, span) = place(of: frame)
      error.trace.append(
        ScriptError.TraceEntry(function: frame.prototype.name, source: source, span: span))
    }
    if depth > inner + outer { error.omittedCalls = depth - inner - outer }
  }
}
