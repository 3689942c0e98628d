#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the interpreter against Lua 5.4, CPython and Octave.

usage: benchmarks/language/run.py BINARY [--rounds N] [--only NAME,...] [--output FILE]

Every program exists in each language, does the same work and must print the same. The languages
are interleaved, round after round; the result is the minimum processor time (user and system) of a whole
process. Octave is so slow that it runs a smaller size, and smap is measured at that size again.
Languages that are not installed are left out, and the table says so.
"""

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")

# Program, title, size for smap, Lua and CPython, size for Octave.
TABLE = [
    ("fib", "fib", 34, 20),
    ("loops", "nested loops", 300, 60),
    ("nbody", "nbody", 150_000, 500),
    ("spectral", "spectral-norm", 800, 60),
    ("mandelbrot", "mandelbrot", 600, 50),
    ("fannkuch", "fannkuch", 9, 7),
    ("sieve", "sieve", 5_000_000, 200_000),
    ("quicksort", "quicksort on lists", 700_000, 5_000),
    ("strings", "string building", 100_000, 2_000),
    ("records", "record updates", 30_000, 100),
    ("closures", "closures", 400_000, 2_000),
    ("methods", "method calls", 2_500_000, 10_000),
]

COMMANDS = {
    "smap": (".smap", lambda path, size: [path, "--", str(size)]),
    "lua": (".lua", lambda path, size: [path, str(size)]),
    "python": (".py", lambda path, size: [path, str(size)]),
    "octave": (".m", lambda path, size: ["--no-gui", "--norc", path, str(size)]),
}


def processor_time(command):
    """Runs a command; returns its processor time in seconds and what it printed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{errors.read().decode()}")
        return usage.ru_utime + usage.ru_stime, output.read().decode()


def wall_time(command, count):
    """The least and the median wall time of a whole process."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return min(times), statistics.median(times)


class Peers:
    """The languages that are installed, and how to start them."""

    def __init__(self, binary):
        self.paths = {
            "smap": os.path.abspath(binary),
            "lua": shutil.which("lua5.4"),
            "python": shutil.which(os.environ.get("PYTHON", "python3")),
            "octave": shutil.which("octave-cli") or shutil.which("octave"),
        }
        if "PYTHON" not in os.environ:  # not a wrapper that picks a version first
            self.paths["python"] = sys.executable or self.paths["python"]

    def has(self, name):
        return self.paths[name] is not None

    def run(self, name, program, size):
        extension, arguments = COMMANDS[name]
        path = os.path.join(PROGRAMS, program + extension)
        return processor_time([self.paths[name], *arguments(path, size)])

    def versions(self):
        """One phrase a language."""
        phrases = []
        if self.has("lua"):
            text = subprocess.run([self.paths["lua"], "-v"], capture_output=True, text=True)
            phrases.append(" ".join((text.stdout or text.stderr).split()[:2]))
        if self.has("python"):
            text = subprocess.run([self.paths["python"], "-V"], capture_output=True, text=True)
            phrases.append("C" + text.stdout.strip())
        if self.has("octave"):
            text = subprocess.run(
                [self.paths["octave"], "--no-gui", "--version"], capture_output=True, text=True)
            phrases.append("GNU Octave " + text.stdout.split("version ")[1].split()[0])
        missing = [name for name in ("lua", "python", "octave") if not self.has(name)]
        if missing:
            phrases.append("not installed here: " + ", ".join(missing))
        return "; ".join(phrases)


def least_times(peers, names, program, size, rounds):
    """The least processor time of each language at one size; their outputs must agree."""
    times = {name: [] for name in names}
    outputs = {}
    for _ in range(rounds):
        for name in names:
            seconds, output = peers.run(name, program, size)
            times[name].append(seconds)
            if outputs.setdefault(name, output) != output:
                sys.exit(f"{program}: {name} printed something else in another round")
    for name in names:
        if outputs[name] != outputs["smap"]:
            sys.exit(
                f"{program} {size}: smap prints {outputs['smap']!r}, {name} {outputs[name]!r}")
    return {name: min(values) for name, values in times.items()}


def instruction_count(peers, program, size):
    """The number of instructions that the machine executes for a program."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "profile.json")
        path = os.path.join(PROGRAMS, program + ".smap")
        processor_time([
            peers.paths["smap"], "run", "--profile", report, path, "--", str(size)])
        with open(report) as file:
            return json.load(file)["instructions"]


def ratio_cell(ours, theirs):
    return "-" if theirs is None else f"{ours / theirs:.2f}"


def program_table(peers, chosen, rounds):
    """Rows of the big table, and all ratios by language."""
    fast = [name for name in ("smap", "lua", "python") if peers.has(name)]
    ratios = {"lua": [], "python": [], "octave": []}
    rows = []
    for program, title, size, small in chosen:
        large = least_times(peers, fast, program, size, rounds)
        for name in ("lua", "python"):
            if name in large:
                ratios[name].append((large["smap"] / large[name], title))
        octave = "-"
        if peers.has("octave"):
            little = octave_times(peers, program, small, rounds)
            ratios["octave"].append((little[0] / little[1], title))
            octave = f"{little[0] / little[1]:.3f}"
        busy = max(large["smap"] - least_empty(peers, rounds)["smap"], 1e-4)
        pace = busy / instruction_count(peers, program, size) * 1e9
        cells = [f"{large[name]:.3f}" if name in large else "-" for name in fast]
        cells += ["-"] * (3 - len(fast))
        rows.append(
            f"| {title} | {size:,} | {cells[0]} | {cells[1]} | {cells[2]} "
            f"| {ratio_cell(large['smap'], large.get('lua'))} "
            f"| {ratio_cell(large['smap'], large.get('python'))} | {octave} | {pace:.1f} |")
        print(rows[-1], file=sys.stderr)
    return rows, ratios


def octave_times(peers, program, size, rounds):
    """smap and Octave at Octave's size, without their start-up times."""
    times = least_times(peers, ["smap", "octave"], program, size, rounds)
    empty = least_empty(peers, rounds)
    return (
        max(times["smap"] - empty["smap"], 1e-4), max(times["octave"] - empty["octave"], 1e-4))


EMPTY = {}


def least_empty(peers, rounds):
    """The processor time of smap and Octave for an empty program, measured once."""
    if not EMPTY:
        commands = {"smap": ["-e", "1"], "octave": ["--no-gui", "--norc", "--eval", "1;"]}
        for name, arguments in commands.items():
            if not peers.has(name):
                continue
            EMPTY[name] = min(
                processor_time([peers.paths[name], *arguments])[0] for _ in range(2 * rounds))
    return EMPTY


def summary(ratios, targets):
    lines = []
    for name, title in (("lua", "Lua"), ("python", "CPython"), ("octave", "Octave")):
        if not ratios[name]:
            continue
        mean = math.exp(statistics.fmean(math.log(value) for value, _ in ratios[name]))
        worst, where = max(ratios[name])
        lines.append(
            f"| {title} | {mean:.3f} | {targets[name]} | {worst:.3f} ({where}) |")
    return lines


def start_table(peers):
    """Wall times of start-up."""
    least, median = wall_time([peers.paths["smap"], "-e", "1"], 20)
    rows = [f"| `smap -e 1` | {least * 1e3:.1f} ms | {median * 1e3:.1f} ms | |"]
    if peers.has("lua"):
        other, middle = wall_time([peers.paths["lua"], "-e", "x = 1"], 20)
        rows.append(
            f"| `lua5.4 -e 'x = 1'` | {other * 1e3:.1f} ms | {middle * 1e3:.1f} ms "
            f"| {least / other:.2f} |")
    if peers.has("python"):
        for code, count in (("pass", 20), ("import numpy", 7), ("import torch", 3)):
            command = [peers.paths["python"], "-c", code]
            if subprocess.run(command, capture_output=True).returncode != 0:
                rows.append(f"| `python3 -c '{code}'` | not installed | | |")
                continue
            other, middle = wall_time(command, count)
            rows.append(
                f"| `python3 -c '{code}'` | {other * 1e3:.1f} ms | {middle * 1e3:.1f} ms "
                f"| {least / other:.4f} |")
    return rows


def report(peers, options):
    chosen = [row for row in TABLE if not options.only or row[0] in options.only.split(",")]
    rows, ratios = program_table(peers, chosen, options.rounds)
    targets = {"lua": "0.8, none above 1.5", "python": "0.4", "octave": "0.05"}
    processor = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line),
        platform.machine())
    lines = [
        "## The interpreter",
        "",
        f"Written by `benchmarks/language/run.py` on {time.strftime('%Y-%m-%d')}: {processor}; "
        f"{peers.versions()}.",
        f"Least processor time (user and system, in seconds) of {options.rounds} whole processes, "
        "the languages taking turns;",
        "outputs are compared. A ratio below 1 means that smap is faster. Octave is compared at a "
        "smaller size,",
        "without the time that either takes to start. The last column is smap's time without the "
        "start, by the",
        "number of instructions that `smap run --profile` counts.",
        "",
        "| program | size | smap | Lua | CPython | to Lua | to CPython | to Octave "
        "| ns an instruction |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "| against | geometric mean | target | worst program |",
        "|---|---|---|---|",
        *summary(ratios, targets),
        "",
        "| start of a process | least wall time | median | smap to this |",
        "|---|---|---|---|",
        *start_table(peers),
    ]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Measures the interpreter against its peers.")
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="programs, separated by commas")
    parser.add_argument("--output", default="", help="the file to write instead of printing")
    options = parser.parse_args()
    text = report(Peers(options.binary), options)
    if options.output:
        with open(options.output, "w") as file:
            file.write(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
