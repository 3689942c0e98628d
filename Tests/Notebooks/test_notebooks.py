# SPDX-License-Identifier: Apache-2.0
"""Notebook files are valid nbformat 4.5, and pages have the structure that a reader and a screen reader need.

The page is looked at without a browser here; `make check-browser` moves its controls in Chromium.
"""
import base64
import hashlib
import html.parser
import json
import os
import re
import subprocess

import nbformat
import pytest

SMAP = os.environ["SMAP"]
SCRIPT = '''# %% [markdown]
# # Title
# Text with `code`.

# %% A table
show(table([{a: 1, b: "x"}]))
print("printed")
plot.line([1, 2, 3])

# %% A control
slider("k", [1, 2, 4], fn(k) = image.make(k / 4 * ones(3, 8, 8)), start = 2)

# %% Unfinished [skip]
let b = (
'''


def run(folder, *arguments, code=0):
    result = subprocess.run([SMAP, *arguments], cwd=folder, capture_output=True, text=True,
                            env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")})
    assert result.returncode == code, result.stderr
    return result


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "note.smap").write_text(SCRIPT)
    return tmp_path


def test_a_notebook_that_ran_is_valid(folder):
    run(folder, "notebook", "note.smap", "--to", "ipynb")
    notebook = nbformat.read(folder / "note.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code", "raw"]
    table, text, figure = notebook.cells[1].outputs
    assert table.output_type == "display_data" and "<table>" in table.data["text/html"]
    assert text == {"name": "stdout", "output_type": "stream", "text": "printed\n"}
    assert figure.output_type == "execute_result" and "<svg" in figure.data["image/svg+xml"]
    sheet = base64.b64decode(notebook.cells[2].outputs[0].data["image/png"])
    assert sheet.startswith(b"\x89PNG")
    assert notebook.cells[1].metadata.smap.run.seed == "0"


def test_an_error_is_valid(folder):
    (folder / "note.smap").write_text("# %%\n1 / [1, 2, 3]\nerror(\"no\")\n# %%\n2\n")
    run(folder, "notebook", "note.smap", "--to", "ipynb", code=1)
    notebook = nbformat.read(folder / "note.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].outputs[-1].evalue == "no"
    assert notebook.cells[1].execution_count is None


def test_notebooks_of_other_programs_come_back(folder):
    notebook = nbformat.v4.new_notebook(metadata={"authors": [{"name": "A"}]}, cells=[
        nbformat.v4.new_markdown_cell("# Head\n\n- a\n%% b", attachments={"a.png": {"image/png": "aGk="}}),
        nbformat.v4.new_code_cell("let a = 1\n\n# %% no mark\na", metadata={"tags": ["x"]}),
        nbformat.v4.new_code_cell("print(\"open\n(("), nbformat.v4.new_raw_cell("\\raw{}"),
        nbformat.v4.new_code_cell("\n\nindented = 1\n"), nbformat.v4.new_code_cell("")])
    nbformat.write(notebook, folder / "other.ipynb")
    run(folder, "convert", "other.ipynb", "other.smap")
    run(folder, "convert", "other.smap", "again.ipynb")
    again = nbformat.read(folder / "again.ipynb", as_version=4)
    nbformat.validate(again)
    for before, after in zip(notebook.cells, again.cells, strict=True):
        after.metadata.pop("smap", None)
        for key in ["cell_type", "source", "id", "metadata"]:
            assert before[key] == after[key]
    assert again.cells[0].attachments == {"a.png": {"image/png": "aGk="}}
    run(folder, "convert", "again.ipynb", "again.smap")
    assert (folder / "again.smap").read_bytes() == (folder / "other.smap").read_bytes()


class Outline(html.parser.HTMLParser):
    """The elements of a page with their attributes, and whether they are closed in order."""

    VOID = {"meta", "input", "img", "br", "hr"}

    def __init__(self):
        super().__init__()
        self.open, self.found = [], []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_a_page_has_its_structure(folder):
    run(folder, "notebook", "note.smap")
    text = (folder / "note.html").read_text()
    page = Outline()
    page.feed(text)
    assert page.open == []
    assert page.all("html")[0]["lang"] == "en" and len(page.all("main")) == 1 and len(page.all("h1")) == 1
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    # Every link of the contents leads somewhere, every input has a label, every picture a text.
    for link in page.all("a"):
        assert link["href"][1:] in ids
    labels = {label["for"] for label in page.all("label")}
    for control in page.all("input") + page.all("select"):
        assert control["id"] in labels
    assert all(image["alt"] for image in page.all("img"))
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in page.found)
    slider, = page.all("input")
    assert json.loads(slider["data-labels"]) == ["1", "2", "4"] and slider["data-start"] == "1"
    assert len([a for a in page.all("figure") if "frame" in a.get("class", "")]) == 3


def test_the_policy_allows_only_what_is_there(folder):
    run(folder, "notebook", "note.smap")
    text = (folder / "note.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; img-src data:;") and "unsafe" not in policy
    for tag in ["style", "script"]:
        inner = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text


def test_a_second_run_takes_slow_cells_from_the_cache(folder):
    (folder / "note.smap").write_text('# %%\nsleep(0.5)\nlet a = [40]\n# %%\na[0] + 2\n')
    for cached in [False, True]:
        run(folder, "notebook", "note.smap", "--to", "ipynb")
        cells = json.loads((folder / "note.ipynb").read_text())["cells"]
        assert cells[0]["metadata"]["smap"]["run"]["cached"] is cached
        assert cells[1]["outputs"][0]["data"]["text/plain"] == ["42"]
    run(folder, "notebook", "note.smap", "--to", "ipynb", "--fresh")
    cells = json.loads((folder / "note.ipynb").read_text())["cells"]
    assert cells[0]["metadata"]["smap"]["run"]["cached"] is False


def test_outputs_outlive_a_killed_run(folder):
    """The file grows while cells run: what was shown is in it, however the run ends."""
    import time

    for form, mark in [("html", ">41<"), ("ipynb", '"41"')]:
        file = folder / f"note.{form}"
        (folder / "note.smap").write_text('# %%\n40 + 1\n# %%\nprint("second")\nsleep(60)\n')
        process = subprocess.Popen([SMAP, "notebook", "note.smap", "--to", form, "--fresh"], cwd=folder)
        for _ in range(300):
            if file.exists() and mark in file.read_text():
                break
            time.sleep(0.1)
        process.kill()
        process.wait()
        assert mark in file.read_text()
        if form == "ipynb":
            nbformat.validate(nbformat.read(file, as_version=4))


def test_a_watched_notebook_is_written_again(folder):
    import signal
    import time

    def wait(condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError("nothing was written")

    page = folder / "note.html"
    (folder / "note.smap").write_text("# %%\n40 + 1\n")
    process = subprocess.Popen([SMAP, "notebook", "note.smap", "--watch"], cwd=folder, stderr=subprocess.PIPE)
    try:
        wait(lambda: page.exists() and ">41<" in page.read_text() and "http-equiv=\"refresh\"" not in page.read_text())
        (folder / "note.smap").write_text("# %%\n40 + 2\n")
        wait(lambda: ">42<" in page.read_text())
        # A mistake is shown, and the next save mends it.
        (folder / "note.smap").write_text("# %%\n40 +\n")
        wait(lambda: "class=\"error\"" in page.read_text())
        (folder / "note.smap").write_text("# %%\n40 + 3\n")
        wait(lambda: ">43<" in page.read_text())
        # A save ends a cell that would never end.
        (folder / "note.smap").write_text("# %%\nwhile true {}\n")
        time.sleep(1)
        (folder / "note.smap").write_text("# %%\n40 + 4\n")
        wait(lambda: ">44<" in page.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
