#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Goldens/numpy/*.txt: inputs and what NumPy makes of them, in double precision.

Each case is a line `case NAME`, then lines `in [shape] values...` and `out [shape] values...`.
TensorTests holds the expression of the same name. Run again after adding a case:

    python3 Tests/Goldens/make_numpy_goldens.py
"""
import math
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "numpy"
rng = np.random.default_rng(20240613)
files = {}


def number(x):
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return f"{x:.9g}"


def line(word, array):
    array = np.asarray(array, dtype=np.float64)
    shape = "[" + ",".join(str(n) for n in array.shape) + "]"
    return " ".join([word, shape] + [number(x) for x in array.ravel()])


def case(file, name, inputs, function):
    inputs = [np.asarray(x, dtype=np.float32) for x in inputs]
    with np.errstate(all="ignore"):
        out = function(*[x.astype(np.float64) for x in inputs])
    outs = out if isinstance(out, (tuple, list)) else [out]
    lines = [f"case {name}"] + [line("in", x) for x in inputs] + [line("out", x) for x in outs]
    files.setdefault(file, []).append("\n".join(lines))


def draw(*shape, low=-2.0, high=2.0):
    """Values with few digits, so that the text holds them exactly enough."""
    return np.round(rng.uniform(low, high, shape), 4)


def elementwise():
    signed = draw(2, 3)
    positive = draw(2, 3, low=0.1, high=5)
    erf = np.vectorize(math.erf)
    edges = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e-30, 1e30, 100, -100, 3.5, 2.5])
    table = {
        "abs": np.abs, "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.where(x < 0, 0, x),
        "sign": np.sign, "floor": np.floor, "ceil": np.ceil, "round": np.round,
        "isnan": np.isnan, "log": np.log, "log2": np.log2, "sqrt": np.sqrt,
        "rsqrt": lambda x: 1 / np.sqrt(x),
    }
    for name, function in table.items():
        x = positive if name in ("log", "log2", "sqrt", "rsqrt") else signed
        case("elementwise", name, [x], function)
        at = edges[edges != 0] if name == "rsqrt" else edges
        case("elementwise", name + "_edges", [at], function)
    case("elementwise", "gelu", [signed], lambda x: x * 0.5 * (1 + erf(x / math.sqrt(2))))
    case("elementwise", "silu", [signed], lambda x: x / (1 + np.exp(-x)))
    case("elementwise", "clamp", [signed], lambda x: np.clip(x, -0.5, 1))


def binary():
    a, b = draw(2, 1, 4), draw(3, 1)
    table = {
        "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
        "maximum": np.maximum, "minimum": np.minimum, "floorDivide": np.floor_divide,
        "remainder": np.mod, "equal": np.equal, "less": np.less, "greaterOrEqual": np.greater_equal,
        "unequal": np.not_equal, "lessOrEqual": np.less_equal, "greater": np.greater,
    }
    for name, function in table.items():
        case("binary", name, [a, b], function)
        case("binary", name + "_row", [draw(3, 4), draw(4)], function)
        case("binary", name + "_column", [draw(3, 1), draw(3, 4)], function)
    case("binary", "power", [draw(2, 1, 4, low=0.1), b], np.power)
    whole = np.array([7, -7, 7, -7, 6, -6, 0, 1, 5, np.inf, 3, np.nan], dtype=float)
    by = np.array([3, 3, -3, -3, 3, 3, 3, np.inf, 0, 2, np.nan, 1], dtype=float)
    finite = np.isfinite(whole) & np.isfinite(by) & (by != 0)
    case("binary", "floorDivide_signs", [whole[finite], by[finite]], np.floor_divide)
    case("binary", "remainder_signs", [whole[finite], by[finite]], np.mod)
    case("binary", "maximum_edges", [whole, by], np.maximum)
    case("binary", "less_edges", [whole, by], np.less)
    case("binary", "where", [np.array([[1], [0]]), draw(2, 3), draw(3)],
         lambda c, x, y: np.where(c != 0, x, y))


def reductions():
    x = draw(2, 3, 4)
    for name, function in {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max,
                           "min": np.min}.items():
        case("reductions", name, [x], function)
        case("reductions", name + "_1", [x], lambda v, f=function: f(v, axis=1))
        case("reductions", name + "_last_keep", [x],
             lambda v, f=function: f(v, axis=-1, keepdims=True))
        case("reductions", name + "_0_2", [x], lambda v, f=function: f(v, axis=(0, 2)))
    case("reductions", "all_1", [np.round(x)], lambda v: np.all(v, axis=1))
    case("reductions", "any_1", [np.round(x)], lambda v: np.any(v, axis=1))
    case("reductions", "argmax", [x], np.argmax)
    case("reductions", "argmax_1", [x], lambda v: np.argmax(v, axis=1))
    case("reductions", "argmin_last_keep", [x], lambda v: np.argmin(v, axis=-1, keepdims=True))
    case("reductions", "var", [x], lambda v: np.var(v, ddof=1))
    case("reductions", "std_1", [x], lambda v: np.std(v, axis=1, ddof=1))
    case("reductions", "std_0_population", [x], lambda v: np.std(v, axis=0))
    case("reductions", "logsumexp_1", [x * 30], lambda v: np.log(np.sum(np.exp(v), axis=1)))
    case("reductions", "logsumexp", [x], lambda v: np.log(np.sum(np.exp(v))))
    softmax = lambda v, d: np.exp(v) / np.exp(v).sum(axis=d, keepdims=True)
    case("reductions", "softmax", [x], lambda v: softmax(v, -1))
    case("reductions", "softmax_1", [x], lambda v: softmax(v, 1))
    case("reductions", "log_softmax_0", [x], lambda v: np.log(softmax(v, 0)))
    case("reductions", "cumsum_1", [x], lambda v: np.cumsum(v, axis=1))
    case("reductions", "norm", [x], lambda v: np.sqrt(np.sum(v * v)))
    case("reductions", "norm1_0", [x], lambda v: np.sum(np.abs(v), axis=0))
    case("reductions", "norm3_last", [x], lambda v: np.sum(np.abs(v) ** 3, axis=-1) ** (1 / 3))
    case("reductions", "topk", [x], lambda v: (-np.sort(-v, axis=-1)[..., :2],
                                               np.argsort(-v, axis=-1, kind="stable")[..., :2]))


def movement():
    x = draw(2, 3, 4)
    case("movement", "transpose_0_2", [x], lambda v: np.swapaxes(v, 0, 2))
    case("movement", "permute", [x], lambda v: np.transpose(v, (1, 2, 0)))
    case("movement", "transposed", [x], lambda v: np.swapaxes(v, -1, -2))
    case("movement", "expand", [draw(3, 1)], lambda v: np.broadcast_to(v, (2, 3, 4)))
    case("movement", "cat_1", [x, draw(2, 1, 4)], lambda a, b: np.concatenate([a, b], axis=1))
    case("movement", "stack_last", [draw(2, 3), draw(2, 3)],
         lambda a, b: np.stack([a, b], axis=-1))
    case("movement", "flip_0_2", [x], lambda v: np.flip(v, (0, 2)))
    case("movement", "roll_1", [x], lambda v: np.roll(v, 4, axis=1))
    case("movement", "roll_back", [x], lambda v: np.roll(v, -1, axis=2))
    case("movement", "pad", [x], lambda v: np.pad(v, ((0, 0), (2, 0), (1, 3)),
                                                  constant_values=7))
    case("movement", "tril", [x], np.tril)
    case("movement", "triu_1", [x], lambda v: np.triu(v, 1))
    case("movement", "repeat", [draw(2, 3)], lambda v: np.tile(v, (2, 1, 3)))
    case("movement", "gather", [draw(3, 4), np.array([[0, 3], [1, -4], [2, 2]])],
         lambda v, i: np.take_along_axis(v, i.astype(int), axis=1))
    case("movement", "diag_vector", [draw(3)], np.diag)
    case("movement", "diag_matrix", [draw(3, 4)], np.diag)
    case("movement", "one_hot", [np.array([2, 0, 1])], lambda i: np.eye(4)[i.astype(int)])
    case("movement", "arange", [], lambda: np.arange(1, 2, 0.3))
    case("movement", "linspace", [], lambda: np.linspace(-1, 2, 7))
    case("movement", "rearrange_split", [draw(2, 6)],
         lambda v: v.reshape(2, 3, 2).transpose(1, 0, 2).reshape(3, 4))


def linear():
    table = {
        "matmul_2_2": ((3, 4), (4, 5)), "matmul_1_1": ((4,), (4,)), "matmul_2_1": ((3, 4), (4,)),
        "matmul_1_2": ((4,), (4, 3)), "matmul_3_2": ((2, 3, 4), (4, 2)),
        "matmul_3_3": ((2, 3, 4), (2, 4, 2)), "matmul_4_3": ((2, 1, 2, 3), (4, 3, 2)),
        "matmul_1_3": ((3,), (2, 3, 2)), "matmul_3_1": ((2, 2, 3), (3,)),
        "matmul_2_3": ((2, 3), (2, 3, 2)),
    }
    for name, (a, b) in table.items():
        case("linear", name, [draw(*a), draw(*b)], np.matmul)
    case("linear", "outer", [draw(3), draw(2)], np.outer)
    patterns = {
        "ij,jk->ik": [(2, 3), (3, 4)], "ii": [(3, 3)], "ii->i": [(3, 3)], "ij->ji": [(2, 3)],
        "ij->": [(2, 3)], "bij,bjk->bik": [(2, 2, 3), (2, 3, 2)], "i,i->i": [(3,), (3,)],
        "bi,bi->b": [(2, 3), (2, 3)], "i,j->ij": [(2,), (3,)], "ab,bc,cd": [(2, 3), (3, 2), (2, 2)],
        "b...i,ij->b...j": [(2, 3, 2), (2, 4)], "...ij,...jk": [(2, 1, 2, 3), (4, 3, 2)],
        "bhqd,bhkd->bhqk": [(2, 2, 3, 2), (2, 2, 4, 2)], "ijk,k->ji": [(2, 3, 2), (2,)],
        "ij,kj->": [(2, 3), (4, 3)],
    }
    for pattern, shapes in patterns.items():
        case("linear", "einsum:" + pattern, [draw(*s) for s in shapes],
             lambda *xs, p=pattern: np.einsum(p, *xs))


def indexing():
    x = np.arange(24.0).reshape(3, 2, 4)
    mask = np.array([1, 0, 1])
    table = {
        "1": lambda v: v[1], "-1": lambda v: v[-1], "2,1,3": lambda v: v[2, 1, 3],
        "1:": lambda v: v[1:], ":,:,1:3": lambda v: v[:, :, 1:3], "::2": lambda v: v[::2],
        "::-1": lambda v: v[::-1], ":,:,3:0:-2": lambda v: v[:, :, 3:0:-2], "5:9": lambda v: v[5:9],
        "-2:": lambda v: v[-2:], "...,1": lambda v: v[..., 1], "1,...": lambda v: v[1, ...],
        "nil,1": lambda v: v[None, 1], ":,nil,1": lambda v: v[:, None, 1],
        "[2,0]": lambda v: v[[2, 0]], ":,:,[1,2,-1]": lambda v: v[:, :, [1, 2, -1]],
        "[0,2],[1,0]": lambda v: v[[0, 2], [1, 0]], "[0,2],:,[1,3]": lambda v: v[[0, 2], :, [1, 3]],
        "1,:,[0,3]": lambda v: v[1, :, [0, 3]], ":,1,[0,3]": lambda v: v[:, 1, [0, 3]],
        "[[0],[2]],[1,0]": lambda v: v[[[0], [2]], [1, 0]], "mask": lambda v: v[mask != 0],
        "mask,1:": lambda v: v[mask != 0, 1:], "full": lambda v: v[v > 20],
        "1:,[0,-1]": lambda v: v[1:, [0, -1]],
    }
    for name, function in table.items():
        case("indexing", name, [x], function)

        def replaced(v, f=function, name=name):
            places = np.arange(v.size).reshape(v.shape)
            index = np.flatnonzero(v > 20) if name == "full" else f(places)
            flat = v.copy().reshape(-1)
            flat[index] = -np.arange(1, np.size(index) + 1).reshape(np.shape(index))
            return flat.reshape(v.shape)

        case("indexing", "replace " + name, [x], replaced)


def more_elementwise():
    edges = np.array([0.0, np.inf, -np.inf, np.nan, 1e-30, 50, -50, 3.5, -2.5])
    inner, above, wide = draw(2, 3, low=-0.9, high=0.9), draw(2, 3, low=1.1, high=4), draw(2, 3)
    erf = np.vectorize(math.erf)
    table = {
        "tan": (np.tan, inner), "asin": (np.arcsin, inner), "acos": (np.arccos, inner),
        "atan": (np.arctan, wide), "sinh": (np.sinh, wide), "cosh": (np.cosh, wide),
        "asinh": (np.arcsinh, wide), "acosh": (np.arccosh, above), "atanh": (np.arctanh, inner),
        "exp2": (np.exp2, wide), "expm1": (np.expm1, wide), "log1p": (np.log1p, inner),
        "log10": (np.log10, above), "erf": (erf, wide), "trunc": (np.trunc, wide),
        "softplus": (lambda x: np.logaddexp(0, x), wide), "isinf": (np.isinf, wide),
        "isfinite": (np.isfinite, wide),
    }
    for name, (function, x) in table.items():
        case("elementwise", name, [x], function)
        at = np.array([0.5, np.nan]) if name == "tan" else edges
        case("elementwise", name + "_edges", [at], function)
    a, b = draw(2, 1, 4), draw(3, 1)
    for name, function in {"fmod": np.fmod, "atan2": np.arctan2, "hypot": np.hypot}.items():
        case("binary", name, [a, b], function)
        case("binary", name + "_row", [draw(3, 4), draw(4)], function)
    case("binary", "fmod_signs", [np.array([7, -7, 7, -7.5]), np.array([3, 3, -3, -3])], np.fmod)


def sorting():
    x = np.round(draw(3, 4) * 2) / 2  # with ties
    case("sorting", "sort", [x], lambda v: (np.sort(v), np.argsort(v, kind="stable")))
    case("sorting", "sort_0", [x], lambda v: np.sort(v, axis=0))
    case("sorting", "argsort_falling", [x], lambda v: np.argsort(-v, kind="stable"))
    case("sorting", "sort_nan", [np.array([2, np.nan, 1, np.inf])], np.sort)
    for q in (0, 0.25, 0.6, 1):
        case("sorting", f"quantile_{q}", [x], lambda v, q=q: np.quantile(v, q))
        case("sorting", f"quantile_{q}_1", [x], lambda v, q=q: np.quantile(v, q, axis=1))
    case("sorting", "median", [x], np.median)
    case("sorting", "median_0_keep", [x], lambda v: np.median(v, axis=0, keepdims=True))
    ladder = np.array([1, 2, 2, 3.5])
    case("sorting", "searchsorted", [ladder, np.array([0, 2, 3, 9])], np.searchsorted)
    case("sorting", "searchsorted_right", [ladder, np.array([[0, 2], [3.5, 9]])],
         lambda a, v: np.searchsorted(a, v, side="right"))
    case("sorting", "unique", [x], lambda v: (lambda r: (r[0], r[1].reshape(v.shape), r[2]))(
        np.unique(v, return_inverse=True, return_counts=True)))
    case("sorting", "bincount", [np.array([1, 3, 1, 0])],
         lambda v: np.bincount(v.astype(int), minlength=6))
    case("sorting", "bincount_weights", [np.array([1, 3, 1]), np.array([0.5, 2, 1])],
         lambda v, w: np.bincount(v.astype(int), w))
    case("sorting", "histogram", [draw(40)], lambda v: np.histogram(v, 7))
    case("sorting", "histogram_range", [draw(40)], lambda v: np.histogram(v, 4, (-1, 1)))
    case("sorting", "nonzero", [np.round(draw(2, 3, 2))], np.argwhere)
    case("sorting", "cumprod", [draw(2, 3, 2)], lambda v: np.cumprod(v, axis=1))
    case("sorting", "diff", [draw(2, 5)], lambda v: np.diff(v, 2))
    case("sorting", "diff_0", [draw(3, 2)], lambda v: np.diff(v, axis=0))


def layout():
    x = draw(2, 3, 4)
    case("layout", "movedim", [x], lambda v: np.moveaxis(v, 0, -1))
    case("layout", "repeat_interleave", [x], lambda v: np.repeat(v, 3, axis=1))
    for k in range(-1, 4):
        case("layout", f"rot90_{k}", [draw(2, 3)], lambda v, k=k: np.rot90(v, k))
    case("layout", "meshgrid", [draw(2), draw(3)], lambda a, b: np.meshgrid(a, b, indexing="ij"))
    case("layout", "kron", [draw(2, 3), draw(3, 2)], np.kron)
    case("layout", "kron_ranks", [draw(2), draw(2, 2)], np.kron)

    def put(v, i, s):
        v = v.copy()
        np.put_along_axis(v, i.astype(int), s, axis=1)
        return v

    case("layout", "scatter", [draw(2, 4), np.array([[3, 0], [1, 2]]), draw(2, 2)], put)

    def add(v, i, s):
        v = v.copy()
        np.add.at(v, i.astype(int), s)
        return v

    case("layout", "scatter_add", [draw(4), np.array([2, 2, 0]), draw(3)], add)


def decompositions():
    a, b = draw(4, 4), draw(4, 2)
    spd = lambda v: v @ v.T + np.eye(len(v))
    case("decompositions", "solve", [a, b], np.linalg.solve)
    case("decompositions", "solve_vector", [a, draw(4)], np.linalg.solve)
    case("decompositions", "solve_stack", [draw(2, 3, 3), draw(2, 3, 1)], np.linalg.solve)
    case("decompositions", "inv", [a], np.linalg.inv)
    case("decompositions", "det", [draw(2, 3, 3)], np.linalg.det)
    case("decompositions", "slogdet", [a], lambda v: tuple(np.linalg.slogdet(v)))
    case("decompositions", "cholesky", [a], lambda v: np.linalg.cholesky(spd(v)))
    case("decompositions", "eigh", [a], lambda v: np.linalg.eigh(spd(v))[0])
    case("decompositions", "svd", [draw(3, 5)], lambda v: np.linalg.svd(v, full_matrices=False)[1])
    case("decompositions", "qr", [draw(5, 3)], lambda v: np.abs(np.linalg.qr(v)[1]))
    case("decompositions", "lstsq", [draw(6, 3), draw(6)],
         lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0])
    case("decompositions", "lstsq_wide", [draw(2, 4), draw(2, 2)],
         lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0])
    case("decompositions", "trace", [draw(3, 4)], np.trace)
    case("decompositions", "cross", [draw(2, 3), draw(2, 3)], np.cross)
    case("decompositions", "tensordot", [draw(2, 3, 4), draw(4, 3, 2)],
         lambda a, b: np.tensordot(a, b, ((1, 2), (1, 0))))
    case("decompositions", "cdist", [draw(3, 4), draw(2, 4)],
         lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1)))


for section in (elementwise, binary, reductions, movement, linear, indexing, more_elementwise,
                sorting, layout, decompositions):
    section()
FOLDER.mkdir(exist_ok=True)
for file, cases in files.items():
    (FOLDER / f"{file}.txt").write_text("\n".join(cases) + "\n")
