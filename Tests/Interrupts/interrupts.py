#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the latency of Ctrl-C in every built-in.

The names come from `smap docs`, the calls from `long_calls.py`. Each call is repeated at a prompt of its own; Ctrl-C is sent
at random times, and the time until the next prompt is measured. The aim: 99 of 100 within 250 ms.

usage: Tests/Interrupts/interrupts.py [--binary PATH] [--rounds N] [--seed N] [--output FILE] [NAME...]
"""
import argparse
import datetime
import os
import pathlib
import pty
import random
import re
import select
import subprocess
import sys
import tempfile
import time

import long_calls

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# The timeout for an answer, in seconds.
PATIENCE = 20
AIM = 0.25


def builtins(binary):
    """The names of all built-ins, as the manual lists them."""
    manual = subprocess.run([binary, "docs"], capture_output=True, text=True, check=True).stdout
    part = manual[manual.index("\n## Functions"):manual.index("\n## Types")]
    return re.findall(r"^#### `([\w.]+)`$", part, re.MULTILINE)


class Prompt:
    """A session at a terminal of its own, in a folder of its own."""

    # The prompt, and that of a statement which goes on in the next line.
    MARKS = (b"smap> ", b"  ... ")

    def __init__(self, binary, folder):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME="/nonexistent", NO_COLOR="1")
            os.execv(binary, [binary])
        self.text = b""
        self.wait(60)

    def wait(self, seconds):
        """Waits for a prompt at the end of what is written; returns the seconds, or None."""
        started, self.text = time.perf_counter(), b""
        while time.perf_counter() - started < seconds:
            ready, _, _ = select.select([self.terminal], [], [], 0.02)
            if ready:
                try:
                    self.text = self.text[-4096:] + os.read(self.terminal, 65536)
                except OSError:
                    return None
            if self.text.endswith(self.MARKS):
                return time.perf_counter() - started
        return None

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\r")

    def interrupt(self):
        os.write(self.terminal, b"\x03")

    def close(self):
        os.kill(self.process, 9)
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def measure(binary, name, preparation, call, rounds, chance):
    """The seconds from Ctrl-C to the prompt, one a round; raises ValueError if the call is no good."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        prompt = Prompt(binary, folder)
        try:
            for line in filter(None, preparation.split("\n")):
                prompt.type(line)
                if prompt.wait(120) is None or b"Error" in prompt.text:
                    raise ValueError(f"{name}: {line}: {prompt.text.decode(errors='replace')[-500:]}")
            for _ in range(rounds):
                prompt.type(f"while true {{ {call} }}")
                if prompt.wait(chance.uniform(0.1, 1.2)) is not None:
                    raise ValueError(f"{name}: {call}: {prompt.text.decode(errors='replace')[-500:]}")
                prompt.interrupt()
                taken = prompt.wait(PATIENCE)
                times.append(float("inf") if taken is None else taken)
                if taken is None:
                    break
        finally:
            prompt.close()
    return times


def quantile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def shown(seconds):
    return f"over {PATIENCE} s" if seconds == float("inf") else f"{seconds * 1000:.0f} ms"


def page_of(results):
    times = [taken for row in results.values() for taken in row]
    kept = sum(taken <= AIM for taken in times)
    lines = [
        "## Interrupts", "",
        f"Written by `Tests/Interrupts/interrupts.py` on {datetime.date.today().isoformat()}, "
        f"load of the machine {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores.", "",
        f"{len(times)} interrupts at random moments of {len(results)} built-ins and operations on large arguments, "
        "from Ctrl-C to the next prompt:", "",
        f"- within 250 ms: {100 * kept / len(times):.1f} %",
        f"- median {shown(quantile(times, 0.5))}, 99 of 100 {shown(quantile(times, 0.99))}, "
        f"longest {shown(max(times))}", "",
        "The slowest:", "", "| what runs | median | longest |", "|---|---|---|",
    ]
    for name, row in sorted(results.items(), key=lambda entry: -max(entry[1]))[:25]:
        lines.append(f"| `{name}` | {shown(quantile(row, 0.5))} | {shown(max(row))} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / ".build/release/smap"))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", help="a file for the table")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    binary = os.path.realpath(arguments.binary)
    known = builtins(binary)
    missing = [name for name in known if name not in long_calls.LONG and name not in long_calls.SHORT]
    if missing:
        raise SystemExit(f"long_calls.py says nothing of {', '.join(missing)}")
    work = {name: long_calls.LONG[name] for name in known if name in long_calls.LONG} | long_calls.OPERATIONS
    chance = random.Random(arguments.seed)
    results, failures = {}, []
    for name in arguments.names or work:
        try:
            results[name] = measure(binary, name, *work[name], arguments.rounds, chance)
        except ValueError as error:
            failures.append(name)
            print(error, file=sys.stderr, flush=True)
            continue
        late = "" if max(results[name]) <= AIM else "   late"
        print(f"{name:28} {' '.join(shown(taken) for taken in results[name])}{late}", flush=True)
    page = page_of(results)
    print(page)
    if arguments.output:
        pathlib.Path(arguments.output).write_text(page)
    if failures:
        raise SystemExit(f"no interrupt could be tried in {', '.join(failures)}")


if __name__ == "__main__":
    main()
