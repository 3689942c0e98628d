# SPDX-License-Identifier: Apache-2.0
"""The course: every notebook runs, and every exercise accepts its solution.

An exercise is a line that ends in `# your turn`. The file of the same name under `solutions` has a
cell for each, whose title is the name that the line declares.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

SMAP = os.environ["SMAP"]
HERE = Path(__file__).parent
COURSE = HERE.parent.parent / "Examples" / "course"
NOTEBOOKS = sorted(COURSE.glob("[1-9]_*.smap"))
EXERCISE = re.compile(r"^(?:let|fn) (\w+).*# your turn$", re.M)


def solutions(notebook):
    """The solutions of a notebook, by the names that they declare."""
    cells = re.split(r"^# %% ", (HERE / "solutions" / notebook.name).read_text(), flags=re.M)[1:]
    return {name.strip(): code.strip() for name, code in (cell.split("\n", 1) for cell in cells)}


def solved(notebook):
    """The text of a notebook with its solutions filled in."""
    answers = solutions(notebook)
    text = notebook.read_text()
    assert EXERCISE.findall(text) == list(answers), "exercises and solutions differ"
    return EXERCISE.sub(lambda found: answers[found[1]], text)


def run(notebook, text, tmp_path):
    """What a notebook prints; it runs in a copy of the folder, with its modules beside it."""
    for module in COURSE.glob("*.smap"):
        (tmp_path / module.name).write_text(module.read_text())
    path = tmp_path / notebook.name
    path.write_text(text)
    result = subprocess.run(
        [SMAP, "run", "--images=none", "--max-seconds=240", str(path)],
        capture_output=True, text=True, cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_the_course_is_complete():
    assert [path.name[0] for path in NOTEBOOKS] == list("123456789")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_accepted(notebook, tmp_path):
    lines = run(notebook, solved(notebook), tmp_path)
    marks = [line for line in lines if line and line[0] in "○✗✓"]
    assert [line for line in marks if line[0] != "✓"] == []
    assert len(marks) == len(solutions(notebook)) >= 2


def test_an_exercise_fails_kindly(tmp_path):
    """Open, wrong and broken answers print a hint, and the notebook goes on."""
    notebook = NOTEBOOKS[0]
    lines = run(notebook, notebook.read_text(), tmp_path)
    assert sum(line.startswith("○") and "your turn" in line for line in lines) == 3
    wrong = notebook.read_text()
    for answer in ["fn upside_down(x) = x", "fn special(x, mean) = mean - x + 0.5", "fn my_psnr(x, y) = error('oops')"]:
        name = re.match(r"fn (\w+)", answer)[1]
        wrong = re.sub(rf"^fn {name}.*# your turn$", answer, wrong, flags=re.M)
    lines = run(notebook, wrong, tmp_path)
    hints = [line for line in lines if line.startswith("✗")]
    assert "this is still the same picture" in hints[0]
    assert "the sign is turned" in hints[1]
    assert "your code stops with \"oops\"" in hints[2]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_sound(notebook):
    """No mistakes that can be found without running, and no code before the first cell."""
    result = subprocess.run([SMAP, "check", str(notebook)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert notebook.read_text().startswith("# %% [markdown]\n# # ")
