#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The workloads of this folder's scripts in PyTorch; prints seconds, as they do.

usage: torch_twin.py WORK [name=number ...]
`compile=1` compiles the model first, `bf16=1` trains or encodes under autocast.
"""
import statistics
import sys
import time

import torch
import torch.nn as nn

import torch_models as models
import torch_refine as refine


def measure(work):
    """The median of at least three runs, for about two seconds, after one to warm up."""
    work()
    times, started = [], time.perf_counter()
    while len(times) < 3 or (len(times) < 101 and time.perf_counter() - started < 2):
        before = time.perf_counter()
        work()
        times.append(time.perf_counter() - before)
    print(statistics.median(times))


def pictures(o):
    size = o["image_size"]
    return torch.rand(o["batch"], 3, size, size), torch.arange(o["batch"]) % o["num_classes"]


def autocast(o):
    return torch.autocast("cpu", torch.bfloat16, enabled="bf16" in o)


def compiled(o, function):
    return torch.compile(function) if "compile" in o else function


def encode(o):
    model = models.Tokenizer(o).eval()
    images, labels = pictures(o)
    run = compiled(o, model.encode)
    draw = compiled(o, model.decode)

    def work():
        with torch.inference_mode(), autocast(o):
            tokens, _ = run(images, labels)
            assert tokens.shape == (o["batch"], o["num_tokens"], o["token_dim"])
            if "decode" in o:
                draw(tokens, labels).clamp(0, 1)

    measure(work)


def sample(o):
    kind = refine.RefineGenerator if "refine" in o else models.Generator
    model, tokenizer = kind(o).eval(), models.Tokenizer(o).eval()
    label = torch.zeros(o["batch"], dtype=torch.long)
    if "compile" in o:
        model.head.forward = torch.compile(model.head.forward, dynamic=False)

    def work():
        with torch.inference_mode(), autocast(o):
            noise = torch.randn(o["num_tokens"], o["batch"], o["token_dim"])
            tokens = model.sample(label, noise)
            assert tokens.shape == (o["batch"], o["num_tokens"], o["token_dim"])
            if "decode" in o:
                tokenizer.decode(tokens, label).clamp(0, 1)

    measure(work)


def train(o):
    model = models.Tokenizer(o)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    loss_of = compiled(o, model)
    images, labels = pictures(o)
    shape, times = (o["batch"], o["num_tokens"], o["token_dim"]), []
    for step in range(o["steps"] + 1):
        before = time.perf_counter()
        with autocast(o):
            loss = loss_of(images, labels, torch.randn(shape), o["num_tokens"])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step > 0:
            times.append(time.perf_counter() - before)
    print(statistics.median(times))


def adamw(o):
    weights = [nn.Parameter(torch.full((o["count"] // 20,), 0.5)) for _ in range(20)]
    optimizer = torch.optim.AdamW(weights, 1e-3, fused=True)
    for weight in weights:
        weight.grad = torch.full_like(weight, 0.1)
    measure(optimizer.step)


def elementwise(o):
    x, y = torch.rand(o["count"]), torch.rand(o["count"])
    measure(lambda: ((x * y + x) * 0.5 - y) / 3)


def small(o):
    x, y = torch.rand(8, 8), torch.rand(8, 8)
    w = nn.Parameter(x.clone())

    def plain():
        a = x + y
        b = a * y
        c = b - x
        d = c * a
        return d + y

    def recorded():
        a = w + y
        b = a * y
        c = b - x
        d = c * a
        e = d + y
        f = e * y
        g = f - x
        h = g * a
        i = h + w
        i.sum().backward()

    work, operations = (recorded, 10) if "gradient" in o else (plain, 5)
    times = []
    for _ in range(7):
        before = time.perf_counter()
        for _ in range(2000):
            work()
        times.append((time.perf_counter() - before) / 2000 / operations)
    print(statistics.median(times))


def triad(o):
    """Seconds of a + b into a third array of `count` floats: the memory bandwidth."""
    a, b, c = (torch.ones(o["count"]) for _ in range(3))
    measure(lambda: torch.add(a, b, out=c))


WORKS = {f.__name__: f for f in (encode, sample, train, adamw, elementwise, small, triad)}

if __name__ == "__main__":
    options = {k: int(v) for k, v in (text.split("=") for text in sys.argv[2:])}
    torch.set_num_threads(options.get("threads", 2))
    torch.manual_seed(0)
    WORKS[sys.argv[1]](options)
