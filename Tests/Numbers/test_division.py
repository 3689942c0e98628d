# SPDX-License-Identifier: Apache-2.0
"""Floor division and remainder of numbers against Python's, special values and random ones."""

import itertools
import math
import random
import subprocess

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 0.3, 5.0, -5.0, 1e-300, 5e-324, 1e300, -1e300, 2.0**51,
           2.0**53 - 1, 2.0**53, math.inf, -math.inf, math.nan]
RANDOM_CASES = 2000


def cases():
    """Pairs of numbers: all special ones, whole ones, tenths, and any bits."""
    yield from itertools.product(SPECIAL, SPECIAL)
    draw = random.Random(20261128)
    for _ in range(RANDOM_CASES):
        kind = draw.randrange(4)
        if kind == 0:
            yield float(draw.randint(-10**6, 10**6)), float(draw.randint(-1000, 1000))
        elif kind == 1:
            yield draw.randint(-10**4, 10**4) / 10, draw.randint(-100, 100) / 10
        elif kind == 2:
            # A rounded multiple: its quotient tends to round up to an integer.
            divisor = draw.uniform(-10, 10)
            yield divisor * draw.randint(-10**6, 10**6), divisor
        else:
            yield tuple(math.ldexp(draw.uniform(-1, 1), draw.randint(-60, 60)) for _ in range(2))


def expected(a, b):
    """What Python gives; for a divisor of 0, what smap documents."""
    if b == 0:
        quotient = math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
        return quotient, math.nan
    return a // b, a % b


def spelled(number):
    """The number as smap displays it."""
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    return repr(number)


def written(number):
    """The number as an expression of smap."""
    return f"({spelled(number)})"


def same(found, number):
    if math.isnan(number):
        return found == "nan"
    value = float(found)
    return value == number and math.copysign(1, value) == math.copysign(1, number)


def test_division_is_that_of_python(smap, tmp_path):
    pairs = list(cases())
    # Through variables, constants on the right, and `divmod`: three code paths.
    lines = ["fn check(a, b) { print(a // b, a % b, ...divmod(a, b)) }"]
    for a, b in pairs:
        lines.append(f"check({written(a)}, {written(b)})")
        lines.append(f"let a = {written(a)}; print(a // {written(b)}, a % {written(b)})")
    script = tmp_path / "division.smap"
    script.write_text("\n".join(lines) + "\n")
    run = subprocess.run([smap, str(script)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    found = iter(run.stdout.splitlines())
    for a, b in pairs:
        quotient, rest = expected(a, b)
        for line in (next(found), next(found)):
            words = line.split()
            wanted = [quotient, rest] * (len(words) // 2)
            assert all(map(same, words, wanted)), f"{a!r} and {b!r}: {line}, not {quotient!r} {rest!r}"


def test_sums_are_rounded_once(smap, tmp_path):
    """Sums of lists, against exact ones: within one ulp of the sum of magnitudes."""
    draw = random.Random(7)
    lists = [[math.ldexp(draw.uniform(-1, 1), draw.randint(-20, 20)) for _ in range(draw.randint(1, 50))]
             for _ in range(200)]
    script = tmp_path / "sums.smap"
    script.write_text("".join(f"print(sum({xs!r}), max({xs!r}), min({xs!r}), mean({xs!r}))\n" for xs in lists))
    run = subprocess.run([smap, str(script)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    for xs, line in zip(lists, run.stdout.splitlines()):
        total, largest, smallest, mean = map(float, line.split())
        exact = math.fsum(xs)
        slack = math.ulp(math.fsum(map(abs, xs))) * 2.0**-20 + math.ulp(exact)
        assert abs(total - exact) <= slack and abs(mean - exact / len(xs)) <= slack
        assert (largest, smallest) == (max(xs), min(xs))


def test_rounding_is_that_of_python(smap, tmp_path):
    draw = random.Random(5)
    pairs = [(draw.randint(-10**6, 10**6) / 1000 + draw.choice([0, 5e-4]), draw.randint(-3, 4))
             for _ in range(1000)]
    script = tmp_path / "rounding.smap"
    script.write_text("".join(f"print(round({x!r}, {n}))\n" for x, n in pairs))
    run = subprocess.run([smap, str(script)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    for (x, n), line in zip(pairs, run.stdout.splitlines()):
        assert float(line) == round(x, n), (x, n)
