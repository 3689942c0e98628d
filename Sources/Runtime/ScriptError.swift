// SPDX-License-Identifier: Apache-2.0
//
// An error while a script runs: what went wrong, where, and through which calls. Errors are data;
// `diagnostic` hands them to the one renderer, and `record` to `catch e`.

import Files
import Syntax
import Tensors

/// An error raised by a script, a built-in or a limit of the session.
public struct ScriptError: Error {
  /// One call on the way to the error, innermost first.
  public struct TraceEntry: Sendable {
    /// The name of the function that was running.
    public let function: String
    /// The text in which it stands.
    public let source: Source
    /// The place that was being executed.
    public let span: Span
  }

  /// `TypeError`, `ShapeError`, ... or a kind that the script made up.
  public var kind: Diagnostic.Kind
  /// What was wrong, without a full stop.
  public var message: String
  /// What was found, printed beside the carets.
  public var label: String
  /// What to try instead, or empty.
  public var hint: String
  /// The text in which the error happened, once it is known.
  public var source: Source?
  /// The place of the error, once it is known.
  public var span: Span?
  /// The calls that led here, innermost first.
  public var trace: [TraceEntry]
  /// Number of calls left out in the middle of a long trace.
  public var omittedCalls: Int
  /// Whether `catch` may take it without naming its kind: not so for interrupts and used-up limits.
  public var isCatchable: Bool
  /// Whether this is the interrupt of Ctrl-C.
  public var isInterrupt: Bool
  /// The code that the script ends with, if this is the end that it asked for and no fault.
  public var exitCode: Int32?
  /// Why a file could not be used, if that is the error.
  public private(set) var fault: FileFault?
  /// The argument that is to blame, if the place is that of a call: an index into the call site.
  var argument: ArgumentReference?

  /// Makes an error; the interpreter adds the place.
  public init(
    _ kind: Diagnostic.Kind, _ message: String, label: String = "", hint: String = "",
    isCatchable: Bool = true
  ) {
    self.kind = kind
    self.message = message
    self.label = label
    self.hint = hint
    trace = []
    omittedCalls = 0
    self.isCatchable = isCatchable
    isInterrupt = false
  }

  /// A file cannot be used; the fault is printed beside the place.
  public init(_ fault: FileFault, _ message: String, hint: String = "") {
    self.init(.io, message, label: fault.rawValue, hint: hint)
    self.fault = fault
  }

  /// A value is of the wrong type.
  public static func type(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.type, message, hint: hint)
  }

  /// A value is of the right type but out of its range.
  public static func value(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.value, message, hint: hint)
  }

  /// Shapes do not fit.
  public static func shape(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.shape, message, hint: hint)
  }

  /// An index or key does not exist.
  public static func index(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.index, message, hint: hint)
  }

  /// Arguments do not fit a signature.
  public static func argument(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.argument, message, hint: hint)
  }

  /// A name means nothing here.
  public static func name(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.name, message, hint: hint)
  }

  /// Reading or writing failed.
  public static func io(_ message: String, hint: String = "") -> ScriptError {
    ScriptError(.io, message, hint: hint)
  }

  /// A limit was reached; unless said otherwise a script cannot catch it.
  public static func limit(
    _ message: String, hint: String = "", isCatchable: Bool = false
  ) -> ScriptError {
    ScriptError(.limit, message, hint: hint, isCatchable: isCatchable)
  }

  /// The time that one evaluation may take is used up.
  static func timeLimit(seconds: Double) -> ScriptError {
    limit("this session may run for \(Display.number(seconds)) seconds at a time")
  }

  /// The interrupt of Ctrl-C, which only `catch e: Interrupt` can take.
  public static var interrupt: ScriptError {
    var error = ScriptError(.init(rawValue: "Interrupt"), "interrupted", isCatchable: false)
    error.isInterrupt = true
    return error
  }

  /// The end of a script by its own wish, which it cannot catch.
  public static func exit(_ code: Int32) -> ScriptError {
    var error = ScriptError(.init(rawValue: "Exit"), "exit code \(code)", isCatchable: false)
    error.exitCode = code
    return error
  }

  /// Any error as a script error: script errors as they are, errors of other layers translated,
  /// everything else by its description.
  public init(_ error: any Error) {
    switch error {
    case let error as ScriptError:
      self = error
    case let error as TensorError:
      self.init(.init(rawValue: error.kind), error.message, hint: error.hint)
    case let error as Diagnostic:
      self.init(error.kind, error.message, label: error.label, hint: error.hint ?? "")
      source = error.source
      span = error.span
    case let error as SyntaxErrors:
      self.init(error.diagnostics.first ?? Diagnostic(.syntax, "this is not a program"))
    case is CancellationError:
      self = .interrupt
    case let error as DeadlineError:
      self = .timeLimit(seconds: error.seconds)
    case let error as any ScriptErrorConvertible:
      self = error.scriptError
    default:
      self.init(.error, "\(error)")
    }
  }

  /// The error as the renderer wants it.
  public var diagnostic: Diagnostic {
    Diagnostic(
      kind, message, source: source, span: span, label: label, hint: hint.isEmpty ? nil : hint)
  }

  /// The trace as lines of text, innermost first: `f at notes.smap:3:7`.
  public var traceLines: [String] {
    var lines = trace.map { entry in
      let position = entry.source.position(of: entry.span.start)
      return "\(entry.function) at \(entry.source.path):\(position.line):\(position.column)"
    }
    if omittedCalls > 0 {
      lines.insert("... \(omittedCalls) more calls ...", at: min(lines.count, Self.innermostShown))
    }
    return lines
  }

  /// How many of the innermost calls a shortened trace keeps.
  static let innermostShown = 8
  /// How many of the outermost calls a shortened trace keeps.
  static let outermostShown = 4

  /// The record that `catch e` receives.
  public var record: Value {
    let line = span.flatMap { span in source?.position(of: span.start).line }
    return .record([
      "kind": .string(kind.rawValue), "message": .string(message), "hint": .string(hint),
      "file": source.map { .string($0.path) } ?? .nil,
      "line": line.map { .integer($0) } ?? .nil, "trace": .strings(traceLines),
    ])
  }
}

/// An error of a layer below that has its own translation into an error of scripts.
///
/// The machine translates what a built-in throws, so no built-in does it itself.
public protocol ScriptErrorConvertible: Error {
  /// The error that a script sees.
  var scriptError: ScriptError { get }
}

/// Which argument of the running call an error is about.
struct ArgumentReference {
  /// The position of the parameter in its signature, or of the argument at the call site.
  var index: Int
  /// Whether `index` counts arguments as written at the call, or parameters of the signature.
  var countsArguments: Bool
}
