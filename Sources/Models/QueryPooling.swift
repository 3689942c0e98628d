// SPDX-License-Identifier: Apache-2.0
//
// Queries that start from the picture: means of patch features over the cells of grids that become
// finer, in blocks of 1, 1, 2, 4, 8, .. queries, through a projection of their own. ResTok and
// GigaTok, which are public, start their queries in this way.

import Networks
import Tensors

/// The pooled part of the queries.
final class QueryPooling: Module {
  /// [K, patches]: each row holds the weights of the patches of one cell, which add up to 1.
  private let cells: Tensor
  private let project: Linear

  init(_ configuration: TokenizerConfiguration, _ initial: inout Initializer) throws {
    cells = try QueryPooling.cells(
      queries: configuration.numTokens, grid: configuration.grid)
    project = try Linear(configuration.width, configuration.width, &initial)
  }

  /// patches: [B, N, width]; the result is [B, K, width].
  func callAsFunction(_ patches: Tensor) throws -> Tensor {
    try project(cells.matmul(patches))
  }

  var namedParameters: [NamedParameter] { project.namedParameters }

  /// The weights of the patches for each query, the grid of a block being twice as fine as that of
  /// the block before, but never finer than the patches.
  static func cells(queries: Int, grid: Int) throws -> Tensor {
    let weights = try Tensor.zeros([queries, grid * grid])
    var (query, size) = (0, 1)
    while query < queries {
      var rows = 1
      while rows * rows * 4 <= size { rows *= 2 }
      let columns = size / rows
      for cell in 0..<min(size, queries - query) {
        let down = QueryPooling.part(cell / columns, of: rows, grid: grid)
        let across = QueryPooling.part(cell % columns, of: columns, grid: grid)
        for row in down {
          for column in across {
            weights.pointer[(query + cell) * grid * grid + row * grid + column] =
              1 / Float(down.count * across.count)
          }
        }
      }
      // One block of one cell more than powers of two have.
      let isFirst = query == 0
      query += size
      if !isFirst { size *= 2 }
    }
    return weights
  }

  /// One of `parts` parts of the grid, of one row or column at least.
  private static func part(_ index: Int, of parts: Int, grid: Int) -> Range<Int> {
    let low = index * grid / parts
    return low..<max(low + 1, (index + 1) * grid / parts)
  }
}
