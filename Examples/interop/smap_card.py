# SPDX-License-Identifier: Apache-2.0
"""CARD, the generator of smap: a class and a seed become the tokens of a picture, one after another."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from smap_layers import RMSNorm, attend, mixtures, modulated, named, options, table

GENERATOR = {"num_tokens": 16, "token_dim": 6, "num_classes": 10, "width": 128, "depth": 4, "heads": 4,
             "head_width": 160, "head_depth": 3}


class CausalBlock(nn.Module):
    """A block of a language model: RMSNorm, no biases, SwiGLU of 8/3 of the width."""

    def __init__(self, width, heads):
        super().__init__()
        hidden = (width * 8 // 3 + 31) // 32 * 32
        self.heads, self.norm1, self.norm2 = heads, RMSNorm(width), RMSNorm(width)
        self.attention = named(qkv=nn.Linear(width, 3 * width, bias=False),
                               out=nn.Linear(width, width, bias=False))
        self.mlp = named(gate_up=nn.Linear(width, 2 * hidden, bias=False),
                         down=nn.Linear(hidden, width, bias=False))

    def forward(self, u):
        h = u + attend(self.attention, self.norm1(u), self.heads, causal=True)
        gate, up = self.mlp["gate_up"](self.norm2(h)).chunk(2, -1)
        return h + self.mlp["down"](F.silu(gate) * up)


class FlowBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.modulation = nn.Linear(width, 3 * width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x, condition):
        shift, scale, gate = self.modulation(condition).chunk(3, -1)
        inner = modulated(F.layer_norm(x, x.shape[-1:]), shift, scale)
        return x + gate * self.second(F.silu(self.first(inner)))


class FlowHead(nn.Module):
    """v(x, t, context): the velocity of a token on its way from noise (t = 0) to data (t = 1)."""

    def __init__(self, o):
        super().__init__()
        width = o["head_width"]
        self.input, self.output = nn.Linear(o["token_dim"], width), nn.Linear(width, o["token_dim"])
        self.time1, self.time2 = nn.Linear(128, width), nn.Linear(width, width)
        self.context = nn.Linear(o["width"], width)
        self.blocks = nn.ModuleList(FlowBlock(width) for _ in range(o["head_depth"]))
        self.modulation = nn.Linear(width, 2 * width)

    def forward(self, x, time, context):
        # Angles reach 1000, where float32 has steps of 6e-5: they are rounded as smap rounds them.
        rates = (torch.arange(64) * -torch.tensor(10_000.0).log() / 64).double().exp().float()
        angles = 1000 * torch.tensor(time) * rates
        waves = torch.cat([angles.cos(), angles.sin()])
        condition = F.silu(self.context(context) + self.time2(F.silu(self.time1(waves))))
        hidden = self.input(x)
        for block in self.blocks:
            hidden = block(hidden, condition)
        last = modulated(F.layer_norm(hidden, hidden.shape[-1:]), *self.modulation(condition).chunk(2, -1))
        return self.output(last)


class Generator(nn.Module):
    """CARD: a causal transformer over [class | tokens] tells the flow head what the next token may be."""

    def __init__(self, metadata):
        super().__init__()
        self.metadata, self.o = dict(metadata), options(metadata, GENERATOR)
        o, width = self.o, self.o["width"]
        self.classes = nn.Embedding(o["num_classes"] + 1, width)
        self.input = nn.Linear(o["token_dim"], width)
        self.positions, self.targets = table(o["num_tokens"], width), table(o["num_tokens"], width)
        self.blocks = nn.ModuleList(CausalBlock(width, o["heads"]) for _ in range(o["depth"]))
        self.norm, self.head = RMSNorm(width), FlowHead(o)
        self.standard = nn.Module()
        for name, value in [("mean", 0.0), ("deviation", 1.0)]:
            self.standard.register_buffer(name, torch.full((o["num_tokens"], o["token_dim"]), value))

    def context(self, before, mixture):
        """The context of the token that follows standardised tokens [B, j, T]: [B, D]."""
        row = (mixture @ self.classes.weight)[:, None]
        stream = torch.cat([row, self.input(before)], 1) + self.positions[:before.shape[1] + 1]
        for block in self.blocks:
            stream = block(stream)
        return self.norm(stream[:, -1]) + self.targets[before.shape[1]]

    @torch.no_grad()
    def sample(self, label, seeds, keep=None, steps=10, solver="heun", guidance_scale=1.0,
               guidance_schedule="linear", temperature=1.0):
        """Tokens [B, k, T], a picture for each seed: those of card.sample with the same seeds."""
        o, batch = self.o, len(seeds)
        told, null = (mixtures(c, batch, o["num_classes"]) for c in (label, None))
        done = torch.zeros(batch, 0, o["token_dim"])
        for j in range(keep or o["num_tokens"]):
            strength = guidance_scale
            if guidance_schedule == "linear":
                strength = 1 + (guidance_scale - 1) * (j + 1) / o["num_tokens"]
            known = self.context(done, told)
            unknown = self.context(done, null) if guidance_scale != 1 else None

            def velocity(x, i):
                v = self.head(x, i / steps, known)
                if unknown is None:
                    return v
                free = self.head(x, i / steps, unknown)
                return free + strength * (v - free)

            x = temperature * torch.stack([noise(seed, j, o["token_dim"]) for seed in seeds])
            for i in range(steps):
                v = velocity(x, i)
                if solver == "heun":
                    v = (v + velocity(x + v / steps, i + 1)) / 2
                x = x + v / steps
            done = torch.cat([done, x[:, None]], 1)
        return done * self.standard.deviation[:done.shape[1]] + self.standard.mean[:done.shape[1]]


def noise(seed, position, count):
    """Standard normal numbers that depend on seed and position alone: SplitMix64 and Box-Muller."""
    whole, state = 2**64 - 1, seed

    def word():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & whole
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & whole
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & whole
        return z ^ (z >> 31)

    for part in (0xCA2D, position):
        state = word() ^ part
    word()
    def uniform():
        return (word() >> 11) * 2.0**-53
    return torch.tensor([math.sqrt(-2 * math.log(1 - uniform())) * math.cos(2 * math.pi * uniform())
                         for _ in range(count)])
