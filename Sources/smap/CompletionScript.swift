// SPDX-License-Identifier: Apache-2.0
//
// Shell completion scripts come from the argument parser, which does not support a default
// subcommand: after `smap` it offers subcommands and no files. But `smap FILE` runs a script, so
// files must be offered there, and the options of `run`.

/// Completion scripts as they are installed.
enum CompletionScript {
  private struct Change {
    let old: String
    let new: String
  }

  private static let bash = Change(
    old: """
          *)
              # Offer subcommand completions
              COMPREPLY+=(
      """,
    new: """
          *)
              # What is no subcommand is a script, or belongs to one
              unparsed_words=("${subcommand}" "${unparsed_words[@]}")
              _smap_run
              # Offer subcommand completions
              [[ "${COMP_CWORD}" -gt 1 ]] || COMPREPLY+=(
      """)

  private static let zshCommand = Change(
    old: "        _describe -V subcommand subcommands && ret=0\n",
    new: "        _describe -V subcommand subcommands && ret=0\n        _files && ret=0\n")

  private static let zshArgument = Change(
    old: """
                  "_smap_${words[1]}" && ret=0
                  ;;

      """,
    new: """
                  "_smap_${words[1]}" && ret=0
                  ;;
              *)
                  _files && ret=0
                  ;;

      """)

  private static let fish = Change(
    old: "complete -c 'smap' -f\n",
    new: """
      complete -c 'smap' -f
      complete -c 'smap' -n '__smap_should_offer_completions_for_positional "smap" -ge 1' -F

      """)

  /// A completion script that offers files, too; any other text is returned unchanged.
  static func withFiles(_ text: String) -> String {
    let changes: [Change] =
      if text.hasPrefix("#!/bin/bash") {
        [bash]
      } else if text.hasPrefix("#compdef") {
        [zshCommand, zshArgument]
      } else if text.hasPrefix("function __smap_") {
        [fish]
      } else {
        []
      }
    return changes.reduce(text) { text, change in
      guard let place = text.firstRange(of: change.old) else { return text }
      return text.replacingSubrange(place, with: change.new)
    }
  }
}

extension String {
  fileprivate func replacingSubrange(_ range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
