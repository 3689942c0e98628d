# SPDX-License-Identifier: Apache-2.0
"""Convolutions at the end of the decoder, and the VQGAN decoder of imported TiTok checkpoints."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def bordered(pixels, layer, mode="constant"):
    """3 x 3 with zeros, or the repeated edge, around; a row of the weight is nine neighbours of all channels."""
    kernel = layer.weight.unflatten(1, (3, 3, -1)).permute(0, 3, 1, 2)
    return F.conv2d(F.pad(pixels, (1, 1, 1, 1), mode=mode), kernel, layer.bias)


class GroupNorm(nn.Module):
    """Over 32 groups of channels, eps 1e-6, and SiLU."""

    def __init__(self, channels):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return F.silu(F.group_norm(x, 32, self.gain, self.bias, eps=1e-6))


class Residual(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1, self.convolution1 = GroupNorm(inputs), nn.Linear(9 * inputs, outputs)
        self.norm2, self.convolution2 = GroupNorm(outputs), nn.Linear(9 * outputs, outputs)
        self.shortcut = nn.Linear(outputs, outputs, bias=False) if inputs != outputs else None

    def forward(self, x):
        h = bordered(self.norm1(x), self.convolution1)
        y = bordered(self.norm2(h), self.convolution2)
        if self.shortcut is None:
            return y + x
        return y + self.shortcut(y.movedim(1, -1)).movedim(-1, 1)  # of what comes out, as the original does


class PixelCodes(nn.Module):
    """Each output of the transformer chooses a mixture of codes, which a VQGAN decoder turns into pixels."""

    def __init__(self, o, width):
        super().__init__()
        channels = [int(n) for n in o["pixel_levels"].split(",")]
        self.choose = nn.Linear(2 * width, o["pixel_codes"])
        self.table = nn.Parameter(torch.randn(o["pixel_codes"], o["pixel_code_dim"]))
        held = channels[-1]
        self.first = nn.Linear(9 * o["pixel_code_dim"], held)
        self.middle = nn.ModuleList(Residual(held, held) for _ in range(2))
        levels = []
        for index in reversed(range(len(channels))):  # the coarsest first
            level = {"0": Residual(held, channels[index]), "1": Residual(channels[index], channels[index])}
            held = channels[index]
            if index:
                level["upsampled"] = nn.Linear(9 * held, held)
            levels.insert(0, nn.ModuleDict(level))
        self.levels = nn.ModuleList(levels)
        self.norm, self.last = GroupNorm(held), nn.Linear(9 * held, 3)

    def forward(self, hidden):
        grid = math.isqrt(hidden.shape[1])
        mixtures = self.choose(hidden).softmax(-1) @ self.table
        x = bordered(mixtures.transpose(1, 2).unflatten(2, (grid, grid)), self.first)
        for block in self.middle:
            x = block(x)
        for level in reversed(self.levels):
            x = level["1"](level["0"](x))
            if "upsampled" in level:
                x = bordered(F.interpolate(x, scale_factor=2, mode="nearest"), level["upsampled"])
        return bordered(self.norm(x), self.last)
