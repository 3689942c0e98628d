# SPDX-License-Identifier: Apache-2.0
"""What Examples/interop computes, in a process that has torch.

    torch_side.py make FOLDER            random models of cases.py, what they compute, and pictures
    torch_side.py run PICTURES RESULT MODEL...   what models compute for pictures
    torch_side.py train MODEL RESULT     one step of gradient descent, written as a new checkpoint
"""
import pathlib
import sys

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Examples/interop"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases  # noqa: E402
import smap_torch  # noqa: E402
from smap_files import read, write  # noqa: E402


def randomize(model):
    """Every number is random, so that none hides what it is multiplied by."""
    for name, value in list(model.named_parameters()) + list(model.named_buffers()):
        size = value.shape[-1] ** -0.5 if value.dim() > 1 else 0.2
        value.copy_(torch.randn(value.shape) * size + (1 if name.endswith(("gain", "scales", "sizes")) else 0))
        if name.startswith(("decoder.pixels", "linear.directions", "linear.synthesis")):
            value.mul_(0.2)  # else most pixels are clamped to 0 or 1
        if name == "linear.means":
            value.mul_(0.5).add_(0.5)
        if name in ("linear.scales", "codebook.sizes", "standard.deviation"):
            value.abs_().add_(0.1)
        if name == "codebook.codes" and model.o["l2_norm"] and model.o["code_update"] == "ema":
            value.copy_(torch.nn.functional.normalize(value, dim=-1))
    return model.eval()


def tokenizer_results(model, images):
    o = model.o
    label = torch.tensor([[0.5, -1.0, 2.0, 0.25], [1.0, 0.0, -0.5, 1.5]]) if o["condition_dim"] else [2, None]
    latents = model.latents(images, label)
    tokens, ids = model.quantize(latents)
    most = o["num_tokens"]
    result = {
        "tokens": tokens,
        "prefix": model.decode(tokens[:, :2], label),
        "null": model.decode(tokens, None),
        "lengths": model.decode(tokens, label, lengths=[1, most - 1]),
        "places": model.decode(tokens[:, [1, 3]], label, positions=[1, 3]),
    }
    if not o["condition_dim"]:
        weights = torch.zeros(2, o["num_classes"])
        weights[:, 0], weights[:, 1] = 0.25, 0.75
        result["mixture"] = model.decode(tokens, weights)
    if ids is not None:
        result["ids"] = ids.float()
    return result


def results(path, images):
    model = smap_torch.load(path)
    if isinstance(model, smap_torch.Tokenizer):
        return tokenizer_results(model, images[f"images{model.o['image_size']}"])
    samples = cases.CODE_SAMPLES if model.o["head"] == "categorical" else cases.SAMPLES
    return {name: model.sample(1, [7], **given) for name, given in samples.items()}


def compute(pictures, result, paths):
    images = read(pictures)[1]
    found = {f"{pathlib.Path(path).stem}.{name}": value
             for path in paths for name, value in results(path, images).items()}
    write(result, {}, found)


def make(folder):
    torch.manual_seed(5)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = folder / "pictures.safetensors"
    write(pictures, {}, {f"images{side}": torch.rand(2, 3, side, side) for side in (8, 32, 6, 12)})
    paths = []
    for name, given in cases.TOKENIZERS.items():
        paths.append(folder / f"{name}.safetensors")
        smap_torch.save(randomize(smap_torch.tokenizer(**cases.SMALL | given)), paths[-1])
    for name, given in cases.GENERATORS.items():
        paths.append(folder / f"{name}.safetensors")
        smap_torch.save(randomize(smap_torch.generator(**cases.GENERATOR | given)), paths[-1])
    compute(pictures, folder / "expected.safetensors", paths)


def train(path, result):
    model = smap_torch.load(path).train()
    images = torch.rand(2, 3, model.o["image_size"], model.o["image_size"])
    with torch.enable_grad():
        loss = (model.decode(model.encode(images, 1), 1) - images).square().mean()
        loss.backward()
    for value in model.parameters():
        if value.grad is not None:
            value -= 0.1 * value.grad
    smap_torch.save(model, result)


torch.set_grad_enabled(False)
torch.set_num_threads(1)
if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
elif sys.argv[1] == "train":
    train(sys.argv[2], sys.argv[3])
else:
    compute(sys.argv[2], sys.argv[3], sys.argv[4:])
