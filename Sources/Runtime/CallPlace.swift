// SPDX-License-Identifier: Apache-2.0
//
// Where a call is in the source, so that its errors underline the argument that they are about.

import Syntax

/// The location of a call in the source, for the messages and spans of its errors.
///
/// Most calls never need it, so this is little more than a pointer to the calling frame.
struct CallPlace {
  private let frame: UnsafeMutablePointer<Frame>?
  /// How native code passed the arguments, if it named some.
  var native: CallSite?
  /// 1 for a method, whose receiver is the first argument but not among those at the site.
  let receivers: Int
  /// Whether all arguments are positional.
  let isSimple: Bool

  init(_ frame: UnsafeMutablePointer<Frame>?, receivers: Int, isSimple: Bool) {
    self.frame = frame
    self.receivers = receivers
    self.isSimple = isSimple
  }

  /// How the arguments are written; nil if native code passed them by position.
  var site: CallSite? {
    native ?? frame.map { $0.prototype.sites[Int($0.pointee.next[-1])] }
  }

  private var source: Source? { frame?.prototype.source }

  /// How each of the arguments is passed.
  func kinds(_ count: Int) -> [CallSite.ArgumentKind] {
    let written = site?.kinds ?? []
    let receiver = Array(repeating: CallSite.ArgumentKind.positional, count: receivers)
    guard written.count + receivers == count else {
      return Array(repeating: .positional, count: count)
    }
    return receiver + written
  }

  /// Underlines the value of argument number `index`, counted with the receiver.
  func blame(_ error: inout ScriptError, argument index: Int) {
    guard let source, let site, index >= receivers, index - receivers < site.spans.count else {
      return
    }
    error.source = source
    error.span = site.spans[index - receivers]
  }

  /// Underlines the name of an argument.
  func blame(_ error: inout ScriptError, name index: Int) {
    guard let source, let site, index >= receivers, index - receivers < site.nameSpans.count
    else { return }
    error.source = source
    error.span = site.nameSpans[index - receivers]
  }

  /// Underlines the argument that was bound to a parameter.
  func blame(_ error: inout ScriptError, parameter: Int, _ header: Header) {
    guard parameter >= 0, parameter < header.parameters.count, let site else { return }
    let name = header.parameters[parameter].name
    guard let index = site.argument(forParameter: parameter - receivers, name: name) else {
      return
    }
    blame(&error, argument: index + receivers)
  }
}
