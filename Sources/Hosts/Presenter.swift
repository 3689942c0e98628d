// SPDX-License-Identifier: Apache-2.0
//
// How values reach the terminal: pictures where it can draw them, text everywhere else; progress on
// standard error.

import Console
import Images
import Library
import Runtime

/// Shows bundles on standard output.
struct Presenter {
  let out: StandardOutput
  let pictures: TerminalPicture

  /// Draws the picture of a bundle if the terminal can, else writes its text.
  ///
  /// - Throws: `FileError` when it cannot be written.
  func show(_ bundle: Bundle) throws {
    if let title = bundle.title { try out.write(title + "\n") }
    try out.write(drawing(of: bundle) ?? bundle.text + "\n")
  }

  private func drawing(of bundle: Bundle) -> String? {
    guard let png = bundle.png, let picture = try? PNG.decode(png, name: "picture"),
      let text = try? pictures.text(for: picture)
    else { return nil }
    return text.hasSuffix("\n") ? text : text + "\n"
  }
}

/// Shows how far long work has come.
final class ProgressDisplay {
  private var bar: ProgressBar?
  private let out: StandardOutput

  /// What was printed before long work is written before it begins; what is printed meanwhile takes
  /// the place of the bar, which the next report brings back.
  init(out: StandardOutput) {
    self.out = out
    out.clearLine = { [weak self] in self?.bar?.finish() }
  }

  /// Takes a report of the library.
  func receive(_ report: ProgressReport) {
    // A failure is remembered, and thrown by the next write or reported at the end.
    try? out.flush()
    guard !report.isFinished else {
      bar?.finish()
      bar = nil
      return
    }
    if bar == nil || bar?.total != report.total {
      bar?.finish()
      bar = ProgressBar(total: report.total, title: report.title)
    }
    bar?.update(report.done, note: report.note)
  }
}
