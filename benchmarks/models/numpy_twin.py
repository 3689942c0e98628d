#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Five elementwise operations in NumPy; prints seconds. `out=1` works in place.

usage: numpy_twin.py elementwise count=N [out=1]
"""
import statistics
import sys
import time

import numpy as np

options = {k: int(v) for k, v in (text.split("=") for text in sys.argv[2:])}
draws = np.random.default_rng(0)
x, y = (draws.random(options["count"], dtype=np.float32) for _ in range(2))
result = np.empty_like(x)


def plain():
    return ((x * y + x) * np.float32(0.5) - y) / np.float32(3)


def in_place():
    np.multiply(x, y, out=result)
    np.add(result, x, out=result)
    np.multiply(result, np.float32(0.5), out=result)
    np.subtract(result, y, out=result)
    np.divide(result, np.float32(3), out=result)


work = in_place if "out" in options else plain
work()
times = []
for _ in range(15):
    before = time.perf_counter()
    work()
    times.append(time.perf_counter() - before)
print(statistics.median(times))
