// SPDX-License-Identifier: Apache-2.0
//
// Outputs of cells as JSON for the cache, and back.

import Files
import Runtime

/// What a cell gave, as JSON.
enum StoredCell {
  // MARK: - Writing

  static func json(_ output: CellOutput) -> JSON {
    switch output {
    case .text(let text): .object([("text", .string(text))])
    case .note(let text): .object([("note", .string(text))])
    case .error(let error):
      .object([
        ("error", .string(error.kind)), ("message", .string(error.message)),
        ("shown", .string(error.text)),
      ])
    case .value(let media, let isResult):
      .object([("value", json(media)), ("result", .bool(isResult))])
    }
  }

  private static func json(_ media: Media) -> JSON {
    var entries: [(key: String, value: JSON)] = [("text", .string(media.text))]
    if let png = media.png { entries.append(("png", .string(Base64.encode(png)))) }
    if let raster = media.raster { entries.append(("raster", .string(Base64.encode(raster)))) }
    if let svg = media.svg { entries.append(("svg", .string(svg))) }
    if let html = media.html { entries.append(("html", .string(html))) }
    if let title = media.title { entries.append(("title", .string(title))) }
    if media.textAccompaniesPicture { entries.append(("both", .bool(true))) }
    if let control = media.control {
      entries.append(
        (
          "control",
          .object([
            ("axes", .array(control.axes.map(json))), ("start", .number(Double(control.start))),
            ("captions", .array(control.captions.map { .string($0) })),
            ("frames", .array(control.frames.map(json))),
          ])
        ))
    }
    return .object(entries)
  }

  private static func json(_ axis: ControlAxis) -> JSON {
    .object([
      ("name", .string(axis.name)), ("style", .string(axis.style.rawValue)),
      ("labels", .array(axis.labels.map { .string($0) })), ("start", .number(Double(axis.start))),
    ])
  }

  static func json(_ run: CellRun) -> JSON { RunRecord.json(run) }

  // MARK: - Reading

  /// The output in a JSON form; nil for anything else.
  static func output(_ json: JSON) -> CellOutput? {
    if let text = json["text"]?.text { return .text(text) }
    if let text = json["note"]?.text { return .note(text) }
    if let kind = json["error"]?.text, let message = json["message"]?.text,
      let shown = json["shown"]?.text
    {
      return .error(CellError(kind: kind, message: message, text: shown))
    }
    guard let value = json["value"], let media = media(value) else { return nil }
    return .value(media, isResult: json["result"] == .bool(true))
  }

  private static func media(_ json: JSON) -> Media? {
    guard let text = json["text"]?.text else { return nil }
    var media = Media(text: text)
    if let png = json["png"]?.text {
      guard let bytes = Base64.decode(png) else { return nil }
      media.png = bytes
    }
    media.raster = json["raster"]?.text.flatMap { Base64.decode($0) }
    (media.svg, media.html) = (json["svg"]?.text, json["html"]?.text)
    media.title = json["title"]?.text
    media.textAccompaniesPicture = json["both"] == .bool(true)
    if let stored = json["control"] {
      guard let control = control(stored) else { return nil }
      media.control = control
    }
    return media
  }

  private static func control(_ json: JSON) -> MediaControl? {
    guard let axes = json["axes"]?.elements?.map(axis), let start = json["start"]?.integer,
      let frames = json["frames"]?.elements?.map(media),
      let captions = json["captions"]?.elements?.compactMap(\.text)
    else { return nil }
    let (known, shown) = (axes.compactMap { $0 }, frames.compactMap { $0 })
    guard known.count == axes.count, shown.count == frames.count else { return nil }
    return MediaControl(axes: known, frames: shown, captions: captions, start: start)
  }

  private static func axis(_ json: JSON) -> ControlAxis? {
    guard let name = json["name"]?.text, let labels = json["labels"]?.elements?.compactMap(\.text),
      let style = json["style"]?.text.flatMap(ControlAxis.Style.init), !labels.isEmpty,
      let start = json["start"]?.integer
    else { return nil }
    return ControlAxis(name: name, labels: labels, style: style, start: start)
  }

  /// The record of a run; nil for anything else.
  static func run(_ json: JSON) -> CellRun? {
    guard let seed = json["seed"]?.text.flatMap({ UInt64($0) }),
      let before = json["draws_before"]?.integer, before >= 0,
      let draws = json["draws"]?.integer, draws >= 0, let seconds = json["seconds"]?.double,
      let time = json["time"]?.text
    else { return nil }
    var run = CellRun(
      number: 0, seed: seed, drawsBefore: UInt64(before), draws: UInt64(draws), seconds: seconds,
      time: time)
    run.models = (json["models"]?.elements ?? []).compactMap { model in
      guard let kind = model["kind"]?.text, let hash = model["sha256"]?.text else { return nil }
      return CellRun.UsedModel(kind: kind, hash: hash)
    }
    run.budgets = (json["token_budgets"]?.elements ?? []).compactMap(\.integer)
    return run
  }
}
