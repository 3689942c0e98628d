# SPDX-License-Identifier: Apache-2.0
"""Drives smap in JupyterLab by a headless Chromium and takes a screenshot; `make check-jupyter` runs it."""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

SECONDS = 1000
TOKEN = "tokenfortest"
CELLS = [
    'let valid = data.emoji32("val")\nlet tok = smap.load("emoji-kl")\nprint(valid.images.shape)',
    'show(image.grid(valid.images[:8], scale = 2))',
    'live.ladder(tok, valid.images[[20]], label = "hand", scale = 4)',
    'slider("n", range(1, 6), fn(n) = "the square is {n ** 2}")',
    'plot.line([1, 4, 2, 5], title = "a figure")',
    "while true { }",
    "len(valid.classes)",
]


def start_server(folder):
    """JupyterLab on a free port, with folders of its own; the process and its address."""
    environment = dict(
        os.environ, JUPYTER_DATA_DIR=f"{folder}/data", JUPYTER_CONFIG_DIR=f"{folder}/config",
        JUPYTER_RUNTIME_DIR=f"{folder}/runtime", XDG_STATE_HOME=f"{folder}/state", JUPYTER_PLATFORM_DIRS="0")
    subprocess.run([os.environ["SMAP"], "kernel", "install", "--user"], env=environment, check=True)
    log = open(f"{folder}/log", "w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", f"--IdentityProvider.token={TOKEN}",
         f"--ServerApp.root_dir={folder}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"], env=environment, stdout=log, stderr=log)
    for _ in range(120):
        time.sleep(0.5)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/lab", Path(f"{folder}/log").read_text())
        if found:
            return process, f"http://127.0.0.1:{found.group(1)}"
    process.terminate()
    raise SystemExit(Path(f"{folder}/log").read_text())


def write_notebook(path):
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in CELLS],
        metadata={"kernelspec": {"name": "smap", "display_name": "smap", "language": "smap"}})
    nbformat.write(notebook, path)


def run_cell(page, index):
    """Runs a cell and returns its outputs."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    return cell.locator(".jp-OutputArea-output")


def drive(page, address, screenshot):
    page.goto(f"{address}/lab/tree/notebook.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60 * SECONDS)
    expect(page.get_by_text("smap | Idle")).to_be_visible(timeout=60 * SECONDS)
    expect(run_cell(page, 0).first).to_contain_text("[308, 3, 32, 32]", timeout=60 * SECONDS)
    picture = run_cell(page, 1).locator("img")
    expect(picture).to_be_visible(timeout=60 * SECONDS)
    assert picture.evaluate("e => e.naturalWidth") > 100

    ladder = run_cell(page, 2)
    expect(ladder.locator("img").first).to_be_visible(timeout=60 * SECONDS)
    before = ladder.locator("img").first.get_attribute("src")
    handle = ladder.locator(".noUi-handle")
    expect(handle).to_be_visible(timeout=60 * SECONDS)
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(ladder.locator("img").first).not_to_have_attribute("src", before, timeout=30 * SECONDS)

    squares = run_cell(page, 3)
    expect(squares.locator(".noUi-handle")).to_be_visible(timeout=60 * SECONDS)
    expect(squares.filter(has_text="the square is 1").first).to_be_visible()
    squares.locator(".noUi-handle").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(squares.filter(has_text="the square is 9").first).to_be_visible(timeout=30 * SECONDS)
    expect(run_cell(page, 4).locator("svg, img").first).to_be_visible(timeout=60 * SECONDS)

    endless = run_cell(page, 5)
    time.sleep(1)
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.press("i")
    expect(endless.filter(has_text="interrupted").first).to_be_visible(timeout=30 * SECONDS)
    expect(run_cell(page, 6).first).to_contain_text("22", timeout=30 * SECONDS)

    # Completion and help at the cursor.
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(6)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("smap.enc")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer")).to_be_visible(timeout=30 * SECONDS)
    page.screenshot(path=screenshot, full_page=True)
    page.keyboard.press("Enter")
    expect(cell.locator(".cm-content")).to_contain_text("smap.encode", timeout=30 * SECONDS)


def main(screenshot):
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(f"{folder}/notebook.ipynb")
        process, address = start_server(folder)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                page = browser.new_page(viewport={"width": 1200, "height": 2000})
                try:
                    drive(page, address, screenshot)
                except Exception:
                    page.screenshot(path=screenshot)
                    print(Path(f"{folder}/log").read_text()[-3000:])
                    raise
                browser.close()
            print(f"jupyterlab: passed; {screenshot}")
        finally:
            # The server asks its kernels to end before it ends itself.
            urllib.request.urlopen(urllib.request.Request(f"{address}/api/shutdown?token={TOKEN}", method="POST"))
            process.wait(timeout=30)


main(sys.argv[1])
