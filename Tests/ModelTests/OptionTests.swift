// SPDX-License-Identifier: Apache-2.0
//
// Laws of the tables of options: configurations survive the metadata of a checkpoint, and values
// out of range are named with their range.

import Files
import Networks
import Tensors
import Testing
import Training

@testable import Models

@Suite struct OptionTests {
  @Test func configurationsSurviveMetadata() throws {
    var draws = RandomStream(seed: 11)
    for _ in 0..<200 {
      let made = try sampledConfiguration(&draws)
      let checkpoint = Checkpoint(
        metadata: [("format_version", "\(ModelFormat.version)")] + made.metadata, tensors: [])
      let read = try TokenizerConfiguration(
        metadata: MetadataReader(checkpoint: checkpoint, path: "x"))
      #expect(read == made)
    }
  }

  /// A configuration with an option of each type, some of which format 1 does not have.
  private struct Grown: OptionTable, Equatable {
    var old = 1
    var new = 7
    var share = 0.1
    var sizes = [2, 3]
    static let options: [OptionRow<Grown>] = [
      .integer("old", \.old, 0...9, "An option of all formats."),
      .integer("new", \.new, 0...9, "An option of format 2.", since: 2),
      .number("share", \.share, 0...1, "A number.", since: 2),
      .integers("sizes", \.sizes, each: 1...9, atMost: 3, "Some numbers.", since: 2),
    ]
  }

  private func grown(_ format: String, _ entries: (String, String)...) throws -> Grown {
    let metadata = [("format_version", format)] + entries
    var made = Grown()
    try made.read(
      MetadataReader(
        checkpoint: Checkpoint(metadata: metadata.map { (key: $0.0, value: $0.1) }, tensors: []),
        path: "x"))
    return made
  }

  @Test func oldCheckpointsMeanTheDefault() throws {
    #expect(try grown("1", ("old", "3")) == Grown(old: 3))
    let read = try grown("2", ("old", "3"), ("new", "4"), ("share", "0.25"), ("sizes", "5,6,7"))
    #expect(read == Grown(old: 3, new: 4, share: 0.25, sizes: [5, 6, 7]))
    // A checkpoint of a format that has the option must hold it.
    #expect(throws: CheckpointError.self) { try grown("2", ("old", "3")) }
  }

  @Test(arguments: ["1,", "1,,2", "a", "01", "1, 2", "1.5", "99999999999999999999"])
  func listsAreWholeNumbersWithCommas(_ text: String) throws {
    #expect(throws: CheckpointError.self) {
      try grown("2", ("old", "3"), ("new", "4"), ("share", "0.25"), ("sizes", text))
    }
  }

  @Test func optionsOfEveryTypeAreStoredAndDeclared() throws {
    let made = Grown(old: 0, new: 1, share: 1.0 / 3, sizes: [])
    let entries = made.optionMetadata.map { ($0.key, $0.value) }
    #expect(try grown("2", entries[0], entries[1], entries[2], entries[3]) == made)
    #expect(
      Grown().signature == "old = 1, new = 7, share = 0.1, sizes = [2, 3]")
    for wrong in [
      Grown(share: 1.5), Grown(share: .nan), Grown(sizes: [0]), Grown(sizes: [1, 2, 3, 4]),
    ] {
      let error = #expect(throws: TensorError.self) { try wrong.validateOptions() }
      let message = error?.message ?? ""
      #expect(message.contains("share") || message.contains("sizes"))
    }
  }

  @Test func everyBoundIsNamed() throws {
    for option in TokenizerConfiguration.options {
      guard case .integer(let bounds) = option.type else { continue }
      for wrong in [bounds.lowerBound - 1, bounds.upperBound + 1] {
        var made = TokenizerConfiguration()
        option.store(&made, .integer(wrong))
        let error = #expect(throws: TensorError.self) { try made.validate() }
        let message = error?.message ?? ""
        #expect(message.contains(option.name) && message.contains("\(bounds.upperBound)"))
      }
    }
  }

  @Test func namesAreUniqueAndDefaultsValid() throws {
    let names = TokenizerConfiguration.options.map(\.name)
    #expect(Set(names).count == names.count)
    try TokenizerConfiguration().validate()
    try GeneratorConfiguration(for: TokenizerConfiguration()).validate()
    // A value of another type changes nothing.
    for option in TokenizerConfiguration.options {
      var made = TokenizerConfiguration()
      if case .flag = option.type {
        option.store(&made, .integer(3))
      } else {
        option.store(&made, .flag(true))
      }
      #expect(made == TokenizerConfiguration())
    }
  }

  @Test func optionsWithoutEffectAreRefused() throws {
    func refused(
      _ made: TokenizerConfiguration, _ name: String, _ value: OptionValue
    ) throws -> String? {
      var made = made
      let row = try #require(TokenizerConfiguration.options.first { $0.name == name })
      row.store(&made, value)
      return made.refusal(of: [(row, value)])?.message
    }
    var made = TokenizerConfiguration()
    let words = try refused(made, "group_size", .integer(4))
    #expect(words == "group_size has no effect without mask = \"grouped\"")
    #expect(
      try refused(made, "entropy_weight", .number(1))
        == "entropy_weight has no effect without quantizer = \"vq\" or \"softvq\"")
    made.mask = .grouped
    #expect(try refused(made, "group_size", .integer(4)) == nil)
    // Values that ask for nothing may be given anywhere.
    made.inject = .none
    #expect(try refused(made, "condition_tokens", .integer(1)) == nil)
    #expect(try refused(made, "condition_tokens", .integer(2)) != nil)
  }
}
