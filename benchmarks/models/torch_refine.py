# SPDX-License-Identifier: Apache-2.0
"""CARD with refinement in PyTorch: coarse tokens in order, then all of them together."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_models import FlowHead, Generator, integrate


class JointBlock(nn.Module):
    """Attention and an MLP whose norms are modulated by time and class."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.modulation = heads, nn.Linear(width, 6 * width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.expand, self.contract = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, y):
        batch, length, width = x.shape
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(y)[:, None].chunk(6, -1)
        inner = F.layer_norm(x, (width,)) * (1 + scale1) + shift1
        q, k, v = self.qkv(inner).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v)
        x = x + gate1 * self.out(a.transpose(1, 2).reshape(batch, length, width))
        inner = F.layer_norm(x, (width,)) * (1 + scale2) + shift2
        return x + gate2 * self.contract(F.gelu(self.expand(inner)))


class RefineGenerator(Generator):
    """The generator whose tokens a transformer that is not causal refines together."""

    def __init__(self, o):
        super().__init__(o)
        width = o["card_width"]
        self.times = FlowHead(o | dict(head_width=width, head_depth=0))
        self.places = nn.Parameter(torch.randn(o["num_tokens"], width) * 0.1)
        self.token, self.known = nn.Linear(o["token_dim"], width), nn.Linear(o["token_dim"], width)
        self.context = nn.Linear(width, width)
        self.joint = nn.ModuleList(
            JointBlock(width, o["card_heads"]) for _ in range(o["refine_depth"]))

    def velocity(self, x, t, rows, added):
        """The velocity of all tokens [pictures, tokens, channels] of both streams."""
        times = self.times
        angles = times.frequencies * t
        time = times.time2(F.silu(times.time1(torch.cat([angles.cos(), angles.sin()])[None])))
        y = F.silu(rows + time)
        h = self.token(x) + self.places + added
        for block in self.joint:
            h = block(h, y)
        shift, scale = times.modulation(y)[:, None].chunk(2, -1)
        return times.output(F.layer_norm(h, h.shape[-1:]) * (1 + scale) + shift)

    def settled(self, tokens, contexts, label, guidance):
        rows = self.classes(torch.cat([label, torch.full_like(label, self.o["num_classes"])]))
        added = self.context(contexts) + self.known(torch.cat([tokens, tokens]))
        positions = torch.arange(1, tokens.shape[1] + 1)[:, None]
        strength = 1 + (guidance - 1) * positions / tokens.shape[1]

        def guided(x, t):
            known, unknown = self.velocity(torch.cat([x, x]), t, rows, added).chunk(2)
            return unknown + strength * (known - unknown)

        return integrate(self.o, torch.randn_like(tokens), guided)
