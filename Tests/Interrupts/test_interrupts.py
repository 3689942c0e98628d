# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C within built-ins: each has a long call or a reason why there is none, and some are tried.

`make interrupts` tries all of them and takes the times; here an answer may take ten seconds, so that no load of the
machine matters.
"""
import random

import interrupts
import long_calls
import pytest

# One of each kind: characters, searches, lists, records, sorts, draws, files, distances, initial weights.
TRIED = [
    "string.chars", "string.find", "string.lines", "string.strip", "list.index", "record.items", "enumerate", "sort",
    "topk", "random.permutation", "data.save", "metrics.ssim", "metrics.kid", "smap.tokenizer", "string[i]",
    "part in string", "nn.embedding",
]


def test_every_built_in_is_long_or_short(smap):
    known = interrupts.builtins(smap)
    assert len(known) > 250
    named = list(long_calls.LONG) + list(long_calls.SHORT)
    assert sorted(set(known) - set(named)) == [], "long_calls.py must say how these take long, or why they cannot"
    assert sorted(set(named) - set(known)) == [], "these are no built-ins"
    assert not set(long_calls.LONG) & set(long_calls.SHORT)


@pytest.mark.parametrize("name", TRIED)
def test_interrupt(smap, name):
    preparation, call = (long_calls.LONG | long_calls.OPERATIONS)[name]
    times = interrupts.measure(smap, name, preparation, call, 1, random.Random(name))
    assert max(times) < 10
