# SPDX-License-Identifier: Apache-2.0
"""The tokenizer and the generator of smap in PyTorch: same shapes, same names of parameters.

Weights are random unless they are loaded; `load` reads a checkpoint of smap, so that both sides can
be compared numerically.
"""
import json
import math
import struct

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    """Pre-LN attention and MLP."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.ModuleDict(
            {"qkv": nn.Linear(width, 3 * width), "out": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict(
            {"expand": nn.Linear(width, 4 * width), "contract": nn.Linear(4 * width, width)})

    def forward(self, x, mask=None):
        batch, length, width = x.shape
        q, k, v = self.attention["qkv"](self.norm1(x)).view(
            batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.attention["out"](a.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp["contract"](F.gelu(self.mlp["expand"](self.norm2(x))))


def table(rows, width):
    return nn.Parameter(torch.randn(rows, width) * width**-0.5)


class Encoder(nn.Module):
    """[class slot | patches | condition | queries] to tokens."""

    def __init__(self, o):
        super().__init__()
        width, patches = o["width"], (o["image_size"] // o["patch_size"]) ** 2
        self.tokens = o["num_tokens"]
        self.patch = nn.Linear(3 * o["patch_size"] ** 2, width)
        self.class_slot, self.positions = table(1, width), table(patches, width)
        self.queries = table(self.tokens, width)
        self.condition = nn.Embedding(o["num_classes"] + 1, width)
        self.norm_pre, self.norm_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, o["heads"]) for _ in range(o["depth"]))
        self.project = nn.Linear(width, o["token_dim"])
        self.log_variance = nn.Linear(width, o["token_dim"])
        before, length = 2 + patches, 2 + patches + self.tokens
        seen = torch.ones(length, length, dtype=torch.bool)
        seen[:before, before:] = False
        seen[before:, before:] = torch.tril(seen[before:, before:])
        self.register_buffer("seen", seen, persistent=False)

    def forward(self, patches, label):
        batch = len(patches)
        parts = [self.class_slot.expand(batch, 1, -1), self.patch(patches) + self.positions,
                 self.condition(label)[:, None], self.queries.expand(batch, -1, -1)]
        h = self.norm_pre(torch.cat(parts, 1))
        for block in self.blocks:
            h = block(h, self.seen)
        h = self.norm_post(h[:, -self.tokens:])
        return self.project(h), self.log_variance(h).clamp(-12, 4)


def convolution(channels, features):
    """3 x 3, with the edge pixels repeated outwards."""
    return nn.Conv2d(channels, features, 3, padding=1, padding_mode="replicate")


class Decoder(nn.Module):
    """[mask tokens | condition | tokens] to pixels."""

    def __init__(self, o):
        super().__init__()
        width, self.patch = o["width"], o["patch_size"]
        self.grid, self.features = o["image_size"] // o["patch_size"], o["pixel_channels"]
        patches, pixels = self.grid**2, 3 * self.patch**2
        self.mask_token, self.positions = table(1, width), table(patches, width)
        self.latent, self.latent_positions = nn.Linear(o["token_dim"], width), table(
            o["num_tokens"], width)
        self.condition = nn.Embedding(o["num_classes"] + 1, width)
        self.base = nn.Linear(pixels, width) if o["linear_path"] else None
        self.norm_pre, self.norm_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, o["heads"]) for _ in range(o["decoder_depth"]))
        self.pixels = nn.Linear(width, self.patch**2 * self.features)
        first = self.features + (3 if o["linear_path"] else 0)
        self.convolution = nn.ModuleList([
            convolution(first, self.features), convolution(self.features, self.features),
            convolution(self.features, 3)])

    def forward(self, z, base, label):
        batch, kept = z.shape[:2]
        canvas = self.mask_token + self.positions
        if base is not None:
            canvas = self.base(cut(base - 0.5, self.patch)) + canvas
        known = self.latent(z) + self.latent_positions[:kept]
        h = torch.cat([canvas.expand(batch, -1, -1), self.condition(label)[:, None], known], 1)
        h = self.norm_pre(h)
        for block in self.blocks:
            h = block(h)
        h = self.pixels(self.norm_post(h[:, : self.grid**2]))
        side = self.grid * self.patch
        h = h.view(batch, self.grid, self.grid, self.patch, self.patch, self.features)
        h = h.permute(0, 5, 1, 3, 2, 4).reshape(batch, self.features, side, side)
        if base is not None:
            h = torch.cat([h, base - 0.5], 1)
        h = F.gelu(self.convolution[0](h))
        h = F.gelu(self.convolution[1](h))
        return self.convolution[2](h) + (0.5 if base is None else base)


def cut(x, side):
    """Pictures [B, 3, H, W] as rows of patches, channels last within a patch."""
    batch, channels, height, width = x.shape
    x = x.view(batch, channels, height // side, side, width // side, side)
    return x.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, side * side * channels)


class Tokenizer(nn.Module):
    """The SMAP tokenizer with a KL bottleneck."""

    def __init__(self, o):
        super().__init__()
        self.o, self.encoder, self.decoder = o, Encoder(o), Decoder(o)
        if o["linear_path"]:
            size = 3 * o["image_size"] ** 2
            self.register_buffer("means", torch.zeros(o["num_classes"] + 1, size))
            self.register_buffer(
                "directions", torch.randn(o["num_tokens"] * o["token_dim"], size) * 0.02)
            self.register_buffer("scales", torch.ones(o["num_tokens"] * o["token_dim"]))

    def encode(self, x, label):
        mean, spread = self.encoder(cut(x, self.o["patch_size"]), label)
        if self.o["linear_path"]:
            flat = x.permute(0, 2, 3, 1).flatten(1) - self.means[label]
            mean = mean + (flat @ self.directions.T / self.scales).view_as(mean)
        return mean, spread

    def decode(self, z, label):
        base = None
        if self.o["linear_path"]:
            flat, side = z.flatten(1), self.o["image_size"]
            known = flat.shape[1]
            base = self.means[label] + (flat * self.scales[:known]) @ self.directions[:known]
            base = base.view(len(z), side, side, 3).permute(0, 3, 1, 2)
        return self.decoder(z, base, label)

    def forward(self, x, label, noise, kept):
        """The loss of a training step."""
        mean, spread = self.encode(x, label)
        z = mean + (0.5 * spread).exp() * noise
        error = (self.decode(z[:, :kept], label) - x).square().mean((1, 2, 3))
        kl = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum() / len(x)
        return 0.02 * (error + 1e-3).log().mean() + 1e-6 * kl


class CausalBlock(nn.Module):
    """RMSNorm, bias-free projections, SwiGLU, with a cache of keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        hidden = (width * 8 // 3 + 31) // 32 * 32
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(width, 1e-5), nn.RMSNorm(width, 1e-5)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, cache):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(
            batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if cache:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        a = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(a.transpose(1, 2).reshape(batch, length, width))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up), (k, v)


class FlowBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.modulation = nn.Linear(width, 3 * width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, h, y):
        shift, scale, gate = self.modulation(y).chunk(3, -1)
        inner = F.layer_norm(h, h.shape[-1:]) * (1 + scale) + shift
        return h + gate * self.second(F.silu(self.first(inner)))


class FlowHead(nn.Module):
    """The velocity of a token in its context."""

    def __init__(self, o):
        super().__init__()
        width = o["head_width"]
        self.input, self.context = nn.Linear(o["token_dim"], width), nn.Linear(
            o["card_width"], width)
        self.time1, self.time2 = nn.Linear(128, width), nn.Linear(width, width)
        self.blocks = nn.ModuleList(FlowBlock(width) for _ in range(o["head_depth"]))
        self.modulation, self.output = nn.Linear(width, 2 * width), nn.Linear(
            width, o["token_dim"])
        self.register_buffer(
            "frequencies", 1000 * torch.exp(torch.arange(64) * (-math.log(10_000) / 64)),
            persistent=False)

    def forward(self, x, t, context):
        angles = self.frequencies * t
        time = self.time2(F.silu(self.time1(torch.cat([angles.cos(), angles.sin()])[None])))
        y = F.silu(time + self.context(context))
        h = self.input(x)
        for block in self.blocks:
            h = block(h, y)
        shift, scale = self.modulation(y).chunk(2, -1)
        return self.output(F.layer_norm(h, h.shape[-1:]) * (1 + scale) + shift)


class Generator(nn.Module):
    """CARD: causal blocks and a flow head."""

    def __init__(self, o):
        super().__init__()
        self.o, width = o, o["card_width"]
        self.classes = nn.Embedding(o["num_classes"] + 1, width)
        self.input = nn.Linear(o["token_dim"], width)
        self.positions = nn.Parameter(torch.randn(o["num_tokens"], width) * 0.1)
        self.targets = nn.Parameter(torch.randn(o["num_tokens"], width) * 0.1)
        self.blocks = nn.ModuleList(
            CausalBlock(width, o["card_heads"]) for _ in range(o["card_depth"]))
        self.norm, self.head = nn.RMSNorm(width, 1e-5), FlowHead(o)

    def advance(self, row, caches, position):
        """The context of the token at a position."""
        h = (row + self.positions[position])[:, None]
        for i, block in enumerate(self.blocks):
            h, caches[i] = block(h, caches[i])
        return self.norm(h)[:, 0] + self.targets[position]

    def guided(self, x, t, context, strength):
        known, unknown = self.head(torch.cat([x, x]), t, context).chunk(2)
        return unknown + strength * (known - unknown)

    def sample(self, label, noise, guidance=2.0):
        """Tokens from noise [tokens, pictures, channels]."""
        o = self.o
        null = torch.full_like(label, o["num_classes"])
        row = self.classes(torch.cat([label, null]))
        caches, tokens, contexts = [None] * len(self.blocks), [], []
        for j in range(o["num_tokens"]):
            context = self.advance(row, caches, j)
            strength = 1 + (guidance - 1) * (j + 1) / o["num_tokens"]
            x = integrate(o, noise[j], lambda x, t: self.guided(x, t, context, strength))
            tokens.append(x)
            contexts.append(context)
            row = self.input(torch.cat([x, x]))
        return self.settled(torch.stack(tokens, 1), torch.stack(contexts, 1), label, guidance)

    def settled(self, tokens, contexts, label, guidance):
        """What becomes of all tokens: nothing here."""
        return tokens


def integrate(o, x, velocity):
    """From noise (t = 0) to data (t = 1) in Euler or Heun steps."""
    steps = o["steps"]
    for i in range(steps):
        slope = velocity(x, i / steps)
        if "heun" in o:
            slope = (slope + velocity(x + slope / steps, (i + 1) / steps)) / 2
        x = x + slope / steps
    return x


def read_checkpoint(path):
    """The tensors and notes of a .safetensors file of smap."""
    kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    notes = header.pop("__metadata__", {})
    body, tensors = bytearray(data[8 + size:]), {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(body[start:end], dtype=kinds[entry["dtype"]])
        tensors[name] = flat.float().reshape(entry["shape"])
    return tensors, notes


def load(model, tensors):
    """Loads the weights of smap into a tokenizer or a generator; all must match."""
    state = {}
    for name, value in tensors.items():
        if name.startswith("standard."):
            continue
        name = name.replace(".gain", ".weight")
        if isinstance(model, Tokenizer):
            name = name.removeprefix("linear.")
        else:
            name = name.replace("attention.", "").replace("mlp.", "")
        if ".convolution." in name and name.endswith("weight"):
            out, depth = value.shape
            value = value.reshape(out, 3, 3, depth // 9).permute(0, 3, 1, 2)
        state[name] = value
    model.load_state_dict(state, strict=True)
    return model
