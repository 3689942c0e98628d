# SPDX-License-Identifier: Apache-2.0
"""The linear codes of letters32, whose scores on validation every learned tokenizer is compared with.

The scores are those of NumPy's eigenvectors of the covariances, with decoded values clamped to 0..1.
"""

import subprocess

SCORES = {  # dB at 1, 2, 4, 8 and 16 tokens of 6 numbers: the mean over the 3,068 validation pictures
    "pca": [14.69, 16.43, 18.53, 21.23, 24.75],
    "class-mean-pca": [16.48, 17.61, 19.16, 21.55, 24.84],
    "per-class-pca": [18.90, 21.06, 23.51, 26.64, 30.86],
}

SCRIPT = """
let train = data.letters32("train")
let val = data.letters32("val")
for kind in ["pca", "class-mean-pca", "per-class-pca"] {
  let code = smap.linear_code(train, kind)
  let tokens = smap.encode(code, val.images, label = val.labels)
  print(...[metrics.psnr(smap.decode(code, tokens[:k]), val.images) for k in [1, 2, 4, 8, 16]])
}
"""


def test_scores_on_letters32(smap, tmp_path):
    script = tmp_path / "codes.smap"
    script.write_text(SCRIPT)
    run = subprocess.run([smap, str(script)], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    for (kind, scores), line in zip(SCORES.items(), run.stdout.splitlines(), strict=True):
        found = [float(word) for word in line.split()]
        assert len(found) == len(scores), line
        assert all(abs(a - b) < 0.011 for a, b in zip(found, scores)), f"{kind}: {found}"
