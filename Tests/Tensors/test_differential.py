# SPDX-License-Identifier: Apache-2.0
"""Tensor functions against NumPy: fresh random cases on every run, and a table that has them all.

SMAP_SEED repeats a run, SMAP_CASES says how many cases there are.
"""
import os
import subprocess

import pytest

np = pytest.importorskip("numpy")
import differential  # noqa: E402
import operations  # noqa: E402

# Everyday functions of the same namespaces, which are not about tensors.
EVERYDAY = set("""append assert distinct enumerate error exit filter fold help input keys len map number print range
                  seed show sleep sorted string table type values zip ord chr""".split())


def test_random_cases(smap):
    seed = int(os.environ.get("SMAP_SEED") or int.from_bytes(os.urandom(4), "little"))
    count = int(os.environ.get("SMAP_CASES") or 2000)
    failures = differential.run(smap, seed, count)
    shown = "\n".join(text for _, text in failures[:20])
    assert not failures, (f"{len(failures)} of {count} cases differ; again by\n"
                          f"Tests/Tensors/differential.py --seed {seed} --count {count}\n{shown}")


@pytest.mark.parametrize("sizes", [(), (0,), (2, 0, 3), (1,)])
def test_elementwise_functions_and_reductions_of_few_elements(smap, monkeypatch, sizes):
    """Every one at rank 0, and with sizes of 0: several cases each, and their gradients."""
    monkeypatch.setattr(operations.cases, "shape", lambda rng, **options: sizes)
    tables = [operations.POINTWISE, operations.PAIRS, operations.REDUCTIONS, ["std", "argmax", "where", "**"]]
    chosen = [operations.TABLE[name](np.random.default_rng([turn, place]))
              for place, name in enumerate(name for table in tables for name in table)
              for turn in range(6)]
    failures = differential.compared(smap, chosen)
    assert not failures, "\n".join(text for _, text in failures[:20])


def names(smap, namespace):
    program = f'for name in keys({namespace}) {{ print(name, type({namespace}.get(name))) }}'
    done = subprocess.run([smap, "-e", program], capture_output=True, text=True, check=True)
    found = (line.split() for line in done.stdout.splitlines())
    prefix = "" if namespace == "std" else namespace + "."
    return {prefix + name for name, kind in found if kind == "function"}


def test_every_function_is_compared_or_left_out_for_a_reason(smap):
    known = set.union(*(names(smap, n) for n in ["std", "linalg", "nn", "random"]))
    known |= {"std"}  # Which is the library, too.
    described = set(operations.TABLE) | set(operations.LEFT_OUT)
    missing = sorted(known - described - EVERYDAY)
    assert not missing, f"no entry in Tests/Tensors/operations.py for {missing}"
    operators = {"+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "index",
                 "expression", "long"}
    unknown = sorted(described - known - operators)
    assert not unknown, f"Tests/Tensors/operations.py names what does not exist: {unknown}"
    assert not set(operations.TABLE) & set(operations.LEFT_OUT)


def test_a_wrong_result_is_found():
    """The comparison itself: a changed value, a lost gradient and a missing error are told."""
    a = np.array([1.0, 2.0], dtype=np.float32)
    case = differential.cases.Case("exp", "exp(a)", "np.exp(a)", "", {"a": a}, ("a",))
    differential.check_value(case, np.exp(a.astype(float)))
    with pytest.raises(differential.Failure):
        differential.check_value(case, np.exp(a.astype(float)) * 1.00001)
    with pytest.raises(differential.Failure):
        differential.check_value(case, "E ValueError no")
    weights = np.ones(2)
    differential.check_slopes(case, weights, [np.exp(a.astype(float))])
    with pytest.raises(differential.Failure):
        differential.check_slopes(case, weights, [np.zeros(2)])
