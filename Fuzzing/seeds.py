#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes sound files of every format that FileTrial reads: seeds.py FOLDER. Each format gets a folder
of its own, from which the fuzzer starts. seeds.py --text writes a few of each as lines of format and
hexadecimal digits: FileSeeds.txt, from which the tests make mutants.

seeds.py --pack FOLDER TEXT keeps the files of a folder, the shortest first, as lines of hexadecimal
digits, as far as they take little room; seeds.py --unpack TEXT FOLDER writes such files."""

import gzip
import hashlib
import io
import json
import pathlib
import struct
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Files"))
sys.dont_write_bytecode = True

from png_files import all_kinds  # noqa: E402

DATA = ROOT / "Tests/Data"


def npy(descr, shape, content, fortran=False):
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + content


def npz(packing, files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name + ".npy", content)
    return out.getvalue()


def idx(*shape):
    size = 1
    for length in shape:
        size *= length
    return b"\0\0\x08" + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(
        7 * n % 251 for n in range(size))


def tar(form, files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue().rstrip(b"\0") + bytes(2048)


def safetensors(header, body):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def seeds():
    """Triples of a format, a name and a content."""
    pixels = bytes(range(96))
    arrays = {
        "grey": npy("|u1", "(6, 4, 4)", pixels), "last": npy("|u1", "(2, 4, 4, 3)", pixels),
        "first": npy("|u1", "(2, 3, 4, 4)", pixels), "labels": npy("<i8", "(2,)", struct.pack("<2q", 0, 1)),
        "floats": npy(">f4", "(3, 2)", struct.pack(">6f", *range(6)), True),
    }
    for name, content in arrays.items():
        yield "npy", name, content
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield "npz", f"plain{packing}", npz(packing, {"images": arrays["last"], "labels": arrays["labels"]})
        yield "npz", f"splits{packing}", npz(packing, {"x_train": arrays["grey"], "y_train": arrays["labels"]})
    for shape in ((6,), (2, 4, 4), (1, 4, 4, 3), (2, 3, 5)):
        yield "idx", f"idx{len(shape)}{shape[-1]}", idx(*shape)
    yield "gzip", "idx", gzip.compress(idx(2, 4, 4))
    yield "gzip", "zeros", gzip.compress(bytes(5000))
    picture = next(p.file() for name, p in all_kinds() if name.startswith("c2_d8_i0"))
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        long = "a" * 60 + "/" + "b" * (60 if form == tarfile.USTAR_FORMAT else 110)
        yield "tar", f"form{form}", tar(form, {"a.png": picture, "a.cls": b"1", long + ".json": b"{}"})
    yield "cifar", "ten", (b"\3" + bytes(3072))
    yield "cifar", "hundred", (b"\x11\x40" + bytes(3072))
    yield "safetensors", "two", safetensors({
        "__metadata__": {"kind": "x"}, "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "b": {"dtype": "I64", "shape": [1], "data_offsets": [16, 24]}}, bytes(24))
    yield "safetensors", "kinds", safetensors({
        kind: {"dtype": kind, "shape": [1], "data_offsets": [n, n + 1]}
        for n, kind in enumerate(("U8", "I8", "BOOL", "F8_E4M3", "F8_E5M2"))}, bytes(5))
    for name, kind in all_kinds():
        if name[0] == "c":
            yield "png", name, kind.file()
    for path in sorted(DATA.glob("letter*")):
        yield {".jpg": "jpeg", ".webp": "webp"}[path.suffix], path.stem, path.read_bytes()


#: The most bytes of a corpus of one format.
CORPUS_BYTES = 40_000


def pack(inputs, corpus):
    files = sorted({path.read_bytes() for path in inputs.iterdir()}, key=lambda f: (len(f), f))
    room, kept = CORPUS_BYTES, []
    for content in files:
        room -= len(content)
        if room >= 0:
            kept.append(content.hex() + "\n")
    corpus.write_text("".join(kept))
    print(f"{corpus.name}: {len(kept)} of {len(files)} inputs")


def unpack(corpus, inputs):
    for line in corpus.read_text().split() if corpus.exists() else []:
        content = bytes.fromhex(line)
        (inputs / hashlib.sha1(content).hexdigest()).write_bytes(content)


def main():
    if sys.argv[1] in ("--pack", "--unpack"):
        source, target = map(pathlib.Path, sys.argv[2:])
        {"--pack": pack, "--unpack": unpack}[sys.argv[1]](source, target)
        return
    if sys.argv[1] == "--text":
        counts = {}
        for form, _, content in seeds():
            counts[form] = counts.get(form, 0) + 1
            if counts[form] <= 8 and len(content) < 8000:
                print(form, content.hex())
        return
    for form, name, content in seeds():
        folder = pathlib.Path(sys.argv[1]) / form
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
