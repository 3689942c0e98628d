#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs the inputs of a folder into a few files, and unpacks them.

A corpus has thousands of inputs of a hundred bytes. One file a kilobyte would fill a disk and every
list of changes with names that say nothing; so a line of JSON holds one input, as text whose
characters stand for bytes (Latin-1), in order of size.

usage: corpus.py pack INPUTS CORPUS | corpus.py unpack CORPUS INPUTS
"""
import hashlib
import json
import pathlib
import sys

INPUTS_PER_FILE = 1000


def pack(inputs, corpus):
    texts = sorted({file.read_bytes() for file in inputs.iterdir()}, key=lambda t: (len(t), t))
    for old in corpus.glob("*.jsonl"):
        old.unlink()
    corpus.mkdir(exist_ok=True)
    for start in range(0, len(texts), INPUTS_PER_FILE):
        lines = [json.dumps(text.decode("latin-1")) for text in texts[start : start + INPUTS_PER_FILE]]
        name = f"{start // INPUTS_PER_FILE:02}.jsonl"
        (corpus / name).write_text("\n".join(lines) + "\n")
    print(f"packed {len(texts)} inputs")


def unpack(corpus, inputs):
    inputs.mkdir(parents=True, exist_ok=True)
    for file in sorted(corpus.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            text = json.loads(line).encode("latin-1")
            (inputs / hashlib.sha1(text).hexdigest()).write_bytes(text)


if __name__ == "__main__":
    command, source, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    {"pack": pack, "unpack": unpack}[command](source, target)
