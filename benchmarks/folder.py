#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Large folders of pictures: time and memory of data.folder, and of training on what does not fit.

usage: benchmarks/folder.py BINARY [--count N] [--size SIDE] [--output FILE]

Makes a temporary folder of N JPEG files in 100 class folders, hard links to a few hundred different
photographs of noise, and starts smap on it: the first start decodes, the second reads the file that
the first left. Then a small tokenizer is trained on the folder, with the pixels in memory and with the
pixels in the file. Needs Pillow, to write the JPEG files.
"""
import argparse
import datetime
import io
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

CLASSES = 100
DIFFERENT = 300
#: The most MB of pixels that smap holds in memory.
IN_MEMORY = 2147

LOAD = """
let start = sys.clock()
let set = data.folder("{folder}", size = {size})
print("{{sys.clock() - start}} {{len(set)}} {{set.mean_image.mean()}}")
"""

TRAIN = """
let set = data.folder("{folder}", size = {size}, cache = {cache})
let tok = smap.tokenizer(image_size = {size}, patch_size = 8, num_tokens = 8, token_dim = 4, width = 64,
  heads = 2, depth = 1, decoder_depth = 1, num_classes = 100, linear_path = false, seed = 0)
let marks = []
let history = smap.train(tok, set, steps = {steps}, batch_size = 64, seed = 0, on_step = fn(p) = marks.append(sys.clock()))
let rest = marks[len(marks) - 1] - marks[9]
print("{{rest}} {{(len(marks) - 10) * 64 / rest}} 0")
"""


def pictures():
    """JPEG files of smooth noise, of several sizes."""
    from PIL import Image
    draws = random.Random(1)
    for index in range(DIFFERENT):
        small = Image.frombytes("RGB", (12, 9), draws.randbytes(12 * 9 * 3))
        width = draws.choice((96, 128, 160))
        out = io.BytesIO()
        small.resize((width, width * 3 // 4), Image.BICUBIC).save(out, "JPEG", quality=85)
        yield out.getvalue()


def fill(folder, count):
    """Writes the folder and returns the bytes of its files."""
    sources = []
    for index, content in enumerate(pictures()):
        path = folder / f".source{index}"
        path.write_bytes(content)
        sources.append(path)
    for label in range(CLASSES):
        (folder / f"class{label:02}").mkdir()
    size = 0
    for index in range(count):
        source = sources[index % len(sources)]
        target = folder / f"class{index % CLASSES:02}/picture{index:07}.jpg"
        try:
            os.link(source, target)
        except OSError:
            shutil.copy(source, target)
        size += source.stat().st_size
    return size


def run(smap, script, *options):
    """The numbers that a script prints, the processor time of its process and its most memory in MB."""
    process = subprocess.Popen([smap, "run", *options, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(script.encode())
    process.stdin.close()
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"smap ended with {status}: {output}")
    return ([float(word) for word in output.split()], usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1e3)


def row(name, seconds, work, speed, memory):
    return f"| {name} | {seconds:.2f} s | {work:.2f} s | {speed:,.0f} | {memory:.0f} MB |"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--output")
    options = parser.parse_args()
    smap = str(pathlib.Path(options.binary).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smap-folder-"))
    try:
        total = fill(folder, options.count)
        pixels = options.count * options.size ** 2 * 3 / 1e6
        values = {"folder": folder, "size": options.size, "steps": options.steps}
        rows, sums = [], set()
        for name in ("first start", "second start"):
            (seconds, found, mean), work, memory = run(smap, LOAD.format(**values))
            if found != options.count:
                sys.exit(f"{found} of {options.count} pictures were read")
            sums.add(mean)
            rows.append(row(name, seconds, work, options.count / seconds, memory))
        if len(sums) != 1:
            sys.exit(f"the starts differ: {sums}")
        # Without a file the pixels are in memory; with one, they stay there from 256 MiB on.
        for name, cache in (("training, pixels in memory", "false"), ("training, pixels in the file", "true")):
            if cache == "false" and pixels > IN_MEMORY:
                continue
            (seconds, speed, _), work, memory = run(smap, TRAIN.format(cache=cache, **values))
            rows.append(row(name, seconds, work, speed, memory))
        *_, memory = run(smap, 'print("0 0 0")')
    finally:
        shutil.rmtree(folder)
    text = f"""### {options.count:,} JPEG files, {options.size} x {options.size} pixels

Written by `benchmarks/folder.py BINARY --count {options.count} --size {options.size}` on \
{datetime.date.today()}: {processor()}, {os.cpu_count()} processors.
{options.count:,} files of {total / options.count / 1e3:.1f} kB (hard links to {DIFFERENT}); the pixels take \
{pixels:,.0f} MB, and a process that does nothing {memory:.0f} MB. Training is
{options.steps - 10} steps of 64 pictures; its \
processor time includes the start.

| what | time | processor time | pictures/s | most memory |
|---|---|---|---|---|
""" + "\n".join(rows) + "\n"
    print(text)
    if options.output:
        pathlib.Path(options.output).write_text(text)


if __name__ == "__main__":
    main()
