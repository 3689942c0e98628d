// SPDX-License-Identifier: Apache-2.0
//
// What a training has reported: a column for each figure, a row for each step.

/// Named columns of the same length.
public struct FigureTable: Sendable, Equatable {
  /// The name of each column.
  public internal(set) var names: [String] = []
  /// The values of each column.
  public internal(set) var columns: [[Float]] = []

  /// The number of rows.
  public var count: Int { columns.first?.count ?? 0 }

  /// The values of a column, empty if there is none of that name.
  public subscript(name: String) -> [Float] {
    names.firstIndex(of: name).map { columns[$0] } ?? []
  }

  /// Adds a row; the first one names the columns. Returns false if a later one has other names.
  ///
  /// If the table is `growing`, a row may have columns after those of the rows before it, which
  /// have no number (nan) there.
  mutating func append(_ row: [(name: String, value: Float)], growing: Bool = false) -> Bool {
    guard names.elementsEqual(row.prefix(names.count).lazy.map(\.name)),
      names.isEmpty || growing || row.count == names.count
    else { return false }
    for figure in row.dropFirst(names.count) {
      names.append(figure.name)
      columns.append([Float](repeating: .nan, count: count))
    }
    for (i, figure) in row.enumerated() { columns[i].append(figure.value) }
    return true
  }
}

/// What a training has reported.
public struct TrainingHistory: Sendable, Equatable {
  /// The loss, its terms, the gradient's length before clipping and the learning rate of each step.
  public internal(set) var steps = FigureTable()
  /// The figures of each validation.
  public internal(set) var validations = FigureTable()
  /// The number of steps done at each validation.
  public internal(set) var validationSteps: [Int] = []

  /// An empty history.
  public init() {}

  /// The loss of every step.
  public var losses: [Float] { steps["loss"] }
  /// The number of steps taken.
  public var count: Int { steps.count }
}

/// A validation that was the best so far.
struct BestValidation {
  /// The number of steps that had been taken.
  let step: Int
  /// The number of validations that came after it.
  let validationsSince: Int
}

extension TrainingHistory {
  /// The validation whose first figure is the lowest, the first of them if there are several; nil
  /// before the first one whose figure is a number.
  var best: BestValidation? {
    guard let figures = validations.columns.first else { return nil }
    var best: Int?
    for (i, figure) in figures.enumerated() where !figure.isNaN {
      if let known = best, figures[known] <= figure { continue }
      best = i
    }
    return best.map {
      BestValidation(step: validationSteps[$0], validationsSince: figures.count - 1 - $0)
    }
  }

  /// The history as a table of comma-separated values: a line for each step, figures of validations
  /// in the lines of their steps.
  public var csv: String {
    var lines = [
      (["step"] + steps.names + validations.names.map { "validation_" + $0 }).joined(separator: ",")
    ]
    lines.reserveCapacity(count + 1)
    var next = 0
    for row in 0..<count {
      var fields = ["\(row + 1)"] + steps.columns.map { "\($0[row])" }
      if next < validationSteps.count, validationSteps[next] == row + 1 {
        fields += validations.columns.map { "\($0[next])" }
        next += 1
      } else {
        fields += validations.names.map { _ in "" }
      }
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
