# SPDX-License-Identifier: Apache-2.0
"""Operations that promise constant time take it: a container a hundred times as large may not show.

Ratios of times on one machine, with a margin of an order of magnitude: a linear operation would take a
hundred times as long. The table of operations is that of benchmarks/scaling.py.
"""
import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("scaling", ROOT / "benchmarks" / "scaling.py")
scaling = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(scaling)

SMALL, LARGE = 2_000, 200_000
CONSTANT = [name for name, entry in scaling.OPERATIONS.items() if entry[2] == 0]
MOST = 12


def ratio(smap, name):
    return scaling.seconds(smap, name, LARGE) / scaling.seconds(smap, name, SMALL)


@pytest.mark.parametrize("name", CONSTANT)
def test_constant_time(smap, name):
    # Another process may have occupied the processor: the best of a few tries counts.
    ratios = []
    while len(ratios) < 3 and (not ratios or min(ratios) > MOST):
        ratios.append(ratio(smap, name))
    assert min(ratios) <= MOST, f"{name}: {LARGE // SMALL} times the size takes {ratios} times as long"


def test_a_linear_operation_would_show(smap):
    assert ratio(smap, "list: `x in xs`, none") > MOST
