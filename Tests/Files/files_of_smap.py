# SPDX-License-Identifier: Apache-2.0
"""Passes many files to one process of smap and collects the outcome of each."""

import array
import json
import os
import re
import subprocess

# Loads each file, prints the outcome, and continues. A process that ends early is detected by the
# missing lines.
SCRIPT = """
for name in data.load("names.json") {
  let path = "{name}%s"
  let outcome = try { %s } catch e { "{e.kind}: {e.message}" }
  print(name, "=>", outcome)
}
"""


def load_all(smap, folder, names, ending, body, timeout=300, options=()):
    """The outcome of each name: the value of `body`, or kind and message of its error."""
    (folder / "names.json").write_text(json.dumps(names))
    (folder / "load.smap").write_text(SCRIPT % (ending, body))
    ran = subprocess.run([smap, *options, "load.smap"], cwd=folder, capture_output=True,
                         timeout=timeout, errors="replace")
    outcome = {}
    for line in ran.stdout.splitlines():
        found = re.match(r"(\S+) => (.*)", line)
        if found:
            outcome[found[1]] = found[2]
    lost = [name for name in names if name not in outcome]
    assert ran.returncode == 0 and not lost, (
        f"smap ended with {ran.returncode} at {lost[:1]}: {ran.stderr[-500:]}")
    return outcome


def npy_values(path):
    """Shape and numbers of a file of 32-bit floats, without NumPy."""
    content = path.read_bytes()
    start = 10 + int.from_bytes(content[8:10], "little")
    shape = re.search(rb"'shape': \(([^)]*)\)", content[:start])[1]
    values = array.array("f")
    values.frombytes(content[start:])
    os.unlink(path)
    return tuple(int(n) for n in shape.split(b",") if n.strip()), values
