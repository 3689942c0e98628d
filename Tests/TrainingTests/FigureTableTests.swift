// SPDX-License-Identifier: Apache-2.0
//
// Tables of figures: rows name the columns, and a table that goes on from an older checkpoint may
// have fewer of them.

import Testing

@testable import Training

@Suite struct FigureTableTests {
  @Test func rowsOfOtherNamesAreRefused() {
    var table = FigureTable()
    let first = table.append([("loss", 1), ("mse", 2)])
    let other = table.append([("loss", 1), ("psnr", 2)])
    let more = table.append([("loss", 1), ("mse", 2), ("psnr", 3)])
    let fewer = table.append([("loss", 1)])
    #expect([first, other, more, fewer] == [true, false, false, false])
    #expect(table.names == ["loss", "mse"] && table.count == 1)
  }

  @Test func growingTablesTakeFurtherColumns() {
    var table = FigureTable()
    let isFirstTaken = table.append([("loss", 1)], growing: true)
    let isMoreTaken = table.append([("loss", 2), ("position_1", 3)], growing: true)
    let isOtherTaken = table.append([("mse", 2), ("position_1", 3), ("p", 4)], growing: true)
    #expect(isFirstTaken && isMoreTaken && !isOtherTaken)
    #expect(table.names == ["loss", "position_1"] && table["loss"] == [1, 2])
    #expect(table["position_1"][0].isNaN && table["position_1"][1] == 3)
  }
}
