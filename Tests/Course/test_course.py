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


def test_a_class_for_the_encoder_is_told(tmp_path):
    """Page 5: who encodes with the label meant for the decoder gets a hint, not a mark."""
    notebook = COURSE / "5_smap.smap"
    right = "smap.encode(tok, sample.images, label = sample.labels)"
    text = solved(notebook)
    answer = solutions(notebook)["quality"]
    assert answer in text and right in answer
    text = text.replace(answer, answer.replace(right, right.replace("sample.labels", "label")))
    lines = run(notebook, text, tmp_path)
    assert [line for line in lines if line.startswith("✗")] == [
        "✗ what the class is worth: not yet; only the decoder is told `label`; "
        "encode with the right labels, `sample.labels`."
    ]


def test_page_5_tells_what_the_models_do(tmp_path):
    """Its text says that letters-kl is worse with six tokens than with four, and emoji-kl never with more."""
    script = tmp_path / "claims.smap"
    script.write_text("""
let letters = metrics.prefix_curve(smap.load("letters-kl"), data.letters32("val")[::31], lengths = [4, 6])
let emoji = metrics.prefix_curve(smap.load("emoji-kl"), data.emoji32("val")[::3], lengths = range(1, 17))
print(letters["psnr"][1] < letters["psnr"][0] - 1, emoji.summary.violations)
for name in ["letters-kl", "emoji-kl"] {
  let probabilities = smap.length_probs(smap.load(name).tail_drop, 16).tolist()
  print([k for k in range(1, 17) if probabilities[k - 1] > 0])
}
""")
    result = subprocess.run([SMAP, "run", str(script)], capture_output=True, text=True)
    assert result.stdout.splitlines() == ["true 0"] + 2 * ["[1, 2, 4, 8, 16]"], result.stderr


def test_an_open_page_shows_an_order(tmp_path):
    """Page 4: the ordered tokenizer is another one than the plain one before exercise 2 is solved."""
    notebook = COURSE / "4_tokenizer.smap"
    worse = 'print("without an order", psnr_of(ordered, 1) < psnr_of(plain, 1) + 5)\n'
    lines = run(notebook, notebook.read_text() + "\n# %%\n" + worse, tmp_path)
    assert any(line.startswith("Exercise 2 is open") for line in lines)
    assert "without an order false" in lines


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_sound(notebook):
    """No mistakes that can be found without running, and no code before the first cell."""
    result = subprocess.run([SMAP, "check", str(notebook)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert notebook.read_text().startswith("# %% [markdown]\n# # ")
