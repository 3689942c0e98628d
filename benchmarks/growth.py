#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How time and memory grow with pictures, sides, tokens, widths, batches, threads, scripts and objects.

usage: benchmarks/growth.py BINARY [--only NAME] [--largest] [--again]

Every measurement is a process of its own, whose seconds it prints and whose most memory the system
tells. A row is kept in results/growth.json as soon as it is there, and is not measured again without
--again; --largest adds a million pictures, which takes half an hour. Then smap draws results/growth.svg and
writes results/growth.md. Needs Pillow, to write pictures.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import folder

HERE = pathlib.Path(__file__).resolve().parent
ROWS = HERE / "results/growth.json"
STEP = {"side": 32, "tokens": 16, "width": 64, "batch": 32, "pictures": 256, "steps": 8, "threads": 1}
#: What grows, with its sizes.
SIZES = {
    "pictures": [1_000, 10_000, 100_000],
    "side": [32, 64, 128, 256],
    "tokens": [8, 16, 32, 64, 128, 256],
    "width": [64, 128, 256, 512, 768],
    "batch": [8, 32, 128, 512],
    "threads": [1, 2],
    "lines": [1_000, 10_000, 100_000, 1_000_000],
    "objects": [1_000, 10_000, 100_000, 1_000_000],
}
ROUNDS = 3


def measured(command):
    """What a process prints, its seconds of processor time, and the most MB that it held."""
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(command, stdout=output, stderr=sys.stderr, cwd=HERE.parent)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            raise RuntimeError(f"{command} ended with {status}")
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def step(binary, options):
    """Seconds and MB of a training step."""
    words = [options[name] for name in ("side", "tokens", "width", "batch", "pictures", "steps")]
    text, _, most = measured([binary, "run", f"--threads={options['threads']}", "benchmarks/growth/train.smap", "--", *map(str, words)])
    return float(text), most


def lines(binary, count):
    """Processor time and MB of a script of so many lines."""
    with tempfile.NamedTemporaryFile("w", suffix=".smap") as script:
        script.write("".join(f"let a{i % 97} = {i} * 2 + len([1, 2, {i}])\n" for i in range(count)))
        script.flush()
        _, seconds, most = measured([binary, "run", script.name])
    return seconds, most


def objects(binary, count):
    """Seconds of making and dropping records, and MB, while so many live."""
    text, _, most = measured([binary, "run", "benchmarks/growth/objects.smap", "--", str(count)])
    return float(text), most


def pictures(binary, count):
    """Seconds and MB of a step on a folder of so many pictures that stay in the file."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="smap-growth-"))
    try:
        folder.fill(place, count)
        return step(binary, {**STEP, "pictures": place, "steps": 30})
    finally:
        shutil.rmtree(place)


def row(binary, name, size):
    """The row of one measurement: the median over the rounds."""
    one = {"pictures": pictures, "lines": lines, "objects": objects}.get(
        name, lambda binary, size: step(binary, STEP | {name: size} | ({"pictures": size} if name == "batch" else {})))
    found = [one(binary, size) for _ in range(1 if name == "pictures" else ROUNDS)]
    return {"what": name, "size": size, "seconds": statistics.median(f[0] for f in found),
            "megabytes": statistics.median(f[1] for f in found)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--only", choices=SIZES)
    parser.add_argument("--largest", action="store_true")
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    rows = json.loads(ROWS.read_text()) if ROWS.exists() and not arguments.again else []
    for name, sizes in SIZES.items():
        if arguments.only not in (None, name):
            continue
        for size in sizes + ([1_000_000] if arguments.largest and name == "pictures" else []):
            if any(r["what"] == name and r["size"] == size for r in rows):
                continue
            rows.append(row(binary, name, size))
            print(rows[-1], file=sys.stderr, flush=True)
            ROWS.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    report = subprocess.run([binary, "run", "benchmarks/growth/growth.smap", "--", ROWS, HERE / "results"],
                            cwd=HERE.parent, check=True, capture_output=True, text=True).stdout
    (HERE / "results/growth.md").write_text(report)
    subprocess.run([HERE / "assemble.sh"], check=True)


if __name__ == "__main__":
    main()
