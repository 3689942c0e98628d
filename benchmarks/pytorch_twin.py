#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped models in PyTorch eager, for timing only: same shapes, same steps, random weights.

usage: pytorch_twin.py train|sample|encode [threads]
Prints one line: images a second while training, milliseconds a picture while sampling, images a
second while encoding.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES, TOKENS, CHANNELS, WIDTH, HEADS, PATCH, SIDE = 22, 16, 6, 128, 4, 8, 32
GRID = SIDE // PATCH


class Block(nn.Module):
    """Pre-LN attention and MLP."""

    def __init__(self, width=WIDTH):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.expand, self.contract = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask=None):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(a.transpose(1, 2).reshape(batch, length, width))
        return x + self.contract(F.gelu(self.expand(self.norm2(x))))


class Tokenizer(nn.Module):
    """The KL tokenizer as shipped: one encoder block, four decoder blocks, a linear path."""

    def __init__(self, depth=1, decoder_depth=4, features=24):
        super().__init__()
        table = lambda n: nn.Parameter(torch.randn(n, WIDTH) * WIDTH**-0.5)
        pixels = 3 * PATCH * PATCH
        self.patch, self.base = nn.Linear(pixels, WIDTH), nn.Linear(pixels, WIDTH)
        self.slot, self.positions, self.queries = table(1), table(GRID**2), table(TOKENS)
        self.mask, self.places, self.latent_places = table(1), table(GRID**2), table(TOKENS)
        self.told_e = nn.Embedding(CLASSES + 1, WIDTH)
        self.told_d = nn.Embedding(CLASSES + 1, WIDTH)
        self.encoder = nn.ModuleList(Block() for _ in range(depth))
        self.decoder = nn.ModuleList(Block() for _ in range(decoder_depth))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(4))
        self.mean, self.spread = nn.Linear(WIDTH, CHANNELS), nn.Linear(WIDTH, CHANNELS)
        self.latent = nn.Linear(CHANNELS, WIDTH)
        self.pixels = nn.Linear(WIDTH, PATCH * PATCH * features)
        self.features = features
        self.convolutions = nn.ModuleList([
            nn.Conv2d(features + 3, features, 3, padding=1),
            nn.Conv2d(features, features, 3, padding=1), nn.Conv2d(features, 3, 3, padding=1)])
        size = 3 * SIDE * SIDE
        self.register_buffer("means", torch.zeros(CLASSES + 1, size))
        self.register_buffer("directions", torch.randn(TOKENS * CHANNELS, size) * 0.02)
        before = 2 + GRID**2
        length = before + TOKENS
        seen = torch.ones(length, length, dtype=torch.bool)
        seen[:before, before:] = False
        seen[before:, before:] = torch.tril(seen[before:, before:])
        self.register_buffer("seen", seen)

    def patches(self, x):
        batch = len(x)
        x = x.view(batch, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 3, 5, 1)
        return x.reshape(batch, GRID**2, -1)

    def encode(self, x, label):
        batch = len(x)
        parts = [self.slot.expand(batch, 1, -1), self.patch(self.patches(x)) + self.positions,
                 self.told_e(label)[:, None], self.queries.expand(batch, -1, -1)]
        h = self.norms[0](torch.cat(parts, 1))
        for block in self.encoder:
            h = block(h, self.seen)
        h = self.norms[1](h[:, -TOKENS:])
        flat = (x.flatten(1) - self.means[label]) @ self.directions.T
        return self.mean(h) + flat.view(batch, TOKENS, CHANNELS), self.spread(h).clamp(-12, 4)

    def decode(self, z, label):
        batch, kept = z.shape[:2]
        base = self.means[label] + z.flatten(1) @ self.directions[: kept * CHANNELS]
        base = base.view(batch, 3, SIDE, SIDE)
        canvas = self.base(self.patches(base - 0.5)) + self.mask + self.places
        known = self.latent(z) + self.latent_places[:kept]
        h = self.norms[2](torch.cat([canvas, self.told_d(label)[:, None], known], 1))
        for block in self.decoder:
            h = block(h)
        h = self.pixels(self.norms[3](h[:, : GRID**2]))
        h = h.view(batch, GRID, GRID, PATCH, PATCH, self.features).permute(0, 5, 1, 3, 2, 4)
        h = torch.cat([h.reshape(batch, self.features, SIDE, SIDE), base - 0.5], 1)
        h = F.gelu(self.convolutions[0](h))
        h = F.gelu(self.convolutions[1](h))
        return self.convolutions[2](h) + base


class CausalBlock(nn.Module):
    """RMSNorm, bias-free projections, SwiGLU, with a cache of keys and values."""

    def __init__(self, width, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(width, 1e-5), nn.RMSNorm(width, 1e-5)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, cache):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        if cache:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        a = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(a.transpose(1, 2).reshape(batch, length, width))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up), (k, v)


class Generator(nn.Module):
    """CARD as shipped: four causal blocks and a flow head of three."""

    def __init__(self, width=WIDTH, depth=4, head=160, head_depth=3):
        super().__init__()
        self.classes = nn.Embedding(CLASSES + 1, width)
        self.input = nn.Linear(CHANNELS, width)
        self.positions = nn.Parameter(torch.randn(TOKENS, width))
        self.targets = nn.Parameter(torch.randn(TOKENS, width))
        hidden = (width * 8 // 3 + 31) // 32 * 32
        self.blocks = nn.ModuleList(CausalBlock(width, hidden) for _ in range(depth))
        self.norm = nn.RMSNorm(width, 1e-5)
        self.x, self.context = nn.Linear(CHANNELS, head), nn.Linear(width, head)
        self.time = nn.Sequential(nn.Linear(128, head), nn.SiLU(), nn.Linear(head, head))
        self.parts = nn.ModuleList(nn.Linear(head, 3 * head) for _ in range(head_depth))
        self.mlps = nn.ModuleList(
            nn.Sequential(nn.Linear(head, head), nn.SiLU(), nn.Linear(head, head))
            for _ in range(head_depth))
        self.last, self.out = nn.Linear(head, 2 * head), nn.Linear(head, CHANNELS)
        self.head = head

    def velocity(self, x, t, context):
        frequencies = torch.exp(torch.arange(64) * (-9.2103 / 64)) * t * 1000
        time_row = self.time(torch.cat([frequencies.cos(), frequencies.sin()])[None])
        y = F.silu(time_row + self.context(context))
        h = self.x(x)
        for parts, mlp in zip(self.parts, self.mlps):
            shift, scale, gate = parts(y).chunk(3, -1)
            h = h + gate * mlp(F.layer_norm(h, (self.head,)) * (1 + scale) + shift)
        shift, scale = self.last(y).chunk(2, -1)
        return self.out(F.layer_norm(h, (self.head,)) * (1 + scale) + shift)

    @torch.inference_mode()
    def sample(self, label, steps=10, guidance=2.0):
        count = len(label)
        null = torch.full_like(label, CLASSES)
        row = self.classes(torch.cat([label, null]))
        caches = [None] * len(self.blocks)
        tokens = []
        for j in range(TOKENS):
            h = (row + self.positions[j])[:, None]
            for i, block in enumerate(self.blocks):
                h, caches[i] = block(h, caches[i])
            context = self.norm(h)[:, 0] + self.targets[j]
            strength = 1 + (guidance - 1) * (j + 1) / TOKENS
            x = torch.randn(count, CHANNELS)

            def guided(x, t):
                known, unknown = self.velocity(torch.cat([x, x]), t, context).chunk(2)
                return unknown + strength * (known - unknown)

            for i in range(steps):
                slope = guided(x, i / steps)
                ahead = guided(x + slope / steps, (i + 1) / steps)
                x = x + (slope + ahead) / (2 * steps)
            tokens.append(x)
            row = self.input(torch.cat([x, x]))
        return torch.stack(tokens, 1)


def train_rate(batch=32, steps=12):
    model = Tokenizer()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    images, labels = torch.rand(batch, 3, SIDE, SIDE), torch.randint(0, CLASSES, (batch,))
    lengths = [1, 2, 4, 8, 16, 16]
    started = None
    for step in range(steps + 3):
        if step == 3:
            started = time.perf_counter()
        mean, spread = model.encode(images, labels)
        z = mean + (0.5 * spread).exp() * torch.randn_like(mean)
        drawn = model.decode(z[:, : lengths[step % 6]], labels)
        error = (drawn - images).square().mean((1, 2, 3))
        kl = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum() / batch
        loss = 0.02 * (error + 1e-3).log().mean() + 1e-6 * kl
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return batch * steps / (time.perf_counter() - started)


def sample_time(count=1, repeats=3):
    model, tokenizer = Generator().eval(), Tokenizer().eval()
    label = torch.zeros(count, dtype=torch.long)
    with torch.inference_mode():
        tokenizer.decode(model.sample(label), label)
        started = time.perf_counter()
        for _ in range(repeats):
            tokenizer.decode(model.sample(label), label)
    return (time.perf_counter() - started) * 1000 / repeats / count


def encode_rate(batch=64, repeats=20):
    model = Tokenizer().eval()
    images, labels = torch.rand(batch, 3, SIDE, SIDE), torch.randint(0, CLASSES, (batch,))
    with torch.inference_mode():
        model.encode(images, labels)
        started = time.perf_counter()
        for _ in range(repeats):
            model.encode(images, labels)
    return batch * repeats / (time.perf_counter() - started)


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    if sys.argv[1] == "train":
        print(f"{train_rate():.1f}")
    elif sys.argv[1] == "sample":
        print(f"{sample_time():.2f} {sample_time(16, 2):.2f}")
    else:
        print(f"{encode_rate():.1f}")
