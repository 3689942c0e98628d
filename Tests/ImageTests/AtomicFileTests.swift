// SPDX-License-Identifier: Apache-2.0
//
// A file is either the old one or the new one, and nothing else is left behind.

import Files
import Glibc
import Testing

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    let folder = try TestFolder()
    let path = folder.path + "/a.bin"
    try AtomicFile.write(path: path, bytes: [1, 2, 3])
    try AtomicFile.write(path: path, bytes: [4])
    #expect(try FileReader.read(path: path) == [4])
    #expect(folder.names == ["a.bin"])
  }

  @Test func writesInPieces() throws {
    let folder = try TestFolder()
    let path = folder.path + "/a.bin"
    let piece = [UInt8](repeating: 7, count: 700_000)
    try AtomicFile.write(path: path) { writer in
      for _ in 0..<5 { try writer.append(piece) }
    }
    #expect(try FileReader.read(path: path).count == 3_500_000)
  }

  @Test func aFailingBodyLeavesTheOldFile() throws {
    struct Stop: Error {}
    let folder = try TestFolder()
    let path = folder.path + "/a.bin"
    try AtomicFile.write(path: path, bytes: [1])
    #expect(throws: Stop.self) {
      try AtomicFile.write(path: path) { writer in
        try writer.append([UInt8](repeating: 0, count: 2_000_000))
        throw Stop()
      }
    }
    #expect(try FileReader.read(path: path) == [1])
    #expect(folder.names == ["a.bin"])
  }

  @Test func aLimitOnFileSizesLeavesTheOldFile() async {
    // The limit belongs to the process, so this runs in one of its own.
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      let folder = try TestFolder()
      let path = folder.path + "/a.bin"
      try AtomicFile.write(path: path, bytes: [1])
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        try AtomicFile.write(path: path, bytes: [UInt8](repeating: 0, count: 100_000))
        exit(1)
      } catch let error as FileError {
        guard error.exitCode == 74, error.path == path, error.kind == .full else { exit(2) }
      }
      guard try FileReader.read(path: path) == [1], folder.names == ["a.bin"] else { exit(3) }
    }
  }

  @Test func fullDevicesAreReported() throws {
    let error = #expect(throws: FileError.self) {
      try AtomicFile.write(path: "/dev/full", bytes: [1])
    }
    #expect(error?.kind == .full)
    #expect(error?.exitCode == 74)
  }

  @Test func pathsWithANULAreRefused() throws {
    let folder = try TestFolder()
    #expect(throws: FileError.self) {
      try AtomicFile.write(path: folder.path + "/a\u{0}b", bytes: [])
    }
    #expect(!FileReader.exists(folder.path + "/a"))
  }

  @Test func missingFoldersAreMade() throws {
    let folder = try TestFolder()
    try AtomicFile.write(path: folder.path + "/new/deep/a.bin", bytes: [1])
    #expect(try FileReader.read(path: folder.path + "/new/deep/a.bin") == [1])
  }

  @Test func foldersAndFilesOnTheWayAreRefused() throws {
    let folder = try TestFolder()
    let isFolder = #expect(throws: FileError.self) {
      try AtomicFile.write(path: folder.path, bytes: [])
    }
    #expect(isFolder?.kind == .isDirectory)
    try AtomicFile.write(path: folder.path + "/file", bytes: [])
    let blocked = #expect(throws: FileError.self) {
      try AtomicFile.write(path: folder.path + "/file/a.bin", bytes: [])
    }
    #expect(blocked?.path.hasSuffix("/file/a.bin") == true)
  }

  @Test func linksAreWrittenThrough() throws {
    let folder = try TestFolder()
    let (file, link) = (folder.path + "/a.bin", folder.path + "/link")
    try AtomicFile.write(path: file, bytes: [1])
    symlink(file, link)
    try AtomicFile.write(path: link, bytes: [2])
    #expect(try FileReader.read(path: file) == [2])
    var status = stat()
    #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func linksToMissingFilesAreWrittenThrough() throws {
    let folder = try TestFolder()
    let real = folder.path + "/real"
    try AtomicFile.write(path: real + "/other.bin", bytes: [])
    let links = ["real/a.bin", real + "/b.bin", "link0.bin"]
    for (number, target) in links.enumerated() {
      symlink(target, folder.path + "/link\(number).bin")
    }
    // The last link leads to the first, which leads to a file that is not there.
    for (number, file) in [(2, "a.bin"), (1, "b.bin")] {
      let link = folder.path + "/link\(number).bin"
      try AtomicFile.write(path: link, bytes: [UInt8(number)])
      #expect(try FileReader.read(path: "\(real)/\(file)") == [UInt8(number)])
      var status = stat()
      #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
  }

  @Test func linksIntoMissingFoldersAreErrors() throws {
    let folder = try TestFolder()
    let link = folder.path + "/link.bin"
    symlink("disk/a.bin", link)
    let error = #expect(throws: FileError.self) { try AtomicFile.write(path: link, bytes: [1]) }
    #expect(error?.exitCode == 66)
    #expect(error?.reason == "it is a link to 'disk/a.bin', whose folder is missing")
    #expect(!FileReader.isFolder(folder.path + "/disk"))
  }

  @Test func readingHasALimit() throws {
    let folder = try TestFolder()
    let path = folder.path + "/a.bin"
    try AtomicFile.write(path: path, bytes: [UInt8](repeating: 0, count: 100))
    #expect(try FileReader.read(path: path, limit: 100).count == 100)
    let error = #expect(throws: FileError.self) { try FileReader.read(path: path, limit: 99) }
    #expect(error?.kind == .tooLarge)
    #expect(error?.reason == "it holds 100 bytes; at most 99 bytes are read of such a file")
    let endless = #expect(throws: FileError.self) {
      try FileReader.read(path: "/dev/zero", limit: 1 << 20)
    }
    #expect(endless?.exitCode == 75)
  }

  @Test func loopsOfLinksAndCutPathsAreErrors() throws {
    let folder = try TestFolder()
    let (a, b) = (folder.path + "/a", folder.path + "/b")
    symlink(a, b)
    symlink(b, a)
    #expect(throws: FileError.self) { try FileReader.read(path: a) }
    #expect(throws: FileError.self) { try FileReader.read(path: "/etc/hostname\0.png") }
  }

  @Test func filesWithoutAnOwnerAreSwept() throws {
    let folder = try TestFolder()
    let mine = ".smap-\(getpid())-1.tmp"
    for name in [mine, ".smap-2147483646-1.tmp", "keep.tmp"] {
      let descriptor = creat(folder.path + "/" + name, 0o600)
      #expect(write(descriptor, "abc", 3) == 3)
      close(descriptor)
    }
    // A lock belongs to the open file, so this simulates another process.
    let owner = open(folder.path + "/" + mine, O_RDONLY)
    #expect(flock(owner, LOCK_EX) == 0)
    #expect(try AtomicFile.sweep(folder: folder.path) == SweptFiles(count: 1, bytes: 3))
    #expect(folder.names == [mine, "keep.tmp"])
    close(owner)
    #expect(try AtomicFile.sweep(folder: folder.path).count == 1)
    #expect(folder.names == ["keep.tmp"])
  }

  @Test func pipesWithoutAnotherEndAreErrors() throws {
    let folder = try TestFolder()
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let reading = #expect(throws: FileError.self) { try FileReader.read(path: pipe) }
    #expect(reading?.description.contains("nobody writes to it") == true)
    let writing = #expect(throws: FileError.self) { try AtomicFile.write(path: pipe, bytes: [1]) }
    #expect(writing?.description.contains("nobody reads from it") == true)
  }
}
