# SPDX-License-Identifier: Apache-2.0
"""Random cases for tensor functions: what a case is, and how shapes, values and indices are drawn.

A case is one expression in three spellings (smap, NumPy, PyTorch) over inputs `a`, `b`, ... of 32-bit
numbers. Sizes stay below 100 elements, so that a thousand cases take a second.
"""
import dataclasses

import numpy as np


@dataclasses.dataclass
class Case:
    """One expression with its inputs."""

    name: str
    smap: str
    numpy: str
    torch: str = ""
    inputs: dict = dataclasses.field(default_factory=dict)
    # Of which inputs the gradient is compared.
    slopes: tuple = ()
    # Tolerance: relative * |value| + absolute * (largest finite input or value) + floor.
    relative: float = 4e-6
    absolute: float = 0.0
    floor: float = 1e-37
    # Added to the errors from rounded intermediate values: how much the reference moves when the
    # inputs do. For expressions of several steps.
    is_composite: bool = False
    # How smap makes an input, instead of a literal.
    formulas: dict = dataclasses.field(default_factory=dict)


def shape(rng, low=0, high=3, zeros=0.08, most=4):
    """A shape of rank `low` to `high`; each size is 0 with probability `zeros`."""
    rank = int(rng.integers(low, high + 1))
    sizes = [0 if rng.random() < zeros else int(rng.integers(1, most + 1)) for _ in range(rank)]
    return tuple(sizes)


def stretched(rng, full):
    """A shape that broadcasts to `full`: leading dimensions dropped, others of size 1."""
    kept = full[int(rng.integers(0, len(full) + 1)):] if rng.random() < 0.4 else full
    return tuple(1 if rng.random() < 0.25 else size for size in kept)


EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, -2.5, 3.0, 1e-6, -1e-6, 1e20, -1e20, 100.0]


def values(rng, shape, kind="normal"):
    """32-bit numbers of one kind."""
    if kind == "normal":
        drawn = rng.standard_normal(shape) * 2
    elif kind == "unit":
        drawn = rng.uniform(-0.98, 0.98, shape)
    elif kind == "positive":
        drawn = rng.uniform(0.05, 4, shape)
    elif kind == "above one":
        drawn = rng.uniform(1.05, 4, shape)
    elif kind == "whole":
        drawn = rng.integers(-3, 4, shape).astype(float)
    elif kind == "mask":
        drawn = rng.integers(0, 2, shape).astype(float)
    elif kind == "edges":
        drawn = rng.choice(EDGES, shape)
    elif kind == "infinite":
        drawn = rng.choice([-np.inf, np.inf, 0.0, 1.0, -7.0, 100.0], shape)
    else:
        raise ValueError(kind)
    return np.asarray(drawn, dtype=np.float32)


def scattered(count, factor):
    """Numbers from -7.875 to 7.875, all of them exact, and what makes them in smap."""
    whole = np.arange(count, dtype=np.float32) * np.float32(factor) % np.float32(1009)
    return ((whole - 504) / 64).astype(np.float32), f"((arange({count}) * {factor}) % 1009 - 504) / 64"


def kind(rng, domain="normal", edges=0.25):
    """A kind of values: mostly the domain, at times whole numbers (ties) or edges."""
    draw = rng.random()
    if draw < edges:
        return "edges"
    return "whole" if draw < edges + 0.2 and domain == "normal" else domain


def dim(rng, rank):
    """A dimension counted from either end."""
    return int(rng.integers(-rank, rank))


def dims(rng, rank):
    """None, a dimension, or a list of different dimensions."""
    draw = rng.random()
    if rank == 0 or draw < 0.3:
        return None
    if draw < 0.75:
        return dim(rng, rank)
    chosen = rng.permutation(rank)[:int(rng.integers(1, rank + 1))]
    return [int(d) - (rank if rng.random() < 0.5 else 0) for d in chosen]


def in_smap(value):
    """A Python value as smap writes it."""
    if value is None:
        return "nil"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(in_smap(v) for v in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (int, np.integer)):
        return str(value)
    value = float(value)
    if np.isnan(value):
        return "nan"
    if np.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def tensor_in_smap(array):
    """A tensor literal, also for sizes of 0 and for rank 0."""
    if array.size == 0:
        return f"zeros({in_smap(list(array.shape))})"
    if array.ndim == 0:
        return f"tensor({in_smap(array.item())})"
    return f"tensor({in_smap(array.tolist())})"


def axis(value):
    """Dimensions as NumPy wants them."""
    return tuple(value) if isinstance(value, list) else value


def index(rng, sizes):
    """An index in smap and in NumPy, and whether PyTorch knows it (it has no negative steps)."""
    smap, numpy, plain = [], [], True
    lists = 0
    for size in sizes[:int(rng.integers(0, len(sizes) + 1))]:
        draw = rng.random()
        if draw < 0.12:
            smap.append("nil")
            numpy.append("None")
        if draw < 0.3 and size > 0:
            place = int(rng.integers(-size, size))
            smap.append(str(place))
            numpy.append(str(place))
        elif draw < 0.75:
            bounds = [None if rng.random() < 0.4 else int(rng.integers(-size - 2, size + 3))
                      for _ in range(2)]
            step = int(rng.choice([1, 1, 1, 2, -1, -2, 3]))
            plain = plain and step > 0
            text = ":".join("" if b is None else str(b) for b in bounds)
            text += "" if step == 1 and rng.random() < 0.7 else f":{step}"
            smap.append(text)
            numpy.append(text)
        elif size > 0 and lists < 2:
            lists += 1
            places = [int(p) for p in rng.integers(-size, size, int(rng.integers(1, 4)))]
            if lists == 2:
                places = places[:1]
            smap.append(str(places))
            numpy.append(str(places))
        else:
            smap.append(":")
            numpy.append(":")
    if rng.random() < 0.15:
        smap.append("...")
        numpy.append("...")
    if not smap:
        smap, numpy = ["..."], ["..."]
    return ", ".join(smap), ", ".join(numpy), plain
