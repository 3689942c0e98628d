# SPDX-License-Identifier: Apache-2.0
"""CARD, the generator of smap: a class and a seed become the tokens of a picture, one after another."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from smap_layers import Norm, RMSNorm, attend, mixtures, modulated, named, options, table

GENERATOR = {"num_tokens": 16, "token_dim": 6, "num_classes": 10, "code_digits": "", "head": "flow", "width": 128,
             "depth": 4, "heads": 4, "head_width": 160, "head_depth": 3, "refine_depth": 4, "coarse_noise": 0.5,
             "length_token": False}


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


def waves(time):
    """Sines and cosines of 1000 t, which an MLP makes an embedding of time."""
    # Angles reach 1000, where float32 has steps of 6e-5: they are rounded as smap rounds them.
    rates = (torch.arange(64) * -torch.tensor(10_000.0).log() / 64).double().exp().float()
    angles = 1000 * torch.tensor(time) * rates
    return torch.cat([angles.cos(), angles.sin()])


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
        condition = F.silu(self.context(context) + self.time2(F.silu(self.time1(waves(time)))))
        hidden = self.input(x)
        for block in self.blocks:
            hidden = block(hidden, condition)
        last = modulated(F.layer_norm(hidden, hidden.shape[-1:]), *self.modulation(condition).chunk(2, -1))
        return self.output(last)

    def tokens(self, model, row, free, seeds, count, plan):
        """Standardised tokens one after another: [B, count, T], and the contexts of both streams."""
        done, contexts = torch.zeros(len(seeds), 0, model.o["token_dim"]), []
        for j in range(count):
            context = both(row, free, lambda told: model.context(model.input(done), told))
            contexts.append(context)
            x = plan["temperature"] * normals(seeds, 0xCA2D, [j], model.o["token_dim"])[:, 0]
            x = integrate(x, plan, plan["strength"](j), lambda x, t: self(x, t, context))
            done = torch.cat([done, x[:, None]], 1)
        return done, torch.stack(contexts, 1)

    def sample(self, model, row, free, seeds, count, plan):
        return model.destandardized(self.tokens(model, row, free, seeds, count, plan)[0])


class CodeBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.first, self.second = Norm(width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.second(F.silu(self.first(self.norm(x))))


class CategoricalHead(nn.Module):
    """Probabilities of the next code, digit by digit: what a code is worth in each digit is added up."""

    def __init__(self, o):
        super().__init__()
        self.sizes, width = [int(size) for size in o["code_digits"].split(",")], o["head_width"]
        self.context = nn.Linear(o["width"], width)
        self.before = nn.ModuleList(nn.Embedding(size, width) for size in self.sizes[:-1])
        self.blocks = nn.ModuleList(CodeBlock(width) for _ in range(o["head_depth"]))
        self.norm = Norm(width)
        self.outputs = nn.ModuleList(nn.Linear(width, size) for size in self.sizes)
        self.read = nn.ModuleList(nn.Embedding(size, o["width"]) for size in self.sizes)
        self.codes = nn.ParameterList(nn.Parameter(torch.zeros(size, o["token_dim"])) for size in self.sizes)

    def sample(self, model, row, free, seeds, count, plan):
        vectors, read = torch.zeros(len(seeds), 0, model.o["token_dim"]), torch.zeros(len(seeds), 0, model.o["width"])
        for j in range(count):
            hidden = self.context(both(row, free, lambda told: model.context(read, told)))
            streams, vector, known = [stream(seed, 0xCA2D, j) for seed in seeds], 0, 0
            for d, output in enumerate(self.outputs):
                h = hidden
                for block in self.blocks:
                    h = block(h)
                logits = guided(output(self.norm(h)), plan, plan["strength"](j))
                digit = torch.tensor([choose(one, next(uniform), plan) for one, uniform in zip(logits, streams)])
                vector, known = vector + self.codes[d][digit], known + self.read[d](digit)
                if d < len(self.before):
                    added = self.before[d](digit)
                    hidden = hidden + (added if free is None else torch.cat([added, added]))
            standard = (vector - model.standard.mean[j]) / model.standard.deviation[j]
            read = torch.cat([read, (model.input(standard) + known)[:, None]], 1)
            vectors = torch.cat([vectors, vector[:, None]], 1)
        return vectors


class JointBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.modulation = heads, nn.Linear(width, 6 * width)
        self.attention = named(qkv=nn.Linear(width, 3 * width), out=nn.Linear(width, width))
        self.mlp = named(expand=nn.Linear(width, 4 * width), contract=nn.Linear(4 * width, width))

    def forward(self, x, condition):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(condition)[:, None].chunk(6, -1)
        inner = modulated(F.layer_norm(x, x.shape[-1:]), shift1, scale1)
        x = x + gate1 * attend(self.attention, inner, self.heads)
        inner = modulated(F.layer_norm(x, x.shape[-1:]), shift2, scale2)
        return x + gate2 * self.mlp["contract"](F.gelu(self.mlp["expand"](inner)))


class JointDenoiser(nn.Module):
    """v(x, t, row): the velocity of all tokens of a picture at once."""

    def __init__(self, o, depth):
        super().__init__()
        width = o["width"]
        self.input, self.output = nn.Linear(o["token_dim"], width), nn.Linear(width, o["token_dim"])
        self.positions = table(o["num_tokens"], width)
        self.time1, self.time2 = nn.Linear(128, width), nn.Linear(width, width)
        self.blocks = nn.ModuleList(JointBlock(width, o["heads"]) for _ in range(depth))
        self.modulation = nn.Linear(width, 2 * width)

    def forward(self, x, time, row, added=0):
        condition = F.silu(row + self.time2(F.silu(self.time1(waves(time)))))
        hidden = self.input(x) + self.positions[:x.shape[1]] + added
        for block in self.blocks:
            hidden = block(hidden, condition)
        shift, scale = self.modulation(condition)[:, None].chunk(2, -1)
        return self.output(modulated(F.layer_norm(hidden, hidden.shape[-1:]), shift, scale))

    def tokens(self, model, row, free, seeds, count, plan, noise, added=0):
        """Standardised tokens [B, count, T], all at once."""
        x = plan["temperature"] * normals(seeds, noise, range(count), model.o["token_dim"])
        strengths = torch.tensor([plan["strength"](j) for j in range(count)])[:, None]
        rows = row if free is None else torch.cat([row, free])
        return integrate(x, plan, strengths, lambda x, t: self(x, t, rows, added))


class DiffusionHead(JointDenoiser):
    """No order: the baseline."""

    def __init__(self, o):
        super().__init__(o, o["depth"])

    def sample(self, model, row, free, seeds, count, plan):
        whole = count if model.o["length_token"] else model.o["num_tokens"]
        return model.destandardized(self.tokens(model, row, free, seeds, whole, plan, 0xCA2D)[:, :count])


class RefineHead(nn.Module):
    """Coarse tokens in order, then all tokens together, given the coarse ones and what the backbone made of them."""

    def __init__(self, o):
        super().__init__()
        self.coarse, self.refine = FlowHead(o), JointDenoiser(o, o["refine_depth"])
        self.context, self.told = nn.Linear(o["width"], o["width"]), nn.Linear(o["token_dim"], o["width"])

    def sample(self, model, row, free, seeds, count, plan):
        whole = count if model.o["length_token"] else model.o["num_tokens"]
        coarse, states = self.coarse.tokens(model, row, free, seeds, whole, plan)
        added = self.context(states) + self.told(coarse if free is None else torch.cat([coarse, coarse]))
        return model.destandardized(
            self.refine.tokens(model, row, free, seeds, whole, plan, 0xCA2E, added)[:, :count])


HEADS = {"flow": FlowHead, "categorical": CategoricalHead, "refine": RefineHead, "diffusion": DiffusionHead}


class Generator(nn.Module):
    """CARD: a causal transformer over [class | tokens] tells the head what the next token may be."""

    def __init__(self, metadata):
        super().__init__()
        self.metadata, self.o = dict(metadata), options(metadata, GENERATOR)
        o, width = self.o, self.o["width"]
        self.classes = nn.Embedding(o["num_classes"] + 1, width)
        if o["head"] != "diffusion":
            self.input = nn.Linear(o["token_dim"], width)
            self.positions, self.targets = table(o["num_tokens"], width), table(o["num_tokens"], width)
            self.blocks = nn.ModuleList(CausalBlock(width, o["heads"]) for _ in range(o["depth"]))
            self.norm = RMSNorm(width)
        self.head = HEADS[o["head"]](o)
        if o["length_token"]:
            self.lengths = nn.Embedding(o["num_tokens"], width)
        self.standard = nn.Module()
        for name, value in [("mean", 0.0), ("deviation", 1.0)]:
            self.standard.register_buffer(name, torch.full((o["num_tokens"], o["token_dim"]), value))

    def context(self, before, row):
        """The context of the token that follows what is read of the tokens so far [B, j, D]: [B, D]."""
        stream = torch.cat([row[:, None], before], 1) + self.positions[:before.shape[1] + 1]
        for block in self.blocks:
            stream = block(stream)
        return self.norm(stream[:, -1]) + self.targets[before.shape[1]]

    def destandardized(self, tokens):
        count = tokens.shape[1]
        return tokens * self.standard.deviation[:count] + self.standard.mean[:count]

    @torch.no_grad()
    def sample(self, label, seeds, keep=None, steps=10, solver="heun", guidance_scale=1.0,
               guidance_schedule="linear", temperature=1.0, top_k=None, top_p=1.0):
        """Tokens [B, k, T], a picture for each seed: those of card.sample with the same seeds."""
        o, count = self.o, keep or self.o["num_tokens"]
        row, null = (mixtures(c, len(seeds), o["num_classes"]) @ self.classes.weight for c in (label, None))
        if o["length_token"]:
            row, null = row + self.lengths.weight[count - 1], null + self.lengths.weight[count - 1]

        def strength(j):
            if guidance_schedule == "linear":
                return 1 + (guidance_scale - 1) * (j + 1) / o["num_tokens"]
            return guidance_scale
        plan = {"steps": steps, "solver": solver, "strength": strength, "temperature": temperature,
                "top_k": top_k, "top_p": top_p, "guided": guidance_scale != 1}
        return self.head.sample(self, row, null if plan["guided"] else None, seeds, count, plan)


def both(row, free, compute):
    """What is computed of the condition, and below it of none, if there is guidance."""
    return compute(row) if free is None else torch.cat([compute(row), compute(free)])


def guided(found, plan, strength):
    if not plan["guided"]:
        return found
    known, unknown = found.chunk(2)
    return unknown + strength * (known - unknown)


def integrate(x, plan, strength, velocity):
    """From noise (t = 0) to data (t = 1); `velocity` takes the points of both streams."""
    steps, length = plan["steps"], 1 / plan["steps"]

    def slope(x, i):
        return guided(velocity(torch.cat([x, x]) if plan["guided"] else x, i / steps), plan, strength)
    for i in range(steps):
        v = slope(x, i)
        if plan["solver"] == "heun":
            v = (v + slope(x + v * length, i + 1)) / 2
        x = x + v * length
    return x


def choose(logits, uniform, plan):
    """The value at which the distribution passes a uniform number, among the likely ones."""
    logits = logits.double()
    if plan["temperature"] == 0:
        return int(logits.argmax())
    weights = ((logits - logits.max()) / plan["temperature"]).exp()
    order = weights.argsort(descending=True, stable=True)[:plan["top_k"]]
    if plan["top_p"] < 1:
        before = weights[order].cumsum(0) - weights[order]
        order = order[before < plan["top_p"] * weights[order].sum()]
    kept = order.sort().values
    sums = weights[kept].cumsum(0)
    return int(kept[min(int((sums <= uniform * sums[-1]).sum()), len(kept) - 1)])


def stream(seed, *path):
    """Uniform numbers from 0 to 1 that depend on a seed and a few numbers alone: SplitMix64."""
    whole, state = 2**64 - 1, seed

    def word():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & whole
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & whole
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & whole
        return z ^ (z >> 31)

    for part in path:
        state = word() ^ part
    word()
    while True:
        yield (word() >> 11) * 2.0**-53


def normals(seeds, path, positions, count):
    """Standard normal numbers [B, positions, count] of each seed and position: Box-Muller."""
    def row(seed, position):
        uniform = stream(seed, path, position)
        return [math.sqrt(-2 * math.log(1 - next(uniform))) * math.cos(2 * math.pi * next(uniform))
                for _ in range(count)]
    return torch.tensor([[row(seed, position) for position in positions] for seed in seeds])
