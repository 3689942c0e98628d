#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Goldens/models/codebook.safetensors: tokens, the codes that they choose, and the moving
averages that the codes follow, in double precision, on the unit sphere and off it.

    python3 Tests/Goldens/make_codebook_goldens.py
"""
import json
import pathlib
import struct

import numpy as np

FILE = pathlib.Path(__file__).parent / "models" / "codebook.safetensors"
CODES, DIM, ROUNDS, TOKENS, DECAY, SMOOTHING = 8, 3, 16, 24, 0.9, 1e-5
rng = np.random.default_rng(11)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def run(on_sphere):
    place = unit if on_sphere else (lambda x: x)
    codes = place(rng.normal(size=(CODES, DIM))).astype(np.float32).astype(float)
    rows = place(rng.normal(size=(ROUNDS, TOKENS, DIM)) + 0.3).astype(np.float32).astype(float)
    sizes = np.ones(CODES)
    divisor = lambda: sizes if on_sphere else (
        (sizes + SMOOTHING) / (sizes.sum() + CODES * SMOOTHING) * sizes.sum())
    result = {"initial": codes, "rows": rows}
    sums = codes * divisor()[:, None]
    ids = []
    for tokens in rows:
        chosen = ((tokens[:, None] - codes[None]) ** 2).sum(-1).argmin(1)
        ids.append(chosen)
        one_hot = np.eye(CODES)[chosen]
        sizes = DECAY * sizes + (1 - DECAY) * one_hot.sum(0)
        sums = DECAY * sums + (1 - DECAY) * one_hot.T @ tokens
        codes = place(sums / divisor()[:, None])
    return {**result, "ids": np.array(ids), "codes": codes, "sizes": sizes, "sums": sums}


def write(path, tensors):
    header, data = {}, b""
    for name, value in tensors.items():
        raw = np.ascontiguousarray(value, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


write(FILE, {f"{kind}.{name}": value for kind in ("sphere", "flat")
             for name, value in run(kind == "sphere").items()})
