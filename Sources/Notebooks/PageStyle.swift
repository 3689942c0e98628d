// SPDX-License-Identifier: Apache-2.0
//
// The style of pages: light and dark, by the reader's system or by the button. All colours of text
// have a contrast of at least 4.5 to their ground in both.

/// The style sheet of a page.
enum PageStyle {
  private static let light = """
    --paper: #ffffff; --ink: #1c1e21; --quiet: #565c64; --line: #d9dde2; --code: #f5f6f8;
    --link: #0b57a4; --keyword: #8a1c7c; --string: #1a6334; --number: #8f4700; --call: #0b57a4;
    --comment: #5c636b; --error: #b3261e; --error-paper: #fdf0ef;
    """
  private static let dark = """
    --paper: #16181b; --ink: #e4e6e9; --quiet: #a7aeb7; --line: #3a3f46; --code: #202327;
    --link: #8ab8ee; --keyword: #e3a3dc; --string: #93d3a2; --number: #edb380; --call: #8ab8ee;
    --comment: #a1a8b0; --error: #ff9a92; --error-paper: #331c1b;
    """

  static let text = """
    :root { color-scheme: light dark; \(light) }
    @media (prefers-color-scheme: dark) { :root { \(dark) } }
    :root[data-theme="light"] { color-scheme: light; \(light) }
    :root[data-theme="dark"] { color-scheme: dark; \(dark) }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 1rem/1.55 system-ui, "DejaVu Sans", sans-serif;
      display: grid; grid-template: auto 1fr / minmax(0, 1fr) 16rem;
    }
    header {
      grid-column: 1 / 3; display: flex; flex-wrap: wrap; gap: .5rem; align-items: center;
      border-bottom: 1px solid var(--line); padding: .5rem 1.5rem;
    }
    header .name { font-weight: 600; margin-right: auto; }
    main { padding: 1rem 2rem 4rem; max-width: 58rem; width: 100%; margin: 0 auto; min-width: 0; }
    nav {
      padding: 1rem 1.5rem; border-left: 1px solid var(--line); font-size: .9rem; position: sticky;
      top: 0; align-self: start; max-height: 100vh; overflow-y: auto;
    }
    nav h2 { font-size: .9rem; margin: 0 0 .4rem; border: 0; }
    nav ol { list-style: none; margin: 0; padding: 0; }
    nav li { margin: .25rem 0; }
    nav .level-3 { padding-left: 1rem; }
    a { color: var(--link); }
    nav a { text-decoration: none; }
    nav a:hover { text-decoration: underline; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    h1 { font-size: 1.7rem; line-height: 1.25; margin: .6rem 0 1rem; }
    h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; }
    h3 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
    .cell { margin: 0 0 1.2rem; }
    button, select, input { font: inherit; color: inherit; }
    button {
      background: var(--code); border: 1px solid var(--quiet); border-radius: .3rem;
      padding: .1rem .6rem; font-size: .85rem; cursor: pointer;
    }
    code, pre, output { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
    code { font-size: .92em; }
    pre { margin: 0; font-size: .88rem; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
    .markdown pre, .source pre { background: var(--code); border-radius: .3rem; padding: .6rem .9rem; }
    .source { position: relative; margin: .3rem 0; }
    .source summary { color: var(--quiet); font-size: .8rem; cursor: pointer; width: max-content; }
    .source .copy { position: absolute; right: .4rem; top: 1.9rem; }
    .source pre { padding-right: 4.5rem; }
    .k { color: var(--keyword); font-weight: 600; } .s { color: var(--string); }
    .n { color: var(--number); } .f { color: var(--call); } .c { color: var(--comment); }
    .outputs > * { margin: .5rem 0; }
    .outputs figure { margin: .5rem 0; }
    figcaption, .record, .note { color: var(--quiet); font-size: .85rem; }
    .record { margin: .2rem 0 0; font-size: .78rem; overflow-wrap: anywhere; }
    .note { border-left: 3px solid var(--line); padding-left: .6rem; }
    .error { background: var(--error-paper); color: var(--error); padding: .6rem .9rem; border-radius: .3rem; }
    img { max-width: 100%; height: auto; vertical-align: top; }
    img.pixels { image-rendering: pixelated; }
    svg { max-width: 100%; height: auto; }
    table { border-collapse: collapse; font-size: .9rem; }
    caption { caption-side: bottom; text-align: left; color: var(--quiet); padding-top: .3rem; }
    th, td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
    td.number { text-align: right; font-variant-numeric: tabular-nums; }
    td[align="right"], th[align="right"] { text-align: right; }
    blockquote { margin: .6rem 0; padding-left: .9rem; border-left: 3px solid var(--line); color: var(--quiet); }
    .control { border: 1px solid var(--line); border-radius: .4rem; padding: .7rem .9rem; }
    .axes { display: grid; grid-template-columns: max-content minmax(8rem, 24rem) max-content; gap: .4rem .8rem; align-items: center; }
    .axes select { background: var(--code); border: 1px solid var(--quiet); border-radius: .3rem; padding: .15rem .4rem; }
    .frames { display: flex; flex-wrap: wrap; gap: .8rem; margin-top: .5rem; }
    .control.live .frames { display: block; }
    .control.live .frame > figcaption.value { display: none; }
    .skip { position: absolute; left: -100rem; }
    .skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .3rem; }
    @media (max-width: 62rem) {
      body { display: flex; flex-direction: column; }
      nav { order: 1; align-self: stretch; position: static; border-left: 0; border-bottom: 1px solid var(--line); max-height: 40vh; }
      main { order: 2; padding: 1rem 1.2rem 3rem; }
    }
    @media print {
      :root, :root[data-theme="dark"] { color-scheme: light; \(light) }
      body { display: block; font-size: 10pt; }
      header, nav, .skip, .copy, .axes, .source summary { display: none !important; }
      main { max-width: none; padding: 0; }
      .control { border: 0; padding: 0; }
      .control.live .frames { display: flex; }
      .control .frame { display: none !important; }
      .control .frame.printed { display: block !important; }
      .control.live .frame > figcaption.value { display: block; }
      .frame img { max-width: 8rem; }
      h1, h2, h3 { break-after: avoid; }
      .outputs > *, .frame { break-inside: avoid; }
    }
    """
}
