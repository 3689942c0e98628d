// SPDX-License-Identifier: Apache-2.0
//
// The reference manual as a value: chapters of sections, sections of rows and entries. It is
// generated from the tables that the language itself uses, so there is no second list of anything;
// writers turn it into Markdown, HTML and man pages.

import Files
import Library
import Runtime

/// The manual of the language, its library and its command line.
public struct Manual: Sendable {
  /// The name of the manual.
  public let title = "Reference of smap"
  /// What it describes.
  public let version = smapVersion
  /// The date of this version, as man pages show it.
  public let date = "2026-11-24"
  /// The chapters in order.
  public private(set) var chapters: [Chapter]

  /// Makes the manual.
  ///
  /// - Parameters:
  /// - builtins: The library of a session.
  ///   - commandLine: What `smap --experimental-dump-help` prints.
  ///   - promptCommands: The commands of the prompt with their colon.
  ///   - checkRules: The rules of `smap check`.
  /// - Throws: `ManualError` if the description of the command line is malformed.
  public init(
    builtins: BuiltinTable, commandLine: JSON, promptCommands: [Row], checkRules: [Row]
  ) throws {
    chapters = [
      LanguageCard.chapter, FunctionChapters.functions(builtins),
      FunctionChapters.methods(builtins), FunctionChapters.types(builtins),
      FunctionChapters.constants(builtins), Surroundings.errors,
      try CommandLineChapter.chapter(commandLine),
      Surroundings.tools(promptCommands: promptCommands, checkRules: checkRules),
      Surroundings.chapter,
    ]
    var anchors = Anchors()
    for chapter in chapters.indices {
      chapters[chapter].anchor = anchors.unique(chapters[chapter].title)
      for section in chapters[chapter].sections.indices {
        chapters[chapter].sections[section].takeAnchors(&anchors)
      }
    }
  }

  /// The chapters on a man page.
  func chapters(on page: Page) -> [Chapter] { chapters.filter { $0.page == page } }
}

extension Manual {
  /// The man page that a chapter belongs to.
  public enum Page: Sendable {
    /// smap(1): the command.
    case command
    /// smap-language(7): the language and its library.
    case language
  }

  /// A chapter.
  public struct Chapter: Sendable {
    /// The heading.
    public let title: String
    /// The man page that it is on.
    public let page: Page
    /// The text before the first section.
    public var text = ""
    /// The sections in order.
    public var sections: [Section]
    /// The name of the anchor, unique in the manual.
    public internal(set) var anchor = ""
  }

  /// A part of a chapter.
  public struct Section: Sendable {
    /// The heading.
    public let title: String
    /// The introduction: paragraphs and indented code.
    public var text = ""
    /// A list of terms.
    public var rows: [Row] = []
    /// Detailed descriptions.
    public var entries: [Entry] = []
    /// The name of the anchor, unique in the manual.
    public internal(set) var anchor = ""

    fileprivate mutating func takeAnchors(_ anchors: inout Anchors) {
      anchor = anchors.unique(title)
      for entry in entries.indices { entries[entry].anchor = anchors.unique(entries[entry].title) }
    }
  }

  /// A term and what it means.
  public struct Row: Sendable {
    /// The term, formatted as code.
    public let term: String
    /// A sentence.
    public let text: String

    /// Makes a row.
    public init(_ term: String, _ text: String) {
      self.term = term
      self.text = text
    }
  }

  /// One function, command or rule of the language.
  public struct Entry: Sendable {
    /// The heading.
    public internal(set) var title: String
    /// Whether the heading is formatted as code.
    public var isCode = true
    /// The header of a function, or the usage of a command.
    public var signature = ""
    /// What it does: paragraphs and indented code.
    public var text = ""
    /// Options, fields.
    public var rows: [Row] = []
    /// Code with its result after `#=>`.
    public var example = ""
    /// The name of the anchor, unique in the manual.
    public internal(set) var anchor = ""
  }
}

/// Why a manual cannot be generated.
public struct ManualError: Error, CustomStringConvertible {
  /// What is wrong.
  public let description: String
}

/// Names of anchors, as GitHub derives them from headings: lower case, spaces as hyphens,
/// everything else removed; a repeated name gets a number.
struct Anchors {
  private var used: [String: Int] = [:]

  mutating func unique(_ heading: String) -> String {
    var name = ""
    for character in heading.lowercased() {
      if character.isLetter || character.isNumber || character == "_" || character == "-" {
        name.append(character)
      } else if character == " " {
        name.append("-")
      }
    }
    let count = used[name, default: 0]
    used[name] = count + 1
    return count == 0 ? name : "\(name)-\(count)"
  }
}
