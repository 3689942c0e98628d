#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sampling with CARD in JAX, compiled as one program; prints seconds.

usage: jax_twin.py sample [name=number ...]
The program is a scan over tokens around a scan over steps; keys and values are in arrays of full
length, as a compiled program requires.
"""
import math
import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np


def parameters(o):
    """Random weights of the shapes of smap's generator."""
    draws = np.random.default_rng(0)
    width, head, dim = o["card_width"], o["head_width"], o["token_dim"]
    hidden = (width * 8 // 3 + 31) // 32 * 32

    def linear(n, m):
        return (draws.standard_normal((n, m), np.float32) / np.float32(math.sqrt(n)),
                np.zeros(m, np.float32))

    blocks = [{
        "qkv": linear(width, 3 * width)[0], "out": linear(width, width)[0],
        "gate_up": linear(width, 2 * hidden)[0], "down": linear(hidden, width)[0],
    } for _ in range(o["card_depth"])]
    return {
        "classes": linear(o["num_classes"] + 1, width)[0], "input": linear(dim, width),
        "positions": linear(o["num_tokens"], width)[0],
        "targets": linear(o["num_tokens"], width)[0],
        "blocks": jax.tree.map(lambda *parts: np.stack(parts), *blocks),
        "head": {
            "input": linear(dim, head), "context": linear(width, head),
            "time1": linear(128, head), "time2": linear(head, head),
            "blocks": [{"modulation": linear(head, 3 * head), "first": linear(head, head),
                        "second": linear(head, head)} for _ in range(o["head_depth"])],
            "modulation": linear(head, 2 * head), "output": linear(head, dim),
        },
    }


def apply(layer, x):
    return x @ layer[0] + layer[1]


def rms(x):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5)


def norm(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(jnp.mean(centred * centred, -1, keepdims=True) + 1e-5)


def time_rows(head, steps):
    times = jnp.arange(steps) / steps
    angles = 1000 * times[:, None] * jnp.exp(jnp.arange(64) * (-math.log(10_000) / 64))
    table = jnp.concatenate([jnp.cos(angles), jnp.sin(angles)], -1)
    return apply(head["time2"], jax.nn.silu(apply(head["time1"], table)))


def velocity(head, x, time_row, context):
    y = jax.nn.silu(time_row + context)
    h = apply(head["input"], x)
    for block in head["blocks"]:
        shift, scale, gate = jnp.split(apply(block["modulation"], y), 3, -1)
        inner = norm(h) * (1 + scale) + shift
        h = h + gate * apply(block["second"], jax.nn.silu(apply(block["first"], inner)))
    shift, scale = jnp.split(apply(head["modulation"], y), 2, -1)
    return apply(head["output"], norm(h) * (1 + scale) + shift)


def advance(o, p, row, caches, j):
    """The context of token j and the caches with its keys and values."""
    rows, width, heads = row.shape[0], o["card_width"], o["card_heads"]
    seen = jnp.arange(o["num_tokens"]) <= j

    def layer(h, part):
        block, keys, values = part
        q, k, v = jnp.split(rms(h) @ block["qkv"], 3, -1)
        keys = jax.lax.dynamic_update_slice(keys, k[:, None], (0, j, 0))
        values = jax.lax.dynamic_update_slice(values, v[:, None], (0, j, 0))
        cut = lambda x: x.reshape(rows, -1, heads, width // heads)
        scores = jnp.einsum("bqhd,bkhd->bhqk", cut(q), cut(keys)) / math.sqrt(width // heads)
        weights = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), -1)
        h = h + jnp.einsum("bhqk,bkhd->bqhd", weights, cut(values)).reshape(rows, width) @ block[
            "out"]
        gate, up = jnp.split(rms(h) @ block["gate_up"], 2, -1)
        return h + (jax.nn.silu(gate) * up) @ block["down"], (keys, values)

    h, caches = jax.lax.scan(layer, row + p["positions"][j], (p["blocks"], *caches))
    return rms(h) + p["targets"][j], caches


def drawing(o):
    count, steps, tokens = o["batch"], o["steps"], o["num_tokens"]

    def draw(p, label, noise):
        head, times = p["head"], time_rows(p["head"], steps)
        row = p["classes"][jnp.concatenate([label, jnp.full(count, o["num_classes"])])]
        empty = jnp.zeros((o["card_depth"], 2 * count, tokens, o["card_width"]))

        def token(state, j):
            row, caches = state
            context, caches = advance(o, p, row, caches, j)
            context = apply(head["context"], context)
            strength = 1 + (j + 1) / tokens

            def step(x, time_row):
                both = velocity(head, jnp.concatenate([x, x]), time_row, context)
                known, unknown = jnp.split(both, 2)
                return x + (unknown + strength * (known - unknown)) / steps, None

            x, _ = jax.lax.scan(step, noise[j], times)
            return (apply(p["input"], jnp.concatenate([x, x])), caches), x

        _, drawn = jax.lax.scan(token, (row, (empty, empty)), jnp.arange(tokens))
        return drawn.swapaxes(0, 1)

    return jax.jit(draw)


def sample(o):
    p, draw = jax.tree.map(jnp.asarray, parameters(o)), drawing(o)
    label = jnp.zeros(o["batch"], jnp.int32)
    shape = (o["num_tokens"], o["batch"], o["token_dim"])
    noise = jnp.asarray(np.random.default_rng(1).standard_normal(shape, np.float32))
    drawn = draw(p, label, noise).block_until_ready()
    assert drawn.shape == (o["batch"], o["num_tokens"], o["token_dim"])
    times, started = [], time.perf_counter()
    while len(times) < 3 or (len(times) < 101 and time.perf_counter() - started < 2):
        before = time.perf_counter()
        draw(p, label, noise).block_until_ready()
        times.append(time.perf_counter() - before)
    print(statistics.median(times))


if __name__ == "__main__":
    sample({k: int(v) for k, v in (text.split("=") for text in sys.argv[2:])})
