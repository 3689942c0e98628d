# SPDX-License-Identifier: Apache-2.0
"""Passes many files to one process of smap and collects the outcome of each."""

import array
import json
import os
import re
import subprocess
import sys

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


# A process starts with the most memory of the one that started it, here a small one.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def measured(folder, *command):
    """What a command gives: exit code, output, errors, and the most memory of its process in MB."""
    ran = subprocess.run([sys.executable, "-c", MEASURED, *command], cwd=folder, capture_output=True, text=True)
    errors, _, memory = ran.stderr.strip().rpartition("\n")
    return ran.returncode, ran.stdout.strip(), errors, int(memory) / 1024


def npy_values(path):
    """Shape and numbers of a file of 32-bit floats, without NumPy."""
    content = path.read_bytes()
    start = 10 + int.from_bytes(content[8:10], "little")
    shape = re.search(rb"'shape': \(([^)]*)\)", content[:start])[1]
    values = array.array("f")
    values.frombytes(content[start:])
    os.unlink(path)
    return tuple(int(n) for n in shape.split(b",") if n.strip()), values
