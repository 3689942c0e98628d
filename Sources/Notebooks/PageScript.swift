// SPDX-License-Identifier: Apache-2.0
//
// The script of pages: it shows one frame of each control, copies code and folds sources. Without
// it all frames are shown, and everything can be read.

/// The script of a page.
enum PageScript {
  static let text = """
    "use strict";
    for (const control of document.querySelectorAll(".control")) {
      const frames = [...control.querySelectorAll(".frame")];
      const inputs = [...control.querySelectorAll(".axes input, .axes select")];
      const axes = control.querySelector(".axes");
      const labels = inputs.map(input => JSON.parse(input.dataset.labels));
      function show() {
        let index = 0;
        inputs.slice().reverse().forEach((input, place) => {
          index = index * labels[inputs.length - 1 - place].length + Number(input.value);
        });
        inputs.forEach((input, place) => {
          const label = labels[place][Number(input.value)];
          const output = control.querySelector("output[for='" + input.id + "']");
          if (output) { output.textContent = label; }
          if (input.type === "range") { input.setAttribute("aria-valuetext", label); }
        });
        frames.forEach((frame, place) => { frame.hidden = place !== index; });
      }
      // A browser keeps positions over a reload; the page begins where its author wanted.
      for (const input of inputs) {
        input.value = input.dataset.start;
        input.addEventListener("input", show);
      }
      control.classList.add("live");
      axes.hidden = false;
      show();
    }
    function copied(button) {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    }
    for (const button of document.querySelectorAll(".copy")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const code = button.parentElement.querySelector("code");
        const selected = () => {
          const range = document.createRange();
          range.selectNodeContents(code);
          const selection = getSelection();
          selection.removeAllRanges();
          selection.addRange(range);
          if (document.execCommand("copy")) { copied(button); }
          selection.removeAllRanges();
        };
        if (navigator.clipboard) {
          navigator.clipboard.writeText(code.textContent).then(() => copied(button), selected);
        } else {
          selected();
        }
      });
    }
    const fold = document.getElementById("fold");
    if (fold) {
      fold.hidden = false;
      fold.addEventListener("click", () => {
        const sources = [...document.querySelectorAll("details.source")];
        const open = !sources.some(source => source.open);
        for (const source of sources) { source.open = open; }
        fold.textContent = open ? "Hide code" : "Show code";
      });
    }
    const theme = document.getElementById("theme");
    if (theme) {
      theme.hidden = false;
      theme.addEventListener("click", () => {
        const root = document.documentElement;
        const isDark = root.dataset.theme
          ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = isDark ? "light" : "dark";
      });
    }
    """
}
