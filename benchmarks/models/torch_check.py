#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the PyTorch twin with smap on the shipped weights; exits with 1 if they differ.

usage: torch_check.py NUMBERS.npz MODELS_FOLDER (the numbers come from check.smap)
"""
import sys

import numpy as np
import torch

import torch_models as models

TOLERANCE = 1e-3


def options(notes):
    o = {key: int(value) for key, value in notes.items() if value.isdigit()}
    o["linear_path"] = 1 if notes.get("linear_path") == "true" else 0
    return o


found = {name: torch.from_numpy(value) for name, value in np.load(sys.argv[1]).items()}
tensors, notes = models.read_checkpoint(f"{sys.argv[2]}/emoji-kl.safetensors")
tokenizer = models.load(models.Tokenizer(options(notes)), tensors).eval()
tensors, notes = models.read_checkpoint(f"{sys.argv[2]}/emoji-card.safetensors")
o = options(notes)
o["card_width"], o["card_depth"], o["card_heads"] = o["width"], o["depth"], o["heads"]
generator = models.load(models.Generator(o), tensors).eval()

label = torch.full((len(found["images"]),), 3)
worst = 0.0
with torch.inference_mode():
    pairs = {
        "latents": tokenizer.encode(found["images"], label)[0],
        "pictures": tokenizer.decode(found["latents"][:, :5], label).clamp(0, 1),
        "velocity": generator.head(found["x"], 0.25, found["context"]),
    }
for name, theirs in pairs.items():
    difference = (found[name] - theirs).abs().max().item()
    worst = max(worst, difference)
    print(f"{name}: largest difference {difference:.1e}")
sys.exit(0 if worst < TOLERANCE else 1)
