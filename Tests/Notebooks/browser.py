#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a page as a person does, in headless Chromium: controls are moved by keys and pictures change, nothing is
requested, the policy blocks nothing that the page needs, and axe-core finds no serious fault, in light and in dark.

Needs Chromium (`apt-get install chromium`, or SMAP_BROWSER) and the packages of browser-requirements.txt.
usage: browser.py BINARY [SCREENSHOT FOLDER]
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import axe_core_python
from playwright.sync_api import sync_playwright

SCRIPT = '''# %% [markdown]
# # Controls
# A table:
#
# | a | b |
# |---|--:|
# | x | 1 |
#
# - [x] done

# %% Ladder
let tok = smap.load("emoji-kl")
let set = data.emoji32("val")
live.ladder(tok, set.images[20:24], label = set.labels[20:24])

# %% Classes
live.classes(tok, set.images[20:21], label = set.labels[20:21], lengths = [1, 16])

# %% A figure, a table, a note
show(table([{tokens: 1, psnr: 15.8}]))
show(plot.line([1, 3, 2], title = "A line"), title = "Shown with a title")
choice("word", ["one", "two"], fn(word) = "the word is {word}")

# %% An error
error("on purpose")
'''


def check(name, condition):
    print(("ok      " if condition else "FAILED  ") + name)
    check.failed += not condition


check.failed = 0


def shown(page, control):
    """The visible frame of a control: its picture, or its text."""
    frame = page.locator(".control").nth(control).locator(".frame:visible")
    check("one frame is shown", frame.count() == 1)
    image = frame.locator("img")
    return image.get_attribute("src") if image.count() else frame.inner_text()


def faults(page):
    page.evaluate("0")
    script = pathlib.Path(axe_core_python.__file__).with_name("axe.min.js").read_text()
    page.evaluate(script)
    result = page.evaluate("axe.run()")
    return [f"{v['id']}: {v['nodes'][0]['target']}" for v in result["violations"]
            if v["impact"] in ("serious", "critical", "moderate")]


def main(binary, pictures):
    browser_path = os.environ.get("SMAP_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if not browser_path:
        sys.exit("make check-browser needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        script = pathlib.Path(folder, "page.smap")
        script.write_text(SCRIPT)
        subprocess.run([os.path.abspath(binary), "notebook", script, "--fresh"], check=False)
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        for theme in ["light", "dark"]:
            page = browser.new_context(color_scheme=theme, viewport={"width": 1280, "height": 900}).new_page()
            requests, messages = [], []
            page.on("request", lambda request: requests.append(request.url))
            page.on("console", lambda message: messages.append(message.text))
            page.on("pageerror", lambda error: messages.append(str(error)))
            page.goto(script.with_suffix(".html").as_uri())
            operate(page, theme)
            found = faults(page)
            check(f"axe-core finds no fault ({theme}) {found}", not found)
            outside = [url for url in requests if not url.startswith(("file:", "data:"))]
            check(f"nothing is requested {outside}", not outside)
            check(f"the console is silent {messages}", not messages)
            if pictures:
                page.screenshot(path=f"{pictures}/page-{theme}.png", full_page=True)
            page.set_viewport_size({"width": 400, "height": 800})
            width = page.evaluate("document.documentElement.scrollWidth")
            check(f"a narrow window needs no sideways scrolling ({width} pixels)", width <= 400)
        without_script(browser, script)
        browser.close()
    sys.exit(1 if check.failed else 0)


def operate(page, theme):
    # The keyboard alone: Tab to the slider, arrows move it.
    slider = page.locator("input[type=range]").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if slider.evaluate("element => element === document.activeElement"):
            break
    check("Tab reaches the slider", slider.evaluate("element => element === document.activeElement"))
    before = shown(page, 0)
    page.keyboard.press("ArrowRight")
    after = shown(page, 0)
    check("an arrow key changes the picture", before != after)
    page.keyboard.press("Home")
    check("Home shows the first frame", page.locator(".control").first.locator("output").inner_text() == "1")
    check("the value is spoken", slider.get_attribute("aria-valuetext") == "1")
    first = shown(page, 0)
    page.keyboard.press("End")
    check("End shows the last frame", first != shown(page, 0))
    # Two axes.
    seen = set()
    box = page.locator("select").first
    for place in [0, 5, 9]:
        box.select_option(index=place)
        for key in ["Home", "End"]:
            page.locator(".control").nth(1).locator("input").press(key)
            seen.add(shown(page, 1))
    check("class and budget give six pictures", len(seen) == 6)
    page.locator("select").nth(1).select_option(label="two")
    check("a choice changes the text", "the word is two" in shown(page, 2))
    # The buttons.
    source = page.locator("details.source").first
    page.get_by_role("button", name="Hide code").click()
    check("code can be hidden", not source.evaluate("element => element.open"))
    page.get_by_role("button", name="Show code").click()
    check("and shown again", source.evaluate("element => element.open"))
    page.get_by_role("button", name="Copy").first.click()
    check("copying is confirmed", page.get_by_role("button", name="Copied").count() == 1)
    dark = "getComputedStyle(document.body).backgroundColor"
    colour = page.evaluate(dark)
    page.get_by_role("button", name="Light or dark").click()
    check("the theme changes", page.evaluate(dark) != colour)
    page.get_by_role("button", name="Light or dark").click()
    check(f"and back to {theme}", page.evaluate(dark) == colour)


def without_script(browser, script):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(script.with_suffix(".html").as_uri())
    frames = page.locator(".control").first.locator(".frame:visible").count()
    check("without its script a page shows all frames", frames == 5)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
