// SPDX-License-Identifier: Apache-2.0
//
// The fixed parts of the HTML manual: the policy, the style and the script of the search box.

/// What is the same in every HTML manual.
enum HTMLPage {
  /// Nothing is loaded and nothing is sent; only the inline style and script are allowed.
  static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    + "base-uri 'none'; form-action 'none'"

  static let style = """
    :root {
      --paper: #ffffff; --ink: #1c1e21; --quiet: #5a6068; --line: #d9dde2;
      --code: #f4f5f7; --link: #0b57a4; --mark: #1f6f43;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181b; --ink: #e4e6e9; --quiet: #a2a9b2; --line: #34383e;
        --code: #202327; --link: #8ab8ee; --mark: #7fcf9f;
      }
    }
    * { box-sizing: border-box; }
    html { scroll-padding-top: 5rem; }
    body {
      margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55;
      font: 1rem/1.55 system-ui, sans-serif; display: grid;
      grid-template: auto 1fr / 17rem minmax(0, 1fr);
    }
    header {
      grid-column: 1 / 3; position: sticky; top: 0; z-index: 1; background: var(--paper);
      border-bottom: 1px solid var(--line); padding: .6rem 1.5rem; display: flex;
      flex-wrap: wrap; gap: .5rem 2rem; align-items: center;
    }
    h1 { font-size: 1.15rem; margin: 0; }
    search { display: flex; gap: .6rem; align-items: center; flex: 1; }
    search[hidden], [hidden] { display: none; }
    input {
      font: inherit; color: inherit; background: var(--code); border: 1px solid var(--quiet);
      border-radius: .3rem; padding: .25rem .6rem; width: 100%; max-width: 24rem;
    }
    output { color: var(--quiet); white-space: nowrap; }
    nav {
      border-right: 1px solid var(--line); padding: 1rem 1.5rem; font-size: .92rem;
      position: sticky; top: 3.4rem; align-self: start; max-height: calc(100vh - 3.4rem);
      overflow-y: auto;
    }
    nav ul { list-style: none; padding: 0; margin: 0 0 .8rem; }
    nav ul ul { padding-left: .9rem; }
    nav > ul > li > a { font-weight: 600; }
    main { padding: 0 2rem 4rem; max-width: 56rem; }
    main:focus { outline: none; }
    a { color: var(--link); text-decoration: none; }
    a:hover { text-decoration: underline; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    h2 { border-bottom: 1px solid var(--line); margin: 2.2rem 0 1rem; padding-bottom: .3rem; }
    h3 { margin: 2rem 0 .6rem; }
    h4 { margin: 1.6rem 0 .4rem; font-size: 1rem; }
    h4 a { color: inherit; }
    code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; }
    pre {
      background: var(--code); border-radius: .3rem; padding: .6rem .9rem; margin: .5rem 0;
      white-space: pre-wrap; overflow-wrap: anywhere;
    }
    pre.signature { border-left: 3px solid var(--mark); }
    dl { margin: .6rem 0; border-top: 1px solid var(--line); }
    dl div {
      display: grid; grid-template-columns: minmax(9rem, 17rem) 1fr; gap: 1rem;
      padding: .3rem 0; border-bottom: 1px solid var(--line);
    }
    dt { overflow-wrap: anywhere; }
    dd { margin: 0; }
    .skip { position: absolute; left: -100rem; }
    .skip:focus { left: 1rem; top: .5rem; z-index: 2; background: var(--paper); padding: .3rem; }
    @media (max-width: 50rem) {
      body { display: block; }
      header, nav { position: static; max-height: none; border-right: 0; }
      main { padding: 0 1.2rem 3rem; }
      dl div { grid-template-columns: 1fr; gap: 0; }
    }
    @media print {
      :root { --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb; --code: #fff; --link: #000; }
      body { display: block; font-size: 9.5pt; }
      search, .skip { display: none; }
      header, nav { position: static; max-height: none; border: 0; padding: 0; }
      nav ul ul { columns: 3; }
      main { max-width: none; padding: 0; }
      article, dl div { break-inside: avoid; }
      h2 { break-before: page; }
      h2, h3, h4 { break-after: avoid; }
      pre { border: 1px solid var(--line); }
    }
    """

  /// Hides what does not match all the words typed: entries and rows by their own text, sections
  /// when none of their content is left.
  static let script = """
    "use strict";
    const box = document.getElementById("search");
    const found = document.getElementById("found");
    const entries = [...document.querySelectorAll("article")];
    const rows = [...document.querySelectorAll("main section > dl > div")];
    const sections = [...document.querySelectorAll("main section")].reverse();
    const items = [...entries, ...rows].map(element => [element, element.textContent.toLowerCase()]);
    box.parentElement.hidden = false;
    function filter() {
      const words = box.value.toLowerCase().split(/\\s+/).filter(word => word);
      let count = 0;
      for (const [element, text] of items) {
        element.hidden = !words.every(word => text.includes(word));
        if (!element.hidden) count += 1;
      }
      for (const section of sections) {
        section.hidden = words.length > 0 && !section.querySelector(
          "article:not([hidden]), dl > div:not([hidden])");
      }
      found.textContent = words.length ? count + (count === 1 ? " place" : " places") : "";
    }
    box.addEventListener("input", filter);
    document.addEventListener("keydown", event => {
      if (event.key === "/" && document.activeElement !== box) {
        event.preventDefault();
        box.focus();
      } else if (event.key === "Escape" && box.value) {
        box.value = "";
        filter();
      }
    });
    // A link within the page shows its target even if the search had hidden it.
    document.addEventListener("click", event => {
      if (event.target.closest("nav a") && box.value) { box.value = ""; filter(); }
    });
    filter();
    """
}
