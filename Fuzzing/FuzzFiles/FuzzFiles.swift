// SPDX-License-Identifier: Apache-2.0
//
// The entry point for libFuzzer that reads files of the format which SMAP_FUZZ_FORMAT names.
// Fuzzing/formats.sh builds and runs this program; there is no other way to build it.

import FileTrials
import Glibc

/// The format, once the process has been prepared; nil for an unknown one.
private let format: FileTrial? = {
  FileTrial.prepare()
  return getenv("SMAP_FUZZ_FORMAT").flatMap { FileTrial(rawValue: String(cString: $0)) }
}()

/// Reads one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let format else {
    print("SMAP_FUZZ_FORMAT must be one of \(FileTrial.allCases.map(\.rawValue))")
    exit(64)
  }
  format.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
