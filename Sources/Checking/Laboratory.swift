// SPDX-License-Identifier: Apache-2.0
//
// Tries operators and pure library functions on stand-in values: exact numbers, and tensors of a
// known shape whose elements are placeholders. So shapes follow the library's own rules, and errors
// have the wording of the runtime. Nothing of the program itself is run here, and the work is
// bounded: the result of an operation that would be too large is unknown.

import Runtime
import Syntax
import Tensors

/// Tries single operations on stand-in values.
final class Laboratory {
  /// The result of an operation.
  enum Outcome {
    case value(Value)
    case failure(ScriptError)
    /// It was not tried, or the result implies nothing about the program.
    case unknown
  }

  private let session: Session
  private var functions: [String: Value] = [:]
  /// The remaining elements that may be computed for this program.
  private var budget = 0

  /// The most elements that one operation may read or write.
  private static let maximumElements = 1 << 22
  /// The most elements for one program.
  private static let elementsPerProgram = 1 << 27

  init(library: LibraryTable) {
    session = Session(
      library: library, limits: Limits(depth: 50, steps: 100_000, seconds: 5),
      interrupt: Interrupt(), output: { _ in })
    session.isRandomStrict = true
  }

  var builtins: BuiltinTable { session.builtins }

  /// Starts a new program with a full budget.
  func refill() { budget = Laboratory.elementsPerProgram }

  /// Calls the function that `text` describes.
  func run(_ text: String, _ arguments: [Value], work: Int) -> Outcome {
    let size = arguments.reduce(work) { Laboratory.sum($0, Laboratory.elements($1)) }
    guard size <= Laboratory.maximumElements, size <= budget else { return .unknown }
    budget -= size
    do {
      let function = try functions[text] ?? session.evaluate(text: text).value
      functions[text] = function
      return .value(try session.invoke(function, arguments))
    } catch let error as ScriptError {
      // Limits depend on the host, and errors raised on purpose are no mistakes.
      let isTelling =
        ![.limit, .error, .assertion].contains(error.kind) && !error.isInterrupt
        && error.exitCode == nil
      return isTelling ? .failure(error) : .unknown
    } catch {
      return .unknown
    }
  }

  private static func elements(_ value: Value) -> Int {
    switch value {
    case .tensor(let tensor): tensor.count
    case .range(let range): range.count
    case .list(let list): list.items.reduce(1) { sum(elements($1), $0) }
    default: 1
    }
  }

  /// Ranges can be so long that a plain sum would overflow.
  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? Int.max : sum
  }

  // MARK: - How much work

  /// The number of elements in an operator's result; nil if it is unknown or too large.
  static func work(_ operation: BinaryOperator, _ left: Value, _ right: Value) -> Int? {
    guard case .tensor(let left) = left, case .tensor(let right) = right else { return 0 }
    return work(
      operation == .matrixMultiply ? .matrices : .broadcast, [.tensor(left), .tensor(right)])
  }

  /// An upper bound on the elements in a function's result; nil if it is unknown or too large.
  static func work(_ work: Purity.Work, _ arguments: [Value]) -> Int? {
    switch work {
    case .arguments: return 0
    case .product: return product(arguments.flatMap(sizes))
    case .square:
      let size = arguments.first.flatMap { sizes($0).first } ?? 0
      return product([size, size])
    case .broadcast:
      var shape: [Int] = []
      for case .tensor(let tensor) in arguments {
        // Incompatible shapes fail at once.
        guard let wider = try? Tensor.broadcastShape(shape, tensor.shape) else { return 0 }
        shape = wider
      }
      return product(shape)
    case .matrices:
      guard case .tensor(let left)? = arguments.first, case .tensor(let right)? = arguments.last
      else { return product(arguments.flatMap(sizes)) }
      // Multiplications cost less than elements read from memory.
      return product([left.count, right.shape.last ?? 1]).map { $0 / 16 }
    }
  }

  /// A tensor of the same shape that functions seldom reject: identity matrices, ascending vectors.
  static func regular(_ value: Value) -> Value {
    guard case .tensor(let tensor) = value, let last = tensor.shape.last,
      tensor.count > 0, tensor.count <= maximumElements
    else { return value }
    let isSquare = tensor.rank > 1 && tensor.shape[tensor.rank - 2] == last
    let pattern = isSquare ? try? Tensor.eye(last) : try? Tensor.arange(0, Double(last))
    return (try? pattern?.expand(tensor.shape)).map { .tensor($0) } ?? value
  }

  /// The numbers in a value, and how many elements its tensors have.
  private static func sizes(_ value: Value) -> [Int] {
    switch value {
    case .number(let number): [Int(exactly: abs(number).rounded()) ?? Int.max]
    case .tensor(let tensor): [tensor.count]
    case .list(let list): list.items.flatMap(sizes)
    default: []
    }
  }

  /// The product of sizes, or nil if it is too large.
  static func product(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, next <= maximumElements * 16 else { return nil }
      product = next
    }
    return product
  }
}
