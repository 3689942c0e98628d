# SPDX-License-Identifier: Apache-2.0
"""The memory that `smap.estimate` names is about what a training takes."""

import os
import re
import subprocess

import pytest

SMAP = os.environ["SMAP"]
MODEL = """
let tok = smap.tokenizer(image_size = 32, patch_size = 8, num_tokens = 8, token_dim = 4, width = %d,
  heads = 4, depth = %d, decoder_depth = %d, linear_path = false, seed = 1)
"""
UNITS = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}


def peak(script, folder, threads):
    """The most bytes that tensors held, as the profile says."""
    (folder / "run.smap").write_text(script)
    ran = subprocess.run([SMAP, "run", "--threads", str(threads), "--profile", "-", "run.smap"],
                         cwd=folder, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"tensors[^\n]*?([\d.]+) (bytes|kB|MB|GB)", ran.stdout + ran.stderr)
    assert found, ran.stdout + ran.stderr
    return float(found[1]) * UNITS[found[2]]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("size", [(64, 1, 1), (128, 2, 2)])
def test_the_estimate_is_about_right(size, threads, tmp_path):
    model = MODEL % size
    ran = subprocess.run(
        [SMAP, "--threads", str(threads), "-e", model + "smap.estimate(tok, batch_size = 32).memory"],
        capture_output=True, text=True, check=True)
    estimate = float(ran.stdout)
    taken = peak(model + """
smap.train(tok, data.shapes(64, size = 32, seed = 1), steps = 3, batch_size = 32, seed = 1)
""", tmp_path, threads)
    assert 0.7 * taken < estimate < 1.4 * taken, (estimate, taken)
