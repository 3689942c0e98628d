// SPDX-License-Identifier: Apache-2.0
//
// Compiled code: 32-bit words for a register machine, the constants they use, and a span for every
// word.

import CMachine
import Syntax

/// How the arguments of one call are written, and their spans.
final class CallSite {
  enum ArgumentKind: Equatable {
    case positional
    case spread
    case named(String)
  }

  /// The arguments in order.
  let kinds: [ArgumentKind]
  /// The span of each argument.
  let spans: [Span]
  /// For named arguments: the span of the name.
  let nameSpans: [Span]
  /// Whether all arguments are positional.
  let isSimple: Bool

  init(_ arguments: [(kind: ArgumentKind, span: Span, name: Span)]) {
    kinds = arguments.map(\.kind)
    spans = arguments.map(\.span)
    nameSpans = arguments.map(\.name)
    isSimple = kinds.allSatisfy { $0 == .positional }
  }

  /// The site of a call from native code.
  init(native positional: Int, named names: [String]) {
    kinds = Array(repeating: .positional, count: positional) + names.map { .named($0) }
    spans = []
    nameSpans = []
    isSimple = names.isEmpty
  }
}

/// One subscript of an index expression: its registers and what they hold.
enum SubscriptKind {
  /// One register.
  case value
  /// Three registers: start, stop, step; `nil` for those left out.
  case slice
  /// No register.
  case ellipsis
}

/// Where a closure finds a captured variable when it is created.
enum CaptureSource {
  /// In a register of the enclosing frame: a value, or the cell that holds it.
  case register(Int)
  /// Among the captures of the enclosing function.
  case capture(Int)
  /// It is the enclosing function itself.
  case enclosingFunction
  /// It is a sibling of the enclosing function, by the index of its code.
  case neighbour(Int)
  /// It is the function being created or a sibling; nothing is stored.
  case unused
}

/// A type or shape to check, with the registers of the names in a shape.
struct Check {
  enum Size: Sendable {
    case exactly(Int)
    /// Bound earlier in the call: compare with this register.
    case bound(register: Int, name: String)
    /// The first occurrence: store into this register.
    case binding(register: Int, name: String)
    case any
    case ellipsis
    /// A number that is no valid size, such as 2.5.
    case impossible
  }

  enum Kind {
    case type(TypeTest)
    case shape([Size])
  }

  var kind: Kind
  /// The annotation as written.
  var text: String
  /// The position of the parameter, or nil for the result.
  var parameter: Int?
  /// The name of the parameter.
  var name: String
  /// Whether `nil` is accepted, because it is the default.
  var acceptsNil: Bool
}

/// The code of one function.
final class Prototype {
  let name: String
  let header: Header
  let documentation: String
  let source: Source
  let scope: ModuleScope
  let code: UnsafeMutablePointer<UInt64>
  let codeCount: Int
  let spans: [Span]
  let constants: UnsafeMutablePointer<Value>
  let constantCount: Int
  let globals: UnsafeMutablePointer<UnsafeMutablePointer<GlobalSlot>>
  let globalNames: [String]
  private let fieldNames: [FieldNames]
  let prototypes: [Prototype]
  let captures: [CaptureSource]
  let sites: [CallSite]
  let subscripts: [[SubscriptKind]]
  let checks: [Check]
  let formats: [Format]
  /// Names of local variables, for spelling hints.
  let localNames: [String]
  /// The number of registers in a frame.
  let registerCount: Int
  /// The part that frames use; it lives as long as the prototype.
  let layout: UnsafeMutablePointer<CodeLayout>
  /// Whether this is the top level of a program.
  let isTopLevel: Bool

  init(_ parts: Parts) {
    name = parts.header.name
    header = parts.header
    documentation = parts.documentation
    source = parts.source
    scope = parts.scope
    codeCount = parts.code.count
    code = .allocate(capacity: max(1, parts.code.count))
    code.initialize(from: parts.code, count: parts.code.count)
    spans = parts.spans
    constantCount = parts.constants.count
    constants = .allocate(capacity: max(1, parts.constants.count))
    constants.initialize(from: parts.constants, count: parts.constants.count)
    globals = .allocate(capacity: max(1, parts.globalNames.count))
    for (index, name) in parts.globalNames.enumerated() {
      (globals + index).initialize(to: parts.scope.slot(for: name))
    }
    globalNames = parts.globalNames
    for place in Prototype.placesOfGlobals(parts.code) {
      code[place] = UInt64(UInt(bitPattern: globals[Int(code[place])]))
    }
    fieldNames = parts.fieldNames
    prototypes = parts.prototypes
    captures = parts.captures
    sites = parts.sites
    subscripts = parts.subscripts
    checks = parts.checks
    formats = parts.formats
    localNames = parts.localNames
    registerCount = parts.registerCount
    isTopLevel = parts.isTopLevel
    layout = .allocate(capacity: 1)
    let names = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: fieldNames.count)
    names.initialize(
      from: fieldNames.map { Unmanaged.passUnretained($0).toOpaque() }, count: fieldNames.count)
    let plain = parts.header.parameters.allSatisfy { $0.kind == .positional }
    layout.initialize(
      to: CodeLayout(
        code: code, constants: constants.slots,
        fieldNames: names,
        registerCount: registerCount,
        simpleOperands: plain && parts.header.parameters.count < 256
          ? Instruction.simpleOperands(parts.header.parameters.count) : -1,
        prototype: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit {
    code.deallocate()
    constants.deinitialize(count: constantCount)
    constants.deallocate()
    globals.deallocate()
    layout.pointee.fieldNames.deallocate()
    layout.deallocate()
  }

  /// The indices of the words that name a global.
  private static func placesOfGlobals(_ code: [UInt64]) -> [Int] {
    var places: [Int] = []
    var position = 0
    while position < code.count {
      let opcode = Instruction(code[position]).opcode
      if let word = opcode.globalWord { places.append(position + word) }
      position += 1 + opcode.wordCount
    }
    return places
  }

  /// The name of the global that a word of code points to.
  func globalName(at place: UnsafeMutablePointer<GlobalSlot>) -> String {
    globalNames.indices.first { globals[$0] == place }.map { globalNames[$0] } ?? ""
  }

  var signatureText: String { header.text }

  /// The span of the instruction at `pc`.
  func span(at pc: Int) -> Span {
    pc >= 0 && pc < spans.count ? spans[pc] : Span(0, 0)
  }

  /// What the compiler collects before a prototype is created.
  struct Parts {
    var header: Header
    var documentation = ""
    var source: Source
    var scope: ModuleScope
    var code: [UInt64] = []
    var spans: [Span] = []
    var constants: [Value] = []
    var globalNames: [String] = []
    var fieldNames: [FieldNames] = []
    var prototypes: [Prototype] = []
    var captures: [CaptureSource] = []
    var sites: [CallSite] = []
    var subscripts: [[SubscriptKind]] = []
    var checks: [Check] = []
    var formats: [Format] = []
    var localNames: [String] = []
    var registerCount = 0
    var isTopLevel = false
  }
}
