# SPDX-License-Identifier: Apache-2.0
"""`smap.load_titok` against TiTok in PyTorch, which titok_original.py computes without smap, on random
checkpoints under the published names: tokens, codes and pictures, whole and from two tokens.

Goldens/titok has checkpoints and results, so there need be no torch; where there is, other random
checkpoints are made and compared too.
"""
import json
import pathlib
import subprocess

import pytest

np = pytest.importorskip("numpy")

from test_torch import read, torch_python  # noqa: E402, F401

GOLDENS = pathlib.Path(__file__).resolve().parents[1] / "Goldens/titok"
ORIGINAL = pathlib.Path(__file__).parent / "titok_original.py"
KINDS = ["legacy-vq", "transpose-vq", "transpose-vq-anchored", "transpose-kl", "legacy-kl"]

SCRIPT = """
let expected = data.load("expected.safetensors")
let found = {}
for kind in data.load("kinds.json") {
  let tok = smap.load_titok("{kind}.safetensors", kind.split("-")[0], num_classes = 3, head_width = 8)
  let tokens = smap.encode(tok, expected["{kind}.images"])
  found["{kind}.images"] = expected["{kind}.images"]
  found["{kind}.tokens"] = tokens.latents
  found["{kind}.pictures"] = smap.decode(tok, tokens)
  found["{kind}.prefix"] = smap.decode(tok, tokens[:2])
  if tokens.ids != nil { found["{kind}.ids"] = tokens.ids }
  # A class changes nothing, and the tokenizer is one like others.
  print(kind, all(smap.reconstruct(tok, expected["{kind}.images"], label = 2) == found["{kind}.pictures"]))
  smap.save(tok, "saved.safetensors")
  print(kind, smap.encode(smap.load("saved.safetensors"), expected["{kind}.images"]).latents == tokens.latents |> all)
}
data.save(found, "found.safetensors")
"""


def run(smap, folder, script):
    (folder / "script.smap").write_text(script)
    return subprocess.run([smap, "script.smap"], cwd=folder, capture_output=True, text=True, timeout=300)


def compare(smap, source, folder):
    for path in source.glob("*.safetensors"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "kinds.json").write_text(json.dumps(KINDS))
    ran = run(smap, folder, SCRIPT)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [f"{kind} tensor(1)" for kind in KINDS for _ in range(2)]
    found, expected = read(folder / "found.safetensors"), read(folder / "expected.safetensors")
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].shape == value.shape, name
        apart = np.abs(found[name] - value).max()
        assert apart <= (0 if name.endswith(".ids") else 1e-4), f"{name}: {apart:.2g}"


def test_checkpoints_compute_what_the_original_computed(smap, tmp_path):
    compare(smap, GOLDENS, tmp_path)


def test_other_checkpoints_too(smap, tmp_path, torch_python):
    for seed in (11, 12):
        folder = tmp_path / str(seed)
        made = subprocess.run([torch_python, str(ORIGINAL), str(folder / "made"), str(seed)],
                              capture_output=True, text=True, timeout=300)
        assert made.returncode == 0, made.stderr
        compare(smap, folder / "made", folder)


def test_every_tensor_that_differs_is_named(smap, tmp_path):
    content = (GOLDENS / "transpose-vq.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header["decoder.text_guidance_proj.weight"] = header.pop("decoder.ln_pre.weight")
    header["encoder.transformer.1.ln_3.bias"] = header.pop("encoder.transformer.1.ln_1.bias")
    header["encoder.conv_out.weight"]["shape"] = [16, 4, 1, 1]
    text = json.dumps(header).encode()
    (tmp_path / "wrong.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + content[start:])
    (tmp_path / "empty.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    ran = run(smap, tmp_path, """
for name in ["wrong", "empty"] {
  try { smap.load_titok("{name}.safetensors", "transpose", head_width = 8) } catch e { print(e.message) }
}
try { smap.load_titok("wrong.safetensors", "old") } catch e { print(e.kind, e.message) }
""")
    assert ran.returncode == 0, ran.stderr
    wrong, empty, word = ran.stdout.splitlines()
    assert "2 missing: `encoder.transformer.1.ln_1.bias`, `decoder.ln_pre.weight`" in wrong
    assert "2 unexpected: `decoder.text_guidance_proj.weight`, `encoder.transformer.1.ln_3.bias`" in wrong
    assert "1 of another shape: `encoder.conv_out.weight` has shape [16, 4, 1, 1], not [4, 16, 1, 1]" in wrong
    assert "4 missing: `latent_tokens`, `encoder.patch_embed.weight`" in empty
    assert word.startswith("ValueError") and '"legacy"' in word


def test_training_goes_on_from_a_checkpoint(smap, tmp_path):
    for kind in ("legacy-vq", "transpose-kl"):
        (tmp_path / f"{kind}.safetensors").write_bytes((GOLDENS / f"{kind}.safetensors").read_bytes())
    ran = run(smap, tmp_path, """
for kind in ["legacy-vq", "transpose-kl"] {
  let side = if kind == "legacy-vq" { 6 } else { 12 }
  let set = data.shapes(16, size = side)
  let tok = smap.load_titok("{kind}.safetensors", kind.split("-")[0], num_classes = len(set.classes), head_width = 8)
  let before = metrics.psnr(smap.reconstruct(tok, set.images), set.images)
  let history = smap.train(tok, set, steps = 40, batch_size = 16, lr = 0.003, warmup = 5, augment = false,
    latent_noise = 0, average = 0.5, seed = 1)
  let after = metrics.psnr(smap.reconstruct(tok, set.images, label = set.labels), set.images)
  print(kind, mean(after) > mean(before) + 1)
  print(any(smap.reconstruct(tok, set.images, label = 0) != smap.reconstruct(tok, set.images, label = 1)))
}
""")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["legacy-vq true", "tensor(1)", "transpose-kl true", "tensor(1)"], ran.stdout
