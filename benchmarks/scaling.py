#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The complexity of single operations on a list, a record or a string.

usage: benchmarks/scaling.py BINARY [--output FILE]

Every operation is measured on containers of a thousand to a million elements; the exponent of its cost as
a power of the size is fitted. 0 is constant time, 1 linear. Tests/Scaling checks that each operation has
the exponent that the table below promises.
"""
import argparse
import math
import subprocess

SIZES = [10**3, 10**4, 10**5, 10**6]

LIST = "let xs = [...range(n)]\nlet ys = [0, 1]"
SHARED = LIST + "\nfn reader() = fn(i) = xs[i]"
RECORD = 'let r = {}\nfor i in range(n) { r["k{i}"] = i }'
PLAIN = 'let s = "abcdefghij".repeat(n // 10)'
WIDE = 'let s = "aé👍🏽defghij".repeat(n // 10)'
TEXTS = 'let texts = ["ab" for i in range(n)]'

# Name: setup, operation, exponent, and what goes before the loop.
OPERATIONS = {
    "list: `xs[i]`": (LIST, "xs[n - 1]", 0),
    "list: `xs[i] = x`": (LIST, "xs[n - 1] = i", 0),
    "list: `len(xs)`": (LIST, "len(xs)", 0),
    "list: `xs.append(x)`, `xs.pop()`": (LIST, "xs.append(i); xs.pop()", 0),
    "list: `xs.pop(0)`, `xs.append(x)`": (LIST, "xs.append(xs.pop(0))", 0),
    "list: `xs.insert(0, x)`, `xs.pop(0)`": (LIST, "xs.insert(0, i); xs.pop(0)", 0),
    "list: `xs.insert(n // 2, x)`, `xs.pop(n // 2)`": (LIST, "xs.insert(n // 2, i); xs.pop(n // 2)", 1),
    "list: `xs.remove(x)` of the first": (LIST, "xs.append(xs[0]); xs.remove(xs[0])", 0),
    "list: `x in xs`, the first": (LIST, "0 in xs", 0),
    "list: `x in xs`, none": (LIST, "-1 in xs", 1),
    "list: `xs[5:8]`": (LIST, "xs[5:8]", 0),
    "list: `xs[[5, 8]]`": (LIST, "xs[[5, 8]]", 0),
    "list: `xs[5:8] = ys`": (LIST, "xs[5:7] = ys", 0),
    "list: `xs[1:]`": (LIST, "xs[1:]", 1),
    "list: `xs.copy()`": (LIST, "xs.copy()", 1),
    "list: `[...xs, x]`": (LIST, "[...xs, i]", 1),
    "list: `xs.reverse()`": (LIST, "xs.reverse()", 1),
    "list: `sum(xs)`, `max(xs)`": (LIST, "sum(xs); max(xs)", 1),
    "list: `sorted(xs)`": (LIST, "sorted(xs)", 1),
    "list: a list of it, `[xs, 1]`": (LIST, "[xs, 1]", 0),
    "list: `xs == ys`, other at the first": (
        LIST + "\nlet zs = xs.copy()\nzs[0] = -1", "xs == zs", 0),
    "list: `random.choice(xs)`": (LIST, "random.choice(xs)", 0),
    "list: a function that reads it": (SHARED, "reader()(3)", 0),
    "record: `r[name]`, `name in r`": (RECORD, 'r["k5"]; "k5" in r', 0),
    "record: `r.name`": (RECORD, "r.k5", 0),
    "record: `r[name] = x` of a new name, `r.remove(name)`": (RECORD, 'r["new"] = i; r.remove("new")', 0),
    "record: remove the oldest, add a new one": (
        RECORD + "\nlet [a, b] = [0, n]", 'r.remove("k{a}"); r["k{b}"] = b; a += 1; b += 1', 0),
    "record: a name that it lacks, caught": (RECORD, 'try { r["none"] } catch e { 0 }', 0),
    "record: `keys(r)`": (RECORD, "keys(r)", 1),
    "record: `r.copy()`": (RECORD, "r.copy()", 1),
    "record: a record of it, `{a: r}`": (RECORD, "[{a: r}]", 0),
    "string: `s[i]`": (PLAIN, "s[n - 5]", 0),
    "string: `s[i]`, emoji": (WIDE, "s[n - 5]", 0),
    "string: `len(s)`": (PLAIN, "len(s)", 0),
    "string: `len(s)`, emoji": (WIDE, "len(s)", 0),
    "string: `s[5:8]`": (PLAIN, "s[n - 8:n - 5]", 0),
    "string: `s[5:8]`, emoji": (WIDE, "s[n - 8:n - 5]", 0),
    "string: `s.find(part, i)` near `i`": (PLAIN, 's.find("c", n - 10)', 0),
    "string: `s.rfind(part)` near the end": (PLAIN, 's.rfind("j")', 0),
    "string: `part in s`, none": (PLAIN, '"xyz" in s', 1),
    "string: `s = \"{s}x\"`, a local variable": (PLAIN, 't = "{t}x"', 0, "let t = s"),
    "string: `s = \"{s}x\"`, a global one": (PLAIN, 's = "{s}x"', 1),
    "string: `s.startswith(part)`": (PLAIN, 's.startswith("abc")', 0),
    "string: `s.chars()`": (PLAIN, "s.chars()", 1),
    "string: `s.lines()`, `s.split(part)`": (PLAIN, 's.lines(); s.split("j")', 1),
    "string: `s.replace(a, b)`, `s.count(part)`": (PLAIN, 's.replace("j", "k"); s.count("j")', 1),
    "string: `\", \".join(texts)`": (TEXTS, '", ".join(texts)', 1),
}


def program(setup, operation, size, count, rounds, first=""):
    return f"""let n = {size}
{setup}
fn run(count) {{ {first}; for i in range(count) {{ {operation} }} }}
run(1)
let best = inf
for round in range({rounds}) {{
  let start = sys.clock()
  run({count})
  best = minimum(best, (sys.clock() - start) / {count})
}}
print(best)
"""


def seconds(smap, name, size, rounds=3):
    """The shortest time of one operation among some rounds."""
    setup, operation, exponent, *first = OPERATIONS[name]
    count = 2000 if exponent == 0 else max(1, min(200, 10**5 // size))
    run = subprocess.run([smap, "-"], input=program(setup, operation, size, count, rounds, *first),
                         capture_output=True, text=True, timeout=300)
    if run.returncode != 0:
        raise RuntimeError(f"{name}: {run.stderr}")
    return float(run.stdout.split()[-1])


def exponent(sizes, times):
    """The slope of the line through the logarithms, by least squares."""
    x = [math.log(size) for size in sizes]
    y = [math.log(time) for time in times]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return (sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) /
            sum((a - mean_x) ** 2 for a in x))


def spelled(time):
    for unit, size in [("s", 1), ("ms", 1e-3), ("µs", 1e-6)]:
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time / 1e-9:.3g} ns"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--output")
    options = parser.parse_args()
    lines = ["## Operations on lists, records and strings", "",
             "Made by `benchmarks/scaling.py`: the time of one operation, turn of the loop included, on",
             "containers of that many elements, and the exponent with which it grows (0 constant, 1 linear).",
             "", "| operation | " + " | ".join(f"{size:,}" for size in SIZES) + " | exponent |",
             "|---|" + "---|" * (len(SIZES) + 1)]
    for name in OPERATIONS:
        times = [seconds(options.binary, name, size) for size in SIZES]
        lines.append(f"| {name} | " + " | ".join(map(spelled, times)) +
                     f" | {exponent(SIZES, times):.2f} |")
        print(lines[-1], flush=True)
    if options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
