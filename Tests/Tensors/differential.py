#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random cases of tensor functions, computed by smap and by NumPy in 64 bits, and compared.

Gradients are compared with PyTorch where it can be imported, else with central differences of the
reference, which leave out places where the function has a kink. Draws follow from the seed alone, so
a failure is repeated by its seed and count:

    Tests/Tensors/differential.py [--seed SEED] [--count COUNT] [--only NAME] [--smap BINARY]
"""
import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases
import operations
import references

try:
    import torch
except ImportError:
    torch = None

LARGEST = float(np.finfo(np.float32).max)
PRELUDE = """
fn put(i, r) {
  let kind = type(r)
  if kind == "tensor" { print(i, "T", r.shape, "|", ...r.reshape(-1).tolist()) } else {
    if kind == "number" { print(i, "T", [], "|", r) } else {
      if kind == "bool" { print(i, "T", [], "|", if r { 1 } else { 0 }) } else { print(i, "X", kind) } } }
}
fn run(i, f) { try { put(i, f()) } catch e { print(i, "E", e.kind, e.message) } }
fn assigned(x, f) = f(x + 0)
fn slope(x) = if x.grad == nil { zeros_like(x) } else { x.grad }
"""


class Failure(Exception):
    """A result that differs; its text says where."""


def drawn(seed, count, only=None):
    """The cases of a seed. Each function of the table has the same share."""
    names = sorted(n for n in operations.TABLE if only is None or n == only)
    # One generator may cover several names, each of which gets its share. Expressions get more.
    names += ["expression"] * (len(names) // 8) if only is None else []
    result = []
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        name = names[int(rng.integers(len(names)))]
        case = operations.TABLE[name](rng)
        if only is not None:
            while case.name != only:
                case = operations.TABLE[name](rng)
        result.append(case)
    return result


# The reference

def evaluate(case, inputs):
    """The value of the reference in NumPy, or the error that it raises."""
    scope = {**vars(references), "np": np, "inf": math.inf, **inputs}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(eval(case.numpy, scope), dtype=float)
        except (ValueError, IndexError, TypeError, np.linalg.LinAlgError) as error:
            return error


def doubles(case):
    return {name: np.array(value, dtype=float) for name, value in case.inputs.items()}


def shaken(case, rng):
    """The inputs moved by about one rounding of 32 bits."""
    return {name: np.asarray(value * (1 + 2e-7 * rng.choice([-1, 1], value.shape)))
            if name in "abc" else value
            for name, value in doubles(case).items()}


def largest(*arrays):
    finite = [np.abs(a[np.isfinite(a)]).max(initial=0) for a in map(np.asarray, arrays)]
    return max(finite, default=0)


def slopes_of(case, weights, inputs):
    """The gradients of sum(expression * weights) for `case.slopes`, nan where nobody can say, and
    whether they are PyTorch's."""
    if torch is not None and case.torch:
        tensors = {name: torch.tensor(value, requires_grad=name in case.slopes)
                   for name, value in inputs.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                value = eval(case.torch, {**references.in_torch(torch), "np": np, **tensors})
                # PyTorch may place the dimensions of an index differently.
                if value.shape == weights.shape:
                    (value * torch.tensor(weights)).sum().backward()
            except (RuntimeError, IndexError, ValueError, TypeError):
                value = None  # PyTorch lacks it, for sizes of 0 for example.
        if value is None or value.shape != weights.shape:
            return [differences(case, weights, inputs, name) for name in case.slopes], False
        return [np.zeros_like(inputs[n]) if tensors[n].grad is None else tensors[n].grad.numpy()
                for n in case.slopes], True
    return [differences(case, weights, inputs, name) for name in case.slopes], False


def differences(case, weights, inputs, name):
    """Central differences; nan where other steps, or one side alone, say something else: at a kink or
    a jump."""
    result = np.zeros_like(inputs[name])

    def loss(place, step):
        moved = dict(inputs)
        moved[name] = np.array(inputs[name])
        moved[name][place] += step
        value = evaluate(case, moved)
        if isinstance(value, Exception) or value.shape != weights.shape:
            return math.nan
        with np.errstate(all="ignore"):
            return float(np.sum(value * weights))

    for place in np.ndindex(*result.shape):
        here, slopes = loss(place, 0), []
        for step in (1e-5, 5e-6):
            below, above = loss(place, -step), loss(place, step)
            slopes += [(here - below) / step, (above - here) / step]
        with np.errstate(all="ignore"):
            is_smooth = max(slopes) - min(slopes) < 1e-3 * (1 + abs(slopes[0]))
        result[place] = (slopes[0] + slopes[1]) / 2 if is_smooth else np.nan
    return result


# smap

def declarations(case, as_parameters):
    parts = []
    for name, value in case.inputs.items():
        text = case.formulas.get(name) or cases.tensor_in_smap(value)
        parts.append(f"let {name} = " + (f"param({text})" if name in as_parameters else text))
    return "; ".join(parts) + ("; " if parts else "")


def script(chosen, weights):
    lines = [PRELUDE]
    for i, case in enumerate(chosen):
        lines.append(f"run({i}, fn() {{ {declarations(case, ())}{case.smap} }})")
        if weights[i] is not None:
            loss = f"sum(({case.smap}) * {cases.tensor_in_smap(weights[i])}).backward()"
            for k, name in enumerate(case.slopes):
                lines.append(f"run(\"{i}.{k}\", fn() {{ {declarations(case, case.slopes)}{loss}; "
                             f"slope({name}) }})")
    return "\n".join(lines) + "\n"


def answers(binary, text):
    """What smap says by number of case: an array, or the text of an error."""
    with tempfile.NamedTemporaryFile("w", suffix=".smap") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([binary, "run", file.name], capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"smap ended with {done.returncode}: {done.stderr[-2000:]}")
    found = {}
    for line in done.stdout.splitlines():
        number, kind, rest = line.split(" ", 2)
        if kind != "T":
            found[number] = kind + " " + rest
            continue
        sizes, numbers = rest.split("|")
        array = np.array([float(n) for n in numbers.split()])
        found[number] = array.reshape([int(s) for s in sizes.strip(" []").split(",") if s.strip()])
    return found


# Comparison

def compare(found, wanted, allowed, what):
    if isinstance(found, str):
        raise Failure(f"{what}: smap says {found}; the reference is {wanted.tolist()}")
    if found.shape != wanted.shape:
        raise Failure(f"{what}: shape {found.shape}, the reference has {wanted.shape}")
    with np.errstate(all="ignore"):
        # Beyond the 32-bit range, an infinity and a large number are equal.
        beyond = (np.abs(wanted) > LARGEST * 0.999) & (np.abs(found) > LARGEST * 0.99)
        alike = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        alike |= beyond & (np.sign(found) == np.sign(wanted))
        alike |= (np.abs(found - wanted) <= allowed) & np.isfinite(wanted)
    if not alike.all():
        raise Failure(f"{what}: {found.tolist()}, the reference is {wanted.tolist()}")


def check_value(case, found):
    wanted = evaluate(case, doubles(case))
    if isinstance(wanted, Exception):
        if not isinstance(found, str) or not found.startswith("E"):
            shown = found if isinstance(found, str) else found.tolist()
            raise Failure(f"value: {shown}, the reference raises {wanted!r}")
        return
    scale = largest(wanted, *case.inputs.values())
    with np.errstate(all="ignore"):
        allowed = case.relative * np.abs(wanted) + case.absolute * scale + case.floor
        if case.is_composite:
            rng = np.random.default_rng(0)
            for _ in range(3):
                other = evaluate(case, shaken(case, rng))
                allowed = allowed + 8 * np.nan_to_num(np.abs(other - wanted))
    compare(found, wanted, allowed, "value")


def check_slopes(case, weights, found):
    inputs = doubles(case)
    wanted, are_exact = slopes_of(case, weights, inputs)
    moved = wanted
    if case.is_composite:
        moved, _ = slopes_of(case, weights, shaken(case, np.random.default_rng(0)))
    scale = largest(*wanted)
    for k, name in enumerate(case.slopes):
        allowed = 2e-4 * np.abs(wanted[k]) + 2e-5 * scale + 1e-6
        with np.errstate(all="ignore"):
            allowed = allowed + 16 * np.nan_to_num(np.abs(moved[k] - wanted[k]))
        slope, reference = found[k], wanted[k]
        if not are_exact:
            # Where there is no derivative nothing is compared.
            if not isinstance(slope, str) and slope.shape == reference.shape:
                slope = np.where(np.isnan(reference), np.nan, slope)
            allowed = allowed + 2e-4 * (1 + scale)
        compare(slope, reference, allowed, f"gradient for {name}")


def weights_of(case, number):
    """What the elements of a result are weighed by before its gradient is taken."""
    value = evaluate(case, doubles(case)) if case.slopes else ValueError()
    if isinstance(value, Exception) or not np.isfinite(value).all():
        return None
    return np.random.default_rng(number).integers(-4, 5, value.shape) / 4


def run(binary, seed, count, only=None):
    """The failures among `count` cases, each as a pair of its case and a text."""
    return compared(binary, drawn(seed, count, only))


def compared(binary, chosen, batch=1000):
    """The failures among cases, each as a pair of its case and a text."""
    failures = []
    for start in range(0, len(chosen), batch):
        part = chosen[start:start + batch]
        weights = [weights_of(case, i) for i, case in enumerate(part)]
        found = answers(binary, script(part, weights))
        for i, case in enumerate(part):
            try:
                check_value(case, found[str(i)])
                if weights[i] is not None:
                    check_slopes(case, weights[i], [found[f"{i}.{k}"] for k in range(len(case.slopes))])
            except Failure as failure:
                failures.append((case, f"case {start + i}: {declarations(case, ())}{case.smap}\n"
                                       f"    NumPy: {case.numpy}\n    {failure}"))
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", default=None, help="the name of one function of the table")
    parser.add_argument("--smap", default=os.environ.get("SMAP", ".build/release/smap"))
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "little")
    failures = run(options.smap, seed, options.count, options.only)
    for _, text in failures:
        print(text)
    gradients = "central differences" if torch is None else "PyTorch " + torch.__version__
    print(f"{options.count} cases of seed {seed} against NumPy {np.__version__}, gradients against "
          f"{gradients}: {len(failures)} differ")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
