# SPDX-License-Identifier: Apache-2.0
"""The kernels for AVX-512, for AVX2 and for any processor give the same numbers to rounding.

A running smap uses the best kernels that its processor supports; so the C files are compiled once for each level
here, and functions are called with the same operands. Levels that this processor lacks are skipped.
"""
import ctypes
import math
import os
import pathlib
import random
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Sources" / "CKernels"
FLAGS = ["-ffp-contract=fast", "-fno-math-errno", "-Wno-psabi", "-fPIC"]
# Kernels that only AVX-512 calls take half of the time; where they are not called, they need only link.
AVX512_ONLY = {"product_v4.c", "product_bfloat16.c", "product_expanded.c"}
PACKED = 0  # SMAP_PACKED of products.h
NEEDED = {1: set(), 3: {"avx2", "fma", "bmi2"}, 4: {"avx512f", "avx512bw", "avx512dq", "avx512vl"}}


def processor_flags():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return set(line.split())


def compiler():
    """clang as it comes beside swift, or by itself."""
    swift = shutil.which("swift")
    beside = pathlib.Path(os.path.realpath(swift)).parent / "clang" if swift else None
    return str(beside) if beside and beside.exists() else shutil.which("clang")


@pytest.fixture(scope="module")
def levels(tmp_path_factory):
    """The kernels by level."""
    clang, folder = compiler(), tmp_path_factory.mktemp("kernels")
    if clang is None:
        pytest.skip("there is no clang")
    made = {}
    for level, needed in NEEDED.items():
        if not needed <= processor_flags():
            continue
        path = folder / f"level{level}.so"
        objects = []
        for source in sorted(SOURCES.glob("*.c")):
            objects.append(str(folder / f"level{level}-{source.stem}.o"))
            effort = "-O0" if level < 4 and source.name in AVX512_ONLY else "-O3"
            subprocess.run([clang, effort, *FLAGS, f"-DSMAP_KERNEL_LEVEL={level}", f"-I{SOURCES}/include",
                            "-c", str(source), "-o", objects[-1]], check=True)
        subprocess.run([clang, "-shared", *objects, "-o", str(path), "-lm", "-lpthread"], check=True)
        made[level] = ctypes.CDLL(str(path))
    if len(made) < 2:
        pytest.skip("this processor has one level only")
    return made


def floats(values):
    values = list(values)
    return (ctypes.c_float * max(len(values), 1))(*values)


def draws(count, seed, spread=2.0):
    source = random.Random(seed)
    return floats(source.gauss(0, spread) for _ in range(count))


def agree(results, tolerance=2e-6):
    """All levels' floats are the first's, except for rounding; infinities and NaN exactly."""
    first, *others = results.values()
    for other in others:
        for i, (a, b) in enumerate(zip(first, other)):
            if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
                assert a == b or (math.isnan(a) and math.isnan(b)), f"entry {i}: {a} and {b}"
            else:
                assert abs(a - b) <= tolerance * max(1, abs(a), abs(b)), f"entry {i}: {a} and {b}"


SIZES = [0, 1, 7, 16, 33, 1000]
POINTWISE = ["exp", "log", "tanh", "sigmoid", "gelu", "silu", "sin", "cos", "sqrt", "rsqrt", "erf",
             "expm1", "log1p", "softplus", "asinh", "atan", "round"]


@pytest.mark.parametrize("name", POINTWISE)
def test_functions_of_one_operand(levels, name):
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-30, -1e-30, 1e30, 88.5, -88.5]
    for size in SIZES:
        x = floats(special + list(draws(size, 1)))
        results = {}
        for level, library in levels.items():
            y = floats([0.0] * len(x))
            getattr(library, f"smap_{name}")(x, y, ctypes.c_long(len(x)))
            results[level] = y
        agree(results)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power", "maximum", "hypot", "atan2"])
def test_functions_of_two_operands(levels, name):
    for size in SIZES:
        x, y = draws(size, 2), draws(size, 3)
        results = {}
        for level, library in levels.items():
            z = floats([0.0] * size)
            getattr(library, f"smap_{name}")(x, y, z, ctypes.c_long(size))
            results[level] = z
        agree(results, 1e-5)


class Mask(ctypes.Structure):
    _fields_ = [("prefix", ctypes.c_long), ("group", ctypes.c_long), ("lengths", ctypes.c_void_p)]


class Epilogue(ctypes.Structure):
    _fields_ = [("bias", ctypes.c_void_p), ("residual", ctypes.c_void_p),
                ("before", ctypes.c_void_p), ("activation", ctypes.c_int),
                ("accumulate", ctypes.c_int)]


@pytest.mark.parametrize("activation", [0, 1, 2])
@pytest.mark.parametrize("m,k,n", [(1, 1, 1), (2, 17, 31), (15, 40, 32), (29, 33, 65), (3, 0, 5), (55, 20, 70)])
def test_products(levels, m, k, n, activation):
    a, b, bias = draws(m * k, 4), draws(k * n, 5), draws(n, 6)
    panels, results = (n + 31) // 32, {}
    long = ctypes.c_long
    for level, library in levels.items():
        packed, c = floats([0.0] * (panels * 32 * k)), floats([0.0] * (m * n))
        library.smap_pack(b, long(n), long(1), long(k), long(n), long(0), long(panels), packed)
        epilogue = Epilogue(ctypes.cast(bias, ctypes.c_void_p), None, None, activation, 0)
        library.smap_product(
            long(m), long(n), long(k), a, long(k), long(1), packed, long(PACKED), long(32 * k),
            long(0), long(panels), c, long(n), ctypes.byref(epilogue), None)
        results[level] = c
    agree(results, 1e-5)


@pytest.mark.parametrize("m,k,n", [(1, 9, 16), (1, 40, 48), (2, 33, 16), (15, 40, 48), (31, 5, 80), (100, 7, 48), (20, 12, 32)])
def test_products_with_unpacked_matrices(levels, m, k, n):
    """The gradient of a weight: a transposed left operand, of one row too, and B as it lies."""
    a, b = draws(k * m, 4), draws(k * n, 5)
    results, long = {}, ctypes.c_long
    for level, library in levels.items():
        c, scratch = floats([0.0] * (m * n)), floats([0.0] * (64 * k + 256))
        library.smap_product(
            long(m), long(n), long(k), a, long(1), long(m), b, long(n), long(32),
            long(0), long((n + 31) // 32), c, long(n), ctypes.byref(Epilogue()), scratch)
        wanted = [sum(a[p * m + i] * b[p * n + j] for p in range(k))
                  for i in range(m) for j in range(n)]
        assert max(abs(x - y) for x, y in zip(c, wanted)) < 1e-4, level
        results[level] = c
    agree(results, 1e-5)


@pytest.mark.parametrize("k,n", [(1, 1), (8, 8), (17, 31), (40, 65), (97, 32)])
def test_packing_of_transposed_matrices(levels, k, n):
    """Panels of 32 columns, in parts as wide as the tiles of the level."""
    b, panels, long = draws(n * k, 7), (n + 31) // 32, ctypes.c_long
    for level, library in levels.items():
        width = 32 if level == 4 else 16
        wanted = [b[j * k + p] if j < n else 0.0
                  for start in range(0, 32 * panels, width) for p in range(k) for j in range(start, start + width)]
        packed = floats([1.0] * (panels * 32 * k))
        library.smap_pack(b, long(1), long(k), long(k), long(n), long(0), long(panels), packed)
        assert list(packed) == wanted, level


@pytest.mark.parametrize("size", SIZES)
def test_gradients_of_gelu(levels, size):
    u, dy, long = draws(size, 8, 4.0), draws(size, 9), ctypes.c_long(size)
    slopes, again, values = {}, {}, {}
    for level, library in levels.items():
        slopes[level], values[level] = floats([0.0] * size), floats([0.0] * size)
        again[level] = floats(dy[:size])
        library.smap_gelu_backward(u, dy, slopes[level], long)
        library.smap_gelu_again(u, again[level], values[level], long)
        for x, d, slope, y in zip(u, dy[:size], slopes[level], values[level]):
            below = 0.5 * (1 + math.erf(x / math.sqrt(2)))
            exact = d * (below + x * math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))
            assert abs(slope - exact) < 2e-6 * max(1, abs(d)) and abs(y - x * below) < 2e-6
    agree(slopes), agree(again), agree(values)


@pytest.mark.parametrize("rows,width", [(0, 5), (1, 1), (3, 7), (5, 16), (4, 193)])
def test_norms_and_softmax(levels, rows, width):
    x, gain, bias = draws(rows * width, 7), draws(width, 8), draws(width, 9)
    layer, rms, soft = {}, {}, {}
    long = ctypes.c_long
    for level, library in levels.items():
        layer[level], rms[level], soft[level] = (floats([0.0] * (rows * width)) for _ in range(3))
        mean, scale = floats([0.0] * rows), floats([0.0] * rows)
        epsilon = ctypes.c_float(1e-5)
        library.smap_layer_norm(
            x, gain, bias, epsilon, long(rows), long(width), layer[level], mean, scale)
        library.smap_rms_norm(x, gain, epsilon, long(rows), long(width), rms[level], scale)
        library.smap_softmax_rows(x, long(rows), long(width), soft[level])
    # A single number is its own mean: the rest is rounding error.
    agree(layer, 2e-5)
    agree(rms, 1e-5)
    agree(soft)


@pytest.mark.parametrize(
    "tokens,head_width,prefix,start,wanted",
    [(1, 4, 0, 0, 1), (5, 8, 0, 0, 5), (17, 32, 17, 0, 17), (40, 33, 9, 0, 40), (40, 32, 9, 7, 20)],
)
def test_attention(levels, tokens, head_width, prefix, start, wanted):
    heads, long = 2, ctypes.c_long
    width = heads * head_width
    qkv, gradient = draws(tokens * 3 * width, 10, 1.0), draws(wanted * width, 11, 1.0)
    outputs, slopes = {}, {}
    for level, library in levels.items():
        library.smap_attention_scratch.restype = ctypes.c_long
        scratch = floats([0.0] * library.smap_attention_scratch(long(tokens), long(head_width)))
        out, lse = floats([0.0] * (wanted * width)), floats([0.0] * (heads * wanted))
        sizes = [long(x) for x in (tokens, heads, head_width)]
        part = [long(x) for x in (start, wanted, 0, heads)]
        shape = [*sizes, Mask(prefix, 1, None), *part]
        library.smap_attention(qkv, *shape, out, lse, scratch)
        slope = floats([0.0] * (tokens * 3 * width))
        library.smap_attention_backward(qkv, out, lse, gradient, *shape, slope, scratch)
        outputs[level], slopes[level] = out, slope
    agree(outputs, 1e-5)
    agree(slopes, 5e-5)


def test_every_kernel_in_double_precision(levels, tmp_path):
    """The driver in C, which `make check-arm` runs on aarch64, at each level of this processor."""
    clang, driver = compiler(), ROOT / "Tests" / "Kernels" / "driver"
    objects = []
    for file in sorted(driver.glob("*.c")):
        objects.append(str(tmp_path / f"{file.stem}.o"))
        subprocess.run([clang, "-O1", "-Wall", "-Wextra", "-Werror", f"-I{SOURCES}/include", "-c", str(file),
                        "-o", objects[-1]], check=True)
    for level, library in levels.items():
        program = tmp_path / f"driver{level}"
        subprocess.run([clang, *objects, library._name, f"-Wl,-rpath,{os.path.dirname(library._name)}", "-lm",
                        "-o", str(program)], check=True)
        result = subprocess.run([str(program)], capture_output=True, text=True)
        assert result.returncode == 0 and "passed" in result.stdout, f"level {level}: {result.stdout}"
