#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Goldens/metrics/sets.npz: two sets of features and what NumPy and SciPy make of them, and
the features that the shipped network gives in double precision.

The archive has deflated and stored entries of several number formats, so it also tests the reader.

    python3 Tests/Goldens/make_metric_goldens.py
"""
import io
import json
import pathlib
import zipfile

import numpy as np
from scipy.linalg import sqrtm

FILE = pathlib.Path(__file__).parent / "metrics" / "sets.npz"
rng = np.random.default_rng(77)
mix = rng.normal(size=(6, 6))
x = (rng.normal(size=(40, 6)) @ mix).astype(np.float32).astype(float)
y = (rng.normal(size=(30, 6)) @ mix * 0.8 + 0.5).astype(np.float32).astype(float)


def frechet(x, y):
    a, b = np.cov(x.T), np.cov(y.T)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)


def principal(x, y, count):
    mean = x.mean(0)
    values, vectors = np.linalg.eigh(np.cov(x.T))
    chosen = vectors[:, ::-1][:, :count]
    return (x - mean) @ chosen, (y - mean) @ chosen


def kid(x, y):
    k = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    n, m = len(x), len(y)
    own = lambda a: (k(a, a).sum() - np.trace(k(a, a))) / (len(a) * (len(a) - 1))
    return own(x) + own(y) - 2 * k(x, y).mean()


def precision_recall(x, y, k=3):
    d = lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))
    reach = lambda a: np.sort(d(a, a), axis=1)[:, k]
    inside = lambda a, b: (d(a, b) <= reach(a)[:, None]).any(0).mean()
    return inside(x, y), inside(y, x)


def probe(x, labels, test, penalty=0.1):
    mean, deviation = x.mean(0), x.std(0)
    z = (x - mean) / deviation
    targets = np.eye(labels.max() + 1)[labels]
    w = np.linalg.solve(z.T @ z + len(z) * penalty * np.eye(z.shape[1]),
                        z.T @ (targets - targets.mean(0)))
    return (((test - mean) / deviation) @ w + targets.mean(0)).argmax(1)


def read_safetensors(path):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    kinds = {"F16": np.float16, "F32": np.float32}
    return {
        name: np.frombuffer(raw[8 + length:][entry["data_offsets"][0]:entry["data_offsets"][1]],
                            kinds[entry["dtype"]]).reshape(entry["shape"]).astype(float)
        for name, entry in json.loads(raw[8:8 + length]).items() if name != "__metadata__"
    }


def network(x, weights, plan):
    """The feature network, slowly, in double precision, with the weights as they are stored."""
    for layer in plan:
        if layer["op"] == "save":
            saved = x
        elif layer["op"] == "add":
            x = x + saved
        elif layer["op"] == "gap":
            x = x.mean((2, 3))
        else:
            k, step = layer["k"], layer["stride"]
            size = -(-x.shape[2] // step)
            missing = max((size - 1) * step + k - x.shape[2], 0)
            around = (missing // 2, missing - missing // 2)
            x = np.pad(x, ((0, 0), (0, 0), around, around))
            w, rule = weights[layer["name"] + ".w"], "oc,bcyx->boyx"
            if layer["groups"] > 1:
                w, rule = w.transpose(1, 0, 2, 3)[0], "c,bcyx->bcyx"
            out = weights[layer["name"] + ".b"][:, None, None]
            for i in range(k):
                for j in range(k):
                    part = x[:, :, i:i + (size - 1) * step + 1:step, j:j + (size - 1) * step + 1:step]
                    out = out + np.einsum(rule, w[..., i, j], part)
            x = np.clip(out, 0, 6) if layer["relu6"] else out
    return x


labels = (x[:, 0] > 0).astype(np.int64) + (x[:, 1] > 1)
root = FILE.parents[3]
net = root / "Examples" / "Metrics" / "efficientnet-lite0"
features = network(read_safetensors(FILE.parent / "efficientnet-lite0.safetensors")["x"],
                   read_safetensors(net.with_suffix(".safetensors")),
                   json.loads(net.with_suffix(".json").read_text()))
arrays = {
    "features": features.astype(np.float32),
    "x": x, "y": y.astype(np.float32), "labels": labels, "frechet": frechet(x, y),
    "frechet_components": frechet(*principal(x, y, 3)), "kid": kid(x, y),
    "precision_recall": np.array(precision_recall(x, y)), "predictions": probe(x, labels, y),
    "column_major": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "half": np.array([0.5, -2], dtype=np.float16), "mask": np.array([True, False]),
    "large": np.array([2**24 + 1, 5], dtype=np.int64),
}
with zipfile.ZipFile(FILE, "w") as archive:
    for i, (name, array) in enumerate(arrays.items()):
        content = io.BytesIO()
        np.lib.format.write_array(content, np.asanyarray(array))
        method = zipfile.ZIP_DEFLATED if i % 2 == 0 else zipfile.ZIP_STORED
        info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
        info.compress_type = method
        with archive.open(info, "w", force_zip64=True) as file:  # as numpy.savez does
            file.write(content.getvalue())
