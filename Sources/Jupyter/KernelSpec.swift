// SPDX-License-Identifier: Apache-2.0
//
// The description by which Jupyter finds the kernel: `kernels/smap/kernel.json` in one of Jupyter's
// data folders, with a logo of sixteen tokens, of which the first ones matter most.

import Console
import Files
import Glibc
import Hosts
import Images
import Library
import Runtime

/// Installs and removes the description of the kernel.
public enum KernelSpec {
  /// A data folder of Jupyter.
  public enum Place {
    /// The user's own.
    case user
    /// That of an installation, such as a virtual environment.
    case prefix(String)

    var folder: String {
      switch self {
      case .user: JupyterFolders.user(Terminal.variable) + "/kernels/smap"
      case .prefix(let prefix): prefix + "/share/jupyter/kernels/smap"
      }
    }
  }

  /// Writes the description and returns the exit code.
  ///
  /// - Parameter program: The program that Jupyter is to run; this one without it. A package that
  ///   is being made names the path after its installation.
  public static func install(in place: Place, running program: String? = nil) -> Int32 {
    guard let executable = program ?? executablePath else {
      Diagnostics.say("smap: the path of this program is unknown")
      return 70
    }
    do {
      for (name, bytes) in try files(executable: executable) {
        try AtomicFile.write(path: place.folder + "/" + name, bytes: bytes)
      }
    } catch {
      let error = ScriptError(anything: error)
      Diagnostics.say("smap: \(error.message)")
      return ExitCode.of(error)
    }
    let written = StandardOutput.write(
      "installed \(PathText.printable(place.folder)), which runs \(executable)\n")
    if let problem = ZeroMQ.problem {
      Diagnostics.say("note: the kernel needs the package libzmq5: \(problem)")
    }
    if let problem = SignatureLibrary.problem {
      Diagnostics.say("note: the kernel needs the package libssl3: \(problem)")
    }
    return written
  }

  /// Removes the description and returns the exit code.
  public static func uninstall(from place: Place) -> Int32 {
    let folder = place.folder
    guard FileReader.exists(folder) else {
      Diagnostics.say("smap: there is no \(PathText.printable(place.folder))")
      return 66
    }
    for name in fileNames { unlink(PathText.systemName(folder + "/" + name)) }
    guard rmdir(PathText.systemName(folder)) == 0 else {
      Diagnostics.say("smap: \(PathText.printable(place.folder)) is not empty, or not yours")
      return 77
    }
    return StandardOutput.write("removed \(PathText.printable(place.folder))\n")
  }

  /// The folders of installed descriptions that Jupyter looks at without further settings.
  public static var installed: [String] {
    let places: [Place] = [.user, .prefix("/usr/local"), .prefix("/usr")]
    return places.map(\.folder).filter { FileReader.exists($0 + "/kernel.json") }
  }

  private static let fileNames = [
    "kernel.json", "logo-svg.svg", "logo-32x32.png", "logo-64x64.png",
  ]

  private static func files(executable: String) throws -> [(name: String, bytes: [UInt8])] {
    let contents = [
      Array((description(executable: executable).rendered + "\n").utf8),
      Array(Logo.svg.utf8), try Logo.png(size: 32), try Logo.png(size: 64),
    ]
    return Array(zip(fileNames, contents))
  }

  static func description(executable: String) -> JSON {
    [
      "argv": [
        .string(executable), "kernel", "serve", "--connection-file", "{connection_file}",
      ],
      "display_name": "smap", "language": "smap", "interrupt_mode": "message",
      "kernel_protocol_version": .string(Sender.protocolVersion),
      "metadata": ["debugger": false],
    ]
  }

  private static var executablePath: String? {
    guard let path = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(path) }
    return PathText.text(of: path)
  }
}

/// The logo: four by four tokens, each paler than the one before.
private enum Logo {
  private static let side = 4
  private static let colour: [Double] = [0.16, 0.36, 0.62]

  /// How strongly the token at a position is drawn.
  private static func strength(_ position: Int) -> Double {
    1 / (1 + 0.45 * Double(position))
  }

  private static func shade(_ position: Int) -> [UInt8] {
    colour.map { UInt8((255 * (1 - strength(position) * (1 - $0))).rounded()) }
  }

  static var svg: String {
    let cells = (0..<side * side).map { position in
      let shade = shade(position).map { String($0) }.joined(separator: ",")
      return
        "<rect x=\"\(position % side * 16 + 1)\" y=\"\(position / side * 16 + 1)\" width=\"14\" "
        + "height=\"14\" rx=\"2\" fill=\"rgb(\(shade))\"/>"
    }
    return
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\">\(cells.joined())</svg>\n"
  }

  static func png(size: Int) throws -> [UInt8] {
    var pixels = [UInt8](repeating: 255, count: size * size * 3)
    let cell = size / side
    for row in 0..<size {
      for column in 0..<size {
        let (inRow, inColumn) = (row % cell, column % cell)
        guard inRow > 0, inColumn > 0, inRow < cell - 1, inColumn < cell - 1 else { continue }
        let shade = shade(row / cell * side + column / cell)
        for channel in 0..<3 { pixels[(row * size + column) * 3 + channel] = shade[channel] }
      }
    }
    return try PNG.encode(Picture(width: size, height: size, channels: 3, pixels: pixels))
  }
}
