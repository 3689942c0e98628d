# SPDX-License-Identifier: Apache-2.0
"""The runner of Examples/paper: stopped by kill -9 at any moment, it goes on; two runners share the cells."""

import json
import os
import pathlib
import signal
import subprocess
import time

SMAP = os.environ.get("SMAP", ".build/debug/smap")
ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNNER = str(ROOT / "Examples/paper/run.smap")
RESULTS = "out/paper/quick/tokenizers.jsonl"


def start(folder, *words):
    return subprocess.Popen(
        [str(pathlib.Path(SMAP).resolve()), RUNNER, "--", "quick", "tokenizers", *words], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def rows(folder):
    path = folder / RESULTS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_killed_runner_goes_on_and_two_share_the_cells(tmp_path):
    # Killed in the middle of a cell, after at least one was finished.
    first = start(tmp_path)
    deadline = time.monotonic() + 300
    while not rows(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    kept = rows(tmp_path)
    assert 1 <= len(kept) < 6

    # Two at once do the rest.
    runners = [start(tmp_path), start(tmp_path)]
    outputs = [runner.communicate(timeout=300)[0] for runner in runners]
    assert [runner.returncode for runner in runners] == [0, 0], outputs
    found = rows(tmp_path)
    assert found[:len(kept)] == kept
    cells = [(row["cell"], row["seed"]) for row in found]
    assert len(cells) == 6 and len(set(cells)) == 6

    # Nothing is left to do, and the rows hold what the tables need.
    again = start(tmp_path)
    assert "6 of 6 cells have a row" in again.communicate(timeout=60)[0]
    assert rows(tmp_path) == found
    for row in found:
        assert row["minutes"] > 0 and row["smap"] and row["options"]["steps"] > 0
        assert [point["tokens"] for point in row["curve"]] == [1, 2, 4, 8, 16]
        assert all(point["psnr"] > 0 and point["fd"] > 0 for point in row["curve"])
        assert len(row["reliance"]) == 5 and len(row["order"]) == 5
        assert ("perplexity" in row) == (row["options"]["quantizer"] == "vq")


def test_a_row_of_another_recipe_is_an_error(tmp_path):
    path = tmp_path / RESULTS
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cell": "letters32/both/mixture/kl", "seed": 0, "options": {"steps": 1}}) + "\n")
    runner = start(tmp_path)
    output = runner.communicate(timeout=60)[0]
    assert runner.returncode == 1 and "restore the recipe" in output
    assert len(rows(tmp_path)) == 1


def smap(folder, *words, code=0):
    result = subprocess.run(
        [str(pathlib.Path(SMAP).resolve()), *words], cwd=folder, capture_output=True, text=True, timeout=300)
    assert result.returncode == code, result.stdout + result.stderr
    return result.stdout + result.stderr


def report(folder, results):
    """The report of rows in a folder, over the document of the repository."""
    (folder / "Evidence.md").write_text((ROOT / "docs/Evidence.md").read_text())
    smap(folder, "run", str(ROOT / "Examples/paper/report.smap"), "--",
         f"results={results}", "document=Evidence.md", "images=figures")
    return (folder / "Evidence.md").read_text()


def test_arguments_that_mean_nothing_are_refused(tmp_path):
    for words, message in [
        (["quik"], "arguments are tokenizers, generators, guidance, speed, quick, list, only=..."),
        (["only=zzz"], 'no cell of tokenizers, generators, guidance, speed has "zzz" in its name'),
        (["seeds=0"], "seeds=... is a whole number from 1 to 21, not 0"),
        (["seeds=many"], "seeds=... is a whole number from 1 to 21, not many"),
    ]:
        assert message in smap(tmp_path, "run", RUNNER, "--", *words, code=1)
    writer = str(ROOT / "Examples/paper/report.smap")
    assert "arguments are results=..., document=..., images=..." in smap(tmp_path, writer, "--", "docment=x", code=1)
    assert "there are no rows in nowhere" in smap(tmp_path, writer, "--", "results=nowhere", code=1)
    assert "guidance: letters32/both/mixture/vq/flow/1, seed 0: " in smap(tmp_path, "run", RUNNER, "--", "list")


def test_tables_come_from_rows_and_show_what_is_missing(tmp_path):
    """Three seeds of one cell with known numbers: 20, 21 and 22 dB with 4 tokens."""
    def row(seed):
        curve = [{"tokens": k, "psnr": 20 + seed, "fd": 100 - seed} for k in [1, 2, 4, 8, 16]]
        gaps = [{"tokens": k, "over_null": 1.0, "over_swapped": 2.0} for k in [1, 2, 4, 8, 16]]
        order = [{"tokens": k, "prefix": 3.0, "random": 2.0, "suffix": 1.0} for k in [1, 2, 4, 8, 16]]
        return {"cell": "letters32/both/mixture/kl", "seed": seed, "options": {}, "curve": curve,
                "reliance": gaps, "order": order, "style": [{"tokens": k, "style": 15.0} for k in [1, 2, 4, 8, 16]],
                "style_of_class_mean": 14.0, "style_of_other_name": 13.0}

    (tmp_path / "tokenizers.jsonl").write_text("".join(json.dumps(row(seed)) + "\n" for seed in range(3)))
    document = tmp_path / "Evidence.md"
    document.write_text((ROOT / "docs/Evidence.md").read_text())
    words = ["run", str(ROOT / "Examples/paper/report.smap"), "--", "results=.", "document=Evidence.md", "images=."]
    smap(tmp_path, *words)
    text = document.read_text()
    # t(0.975, 2) * 1 / sqrt(3) = 4.303 / 1.732 = 2.48.
    assert "| both | mixture | 21.00 ± 2.48 |" in text
    # Rows and tables without any number are named once.
    assert "| missing |" not in text and "### emoji, VQ\n\nNot run yet.\n" in text
    assert "Not run yet: condition none; condition decoder; condition both, dropping none." in text
    assert "swap gap with 2 tokens, dB, relevant above 1 | holds: 2.00 ± 0.00 | cannot be told yet: missing |" in text
    assert "nan" not in text
    assert (tmp_path / "evidence_letters_kl.svg").read_text().startswith("<svg")
    # The same rows give the same document.
    smap(tmp_path, *words)
    assert document.read_text() == text


def test_the_readme_states_the_verdicts_of_the_report():
    def tables(path, begin):
        """The rows of the tables after a line, as lists of cells."""
        lines = (ROOT / path).read_text().split(begin, 1)[1].splitlines()
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]

    stated = [row for row in tables("README.md", "## The paper's claims, tested")][:14]
    measured = [row[:1] + row[2:] for row in tables("docs/Evidence.md", "<!-- tables: verdicts -->")[:14]]
    assert stated == measured and sum(cell.startswith("holds") for row in stated for cell in row) > 5


def test_a_small_grid_of_generators(tmp_path):
    """One generator, and its samples at another guidance, with the numbers that the tables need."""
    smap(tmp_path, "run", RUNNER, "--", "quick", "generators", "guidance", "speed", "seeds=1", "only=flow")
    folder = tmp_path / "out/paper/quick"
    [cell] = [json.loads(line) for line in (folder / "generators.jsonl").read_text().splitlines()]
    [sweep] = [json.loads(line) for line in (folder / "guidance.jsonl").read_text().splitlines()]
    assert cell["cell"] == "letters32/both/mixture/vq/flow" and sweep["cell"] == cell["cell"] + "/1.5"
    assert [row["tokens"] for row in cell["curve"]] == [4, 8, 16]
    assert [row["tokens"] for row in sweep["curve"]] == [1, 2, 4, 8, 16]
    for row in cell["curve"] + sweep["curve"]:
        assert row["fd"] > 0 and row["milliseconds"] > 0
        assert all(0 <= row[name] <= 1 for name in ["precision", "recall", "accuracy"])
    [speed] = [json.loads(line) for line in (folder / "speed.jsonl").read_text().splitlines()]
    assert speed["cell"] == sweep["cell"] and speed["training_minutes"] > 0
    assert [row["tokens"] for row in speed["curve"]] == [1, 2, 4, 8, 16]
    assert all(row["milliseconds"] > 0 for row in speed["curve"])
    assert cell["parameters"] > 0 and cell["training_minutes"] > 0 and cell["copy_threshold"] > 0
    assert cell["copies"] is not None and cell["reader_accuracy"] is not None

    # The report of these few rows, with speeds and without.
    text = report(tmp_path, folder)
    assert f"on the real letters of validation: {cell['reader_accuracy']:.3f}." in text
    assert "](figures/evidence_guidance.svg)" in text and (tmp_path / "figures/evidence_guidance.svg").exists()
    (folder / "speed.jsonl").unlink()
    assert "| both/mixture | CARD, flow head |" in report(tmp_path, folder)


def test_numbers_that_are_not_finite_become_nil(tmp_path):
    grid = str(ROOT / "Examples/paper/grid.smap")
    text = smap(tmp_path, "-e", f'(import "{grid}").writable({{a: [1, inf, nan, "x"], b: {{c: -2}}}})')
    assert text.strip() == '{a: [1, nil, nil, "x"], b: {c: -2}}'
    statistics = str(ROOT / "Examples/paper/statistics.smap")
    text = smap(tmp_path, "-e", f'let s = import "{statistics}"; s.text(s.interval([1, nil, 2, 3]))')
    assert text.strip() == '"2.00 ± 2.48"'
