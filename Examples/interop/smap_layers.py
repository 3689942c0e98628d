# SPDX-License-Identifier: Apache-2.0
"""What the tokenizer and the generator share."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def options(metadata, defaults):
    """The choices of an architecture, each in the type of its default; old files lack the newer ones."""
    def typed(text, default):
        return text == "true" if isinstance(default, bool) else type(default)(text)
    return {key: typed(metadata[key], default) if key in metadata else default
            for key, default in defaults.items()}


class Norm(nn.Module):
    """Layer norm, eps 1e-5; smap calls its weight gain."""

    def __init__(self, width):
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.gain, self.bias)


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.gain, eps=1e-5)


def named(**layers):
    return nn.ModuleDict(layers)


def table(rows, width):
    return nn.Parameter(torch.randn(rows, width) * width**-0.5)


def modulated(x, shift, scale):
    """AdaLN: each picture shifts and scales what a norm gives."""
    return x * (1 + scale) + shift


def attend(layer, x, heads, mask=None, causal=False):
    """Multi-head attention; `layer` makes queries, keys and values in one product."""
    q, k, v = layer["qkv"](x).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    return layer["out"](seen.transpose(1, 2).flatten(2))


def mixtures(label, count, classes):
    """[B, C + 1] from None, a class, a list of classes (None among them), or weights [B, C]."""
    if torch.is_tensor(label) and label.dim() == 2:
        return F.pad(label, (0, 1))
    rows = list(label) if isinstance(label, (list, tuple)) or torch.is_tensor(label) and label.dim() \
        else [label] * count
    return F.one_hot(torch.tensor([classes if c is None else int(c) for c in rows]), classes + 1).float()
