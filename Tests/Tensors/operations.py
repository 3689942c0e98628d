# SPDX-License-Identifier: Apache-2.0
"""The one table of tensor functions and what they are in NumPy and PyTorch.

`TABLE` maps the name of a function of smap to a generator of cases. `LEFT_OUT` names the others,
each with the reason. The names that references use besides `np` and `torch` are in `references.py`.
"""
import importlib.util
import re

import numpy as np

import cases
from cases import Case, axis, in_smap, values

TABLE = {}
# Central differences of thousands of elements would take too long.
HAS_TORCH = importlib.util.find_spec("torch") is not None


def entry(*names):
    """Puts a function that draws a case into the table, under the names of what it covers."""
    def put(draw):
        for name in names:
            TABLE[name] = draw
        return draw
    return put


# Functions of one argument: domain, NumPy, PyTorch ("" where there is no gradient), absolute floor.
POINTWISE = {
    "abs": ("normal", "np.abs(a)", "torch.abs(a)", 0),
    "exp": ("normal", "np.exp(a)", "torch.exp(a)", 0),
    "log": ("positive", "np.log(a)", "torch.log(a)", 1e-7),
    "exp2": ("normal", "np.exp2(a)", "torch.exp2(a)", 0),
    "expm1": ("normal", "np.expm1(a)", "torch.expm1(a)", 0),
    "log1p": ("positive", "np.log1p(a)", "torch.log1p(a)", 0),
    "log10": ("positive", "np.log10(a)", "torch.log10(a)", 1e-7),
    "log2": ("positive", "np.log2(a)", "torch.log2(a)", 1e-7),
    "sqrt": ("positive", "np.sqrt(a)", "torch.sqrt(a)", 0),
    "rsqrt": ("positive", "1 / np.sqrt(a)", "torch.rsqrt(a)", 0),
    "tan": ("unit", "np.tan(a)", "torch.tan(a)", 1e-7),
    "asin": ("unit", "np.arcsin(a)", "torch.asin(a)", 0),
    "acos": ("unit", "np.arccos(a)", "torch.acos(a)", 2e-7),
    "atan": ("normal", "np.arctan(a)", "torch.atan(a)", 0),
    "sinh": ("normal", "np.sinh(a)", "torch.sinh(a)", 0),
    "cosh": ("normal", "np.cosh(a)", "torch.cosh(a)", 0),
    "asinh": ("normal", "np.arcsinh(a)", "torch.asinh(a)", 0),
    "acosh": ("above one", "np.arccosh(a)", "torch.acosh(a)", 2e-7),
    "atanh": ("unit", "np.arctanh(a)", "torch.atanh(a)", 0),
    "sin": ("normal", "np.sin(a)", "torch.sin(a)", 2e-7),
    "cos": ("normal", "np.cos(a)", "torch.cos(a)", 2e-7),
    "tanh": ("normal", "np.tanh(a)", "torch.tanh(a)", 0),
    "softplus": ("normal", "np.logaddexp(0, a)", "F.softplus(a, threshold=1e9)", 0),
    "erf": ("normal", "erf(a)", "torch.erf(a)", 0),
    "sigmoid": ("normal", "sigmoid(a)", "torch.sigmoid(a)", 0),
    "relu": ("normal", "np.where(a < 0, 0, a)", "torch.relu(a)", 0),
    "gelu": ("normal", "gelu(a)", "F.gelu(a)", 4e-7),
    "silu": ("normal", "silu(a)", "F.silu(a)", 1e-30),
    "sign": ("normal", "np.sign(a)", "torch.sign(a)", 0),
    "floor": ("normal", "np.floor(a)", "torch.floor(a)", 0),
    "ceil": ("normal", "np.ceil(a)", "torch.ceil(a)", 0),
    "trunc": ("normal", "np.trunc(a)", "torch.trunc(a)", 0),
    "isnan": ("edges", "np.isnan(a) * 1.0", "", 0),
    "isinf": ("edges", "np.isinf(a) * 1.0", "", 0),
    "isfinite": ("edges", "np.isfinite(a) * 1.0", "", 0),
    "logical_not": ("edges", "np.logical_not(a) * 1.0", "", 0),
    "elu": ("normal", "np.where(a > 0, a, np.expm1(np.minimum(a, 0)))", "F.elu(a)", 0),
    "zeros_like": ("normal", "np.zeros_like(a)", "", 0),
    "ones_like": ("normal", "np.ones_like(a)", "", 0),
}


def pointwise(name):
    domain, numpy, torch, floor = POINTWISE[name]

    def draw(rng):
        kind = cases.kind(rng, domain)
        a = values(rng, cases.shape(rng), kind)
        # These values at large arguments depend on the last bit of a 32-bit argument.
        if name in ("sin", "cos", "tan") and kind == "edges":
            a = np.where(np.abs(a) > 1e3, np.float32(2), a)
        slopes = ("a",) if torch and kind != "edges" else ()
        text = rng.choice([f"{name}(a)", f"a.{name}()"])
        return Case(name, text, numpy, torch, {"a": a}, slopes, floor=floor or 1e-37)
    return draw


for pointwise_name in POINTWISE:
    TABLE[pointwise_name] = pointwise(pointwise_name)

# Of two arguments that broadcast: smap, NumPy, PyTorch, absolute error by magnitude.
PAIRS = {
    "+": ("a + b", "a + b", "a + b", 0),
    "-": ("a - b", "a - b", "a - b", 0),
    "*": ("a * b", "a * b", "a * b", 0),
    "/": ("a / b", "a / b", "a / b", 0),
    "//": ("a // b", "floor_divide(a, b)", "", 0),
    "%": ("a % b", "remainder(a, b)", "torch.remainder(a, b)", 1e-7),
    "==": ("a == b", "(a == b) * 1.0", "", 0),
    "!=": ("a != b", "(a != b) * 1.0", "", 0),
    "<": ("a < b", "(a < b) * 1.0", "", 0),
    "<=": ("a <= b", "(a <= b) * 1.0", "", 0),
    ">": ("a > b", "(a > b) * 1.0", "", 0),
    ">=": ("a >= b", "(a >= b) * 1.0", "", 0),
    "maximum": ("maximum(a, b)", "np.maximum(a, b)", "torch.maximum(a, b)", 0),
    "minimum": ("minimum(a, b)", "np.minimum(a, b)", "torch.minimum(a, b)", 0),
    "atan2": ("atan2(a, b)", "np.arctan2(a, b)", "torch.atan2(a, b)", 0),
    "hypot": ("hypot(a, b)", "np.hypot(a, b)", "torch_hypot(a, b)", 0),
    "fmod": ("fmod(a, b)", "np.fmod(a, b)", "torch.fmod(a, b)", 0),
    "logical_and": ("logical_and(a, b)", "np.logical_and(a, b) * 1.0", "", 0),
    "logical_or": ("logical_or(a, b)", "np.logical_or(a, b) * 1.0", "", 0),
    "logical_xor": ("logical_xor(a, b)", "np.logical_xor(a, b) * 1.0", "", 0),
    "isclose": ("isclose(a, b)", "np.isclose(a, b) * 1.0", "", 0),
    "allclose": ("allclose(a, b)", "np.allclose(a, b)", "", 0),
    "nn.mse_loss": ("nn.mse_loss(a, b)", "same_shape(a, b, lambda: np.mean((a - b) ** 2))",
                    "F.mse_loss(a, b)", 2e-6),
    "nn.l1_loss": ("nn.l1_loss(a, b)", "same_shape(a, b, lambda: np.mean(np.abs(a - b)))",
                   "F.l1_loss(a, b)", 2e-6),
    "divmod": ("divmod(a, b)[1]", "remainder(a, b)", "", 1e-7),
    "kron": ("kron(a, b)", "np.kron(a, b)", "torch.kron(a, b)", 0),
}


def pair(name):
    smap, numpy, torch, absolute = PAIRS[name]

    def draw(rng):
        full = cases.shape(rng)
        left, right = cases.stretched(rng, full), cases.stretched(rng, full)
        if name.startswith("nn.") and rng.random() < 0.8:
            left = right = full
        if rng.random() < 0.03:
            right = cases.shape(rng)
        kind = cases.kind(rng)
        a, b = values(rng, left, kind), values(rng, right, kind)
        if rng.random() < 0.1 and left:
            b = values(rng, left, kind)
            b[...] = a
        smooth = kind != "edges" and bool(torch)
        # A remainder jumps where the quotient is near an integer: large ones have no bits for it.
        if name in ("//", "%", "divmod", "fmod"):
            a, b = (np.where(np.abs(x) > 1e6, np.float32(7), x) for x in (a, b))
            b = np.where((np.abs(b) < 1e-3) & (b != 0), np.float32(0.25), b)
            if kind == "normal":
                a, b = (np.round(x * 8) / 8 for x in (a, b))
            smooth = smooth and not (b == 0).any()
        if name == "isclose" and rng.random() < 0.4:
            a = (a * (1 + 1e-6)).astype(np.float32) if a.shape == b.shape else a
        if name in ("isclose", "allclose") and kind != "edges" and left == right:
            # Away from the threshold of closeness, where rounding decides.
            with np.errstate(all="ignore"):
                share = np.abs(a.astype(float) - b) / (1e-8 + 1e-5 * np.abs(b.astype(float)))
            if ((share > 0.5) & (share < 2)).any():
                b = a.copy()
        return Case(name, smap, numpy, torch, {"a": a, "b": b}, ("a", "b") if smooth else (),
                    absolute=absolute)
    return draw


for pair_name in PAIRS:
    TABLE[pair_name] = pair(pair_name)


@entry("**")
def power(rng):
    full = cases.shape(rng)
    kind = cases.kind(rng)
    a, b = values(rng, cases.stretched(rng, full), kind), values(rng, cases.stretched(rng, full), kind)
    if kind == "normal":
        a = np.abs(a) + np.float32(0.01)
    b = np.where(np.abs(b) > 50, np.float32(2), b)
    if rng.random() < 0.4:
        number = float(rng.choice([2, 3, 0.5, -1, 0, 1, -2, 1.5]))
        return Case("**", f"a ** {in_smap(number)}", f"np.power(a, {number})",
                    f"torch.pow(a, {number})", {"a": a}, ("a",) if kind != "edges" else (),
                    relative=1e-5)
    return Case("**", "a ** b", "np.power(a, b)", "torch.pow(a, b)", {"a": a, "b": b},
                ("a", "b") if kind == "normal" or kind == "whole" else (), relative=2e-5)


# Reductions: NumPy and PyTorch with {d} for the dimensions and {k} for keepdim.
REDUCTIONS = {
    "sum": ("np.sum(a, axis={d}, keepdims={k})", "torch.sum(a, dim={d}, keepdim={k})"),
    "mean": ("np.mean(a, axis={d}, keepdims={k})", "torch.mean(a, dim={d}, keepdim={k})"),
    "prod": ("np.prod(a, axis={d}, keepdims={k})", ""),
    "logsumexp": ("logsumexp(a, {d}, {k})", "torch_logsumexp(a, {d}, {k})"),
    "all": ("np.all(a, axis={d}, keepdims={k}) * 1.0", ""),
    "any": ("np.any(a, axis={d}, keepdims={k}) * 1.0", ""),
    "min": ("np.min(a, axis={d}, keepdims={k})", "torch_extreme(torch.amin, a, {d}, {k})"),
    "max": ("np.max(a, axis={d}, keepdims={k})", "torch_extreme(torch.amax, a, {d}, {k})"),
    "count_nonzero": ("np.count_nonzero(a, axis={d}) * 1.0", ""),
    "norm": ("norm(a, 2, {d})", "torch_norm(a, 2, {d})"),
    "linalg.norm": ("norm(a, 2, {d})", "torch_norm(a, 2, {d})"),
}


def reduction(name):
    numpy, torch = REDUCTIONS[name]

    def draw(rng):
        kind = cases.kind(rng, edges=0.15)
        a = values(rng, cases.shape(rng), kind)
        if name == "prod" or (name == "logsumexp" and kind == "edges"):
            a = np.clip(a, -60, 60) if rng.random() < 0.7 else a
        d, keep = cases.dims(rng, a.ndim), bool(rng.random() < 0.3)
        order = ""
        if name.endswith("norm"):
            ord = rng.choice([2, 1, np.inf, -np.inf, 0, 3, 1.5, 2, 2])
            reference, other = f"norm(a, {ord!s}, {axis(d)})", f"torch_norm(a, {ord!s}, {axis(d)})"
            if ord <= 0 or ord == 1.5 and kind == "edges":
                other = ""
            order, keep = f", ord = {in_smap(float(ord))}", False
        else:
            if name == "count_nonzero":
                keep = False
            reference = numpy.format(d=axis(d), k=keep)
            other = torch.format(d=axis(d), k=keep)
        options = order + ("" if d is None else f", dim = {in_smap(d)}")
        options += ", keepdim = true" if keep else ""
        return Case(name, f"{name}(a{options})", reference, other, {"a": a},
                    ("a",) if kind != "edges" and (other or name == "prod") else (),
                    absolute=2e-6)
    return draw


for reduction_name in REDUCTIONS:
    TABLE[reduction_name] = reduction(reduction_name)


@entry("std", "var")
def spread(rng):
    name = str(rng.choice(["std", "var"]))
    a = values(rng, cases.shape(rng), "normal" if rng.random() < 0.6 else "whole")
    if rng.random() < 0.15:
        a[...] = 1.25
    d, keep, correction = cases.dims(rng, a.ndim), bool(rng.random() < 0.3), int(rng.integers(0, 3))
    options = "" if d is None else f", dim = {in_smap(d)}"
    options += f", correction = {correction}" + (", keepdim = true" if keep else "")
    return Case(name, f"{name}(a{options})",
                f"np.{name}(a, axis={axis(d)}, ddof={correction}, keepdims={keep})",
                f"torch.{name}(a, dim={axis(d)}, correction={correction}, keepdim={keep})",
                {"a": a}, ("a",), relative=1e-5, absolute=1e-6)


@entry("argmin", "argmax")
def places(rng):
    name = str(rng.choice(["argmin", "argmax"]))
    a = values(rng, cases.shape(rng), cases.kind(rng, edges=0.3))
    d = None if a.ndim == 0 or rng.random() < 0.4 else cases.dim(rng, a.ndim)
    keep = bool(rng.random() < 0.3)
    options = ("" if d is None else f", dim = {d}") + (", keepdim = true" if keep else "")
    return Case(name, f"{name}(a{options})", f"np.{name}(a, axis={d}, keepdims={keep}) * 1.0", "",
                {"a": a})


@entry("softmax", "log_softmax", "cumsum", "cumprod", "normalize", "diff", "flip", "roll")
def along_one(rng):
    name = str(rng.choice(["softmax", "log_softmax", "cumsum", "cumprod", "normalize", "diff",
                           "flip", "roll"]))
    kind = "whole" if rng.random() < 0.3 else "normal"
    a = values(rng, cases.shape(rng, low=1), kind)
    d = cases.dim(rng, a.ndim)
    smap, numpy, torch = {
        "softmax": (f"softmax(a, dim = {d})", f"softmax(a, {d})", f"torch.softmax(a, {d})"),
        "log_softmax": (f"log_softmax(a, dim = {d})", f"log_softmax(a, {d})",
                        f"torch.log_softmax(a, {d})"),
        "cumsum": (f"cumsum(a, {d})", f"np.cumsum(a, axis={d})", f"torch.cumsum(a, {d})"),
        "cumprod": (f"cumprod(a, {d})", f"np.cumprod(a, axis={d})", f"torch.cumprod(a, {d})"),
        "normalize": (f"normalize(a, dim = {d})", f"normalize(a, {d})", f"F.normalize(a, dim={d})"),
        "diff": (f"diff(a, n = {(n := int(rng.integers(0, 4)))}, dim = {d})",
                 f"np.diff(a, n={n}, axis={d})", f"torch.diff(a, n={n}, dim={d})"),
        "flip": (f"flip(a, {d})", f"np.flip(a, {d})", f"torch.flip(a, ({d},))"),
        "roll": (f"roll(a, {(n := int(rng.integers(-6, 7)))}, dim = {d})",
                 f"np.roll(a, {n}, {d})", f"torch.roll(a, {n}, {d})"),
    }[name]
    return Case(name, smap, numpy, torch, {"a": a}, ("a",), absolute=2e-6)


@entry("sort", "argsort", "topk", "unique", "median", "quantile")
def orders(rng):
    name = str(rng.choice(["sort", "argsort", "topk", "unique", "median", "quantile"]))
    kind = str(rng.choice(["normal", "whole", "edges", "infinite"]))
    a = values(rng, cases.shape(rng, low=0 if name in ("median", "unique", "quantile") else 1), kind)
    smooth = ("a",) if kind == "normal" else ()
    d = cases.dim(rng, a.ndim) if a.ndim else None
    down = bool(rng.random() < 0.4)
    if name == "unique":
        field = str(rng.choice(["values", "inverse", "counts"]))
        return Case(name, f"unique(a).{field}", f"unique(a, '{field}')", "", {"a": a})
    if name == "sort":
        return Case(name, f"sort(a, dim = {d}, descending = {in_smap(down)}).values",
                    f"sort(a, {d}, {down})", f"torch.sort(a, dim={d}, descending={down}).values",
                    {"a": a}, smooth)
    if name == "argsort":
        return Case(name, f"argsort(a, dim = {d}, descending = {in_smap(down)})",
                    f"argsort(a, {d}, {down}) * 1.0", "", {"a": a})
    if name == "topk":
        k = int(rng.integers(0, a.shape[d] + 2))
        field = str(rng.choice(["values", "indices"]))
        return Case(name, f"topk(a, {k}, dim = {d}).{field}", f"topk(a, {k}, {d}, '{field}')",
                    f"torch.topk(a, {k}, dim={d}).values" if field == "values" else "", {"a": a},
                    smooth if field == "values" else ())
    d = None if d is None or rng.random() < 0.4 else d
    keep = bool(rng.random() < 0.3)
    options = ("" if d is None else f", dim = {d}") + (", keepdim = true" if keep else "")
    q = 0.5 if name == "median" else float(rng.choice([0, 0.25, 1 / 3, 0.5, 0.9, 1]))
    text = f"median(a{options})" if name == "median" else f"quantile(a, {q}{options})"
    return Case(name, text, f"quantile(a, {q}, {d}, {keep})",
                f"torch.quantile(a, {q}, dim={d}, keepdim={keep})", {"a": a}, smooth,
                absolute=3e-7)


@entry("searchsorted", "bincount", "histogram", "nonzero", "interp", "one_hot")
def counts(rng):
    name = str(rng.choice(["searchsorted", "bincount", "histogram", "nonzero", "interp", "one_hot"]))
    whole = rng.integers(0, 5, int(rng.integers(0, 9))).astype(np.float32)
    if name == "searchsorted":
        a = np.sort(values(rng, (int(rng.integers(0, 8)),), cases.kind(rng, edges=0.2)))
        right = bool(rng.random() < 0.5)
        return Case(name, f"searchsorted(a, b, right = {in_smap(right)})",
                    f"np.searchsorted(a, b, side='{'right' if right else 'left'}') * 1.0", "",
                    {"a": a, "b": values(rng, cases.shape(rng), cases.kind(rng, edges=0.2))})
    if name == "bincount":
        least = int(rng.integers(0, 8))
        if rng.random() < 0.5:
            return Case(name, f"bincount(a, minlength = {least})",
                        f"np.bincount(a.astype(int), minlength={least}) * 1.0", "", {"a": whole})
        return Case(name, f"bincount(a, weights = b, minlength = {least})",
                    f"np.bincount(a.astype(int), weights=b, minlength={least})",
                    "",
                    {"a": whole, "b": values(rng, whole.shape)}, ("b",), absolute=1e-6)
    if name == "histogram":
        a = values(rng, cases.shape(rng, zeros=0.04), "whole")
        bins = int(rng.integers(1, 6))
        field = str(rng.choice(["counts", "edges"]))
        low, high = (None, None) if rng.random() < 0.5 else (-2, 2)
        bounds = "" if low is None else f", range = [{low}, {high}]"
        return Case(name, f"histogram(a, bins = {bins}{bounds}).{field}",
                    f"histogram(a, {bins}, {None if low is None else (low, high)}, '{field}')", "",
                    {"a": a}, absolute=1e-6)
    if name == "nonzero":
        return Case(name, "nonzero(a)", "np.argwhere(a) * 1.0", "",
                    {"a": values(rng, cases.shape(rng), cases.kind(rng, "mask"))})
    if name == "one_hot":
        a = rng.integers(0, 4, cases.shape(rng)).astype(np.float32)
        return Case(name, "one_hot(a, 4)", "np.eye(4)[a.astype(int)]", "", {"a": a})
    points = np.sort(values(rng, (int(rng.integers(1, 7)),), "normal"))
    return Case("interp", "interp(a, b, c)", "np.interp(a, b, c)", "",
                {"a": values(rng, cases.shape(rng), "normal"), "b": points,
                 "c": values(rng, points.shape)}, relative=2e-4, absolute=2e-5)


@entry("clamp", "nan_to_num", "leaky_relu", "masked_fill", "where", "full_like", "round")
def choices(rng):
    name = str(rng.choice(["clamp", "nan_to_num", "leaky_relu", "masked_fill", "where", "full_like",
                           "round"]))
    full = cases.shape(rng)
    kind = cases.kind(rng)
    a = values(rng, full, kind)
    slopes = ("a",) if kind != "edges" else ()
    if name == "clamp":
        low, high = sorted(float(v) for v in rng.choice(np.arange(-3, 4), 2, replace=False))
        pick = rng.random()
        low, high = (low if pick < 0.8 else None), (high if pick > 0.2 else None)
        return Case(name, f"clamp(a, {in_smap(low)}, {in_smap(high)})", f"np.clip(a, {low}, {high})",
                    f"torch.clamp(a, {low}, {high})", {"a": a}, slopes)
    if name == "nan_to_num":
        return Case(name, "nan_to_num(a, nan = 2, posinf = 9, neginf = -9)",
                    "np.nan_to_num(a, nan=2, posinf=9, neginf=-9)", "", {"a": a})
    if name == "leaky_relu":
        return Case(name, "leaky_relu(a, 0.1)", "np.where(a < 0, a * 0.1, a)",
                    "F.leaky_relu(a, 0.1)", {"a": a}, slopes)
    if name == "full_like":
        return Case(name, "full_like(a, 2.5)", "np.full_like(a, 2.5)", "", {"a": a})
    if name == "round":
        return Case(name, "round(a)", "np.round(a)", "torch.round(a)", {"a": a}, slopes)
    mask = values(rng, cases.stretched(rng, full), "mask")
    condition = str(rng.choice(["m", "m != 0"]))
    if name == "masked_fill":
        return Case(name, f"masked_fill(a, {condition}, 1.5)", "np.where(m != 0, 1.5, a)",
                    "torch.masked_fill(a, m != 0, 1.5)", {"a": a, "m": mask}, slopes)
    other = values(rng, cases.stretched(rng, full), kind)
    return Case(name, f"where({condition}, a, b)", "np.where(m != 0, a, b)",
                "torch.where(m != 0, a, b)", {"a": a, "b": other, "m": mask},
                ("a", "b") if slopes else ())


@entry("reshape", "flatten", "squeeze", "unsqueeze", "expand", "transpose", "permute", "movedim",
       "rot90", "tile", "repeat_interleave", "rearrange", "unbind", "split", "chunk", "tolist",
       "detach", "tensor", "item")
def layouts(rng):
    names = ["reshape", "flatten", "squeeze", "unsqueeze", "expand", "transpose", "permute",
             "movedim", "rot90", "tile", "repeat_interleave", "rearrange", "unbind", "split",
             "chunk", "tolist", "tensor", "item"]
    name = str(rng.choice(names))
    a = values(rng, cases.shape(rng, low=2 if name in ("rot90",) else 1, zeros=0.06), "normal")
    r, d, e = a.ndim, cases.dim(rng, a.ndim), cases.dim(rng, a.ndim)
    size = a.shape[d]
    if name == "reshape":
        wanted = [-1] if rng.random() < 0.5 else [*a.shape[::-1]]
        row = (f"a.reshape({in_smap(wanted)})", f"np.reshape(a, {wanted})", f"a.reshape({wanted})")
    elif name == "flatten":
        first, last = sorted((d % r, e % r))
        row = (f"flatten(a, {first}, {last})", f"flatten(a, {first}, {last})",
               f"torch.flatten(a, {first}, {last})")
    elif name == "squeeze":
        a = a.reshape(tuple(1 if rng.random() < 0.5 else s for s in a.shape)) if a.size == 1 else a
        row = ("squeeze(a)", "np.squeeze(a)", "torch.squeeze(a)")
    elif name == "unsqueeze":
        place = int(rng.integers(-r - 1, r + 1))
        row = (f"unsqueeze(a, {place})", f"np.expand_dims(a, {place})", f"torch.unsqueeze(a, {place})")
    elif name == "expand":
        a = a.reshape((1, *a.shape))
        row = (f"expand(a, {in_smap([3, *a.shape[1:]])})",
               f"np.broadcast_to(a, {(3, *a.shape[1:])})", f"a.expand({(3, *a.shape[1:])})")
    elif name == "transpose":
        row = (f"transpose(a, {d}, {e})", f"np.swapaxes(a, {d}, {e})", f"torch.transpose(a, {d}, {e})")
    elif name == "permute":
        order = [int(p) for p in rng.permutation(r)]
        row = (f"permute(a, {in_smap(order)})", f"np.transpose(a, {order})", f"torch.permute(a, {order})")
    elif name == "movedim":
        row = (f"movedim(a, {d}, {e})", f"np.moveaxis(a, {d}, {e})", f"torch.movedim(a, {d}, {e})")
    elif name == "rot90":
        k = int(rng.integers(-5, 6))
        pair = [int(p) for p in rng.permutation(r)[:2]]
        row = (f"rot90(a, k = {k}, dims = {pair})", f"np.rot90(a, {k}, {pair})",
               f"torch.rot90(a, {k}, {pair})")
    elif name == "tile":
        times = [int(t) for t in rng.integers(0, 4, int(rng.integers(1, 3)))]
        row = (f"tile(a, {in_smap(times)})", f"np.tile(a, {times})", f"torch.tile(a, {times})")
    elif name == "repeat_interleave":
        n, place = int(rng.integers(0, 4)), d if rng.random() < 0.7 else None
        row = (f"repeat_interleave(a, {n}, dim = {in_smap(place)})", f"np.repeat(a, {n}, axis={place})",
               f"torch.repeat_interleave(a, {n}, dim={place})")
    elif name == "rearrange":
        a = values(rng, (2, int(rng.integers(0, 4)) * 3))
        row = ('rearrange(a, "b (h w) -> w b h", {h: 3})',
               "np.transpose(a.reshape(2, 3, a.shape[1] // 3), (2, 0, 1))",
               "a.reshape(2, 3, a.shape[1] // 3).permute(2, 0, 1)")
    elif name == "unbind":
        place = int(rng.integers(-size - 1, size + 1)) if size else 0
        row = (f"unbind(a, {d})[{place}]", f"[*np.moveaxis(a, {d}, 0)][{place}]",
               f"torch.unbind(a, {d})[{place}]")
    elif name == "split":
        n = int(rng.integers(1, 4))
        row = (f"split(a, {n}, dim = {d})[0]", f"split(a, {n}, {d})[0]",
               f"torch.split(a, {n}, dim={d})[0]")
    elif name == "chunk":
        n = int(rng.integers(1, 5))
        row = (f"chunk(a, {n}, dim = {d})[-1]", f"split(a, max(-(-{size} // {n}), 1), {d})[-1]",
               f"torch.chunk(a, {n}, dim={d})[-1]")
    elif name == "item":
        a = values(rng, (1,) * r)
        return Case(name, "item(a)", "a.item()", "", {"a": a})
    else:
        text = "tensor(tolist(a))" if name == "tolist" else "tensor(detach(a))"
        a = values(rng, tuple(max(s, 1) for s in a.shape))
        return Case(name, text, "a", "", {"a": a})
    return Case(name, *row, {"a": a}, ("a",))


@entry("cat", "stack", "hstack", "vstack", "meshgrid")
def joins(rng):
    name = str(rng.choice(["cat", "stack", "hstack", "vstack", "meshgrid"]))
    sizes = cases.shape(rng, low=1)
    d = cases.dim(rng, len(sizes))
    a, b = values(rng, sizes), values(rng, sizes)
    if name == "cat":
        other = list(sizes)
        other[d] = int(rng.integers(0, 4))
        b = values(rng, tuple(other))
        row = (f"cat([a, b, a], dim = {d})", f"np.concatenate([a, b, a], {d})",
               f"torch.cat([a, b, a], {d})")
    elif name == "stack":
        d = int(rng.integers(-len(sizes) - 1, len(sizes) + 1))
        row = (f"stack([a, b], dim = {d})", f"np.stack([a, b], {d})", f"torch.stack([a, b], {d})")
    elif name == "meshgrid":
        a, b = values(rng, (int(rng.integers(0, 4)),)), values(rng, (int(rng.integers(0, 4)),))
        k = int(rng.integers(0, 2))
        row = (f"meshgrid(a, b)[{k}]", f"np.meshgrid(a, b, indexing='ij')[{k}]",
               f"torch.meshgrid(a, b, indexing='ij')[{k}]")
    else:
        row = (f"{name}([a, b])", f"np.{name}([a, b])", f"torch.{name}([a, b])")
    return Case(name, *row, {"a": a, "b": b}, ("a", "b"))


@entry("pad", "tril", "triu", "diag", "trace")
def parts(rng):
    name = str(rng.choice(["pad", "tril", "triu", "diag", "trace"]))
    a = values(rng, cases.shape(rng, low=2, high=2 if name in ("diag", "trace") else 3))
    k = int(rng.integers(-3, 4))
    if name == "pad":
        widths = [int(w) for w in rng.integers(0, 3, 2 * int(rng.integers(1, 3)))]
        pairs = [(0, 0)] * (a.ndim - len(widths) // 2) + [
            tuple(widths[i:i + 2]) for i in range(len(widths) - 2, -1, -2)]
        row = (f"pad(a, {widths}, value = 1.5)", f"np.pad(a, {pairs}, constant_values=1.5)",
               f"F.pad(a, {widths}, value=1.5)")
    elif name == "diag":
        if rng.random() < 0.5:
            a = values(rng, (int(rng.integers(0, 4)),))
        row = ("diag(a)", "np.diag(a)", "torch.diag(a)")
    elif name == "trace":
        row = ("trace(a)", "np.trace(a)", "torch.trace(a)")
    else:
        row = (f"{name}(a, {k})", f"np.{name}(a, {k})", f"torch.{name}(a, {k})")
    return Case(name, *row, {"a": a}, ("a",), absolute=1e-6 if name == "trace" else 0)


@entry("gather", "scatter", "scatter_add", "index")
def picks(rng):
    name = str(rng.choice(["gather", "scatter", "scatter_add", "index", "index", "index"]))
    a = values(rng, cases.shape(rng, low=1, zeros=0.05))
    if name == "index":
        smap, numpy, plain = cases.index(rng, a.shape)
        if rng.random() < 0.12:
            return Case(name, "a[a > 0]", "a[a > 0]", "a[a > 0]", {"a": a}, ("a",))
        if rng.random() < 0.2:
            return Case(name, "assigned(a, fn(t) { t[%s] = 7; t })" % smap, f"assigned(a, {numpy!r}, 7)",
                        "", {"a": a})
        return Case(name, f"a[{smap}]", f"a[{numpy}]", f"a[{numpy}]" if plain else "", {"a": a}, ("a",))
    d = cases.dim(rng, a.ndim)
    sizes = list(a.shape)
    sizes[d] = min(sizes[d], int(rng.integers(0, 5)))
    if name == "gather":
        index = rng.integers(0, max(a.shape[d], 1), sizes).astype(np.float32)
        return Case(name, f"gather(a, {d}, i)", f"np.take_along_axis(a, i.astype(int), {d})",
                    f"torch.gather(a, {d}, i.long())", {"a": a, "i": index}, ("a",))
    # Without repeated indices, whose order PyTorch leaves unspecified.
    index = np.argsort(rng.random(a.shape), axis=d).take(range(sizes[d]), axis=d).astype(np.float32)
    b = values(rng, tuple(sizes))
    call = "scatter" if name == "scatter" else "scatter_add"
    return Case(name, f"{call}(a, {d}, i, b)", f"{call}(a, {d}, i, b)",
                f"torch.{call}(a, {d}, i.long(), b)", {"a": a, "i": index, "b": b}, ("a", "b"))


@entry("matmul", "outer", "dot", "cross", "tensordot", "einsum", "cdist", "cov", "corrcoef",
       "cosine_similarity")
def products(rng):
    name = str(rng.choice(["matmul", "outer", "dot", "cross", "tensordot", "einsum", "cdist", "cov",
                           "corrcoef", "cosine_similarity"]))
    n, m, k = (0 if rng.random() < 0.06 else int(v) for v in rng.integers(1, 5, 3))
    stack = cases.shape(rng, high=2)
    case = dict(relative=1e-5, absolute=2e-6)
    if name == "matmul":
        left, right = cases.stretched(rng, stack) + (n, m), cases.stretched(rng, stack) + (m, k)
        if rng.random() < 0.2:
            left = (m,)
        if rng.random() < 0.2:
            right = (m,)
        a, b = values(rng, left), values(rng, right)
        text = str(rng.choice(["matmul(a, b)", "a @ b"]))
        return Case(name, text, "a @ b", "a @ b", {"a": a, "b": b}, ("a", "b"), **case)
    if name in ("outer", "dot"):
        a, b = values(rng, (n,)), values(rng, (n if name == "dot" else m,))
        return Case(name, f"{name}(a, b)", f"np.{name}(a, b)", f"torch.{name}(a, b)",
                    {"a": a, "b": b}, ("a", "b"), **case)
    if name == "cross":
        full = stack + (3,)
        a, b = values(rng, full), values(rng, full)
        return Case(name, "cross(a, b)", "np.cross(a, b)", "torch.linalg.cross(a, b)",
                    {"a": a, "b": b}, ("a", "b"), **case)
    if name == "tensordot":
        a, b = values(rng, (n, m, k)), values(rng, (m, k, 2))
        return Case(name, "tensordot(a, b)", "np.tensordot(a, b)", "torch.tensordot(a, b, 2)",
                    {"a": a, "b": b}, ("a", "b"), **case)
    if name == "einsum":
        return einsum(rng)
    if name == "cdist":
        p = float(rng.choice([2, 2, 1, np.inf, 3, 0, -np.inf, 1.5]))
        a = values(rng, cases.stretched(rng, stack) + (n, m), "whole")
        kind = cases.kind(rng, edges=0)
        b = values(rng, cases.stretched(rng, stack) + (k, m), kind)
        # Between whole numbers several extremes tie, and the kinks of several rows can cancel in the
        # differences that would reveal one alone.
        smooth = () if np.isinf(p) and kind == "whole" else ("a", "b")
        return Case(name, f"cdist(a, b, p = {in_smap(p)})", f"cdist(a, b, {p!r})",
                    f"torch.cdist(a, b, p={p!r})" if 1 < p < 9 else "",
                    {"a": a, "b": b}, smooth, **case)
    if name == "cosine_similarity":
        full = cases.shape(rng, low=1)
        d = cases.dim(rng, len(full))
        a, b = values(rng, full), values(rng, full)
        return Case(name, f"cosine_similarity(a, b, dim = {d})", f"cosine(a, b, {d})",
                    f"F.cosine_similarity(a, b, dim={d})", {"a": a, "b": b}, ("a", "b"), **case)
    a = values(rng, (n, m + 1))
    return Case(name, f"{name}(a)", f"np.atleast_2d(np.{name}(a))" if n else "np.zeros((0, 0))", "",
                {"a": a}, ("a",) if m > 1 else (), relative=1e-4, absolute=1e-5)


def einsum(rng):
    """A pattern over up to three operands; every letter has one size."""
    letters = "ijkl"[:int(rng.integers(2, 5))]
    sizes = {c: 0 if rng.random() < 0.06 else int(rng.integers(1, 4)) for c in letters}
    parts, inputs = [], {}
    for name in "abc"[:int(rng.integers(1, 4))]:
        part = "".join(rng.choice(list(letters), int(rng.integers(1, 4))))
        parts.append(part)
        inputs[name] = values(rng, tuple(sizes[c] for c in part))
    used = sorted(set("".join(parts)))
    result = "".join(rng.permutation(used)[:int(rng.integers(0, len(used) + 1))])
    pattern = ",".join(parts) + "->" + result
    names = ", ".join(inputs)
    return Case("einsum", f'einsum("{pattern}", {names})', f"np.einsum('{pattern}', {names})",
                f"torch.einsum('{pattern}', {names})", inputs, tuple(inputs), relative=1e-5,
                absolute=5e-6)


@entry("linalg.solve", "linalg.inv", "linalg.det", "linalg.slogdet", "linalg.cholesky",
       "linalg.pinv", "linalg.matrix_rank", "linalg.matrix_power", "linalg.svd", "linalg.qr",
       "linalg.eigh", "linalg.lstsq")
def algebra(rng):
    name = str(rng.choice(["solve", "inv", "det", "slogdet", "cholesky", "pinv", "matrix_rank",
                           "matrix_power", "svd", "qr", "eigh", "lstsq"]))
    n, m = (int(v) for v in rng.integers(0 if rng.random() < 0.1 else 1, 5, 2))
    stack = cases.shape(rng, high=1) if rng.random() < 0.4 else ()
    square = values(rng, (*stack, n, n), "unit") + 2 * np.eye(n, dtype=np.float32)
    symmetric = (square + np.swapaxes(square, -1, -2)) / 2
    symmetric = symmetric.astype(np.float32)
    wide = values(rng, (*stack, n, m))
    one, case = {"a": square}, dict(relative=1e-4, absolute=2e-5)
    rows = {
        "solve": Case("", "linalg.solve(a, b)", "np.linalg.solve(a, b)", "torch.linalg.solve(a, b)",
                      {"a": square, "b": values(rng, (*stack, n, 2))}, ("a", "b"), **case),
        "inv": Case("", "linalg.inv(a)", "np.linalg.inv(a)", "torch.linalg.inv(a)", one, ("a",), **case),
        "det": Case("", "linalg.det(a)", "np.linalg.det(a)", "torch.linalg.det(a)", one, ("a",), **case),
        "slogdet": Case("", "linalg.slogdet(a).logabsdet", "np.linalg.slogdet(a)[1]",
                        "torch.linalg.slogdet(a)[1]", one, ("a",), **case),
        "cholesky": Case("", "linalg.cholesky(a @ a.transpose(-1, -2) + eye(%d))" % n,
                         "np.linalg.cholesky(a @ np.swapaxes(a, -1, -2) + np.eye(%d))" % n,
                         "torch.linalg.cholesky(a @ a.mT + torch.eye(%d))" % n, one, ("a",), **case),
        "pinv": Case("", "linalg.pinv(a)", "np.linalg.pinv(a)", "", {"a": square}, (), **case),
        "matrix_rank": Case("", "linalg.matrix_rank(a)", "np.linalg.matrix_rank(a) * 1.0", "",
                            {"a": square}),
        "matrix_power": Case("", f"linalg.matrix_power(a, {(k := int(rng.integers(-2, 4)))})",
                             f"np.linalg.matrix_power(a, {k})", f"torch.linalg.matrix_power(a, {k})",
                             one, ("a",) if k else (), relative=1e-3, absolute=1e-4),
        "svd": Case("", "linalg.svd(a).s", "np.linalg.svd(a, compute_uv=False)", "", {"a": wide}, (),
                    **case),
        "qr": Case("", "abs(linalg.qr(a).r)", "np.abs(np.linalg.qr(a)[1])", "", {"a": wide}, (), **case),
        "eigh": Case("", "linalg.eigh(a).values", "np.linalg.eigvalsh(a)", "torch.linalg.eigvalsh(a)",
                     {"a": symmetric}, (), **case),
        "lstsq": Case("", "linalg.lstsq(a, b).solution", "np.linalg.lstsq(a, b, rcond=None)[0]", "",
                      {"a": values(rng, (n, m)), "b": values(rng, (n, 2))}, (), relative=1e-2,
                      absolute=1e-3),
    }
    drawn = rows[name]
    drawn.name = "linalg." + name
    return drawn


@entry("conv2d", "max_pool2d", "avg_pool2d", "nn.attention")
def networks(rng):
    name = str(rng.choice(["conv2d", "max_pool2d", "avg_pool2d", "nn.attention"]))
    b, c, h, w = (int(v) for v in rng.integers(1, 5, 4))
    case = dict(relative=1e-5, absolute=5e-6)
    if name == "conv2d":
        groups = int(rng.integers(1, 3))
        c, out = c * groups, groups * int(rng.integers(1, 3))
        rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        stride, padding, dilation = (int(rng.integers(low, 3)) for low in (1, 0, 1))
        a, k = values(rng, (min(b, 2), min(c, 4) // groups * groups, h + 2, w + 2)), None
        k = values(rng, (out, a.shape[1] // groups, rows, columns))
        options = f"stride = {stride}, padding = {padding}, dilation = {dilation}, groups = {groups}"
        plain = options.replace(" = ", "=")
        return Case(name, f"conv2d(a, k, b, {options})", f"conv2d(a, k, b, {plain})",
                    f"F.conv2d(a, k, b, {plain})", {"a": a, "k": k, "b": values(rng, (out,))},
                    ("a", "k", "b"), **case)
    if name == "nn.attention":
        causal = bool(rng.random() < 0.5)
        q, k, v = (values(rng, (b, s, d)) for s, d in ((h, c), (w, c), (w, 2)))
        return Case(name, f"nn.attention(q, k, v, causal = {in_smap(causal)})",
                    f"attention(q, k, v, {causal})",
                    f"F.scaled_dot_product_attention(q, k, v, is_causal={causal})",
                    {"q": q, "k": k, "v": v}, ("q", "k", "v"), **case)
    size = int(rng.integers(1, 4))
    stride, padding = int(rng.integers(1, 3)), int(rng.integers(0, size // 2 + 1))
    a = values(rng, (min(b, 2), min(c, 2), h + 2, w + 2), "normal" if rng.random() < 0.7 else "whole")
    return Case(name, f"{name}(a, {size}, stride = {stride}, padding = {padding})",
                f"{name}(a, {size}, {stride}, {padding})",
                f"F.{name}(a, {size}, {stride}, {padding})", {"a": a},
                ("a",) if name == "avg_pool2d" or len(np.unique(a)) == a.size else (), **case)


@entry("nn.cross_entropy", "nn.nll_loss", "nn.smooth_l1_loss", "nn.bce_with_logits", "nn.kl_div")
def losses(rng):
    name = str(rng.choice(["cross_entropy", "nll_loss", "smooth_l1_loss", "bce_with_logits", "kl_div"]))
    n, k = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    a, case = values(rng, (n, k)), dict(relative=1e-5, absolute=2e-6)
    labels = rng.integers(0, k, n).astype(np.float32)
    if name == "cross_entropy":
        row = (f"nn.{name}(a, t)", "-np.mean(log_softmax(a, -1)[np.arange(len(a)), t.astype(int)])",
               "F.cross_entropy(a, t.long())")
    elif name == "nll_loss":
        row = (f"nn.{name}(a, t)", "-np.mean(a[np.arange(len(a)), t.astype(int)])",
               "F.nll_loss(a, t.long())")
    elif name == "smooth_l1_loss":
        labels = values(rng, (n, k))
        row = (f"nn.{name}(a, t)", "np.mean(np.where(np.abs(a - t) < 1, 0.5 * (a - t) ** 2, "
               "np.abs(a - t) - 0.5))", "F.smooth_l1_loss(a, t)")
    elif name == "bce_with_logits":
        labels = rng.random((n, k)).astype(np.float32)
        row = (f"nn.{name}(a, t)", "np.mean(np.logaddexp(0, a) - t * a)",
               "F.binary_cross_entropy_with_logits(a, t)")
    else:
        labels = rng.random((n, k)).astype(np.float32)
        labels[rng.random((n, k)) < 0.2] = 0
        row = (f"nn.{name}(a, t)", "kl_div(a, t)", "F.kl_div(a, t, reduction='batchmean')")
    return Case("nn." + name, *row, {"a": a, "t": labels}, ("a",),
                **case)


@entry("zeros", "ones", "full", "eye", "arange", "linspace", "logspace")
def creations(rng):
    name = str(rng.choice(["zeros", "ones", "full", "eye", "arange", "linspace", "logspace"]))
    sizes = list(cases.shape(rng))
    low, high = (float(v) for v in rng.integers(-4, 5, 2))
    n = int(rng.integers(0, 6))
    step = float(rng.choice([1, 2, -1, 0.5, 0.1]))
    row = {
        "zeros": (f"zeros({sizes})", f"np.zeros({sizes})"),
        "ones": (f"ones({sizes})", f"np.ones({sizes})"),
        "full": (f"full({sizes}, 2.5)", f"np.full({sizes}, 2.5)"),
        "eye": (f"eye({n})", f"np.eye({n})"),
        "arange": (f"arange({low}, {high}, {step})", f"np.arange({low}, {high}, {step})"),
        "linspace": (f"linspace({low}, {high}, {n})", f"np.linspace({low}, {high}, {n})"),
        "logspace": (f"logspace({low}, {high}, {n})", f"np.logspace({low}, {high}, {n})"),
    }[name]
    return Case(name, *row, relative=1e-5, absolute=1e-6 if name != "logspace" else 0)


# Steps of expressions: smap, NumPy, PyTorch with {x}, {y}, {z} for operands; shapes broadcast.
STEPS = [
    ("({x} + {y})",) * 3, ("({x} - {y})",) * 3, ("({x} * {y})",) * 3,
    ("({x} / (abs({y}) + 0.5))", "({x} / (np.abs({y}) + 0.5))", "({x} / (torch.abs({y}) + 0.5))"),
    ("tanh({x})", "np.tanh({x})", "torch.tanh({x})"),
    ("sin({x})", "np.sin({x})", "torch.sin({x})"),
    ("sigmoid({x})", "sigmoid({x})", "torch.sigmoid({x})"),
    ("exp(tanh({x}))", "np.exp(np.tanh({x}))", "torch.exp(torch.tanh({x}))"),
    ("log(abs({x}) + 1.5)", "np.log(np.abs({x}) + 1.5)", "torch.log(torch.abs({x}) + 1.5)"),
    ("sqrt(abs({x}) + 0.5)", "np.sqrt(np.abs({x}) + 0.5)", "torch.sqrt(torch.abs({x}) + 0.5)"),
    ("maximum({x}, {y})", "np.maximum({x}, {y})", "torch.maximum({x}, {y})"),
    ("where({x} > 0, {y}, {z})", "np.where({x} > 0, {y}, {z})", "torch.where({x} > 0, {y}, {z})"),
    ("gelu({x})", "gelu({x})", "F.gelu({x})"),
    ("(-{x})",) * 3, ("({x} ** 2)",) * 3, ("(1 - {x})",) * 3, ("({x} * 0.5)",) * 3,
]
# The same for operands with at least one dimension.
FOLDS = [
    ("sum({x}, dim = {d}, keepdim = true)", "np.sum({x}, axis={d}, keepdims=True)",
     "torch.sum({x}, dim={d}, keepdim=True)"),
    ("mean({x}, dim = {d}, keepdim = true)", "np.mean({x}, axis={d}, keepdims=True)",
     "torch.mean({x}, dim={d}, keepdim=True)"),
    ("max({x}, dim = {d}, keepdim = true)", "np.max({x}, axis={d}, keepdims=True)",
     "torch.amax({x}, dim={d}, keepdim=True)"),
    ("softmax({x}, dim = {d})", "softmax({x}, {d})", "torch.softmax({x}, {d})"),
    ("cumsum({x}, {d})", "np.cumsum({x}, axis={d})", "torch.cumsum({x}, {d})"),
    ("flip({x}, {d})", "np.flip({x}, {d})", "torch.flip({x}, ({d},))"),
    ("logsumexp({x}, dim = {d}, keepdim = true)", "logsumexp({x}, {d}, True)",
     "torch.logsumexp({x}, dim={d}, keepdim=True)"),
    ("roll({x}, 1, dim = {d})", "np.roll({x}, 1, {d})", "torch.roll({x}, 1, {d})"),
]


@entry("expression")
def expression(rng):
    """Several steps over up to three operands that broadcast, and an index or a reduction at last."""
    full = cases.shape(rng, zeros=0.03)
    inputs = {name: values(rng, full if name == "a" else cases.stretched(rng, full), "normal")
              for name in "abc"}

    def build(depth):
        if depth == 0 or rng.random() < 0.1:
            name = str(rng.choice(list("aabc")))
            return (name, name, name), inputs[name].ndim
        (x, rank), (y, other), (z, third) = (build(depth - 1) for _ in range(3))
        if rank and rng.random() < 0.35:
            template, ranks = FOLDS[int(rng.integers(len(FOLDS)))], [rank]
        else:
            template = STEPS[int(rng.integers(len(STEPS)))]
            ranks = [r for name, r in zip("xyz", (rank, other, third)) if "{" + name + "}" in template[0]]
        d = cases.dim(rng, rank) if rank else 0
        return tuple(t.format(x=x[i], y=y[i], z=z[i], d=d) for i, t in enumerate(template)), max(ranks)

    (smap, numpy, torch), rank = build(int(rng.integers(1, 4)))
    if rng.random() < 0.3:
        smap, numpy, torch = f"sum({smap})", f"np.sum({numpy})", f"torch.sum({torch})"
    elif rank and rng.random() < 0.3:
        smap, numpy, torch = (f"({t})[..., {n}]" for t, n in ((smap, "nil"), (numpy, "None"), (torch, "None")))
    used = tuple(name for name in inputs if name in _names(smap))
    return Case("expression", smap, numpy, torch, {n: inputs[n] for n in used}, used,
                relative=1e-5, absolute=2e-6, is_composite=True)


# Of long vectors and wide matrices, where kernels go by blocks and in several threads: smap, NumPy,
# PyTorch ("" where no gradient is compared), absolute error by size.
LONG = [
    ("sort(a).values", "np.sort(a)", "torch.sort(a, stable=True).values", 0),
    ("argsort(a)", "np.argsort(a, kind='stable') * 1.0", "", 0),
    ("argsort(a, descending = true)", "argsort(a, -1, True) * 1.0", "", 0),
    ("topk(a, 40).values", "topk(a, 40, -1, 'values')", "", 0),
    ("topk(a, 40).indices", "topk(a, 40, -1, 'indices')", "", 0),
    ("median(a)", "np.median(a)", "", 1e-7), ("unique(a).counts", "unique(a, 'counts')", "", 0),
    ("unique(a).inverse", "unique(a, 'inverse')", "", 0),
    ("cumsum(a, 0)", "np.cumsum(a, 0)", "torch.cumsum(a, 0)", 1e-5),
    ("sum(a)", "np.sum(a)", "torch.sum(a)", 1e-5), ("std(a)", "np.std(a, ddof=1)", "torch.std(a)", 1e-6),
    ("argmax(a)", "np.argmax(a) * 1.0", "", 0), ("argmin(a)", "np.argmin(a) * 1.0", "", 0),
    ("logsumexp(a)", "logsumexp(a, None, False)", "torch.logsumexp(a, 0)", 1e-6),
    ("softmax(a)", "softmax(a, 0)", "torch.softmax(a, 0)", 1e-7),
    ("exp(a) + tanh(a * b)", "np.exp(a) + np.tanh(a * b)", "torch.exp(a) + torch.tanh(a * b)", 1e-7),
    ("where(a > b, a * b, b)", "np.where(a > b, a * b, b)", "torch.where(a > b, a * b, b)", 0),
    ("searchsorted(sort(a).values, b)", "np.searchsorted(np.sort(a), b) * 1.0", "", 0),
    ("histogram(a, bins = 7).counts", "np.histogram(a, 7)[0] * 1.0", "", 0),
    ("a[[-1, 5, 5, 2000]]", "a[[-1, 5, 5, 2000]]", "a[[-1, 5, 5, 2000]]", 0),
    ("a[a > b]", "a[a > b]", "a[a > b]", 0), ("flip(a, 0)[::3]", "a[::-1][::3]", "torch.flip(a, (0,))[::3]", 0),
    ("{m}.T @ {m}", "{m}.T @ {m}", "{m}.T @ {m}", 1e-5),
    ("{m}.sum(dim = 0)", "{m}.sum(0)", "{m}.sum(0)", 1e-5),
    ("{m}.max(dim = 1)", "{m}.max(1)", "{m}.amax(1)", 0),
    ("{m}.sum(dim = 1) + {m}.mean(dim = 1)", "{m}.sum(1) + {m}.mean(1)", "{m}.sum(1) + {m}.mean(1)", 1e-5),
    ("sort({m}, dim = 0).values", "np.sort({m}, 0)", "", 0),
    ("cdist({m}, {m}[:3])", "cdist({m}, {m}[:3], 2)", "torch.cdist({m}, {m}[:3])", 1e-6),
    ("cdist({m}.T, {m}.T, p = 1)", "cdist({m}.T, {m}.T, 1)", "", 1e-6),
]


@entry("long")
def long(rng):
    smap, numpy, torch, absolute = LONG[int(rng.integers(len(LONG)))]
    columns = int(rng.choice([3, 7, 64]))
    count = columns * int(rng.integers(2100 // columns, 3000 // columns)) + columns
    a, first = cases.scattered(count, int(rng.integers(1, 2500)) * 2 + 1)
    b, second = cases.scattered(count, 4999)
    m = f"a.reshape(-1, {columns})"
    smap, numpy, torch = (t.replace("{m}", m) for t in (smap, numpy, torch))
    used = tuple(n for n in "ab" if n in _names(smap))
    inputs, formulas = {"a": a, "b": b}, {"a": first, "b": second}
    return Case("long", smap, numpy, torch, {n: inputs[n] for n in used},
                used if HAS_TORCH and torch else (), relative=1e-5, absolute=absolute,
                formulas={n: formulas[n] for n in used})


def _names(text):
    return set(re.findall(r"\b[abc]\b", text))


# Functions on tensors that are not compared here, and why.
LEFT_OUT = {
    "rand": "draws", "randn": "draws", "randint": "draws", "dropout": "draws",
    "random.split": "seeds", "random.fold": "seeds", "random.permutation": "draws",
    "random.shuffle": "draws", "random.choice": "draws", "random.normal": "draws",
    "random.uniform": "draws",
    "param": "every gradient here is that of a parameter",
    "backward": "every gradient here comes from it",
    "grad": "the same backward pass as `backward`",
    "value_and_grad": "the same backward pass as `backward`",
    "no_grad": "nothing to compute", "fused": "the same operations on pieces",
    "slider": "calls a function for each frame", "choice": "the same", "grid2d": "the same",
    "nn.linear": "a layer with drawn weights", "nn.embedding": "a layer with drawn weights",
    "nn.layer_norm": "a layer", "nn.transformer": "a layer with drawn weights",
    "nn.conv2d": "a layer with drawn weights", "nn.group_norm": "a layer", "nn.rms_norm": "a layer",
    "nn.sequential": "calls layers", "nn.params": "lists parameters",
    "nn.train": "the loop of training; Tests/TrainingTests",
    "nn.find_lr": "a range test; Tests/TrainingTests",
}
