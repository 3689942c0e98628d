// SPDX-License-Identifier: Apache-2.0
//
// Forged files for every reader: those that once made smap fail, those that the fuzzer kept because
// they reached something new, and some thousand mutants of both and of sound ones.
// `Fuzzing/formats.sh` tries millions.

import FileTrials
import Files
import Glibc
import Testing

@Suite struct FileTrialTests {
  /// In processes of their own, because trials limit the memory of the process permanently.
  @Test func mutantsAreReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      FileTrial.prepare()
      for format in FileTrial.allCases {
        let seeds = try Seeds.files(of: format)
        // The samples are what their format says, or nothing would be tried.
        guard seeds.contains(where: { format.run($0) }) else { exit(2) }
        let kept = try Seeds.corpus(of: format)
        for file in kept { format.run(file) }
        var random = Seeds.Generator()
        let files = seeds + kept
        for turn in 0..<max(400, files.count) {
          format.run(random.mutant(of: files[turn % files.count]))
        }
      }
    }
  }

  @Test func filesThatOnceFailed() async {
    await #expect(processExitsWith: .success) {
      FileTrial.prepare()
      for format in FileTrial.allCases {
        let folder = Seeds.root + "/Fuzzing/CrashingFiles/\(format.rawValue)"
        guard FileReader.isFolder(folder) else { continue }
        for name in try FileReader.names(inFolder: folder) {
          format.run(try FileReader.read(path: "\(folder)/\(name)"))
        }
      }
    }
  }
}

private enum Seeds {
  static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// Sound files of a format, made by `Fuzzing/seeds.py` and kept as text.
  static func files(of format: FileTrial) throws -> [[UInt8]] {
    let path = root + "/Fuzzing/FileSeeds.txt"
    let text = String(decoding: try FileReader.read(path: path), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.count == 2 && words[0] == format.rawValue ? bytes(words[1]) : nil
    }
  }

  /// Files that the fuzzer kept.
  static func corpus(of format: FileTrial) throws -> [[UInt8]] {
    let path = root + "/Fuzzing/FileCorpus/\(format.rawValue).txt"
    let text = String(decoding: try FileReader.read(path: path), as: UTF8.self)
    return text.split(separator: "\n").map(bytes)
  }

  /// The bytes that hexadecimal digits stand for.
  private static func bytes(_ text: Substring) -> [UInt8] {
    let digits = text.utf8.map { $0 > 96 ? $0 - 87 : $0 - 48 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// Makes mutants; the same in every run.
  struct Generator {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    private mutating func below(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(truncatingIfNeeded: state >> 16) % max(1, bound)
    }

    mutating func mutant(of file: [UInt8]) -> [UInt8] {
      var file = file
      for _ in 0...below(3) {
        let place = below(below(2) == 0 ? file.count : min(file.count, 300))
        switch below(5) {
        case 0: file.removeLast(below(file.count + 1))
        case 1: file.insert(UInt8(below(256)), at: min(place, file.count))
        case 2 where place + 8 <= file.count:
          for index in 0..<[1, 2, 4, 8][below(4)] { file[place + index] = 0xFF }
        default: if place < file.count { file[place] ^= 1 << UInt8(below(8)) }
        }
      }
      return file
    }
  }
}
