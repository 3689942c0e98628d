// SPDX-License-Identifier: Apache-2.0
//
// Data sets whose pixels stay in a file: the same pictures as in memory, and an error, never a
// crash or other pixels, when somebody changes the file.

import Files
import Glibc
import Images
import Tensors
import Testing

@Suite struct LargeFolderTests {
  /// Options under which the pixels of any folder are too many for memory.
  private static let fromFile: FolderOptions = {
    var options = FolderOptions(size: 8)
    options.heapLimit = 0
    return options
  }()

  /// A folder of a class with some pictures, a damaged file among them.
  private func folder(isGrey: Bool, withDamage: Bool = true) throws -> TestFolder {
    let folder = try TestFolder()
    guard mkdir(folder.path + "/sea", 0o755) == 0 else { throw TestFolder.Failure.noFolder }
    for index in 0..<70 {
      let shade = UInt8(3 * index)
      // The first colour comes late.
      let color = Color(shade, shade, isGrey || index < 60 ? shade : 7)
      var picture = try Picture(width: 12, height: 9, fill: color)
      picture.fill(.black, x: index % 9, y: 2, width: 2, height: 5)
      try PNG.save(picture, path: folder.path + "/sea/\(index + 100).png")
    }
    if withDamage {
      try AtomicFile.write(path: folder.path + "/sea/150x.png", bytes: [1, 2, 3])
    }
    return folder
  }

  private func load(_ folder: TestFolder, _ options: FolderOptions) throws -> FolderDataset.Outcome
  {
    try FolderDataset.load(folder: folder.path, options: options)
  }

  private func cache(_ folder: TestFolder) -> String { folder.path + "/.smap-8-crop.cache" }

  @Test(arguments: [true, false]) func picturesFromTheFile(isGrey: Bool) throws {
    let folder = try folder(isGrey: isGrey)
    let held = try load(folder, FolderOptions(size: 8, usesCache: false))
    let first = try load(folder, LargeFolderTests.fromFile)
    #expect(!first.isCached && first.dataset == held.dataset && first.skipped == held.skipped)
    #expect(first.dataset.channels == (isGrey ? 1 : 3) && first.dataset.count == 70)
    let second = try load(folder, LargeFolderTests.fromFile)
    #expect(second.isCached && second.dataset == held.dataset && second.skipped == held.skipped)
    // The same file serves those who read it into memory.
    let third = try load(folder, FolderOptions(size: 8))
    #expect(third.isCached && third.dataset == held.dataset)
    #expect(try second.dataset.images().toArray() == held.dataset.images().toArray())
    #expect(
      try second.dataset.meanImage().toArray() == held.dataset.meanImage().toArray())
    second.dataset.willUse([3, 69])
    let parts = try second.dataset.split(0.5, by: .name, seed: 1)
    #expect(try parts == held.dataset.split(0.5, by: .name, seed: 1))
    #expect(
      try ImageDataset.joined([parts.first, parts.second]).count == 70)
  }

  /// The pixels are read from the open file: a new one beside it, or none, changes nothing.
  @Test func aReplacedFileChangesNothing() throws {
    let folder = try folder(isGrey: false)
    let held = try load(folder, FolderOptions(size: 8, usesCache: false)).dataset
    let data = try load(folder, LargeFolderTests.fromFile).dataset
    try AtomicFile.write(path: cache(folder), bytes: [1, 2, 3])
    #expect(data == held)
    unlink(cache(folder))
    #expect(data == held)
  }

  /// A mapped file that is cut short would end the process.
  @Test(arguments: [0, 1000, 70 * 192]) func aShortenedFileIsAnError(_ size: Int) throws {
    let folder = try folder(isGrey: false)
    let data = try load(folder, LargeFolderTests.fromFile).dataset
    #expect(truncate(cache(folder), size) == 0)
    let error = #expect(throws: FileError.self) { try data.images() }
    #expect(error?.description.contains("it was changed while it was in use") == true)
    #expect(error?.exitCode == 74)
    #expect(throws: FileError.self) { try data.picture(3) }
    #expect(throws: FileError.self) { try data.meanImage() }
    #expect(throws: FileError.self) { try data.pictures() }
    // The next start finds it invalid.
    #expect(try !load(folder, LargeFolderTests.fromFile).isCached)
  }

  @Test func otherBytesInTheFileAreAnError() throws {
    let folder = try folder(isGrey: false)
    let data = try load(folder, LargeFolderTests.fromFile).dataset
    let file = open(cache(folder), O_WRONLY)
    #expect(pwrite(file, [UInt8](repeating: 1, count: 9), 9, 100) == 9)
    // The clock of the file system may tick slowly.
    var times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
    #expect(futimens(file, &times) == 0)
    close(file)
    #expect(throws: FileError.self) { try data.images() }
    let again = try load(folder, LargeFolderTests.fromFile)
    #expect(!again.isCached)
  }

  /// Where the folder cannot keep the pixels, they stay in memory.
  @Test func aLinkInPlaceOfTheFile() throws {
    let folder = try folder(isGrey: false)
    let other = folder.path + "/other.bin"
    try AtomicFile.write(path: other, bytes: [9])
    #expect(symlink(other, cache(folder)) == 0)
    #expect(try load(folder, LargeFolderTests.fromFile).dataset.count == 70)
    #expect(try FileReader.read(path: other) == [9])
  }

  /// An error of the disk may be gone the next time, so no file is kept, but these pixels are used.
  @Test func passingFaultsAreNotKept() throws {
    let folder = try folder(isGrey: false, withDamage: false)
    let large = open(folder.path + "/sea/2.png", O_WRONLY | O_CREAT, 0o600)
    ftruncate(large, (1 << 30) + 1)
    close(large)
    let outcome = try load(folder, LargeFolderTests.fromFile)
    #expect(outcome.dataset.count == 70 && folder.names == ["sea"])
    #expect(try outcome.dataset.images().shape == [70, 3, 8, 8])
  }

  /// What ends the decoding leaves no file.
  @Test func aStopLeavesNothing() throws {
    struct Stopped: Error {}
    let folder = try folder(isGrey: false)
    #expect(throws: Stopped.self) {
      try FolderDataset.load(folder: folder.path, options: LargeFolderTests.fromFile) { done, _ in
        if done > 0 { throw Stopped() }
      }
    }
    #expect(folder.names == ["sea"])
  }
}
