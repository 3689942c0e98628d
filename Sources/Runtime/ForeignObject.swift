// SPDX-License-Identifier: Apache-2.0
//
// Objects of the library: one final class, and a descriptor of their operations. The descriptor is
// a table of optional capabilities (fields, indexing, calling, pictures), so a new kind of object
// is declared in one place and the interpreter needs no new case.

import struct Images.Picture

/// The name and the operations of a kind of library object.
///
/// ```swift
/// static let schedule = ForeignType("schedule", "How many tokens survive training.",
///   fields: [.init("kind", "The name of the distribution.") { object, _ in
///     .string(try object.payload(as: TailDrop.self).kind)
///   }],
///   display: { "schedule(\(...))" })
/// ```
public final class ForeignType: Sendable {
  /// A named property of such objects.
  public struct Field: Sendable {
    /// The name after the dot.
    public let name: String
    /// One sentence for `help`.
    public let summary: String
    /// Reads the field.
    public let get: @Sendable (ForeignObject, Session) throws -> Value
    /// Changes the field; nil if it is read-only.
    public let set: (@Sendable (ForeignObject, Value, Session) throws -> Void)?

    /// Describes a field.
    public init(
      _ name: String, _ summary: String,
      get: @escaping @Sendable (ForeignObject, Session) throws -> Value,
      set: (@Sendable (ForeignObject, Value, Session) throws -> Void)? = nil
    ) {
      self.name = name
      self.summary = summary
      self.get = get
      self.set = set
    }
  }

  /// The type's name, as annotations and `type(x)` spell it.
  public let name: String
  /// The name of a wider type: such an object passes where that is expected, and has its methods.
  public let base: String?
  /// One sentence for `help`.
  public let summary: String
  /// The fields in the order in which help lists them.
  public let fields: [Field]
  /// How an object prints.
  public let display: @Sendable (ForeignObject) -> String
  /// Richer ways to show an object, or nil for text only.
  public let bundle: (@Sendable (ForeignObject, Session) throws -> Bundle)?
  /// Evaluates `x[a, b:c]`, or nil if such objects cannot be indexed.
  public let index: (@Sendable (ForeignObject, [SubscriptValue], Session) throws -> Value)?
  /// The number of elements that `len` and loops see (element `i` is then `index` at `i`), or nil.
  public let count: (@Sendable (ForeignObject) -> Int)?
  /// Evaluates `x(...)` for objects that can be called, such as layers.
  public let call: (@Sendable (ForeignObject, [Value], Session) throws -> Value)?
  /// About how many bytes of memory an object holds, or nil where that is little.
  public let bytes: (@Sendable (ForeignObject) -> Int)?
  /// What `{...x}` spreads, or nil if such objects cannot be spread.
  public let record: (@Sendable (ForeignObject, Session) throws -> Record)?
  /// Tells whether two objects are equal; without it, only the same object is equal to itself.
  public let equals: (@Sendable (ForeignObject, ForeignObject) -> Bool)?

  /// Describes a kind of object.
  public init(
    _ name: String, _ summary: String, base: String? = nil, fields: [Field] = [],
    display: @escaping @Sendable (ForeignObject) -> String,
    bundle: (@Sendable (ForeignObject, Session) throws -> Bundle)? = nil,
    index: (@Sendable (ForeignObject, [SubscriptValue], Session) throws -> Value)? = nil,
    count: (@Sendable (ForeignObject) -> Int)? = nil,
    call: (@Sendable (ForeignObject, [Value], Session) throws -> Value)? = nil,
    bytes: (@Sendable (ForeignObject) -> Int)? = nil,
    record: (@Sendable (ForeignObject, Session) throws -> Record)? = nil,
    equals: (@Sendable (ForeignObject, ForeignObject) -> Bool)? = nil
  ) {
    self.name = name
    self.base = base
    self.summary = summary
    self.fields = fields
    self.display = display
    self.bundle = bundle
    self.index = index
    self.count = count
    self.call = call
    self.bytes = bytes
    self.record = record
    self.equals = equals
  }

  func field(_ name: String) -> Field? { fields.first { $0.name == name } }

  /// Whether such objects pass as those of the type that an annotation names.
  func passes(as name: String) -> Bool { self.name == name || base == name }
}

/// An object made by the library.
///
/// Script values that it uses, such as the sublayers of a layer, are held by the object, not by its
/// payload: so long chains of objects are freed without recursion, and reference cycles through
/// them are found.
public final class ForeignObject {
  // The machine accesses the first three by their offsets.
  private let held: UnsafeMutablePointer<Value>?
  /// How many values of scripts the object holds.
  public let heldCount: Int
  /// A mark for the cycle collector; objects are never watched.
  @exclusivity(unchecked) var watch: UInt = 0
  /// The descriptor of its type.
  public let type: ForeignType
  /// The Swift object that it wraps.
  public let payload: AnyObject

  /// Wraps a Swift object, together with the values of scripts that it needs.
  public init(_ type: ForeignType, _ payload: AnyObject, holding values: [Value] = []) {
    self.type = type
    self.payload = payload
    heldCount = values.count
    guard !values.isEmpty else {
      held = nil
      return
    }
    let held = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
    held.initialize(from: values, count: values.count)
    self.held = held
  }

  deinit {
    guard let held else { return }
    Teardown.release(held, count: heldCount)
    held.deallocate()
  }

  /// The values that the object holds.
  var heldBuffer: UnsafeMutableBufferPointer<Value> {
    UnsafeMutableBufferPointer(start: held, count: heldCount)
  }

  /// A copy of the values that the object holds.
  public var heldValues: [Value] { Array(heldBuffer) }

  /// One of the values that the object holds; `nil` of the language if there is none.
  public func heldValue(_ index: Int) -> Value {
    guard let held, index >= 0, index < heldCount else { return .nil }
    return held[index]
  }

  /// Releases what the object holds; it cannot be used afterwards.
  func removeHeldValues() {
    for index in heldBuffer.indices { heldBuffer[index] = .nil }
  }

  /// Empties the object, whose reference must be unique, and returns what it held.
  func takeHeldValues() -> [Value] {
    let values = heldValues
    removeHeldValues()
    return values
  }

  /// The payload, cast to the class it must have.
  ///
  /// A mismatch is a bug in the library; it is reported as an error, never as a trap.
  public func payload<Payload: AnyObject>(as payloadType: Payload.Type) throws -> Payload {
    guard let payload = payload as? Payload else {
      throw ScriptError.type("this \(type.name) does not hold what its type promises")
    }
    return payload
  }
}

/// One entry between index brackets, after its expressions have been evaluated.
public enum SubscriptValue {
  /// A single value: a number, a list or range of numbers, a tensor or a mask, or `nil`.
  case value(Value)
  /// `start:stop:step`; missing parts are nil.
  case slice(start: Int?, stop: Int?, step: Int)
  /// `...`
  case ellipsis
}

/// A value in the media that front ends can show; they use the richest they support.
public struct Bundle: Sendable {
  /// Plain text, always present.
  public var text: String
  /// An HTML fragment.
  public var html: String?
  /// A complete SVG document.
  public var svg: String?
  /// A picture, as pixels: a terminal draws them, a file or a socket encodes them.
  public var picture: Picture?
  /// Draws the value with so many pixels to the unit, for terminals that show bitmaps; elsewhere
  /// its text or its SVG says more. It takes as long as drawing does, so it is called when needed.
  public var graphic: (@Sendable (_ scale: Int) throws -> Picture)?
  /// Whether the text says what the picture does not, so that both are shown.
  public var textAccompaniesPicture: Bool
  /// Frames to move through; the picture and the text show them side by side.
  public var control: Control?
  /// One line about the picture, which stands above it in place of the text; nil for none.
  public var caption: String?
  /// The title given to `show`.
  public var title: String?

  /// Makes a bundle; only the text is required.
  public init(
    text: String, html: String? = nil, svg: String? = nil, picture: Picture? = nil,
    graphic: (@Sendable (_ scale: Int) throws -> Picture)? = nil,
    textAccompaniesPicture: Bool = false, caption: String? = nil, control: Control? = nil,
    title: String? = nil
  ) {
    self.text = text
    self.html = html
    self.svg = svg
    self.picture = picture
    self.graphic = graphic
    self.textAccompaniesPicture = textAccompaniesPicture
    self.control = control
    self.caption = caption
    self.title = title
  }

  /// The title, if there is one, and the text, each on lines of its own.
  public var titledText: String { (title.map { $0 + "\n" } ?? "") + text + "\n" }
}
