# SPDX-License-Identifier: Apache-2.0
"""smap and Examples/interop compute the same: tokens, pictures and samples of every architecture.

The models of Goldens/interop and what PyTorch computed for them are stored, so smap is compared where
there is no torch. Where there is, in this Python, in the one that SMAP_TORCH names, or in python3, the
loader itself runs: on the same models, on the shipped ones, and on one that it has changed and written.

Both sides use float32, whose steps are 6e-8 of a value; sums of a hundred terms in another order, through a
dozen layers, give a few 1e-6. The bound is 1e-5 of the largest value, or of 1 if all are smaller.
"""
import json
import os
import pathlib
import subprocess
import sys

import cases
import pytest

np = pytest.importorskip("numpy")

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "Tests/Goldens/interop"
SIDE = pathlib.Path(__file__).parent / "torch_side.py"
SHIPPED = sorted(path for path in (ROOT / "Examples/Models").glob("*.safetensors"))
BOUND = 1e-5

# The same as `tokenizer_results` and `results` of torch_side.py.
SCRIPT = """
let pictures = data.load("pictures.safetensors")
let found = {}
for path in data.load("paths.json") {
  let name = path.split("/")[-1].replace(".safetensors", "")
  let generator = try { card.load(path) } catch e { nil }
  if generator != nil and generator.head == "categorical" {
    found["{name}.plain"] = card.sample(generator, 1, seed = 7).latents
    found["{name}.guided"] = card.sample(generator, 1, seed = 7, guidance_scale = 2.5, keep = 4).latents
    found["{name}.likely"] = card.sample(generator, 1, seed = 7, temperature = 0.8, top_k = 6, top_p = 0.9,
      guidance_scale = 1.5, guidance_schedule = "constant").latents
  } else if generator != nil {
    found["{name}.heun"] = card.sample(generator, 1, seed = 7).latents
    found["{name}.guided"] = card.sample(generator, 1, seed = 7, guidance_scale = 2.5, keep = 4, steps = 5).latents
    found["{name}.euler"] = card.sample(generator, 1, seed = 7, solver = "euler", temperature = 0.8,
      guidance_scale = 1.5, guidance_schedule = "constant").latents
  } else {
    let tok = smap.load(path)
    let x = pictures["images{tok.image_size}"]
    let vectors = tok.num_classes == 0
    let v = [0.5, -1, 2, 0.25; 1, 0, -0.5, 1.5]
    let tokens = if vectors { smap.encode(tok, x, condition = v) } else { smap.encode(tok, x, label = [2, nil]) }
    let two = cat([tokens.latents[:, 1:2], tokens.latents[:, 3:4]], 1)
    let apart = if vectors { smap.tokens(tok, two, condition = v) } else { smap.tokens(tok, two, label = [2, nil]) }
    found["{name}.tokens"] = tokens.latents
    found["{name}.prefix"] = smap.decode(tok, tokens[:2])
    found["{name}.null"] = if vectors { smap.decode(tok, tokens, condition = nil) } else { smap.decode(tok, tokens, label = nil) }
    found["{name}.lengths"] = smap.decode(tok, tokens, lengths = [1, tok.num_tokens - 1])
    found["{name}.places"] = smap.decode(tok, apart, positions = [1, 3])
    if not vectors {
      let weights = cat([full([2, 1], 0.25), full([2, 1], 0.75), zeros(2, tok.num_classes - 2)], 1)
      found["{name}.mixture"] = smap.decode(tok, tokens, label = weights)
    }
    if tokens.ids != nil { found["{name}.ids"] = tokens.ids }
  }
}
data.save(found, "found.safetensors")
"""


def read(path):
    """The tensors of a safetensors file of 32-bit floats."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(content, "<f4", (e["data_offsets"][1] - e["data_offsets"][0]) // 4,
                                start + e["data_offsets"][0]).reshape(e["shape"]) for name, e in header.items()}


def computed(smap, folder, paths):
    """What smap computes for models, by model and name."""
    (folder / "script.smap").write_text(SCRIPT)
    (folder / "paths.json").write_text(json.dumps([str(path) for path in paths]))
    (folder / "pictures.safetensors").write_bytes((GOLDENS / "pictures.safetensors").read_bytes())
    ran = subprocess.run([smap, "script.smap"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return read(folder / "found.safetensors")


def compare(found, expected):
    assert found.keys() == expected.keys()
    wrong = []
    for name, value in expected.items():
        assert found[name].shape == value.shape, name
        apart = np.abs(found[name] - value).max() / max(1, np.abs(value).max())
        if not apart <= (0 if name.endswith(".ids") else BOUND):
            wrong.append(f"{name}: {apart:.2g}")
    assert not wrong, wrong


@pytest.fixture(scope="session")
def torch_python():
    """A Python that has torch."""
    for python in (sys.executable, os.environ.get("SMAP_TORCH"), "python3"):
        try:
            if python and subprocess.run([python, "-c", "import torch"], capture_output=True).returncode == 0:
                return python
        except OSError:
            pass
    pytest.skip("no Python here has torch: SMAP_TORCH may name one that has")


def side(python, *arguments):
    ran = subprocess.run([python, str(SIDE), *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr


MODELS = [GOLDENS / f"{name}.safetensors" for name in (*cases.TOKENIZERS, *cases.GENERATORS)]


def test_smap_computes_what_pytorch_computed(smap, tmp_path):
    expected = read(GOLDENS / "expected.safetensors")
    assert {name.split(".")[0] for name in expected} == {*cases.TOKENIZERS, *cases.GENERATORS}
    compare(computed(smap, tmp_path, MODELS), expected)


def test_the_loader_computes_what_smap_computes(smap, tmp_path, torch_python):
    models = MODELS + SHIPPED
    side(torch_python, "run", GOLDENS / "pictures.safetensors", tmp_path / "torch.safetensors", *models)
    compare(read(tmp_path / "torch.safetensors"), computed(smap, tmp_path, models))


def test_imported_tokenizers_are_computed_too(smap, tmp_path, torch_python):
    """What smap.load_titok has made of a checkpoint, as smap saves it."""
    kinds = ["legacy-vq", "transpose-vq", "transpose-kl"]
    lines = [f'smap.save(smap.load_titok("{GOLDENS.parent}/titok/{kind}.safetensors", "{kind.split("-")[0]}", '
             f'num_classes = 3, head_width = 8), "{kind}.safetensors")' for kind in kinds]
    ran = subprocess.run([smap, "-e", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    paths = [tmp_path / f"{kind}.safetensors" for kind in kinds]
    side(torch_python, "run", GOLDENS / "pictures.safetensors", tmp_path / "torch.safetensors", *paths)
    compare(read(tmp_path / "torch.safetensors"), computed(smap, tmp_path, paths))


def test_what_the_loader_writes_smap_opens(smap, tmp_path, torch_python):
    """A step of training in PyTorch changes a shipped tokenizer, and smap decodes it as PyTorch does."""
    changed = tmp_path / "changed.safetensors"
    side(torch_python, "train", ROOT / "Examples/Models/letters-kl.safetensors", changed)
    side(torch_python, "run", GOLDENS / "pictures.safetensors", tmp_path / "torch.safetensors", changed)
    after = computed(smap, tmp_path, [changed])
    compare(read(tmp_path / "torch.safetensors"), after)
    before = computed(smap, tmp_path, [ROOT / "Examples/Models/letters-kl.safetensors"])
    assert np.abs(after["changed.tokens"] - before["letters-kl.tokens"]).max() > 1e-3
