#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares training, encoding, sampling and tensors with PyTorch, JAX and NumPy.

usage: run.py BINARY [--rounds N] [--threads N] [--only WORDS]... [--peer NAME]... [--output FILE]
              [--heading WORDS]

Every number comes from a process of its own; in each round all sides of a row run interleaved, and the
medians over the rounds are compared. All processes are bound to the same processors. What a peer
cannot do within its time limit is left out, and the notes below the table say so.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import peers
from rows import AMP, COMPILED, EAGER, JAX, NUMPY, NUMPY_OUT, ROWS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMIT_SECONDS = {COMPILED: 200}
USUAL_LIMIT = 120
# The script of a peer, its extra options, and the library it needs.
SCRIPTS = {
    EAGER: ("torch_twin.py", {}, "torch"),
    COMPILED: ("torch_twin.py", {"compile": 1}, "torch"),
    AMP: ("torch_twin.py", {"bf16": 1}, "torch"),
    JAX: ("jax_twin.py", {}, "jax"),
    NUMPY: ("numpy_twin.py", {}, "numpy"),
    NUMPY_OUT: ("numpy_twin.py", {"out": 1}, "numpy"),
}


class Failed(Exception):
    pass


class Bench:
    def __init__(self, arguments):
        self.smap, self.threads = os.path.realpath(arguments.binary), arguments.threads
        self.rounds, self.peers = arguments.rounds, arguments.peer or list(SCRIPTS)
        self.python, self.versions = peers.find()
        available = sorted(os.sched_getaffinity(0))
        self.processors = set(available[: self.threads])
        self.notes = []
        threads = str(self.threads)
        self.environment = os.environ | {
            "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "JAX_PLATFORMS": "cpu",
            "TORCHINDUCTOR_CACHE_DIR": os.path.join(peers.home(), "inductor"),
        }

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            print(text, file=sys.stderr)

    def process(self, command, limit=USUAL_LIMIT):
        """Runs a command; its last word on standard output as a number, and its peak in bytes."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(
                command, stdout=out, stderr=errors, stdin=subprocess.DEVNULL, cwd=HERE,
                env=self.environment,
                preexec_fn=lambda: os.sched_setaffinity(0, self.processors))
            timer = threading.Timer(limit, child.kill)
            timer.start()
            _, status, usage = os.wait4(child.pid, 0)
            late = not timer.is_alive()
            timer.cancel()
            child.returncode = os.waitstatus_to_exitcode(status)
            if late:
                raise Failed(f"took more than {limit} s")
            out.seek(0), errors.seek(0)
            words = out.read().decode().split()
            if child.returncode != 0 or not words:
                lines = errors.read().decode(errors="replace").strip().splitlines()
                raise Failed(lines[-1][:120] if lines else f"exit code {child.returncode}")
            return float(words[-1]), usage.ru_maxrss * 1024

    def command_of(self, row, side):
        words = [f"{key}={value}" for key, value in row.options.items()]
        if side == "smap":
            script = os.path.join(HERE, row.work + ".smap")
            words += [f"{key}={value}" for key, value in row.own.items()]
            return [self.smap, "run", "--threads", str(self.threads), script, "--", *words]
        name, extra, _ = SCRIPTS[side]
        words += [f"{key}={value}" for key, value in extra.items()]
        words.append(f"threads={self.threads}")
        return [self.python, os.path.join(HERE, name), row.work, *words]

    def sides(self, row):
        return ["smap"] + [
            peer for peer in row.peers if peer in self.peers and SCRIPTS[peer][2] in self.versions]

    def measure(self, rows):
        """The seconds and the peak memory of all rows: {(row name, side): [...]}."""
        found, failed = {}, set()
        for turn in range(self.rounds):
            for row in rows:
                for side in self.sides(row):
                    if (row.name, side) in failed:
                        continue
                    try:
                        value = self.process(
                            self.command_of(row, side), LIMIT_SECONDS.get(side, USUAL_LIMIT))
                        found.setdefault((row.name, side), []).append(value)
                    except Failed as failure:
                        failed.add((row.name, side))
                        found.pop((row.name, side), None)
                        self.note(f"{side}, {row.name}: {failure}")
                    print(f"round {turn + 1}, {row.name}, {side}", file=sys.stderr)
        return {key: tuple(statistics.median(column) for column in zip(*values))
                for key, values in found.items()}

    def whole_process(self, *words):
        """The median of the wall time of a process, in milliseconds."""
        times = []
        for _ in range(7):
            before = time.perf_counter()
            subprocess.run([self.smap, *words], stdin=subprocess.DEVNULL, cwd=ROOT,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times.append(time.perf_counter() - before)
        return statistics.median(times) * 1e3

    def check(self):
        """Whether the twin gives the same numbers from the same weights, in words."""
        if "torch" not in self.versions:
            return None
        with tempfile.TemporaryDirectory() as folder:
            numbers = os.path.join(folder, "numbers.npz")
            subprocess.run([self.smap, os.path.join(HERE, "check.smap"), "--", numbers],
                           check=True)
            models = os.path.join(ROOT, "Examples", "Models")
            done = subprocess.run(
                [self.python, os.path.join(HERE, "torch_check.py"), numbers, models],
                capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"the twin differs from smap:\n{done.stdout}{done.stderr}")
            return "; ".join(done.stdout.strip().splitlines())

    def optimizer(self):
        """AdamW in the profile: GB/s, and the machine's triad bandwidth."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "profile.json")
            try:
                self.process([self.smap, "run", "--threads", str(self.threads), "--profile", path,
                              os.path.join(HERE, "adamw.smap"), "--", "count=20000000"])
            except Failed as failure:
                self.note(f"profile of AdamW: {failure}")
                return None
            with open(path) as file:
                profile = json.load(file)
        stage = next(k for k in profile["kernels"] if k["name"] == "optimizer")
        return stage["bytes"] / stage["seconds"] / 1e9, profile["memory_bandwidth"] / 1e9


def number(value):
    return f"{value:,.1f}" if value >= 100 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def cell(row, seconds, ours, aim):
    ratio = seconds / ours
    wanted = f", aim {aim:g}x" if aim else ""
    return f"{number(row.shown(seconds))} (**{ratio:.2f}x**{wanted})"


def table(bench, rows, results):
    columns = [p for p in SCRIPTS if any((row.name, p) in results for row in rows)]
    lines = ["| what | unit | smap | " + " | ".join(columns) + " |",
             "|---|---|---|" + "---|" * len(columns)]
    for row in rows:
        if (row.name, "smap") not in results:
            continue
        ours = results[row.name, "smap"][0]
        cells = [
            cell(row, results[row.name, p][0], ours, row.peers.get(p))
            if (row.name, p) in results else "" for p in columns]
        lines.append(f"| {row.name} | {row.unit} | {number(row.shown(ours))} | "
                     + " | ".join(cells) + " |")
    return lines


def memory_lines(rows, results):
    for row in rows:
        ours, theirs = results.get((row.name, "smap")), results.get((row.name, EAGER))
        if row.memory and ours and theirs:
            yield (f"Most memory of the whole process, {row.name}: smap {ours[1] / 1e6:,.0f} MB, "
                   f"PyTorch {theirs[1] / 1e6:,.0f} MB, **{ours[1] / theirs[1]:.2f}x** "
                   f"(aim: at most {row.memory}x).")


def report(heading, bench, rows, results, agreement):
    with open("/proc/cpuinfo") as file:
        processor = next((line.split(":")[1].strip() for line in file if "model name" in line), "")
    found = ", ".join(f"{library} {version}" for library, version in bench.versions.items())
    lines = [f"## {heading}", "",
             f"Written by `make bench` on {time.strftime('%Y-%m-%d')}: {processor}, "
             f"{bench.threads} threads on all sides, medians of {bench.rounds} interleaved rounds.",
             f"Peers: {found or 'none'}.", ""]
    lines += table(bench, rows, results)
    lines += ["", "Ratios above 1 mean that smap is faster. The rows are in "
              "`benchmarks/models/rows.py`, the works in the scripts beside it."]
    lines += ["", *memory_lines(rows, results)]
    if any(row.work == "adamw" for row in rows) and (rates := bench.optimizer()):
        lines.append(f"AdamW moves {rates[0]:.1f} GB/s, **{100 * rates[0] / rates[1]:.0f} %** of "
                     f"the {rates[1]:.1f} GB/s of c = a + x b (aim: 90 %).")
        if rates[0] > rates[1]:
            lines.append("More than 100 % is possible: c = a + x b reads the lines of c before it overwrites them, which is not "
                         "counted, while AdamW overwrites what it has just read.")
    if agreement:
        lines += ["", f"From the shipped weights PyTorch gives the same numbers: {agreement}."]
    lines += ["", f"`smap -e 1` takes {bench.whole_process('-e', '1'):.1f} ms as a whole process, "
              f"the prompt opened and closed {bench.whole_process('repl'):.1f} ms."]
    if bench.notes:
        lines += ["", "Left out:", "", *(f"- {note}" for note in bench.notes)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--only", action="append", help="rows whose name has these words")
    parser.add_argument("--peer", action="append", choices=SCRIPTS, help="a side to compare with")
    parser.add_argument("--output", help="a file for the report; printed without")
    parser.add_argument("--heading", default="Training, encoding, sampling, tensors")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    rows = [row for row in ROWS if any(words in row.name for words in arguments.only or [""])]
    for library in peers.LIBRARIES:
        if library not in bench.versions:
            bench.note(f"{library} is not there")
    agreement = bench.check()
    text = report(arguments.heading, bench, rows, bench.measure(rows), agreement)
    if arguments.output:
        os.makedirs(os.path.dirname(arguments.output) or ".", exist_ok=True)
        with open(arguments.output, "w") as file:
            file.write(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
