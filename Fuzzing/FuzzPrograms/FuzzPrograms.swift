// SPDX-License-Identifier: Apache-2.0
//
// The two entry points for libFuzzer: one runs an input, one mutates it. `make fuzz` builds and
// runs this program; there is no other way to build it.

import CFuzzer
import Glibc
import Trials

/// Whether the process has been prepared; false where it cannot be.
private let isPrepared: Bool = {
  var template = Array("/tmp/smap-fuzz-XXXXXX".utf8CString)
  guard let made = mkdtemp(&template) else { return false }
  // The folder is gone before the first input, so nothing can be written there either.
  defer { rmdir(made) }
  do {
    try Trial.prepare(emptyFolder: String(cString: made))
    return true
  } catch {
    return false
  }
}()

/// Runs one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard isPrepared else { fatalError("the fuzzer cannot be prepared") }
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let kept = Trial.bytesKept { Trial.run(input) }
  if kept > 0 { fatalError("every run of this input keeps \(kept) bytes more in use") }
  return 0
}

/// Mutates one input in place and returns its new size.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32
) -> Int {
  guard seed % 4 != 0 else { return LLVMFuzzerMutate(data, size, maximum) }
  var mutator = Mutator(Array(UnsafeBufferPointer(start: data, count: size)), seed: seed)
  let text = mutator.mutated().prefix(maximum)
  for (index, byte) in text.enumerated() { data[index] = byte }
  return text.count
}
