#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hands hostile files to every reader of smap: Fuzzing/files.py BINARY [COUNT [SEED]].

The files are those of Tests/Files/hostile.py, which `make test` tries a few hundred of: arrays,
archives, pictures, texts and models with flipped bits, cut ends and forged numbers. A file that ends
the process, or gives an error that is none of files or limits, is a failure; it stays in the folder
that the message names."""

import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Files"))
sys.dont_write_bytecode = True

import hostile  # noqa: E402

#: Files that one process reads.
BATCH = 2000


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    refused = 0
    for batch in range(-(-count // BATCH)):
        folder = tempfile.mkdtemp(prefix="smap-files-")
        print(f"seed {seed + batch}: {folder}", flush=True)
        refused += hostile.run_mutations(
            binary, pathlib.Path(folder), min(BATCH, count - batch * BATCH), seed + batch)
        for path in pathlib.Path(folder).iterdir():
            path.unlink()
        pathlib.Path(folder).rmdir()
    print(f"{count} files, {refused} refused, no failure")


if __name__ == "__main__":
    main()
