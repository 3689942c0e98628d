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
