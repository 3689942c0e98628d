#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures latencies: syntax errors in adversarial texts, and Ctrl-C at the prompt.

The first part measures the processor time of whole processes, less that of a script that contains `1`. The second types at a
real terminal, sends Ctrl-C at different moments of a long evaluation, and waits for the next prompt.

usage: benchmarks/response.py [--binary PATH] [--rounds N] [NAME...]
The tables are written to benchmarks/results/response.md, unless names choose some of the cases.
"""
import argparse
import datetime
import os
import pathlib
import pty
import resource
import select
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Adversarial texts: name, text.
TEXTS = [
    ("100,000 `(`", "(" * 100_000),
    ("100,000 `[`", "[" * 100_000),
    ("100,000 `-`", "-" * 100_000 + "1"),
    ("100,000 `not`", "not " * 100_000 + "true"),
    ("100,000 blocks", "if true { " * 100_000),
    ("100,000 records", "x = " + "{a: " * 100_000),
    ("100,000 functions", "fn(x) = " * 100_000 + "1"),
    ("100,000 `try`", "try { " * 100_000),
    ("100,000 holes in strings", '"{' * 100_000),
    ("100,000 `x =`", "x = " * 100_000),
    ("100,000 powers", "2" + " ** 2" * 100_000 + " )"),
    ("100,000 `else if`", "if a { 1 } " + "else if b { 2 } " * 100_000 + ")"),
    ("100,000 closing brackets", ")" * 100_000),
    ("100,000 errors", "let = 1\n" * 100_000),
    ("a string of 1 MB without end", '"' + "a" * 1_000_000),
    ("a name of 1 MB", "a" * 1_000_000 + " )"),
    ("1 MB of digits", "1" * 1_000_000 + " )"),
    ("1 MB of bytes that are no UTF-8", b"\xff" * 1_000_000),
]

# Long evaluations: name, setup, code.
EVALUATIONS = [
    ("an empty loop", "", "while true { }"),
    ("calls", "fn f(n) = if n < 2 { n } else { f(n - 1) + f(n - 2) }", "f(60)"),
    ("calls of built-ins", "", "while true { len([1, 2]) }"),
    ("a comprehension", "", "[i for i in range(1e9) if i < 0]"),
    ("map with a closure", "", "while true { map(range(1e5), fn(x) = x) }"),
    ("sorting a list", "let a = [(i * 7919) % 1000003 for i in range(2e6)]",
     "while true { sorted(a) }"),
    ("adding lists", "let a = [i for i in range(1e6)]", "while true { a + a }"),
    ("slices of a list", "let a = [i for i in range(1e6)]", "while true { a[1:] }"),
    ("comparing lists", "let a = [1]\nlet b = [1]\nfor i in range(60) { a = [a, a]; b = [b, b] }",
     "a == b"),
    ("a list as text", "let a = [i for i in range(1e6)]", "while true { string(a) }"),
    ("letters of a string", 'let s = "ab ".repeat(1e7)', "while true { s.upper() }"),
    ("splitting a string", 'let s = "ab ".repeat(3e6)', 'while true { s.split(" ") }'),
    ("replacing in a string", 'let s = "ab ".repeat(1e7)', 'while true { s.replace("a", "xyz") }'),
    ("a matrix product", "let a = ones(6000, 6000)", "a @ a"),
    ("a batch of products", "let a = ones(400, 400, 400)", "a @ a"),
    ("a convolution", "let x = ones(32, 64, 128, 128); let w = ones(64, 64, 3, 3)",
     "while true { conv2d(x, w) }"),
    ("functions of a large tensor", "let a = ones(2e7)", "while true { sin(a) }"),
    ("sums along an axis", "let a = ones(4000, 4000)", "while true { sum(a, 0) }"),
    ("sorting a tensor", "let a = random.normal(0, 1, [1e7])", "sort(a)"),
    ("singular values", "let a = random.normal(0, 1, [700, 700])", "linalg.svd(a)"),
    ("solving equations", "let a = random.normal(0, 1, [3000, 3000])", "linalg.solve(a, a)"),
    ("random numbers", "", "while true { random.normal(0, 1, [4e7]) }"),
    ("gradients", "let g = grad(fn(w) = sum(w @ w @ w)); let w = ones(2000, 2000)",
     "while true { g(w) }"),
    ("training a tokenizer", "let tok = smap.tokenizer(image_size = 32, seed = 0)\n"
     "let pictures = data.shapes(256, size = 32)",
     "smap.train(tok, pictures, steps = 1e6)"),
]


def whole_process(binary, file):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run([binary, "check", file], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return taken, result.returncode


def measure_errors(binary, rounds, chosen):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "empty.smap")
        pathlib.Path(empty).write_text("1\n")
        for name, text in TEXTS:
            if chosen and name not in chosen:
                continue
            file = os.path.join(folder, "text.smap")
            pathlib.Path(file).write_bytes(text if isinstance(text, bytes) else text.encode())
            times, code = [], None
            start = min(whole_process(binary, empty)[0] for _ in range(5))
            for _ in range(rounds):
                taken, code = whole_process(binary, file)
                times.append(max(0, taken - start))
            rows.append((name, min(times), statistics.median(times), code))
            print(f"{name:36} {min(times) * 1000:8.1f} ms, exit {code}", flush=True)
    return rows


class Prompt:
    """A session at a terminal of its own."""

    MARK = b"smap> "

    def __init__(self, binary):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="dumb", HOME="/nonexistent", NO_COLOR="1")
            os.execv(binary, [binary])
        self.wait(20)

    def read(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        return os.read(self.terminal, 65536) if ready else b""

    def wait(self, seconds):
        """Waits for a prompt at the end of what is written; returns the seconds, or None."""
        started, self.text = time.perf_counter(), b""
        while time.perf_counter() - started < seconds:
            self.text += self.read(0.05)
            if self.text.endswith(self.MARK):
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


def measure_interrupts(binary, rounds, chosen):
    rows = []
    for name, preparation, code in EVALUATIONS:
        if chosen and name not in chosen:
            continue
        prompt = Prompt(binary)
        for line in filter(None, preparation.split("\n")):
            prompt.type(line)
            prompt.wait(60)
            if b"Error" in prompt.text:
                raise SystemExit(f"{line}: {prompt.text.decode(errors='replace')}")
        times, finished = [], 0
        for index in range(rounds):
            prompt.type(code)
            if prompt.wait(0.3 + 0.11 * index) is not None:
                finished += 1
                if b"Error" in prompt.text:
                    raise SystemExit(f"{code}: {prompt.text.decode(errors='replace')}")
                continue
            prompt.interrupt()
            taken = prompt.wait(30)
            times.append(taken if taken is not None else float("inf"))
        prompt.close()
        note = f"{finished} of {rounds} ended before" if finished else ""
        rows.append((name, code, times, note))
        shown = f"{max(times) * 1000:8.1f} ms at most" if times else "   (no time taken)"
        print(f"{name:36} {shown} {note}", flush=True)
    return rows


def table_of(rows_of_errors, rows_of_interrupts, rounds):
    day = datetime.date.today().isoformat()
    lines = [
        "## Answers", "",
        f"Written by `benchmarks/response.py` on {day}; {rounds} rounds.", "",
        "Processor time to the error, beyond that of a script that holds `1`; the aim is 50 ms:", "",
        "| text | least | median | exit code |", "|---|---|---|---|",
    ]
    for name, least, median, code in rows_of_errors:
        lines.append(f"| {name} | {least * 1000:.1f} ms | {median * 1000:.1f} ms | {code} |")
    lines += [
        "", "From Ctrl-C at a terminal to the next prompt; the aim is 100 ms:", "",
        "| what runs | median | most |", "|---|---|---|",
    ]
    for name, code, times, note in rows_of_interrupts:
        if times:
            figures = f"{statistics.median(times) * 1000:.0f} ms | {max(times) * 1000:.0f} ms"
        else:
            figures = f"{note} | "
        lines.append(f"| {name}: `{code}` | {figures} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / ".build/release/smap"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*", help="only these cases; nothing is written then")
    arguments = parser.parse_args()
    binary = os.path.realpath(arguments.binary)
    errors = measure_errors(binary, arguments.rounds, arguments.names)
    interrupts = measure_interrupts(binary, arguments.rounds, arguments.names)
    if not arguments.names:
        page = table_of(errors, interrupts, arguments.rounds)
        (ROOT / "benchmarks/results/response.md").write_text(page)


if __name__ == "__main__":
    main()
