// SPDX-License-Identifier: Apache-2.0
//
// Completion of paths.

import Files

/// Finds the files that a path may become.
public enum FileCompletion {
  /// The most candidates.
  private static let most = 500

  /// The last part of a path, and what it may become: folders end in a slash.
  ///
  /// - Parameters:
  ///   - path: What was typed.
  ///   - ending: How the names of files must end; folders are always offered.
  ///   - suffix: What follows the name of a file, such as the quote that ends a string.
  public static func candidates(
    _ path: String, endingIn ending: String = "", suffix: String = ""
  ) -> (part: String, found: [Completions.Candidate]) {
    let end = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let (folder, part) = (String(path[..<end]), String(path[end...]))
    let names = (try? FileReader.names(inFolder: folder.isEmpty ? "." : folder)) ?? []
    let found = names.filter {
      $0.hasPrefix(part) && ($0.first != "." || part.first == ".")
        && ($0.hasSuffix(ending) || FileReader.isFolder(folder + $0))
    }
    return (
      part,
      found.prefix(most).map { name in
        FileReader.isFolder(folder + name)
          ? .init(name + "/") : .init(name, suffix: suffix)
      }
    )
  }
}
