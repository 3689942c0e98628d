# SPDX-License-Identifier: Apache-2.0
"""The tokenizer of smap: pictures become ordered tokens, any prefix of which is a picture again.

Symbols: B pictures, N patches, K tokens of T numbers, D width, C classes.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from smap_layers import Norm, attend, mixtures, modulated, named, options, table
from smap_pixels import PixelCodes, bordered

TOKENIZER = {
    "image_size": 32, "patch_size": 8, "num_tokens": 16, "token_dim": 6, "quantizer": "kl",
    "codebook_size": 1024, "l2_norm": True, "code_update": "ema", "code_temperature": 0.07,
    "levels": "", "width": 128, "depth": 2, "decoder_depth": 4, "heads": 4, "num_classes": 10,
    "condition_dim": 0, "inject": "both", "inject_as": "tokens", "condition_tokens": 1, "queries": "learned",
    "mask": "causal-latent", "group_size": 4, "missing": "remove", "linear_path": True,
    "pixel_channels": 24,
    # Of a decoder that differs from the encoder, and of imported checkpoints.
    "decoder_width": 0, "decoder_heads": 0, "decoder_slot": False, "layout": "transpose", "head": "patches",
    "pixel_codes": 0, "pixel_code_dim": 0, "pixel_levels": ""}


class Block(nn.Module):
    """h = u + attention(LN(u)); u = h + W2 GELU(W1 LN(h)), as in a vision transformer."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.attention = named(qkv=nn.Linear(width, 3 * width), out=nn.Linear(width, width))
        self.mlp = named(expand=nn.Linear(width, 4 * width), contract=nn.Linear(4 * width, width))

    def forward(self, u, mask, change):
        first, second = self.norm1(u), None
        if change is not None:  # [B, 1, 4 D]: shift and scale of both norms
            first = modulated(first, *change.chunk(4, -1)[:2])
        h = u + attend(self.attention, first, self.heads, mask)
        second = self.norm2(h)
        if change is not None:
            second = modulated(second, *change.chunk(4, -1)[2:])
        return h + self.mlp["contract"](F.gelu(self.mlp["expand"](second)))


class Condition(nn.Module):
    """The class of a picture for one half of the tokenizer; the last row of the table is null."""

    def __init__(self, o, depth, width):
        super().__init__()
        self.form, self.shape = o["inject_as"], (o["condition_tokens"], width)
        self.weight = table(o["num_classes"] + 1, math.prod(self.shape))
        self.vector = o["condition_dim"]
        if self.vector:  # an embedding from elsewhere in place of a class; null is the table's only row
            self.projection = nn.Linear(self.vector, math.prod(self.shape))
        if self.form == "adaln":
            self.modulation = nn.Linear(math.prod(self.shape), 4 * depth * width)

    def forward(self, told):
        """Tokens [B, M, D], an addition [B, 1, D], or a modulation [B, 1, 4 D] for each block."""
        vectors, mixture = told[:, :self.vector], told[:, self.vector:]
        row = mixture @ self.weight
        if self.vector:
            row = row + (1 - mixture) * self.projection(vectors)
        tokens, addition, changes = row[:, :0].unflatten(-1, (0, self.shape[1])), 0, None
        if self.form == "tokens":
            tokens = row.unflatten(-1, self.shape)
        elif self.form == "add":
            addition = row.unflatten(-1, self.shape).mean(1, keepdim=True)
        else:
            changes = self.modulation(row)[:, None].split(4 * self.shape[1], -1)
        return tokens, addition, changes


def transform(blocks, stream, mask, changes):
    for i, block in enumerate(blocks):
        stream = block(stream, mask, changes[i] if changes else None)
    return stream


class Encoder(nn.Module):
    """[class slot | patches | condition | queries] to what the outputs of the queries say: [B, K, T]."""

    def __init__(self, o):
        super().__init__()
        self.o, width = o, o["width"]
        self.grid = o["image_size"] // o["patch_size"]
        self.patch = nn.Linear(3 * o["patch_size"] ** 2, width)
        self.class_slot, self.positions = table(1, width), table(self.grid**2, width)
        self.queries = table(o["num_tokens"], width)
        if o["queries"] == "pooled":
            self.pooling = nn.Linear(width, width)
            self.register_buffer("cells", pooling_cells(o["num_tokens"], self.grid), persistent=False)
        self.condition = Condition(o, o["depth"], width)
        self.norm_pre, self.norm_post = Norm(width), Norm(width)
        self.blocks = nn.ModuleList(Block(width, o["heads"]) for _ in range(o["depth"]))
        self.project = nn.Linear(width, o["token_dim"])
        if o["quantizer"] == "kl":
            self.log_variance = nn.Linear(width, o["token_dim"])  # of the Gaussian, for training

    def forward(self, images, told):
        tokens, addition, changes = self.condition(told)
        patches = self.patch(patchify(images, self.o["patch_size"])) + self.positions
        queries = self.queries.expand(len(images), -1, -1)
        if self.o["queries"] == "pooled":
            queries = queries + self.pooling(self.cells @ patches)
        slot = (self.class_slot + addition).expand(len(images), -1, -1)
        stream = torch.cat([slot, patches, tokens, queries], 1)
        mask = self.mask(stream.shape[1] - queries.shape[1], queries.shape[1])
        outputs = transform(self.blocks, self.norm_pre(stream), mask, changes)
        outputs = self.norm_post(outputs[:, -queries.shape[1]:])
        if self.o["layout"] == "legacy":  # as in the first TiTok: the numbers of [K, D] taken for [D, K]
            outputs = outputs.reshape(len(images), -1, queries.shape[1]).transpose(1, 2)
        return self.project(outputs)

    def mask(self, before, count):
        """Who attends to whom: nothing sees later queries, so k tokens are those of k queries."""
        if self.o["mask"] == "full":
            return None
        place = torch.arange(count)
        last = place.clone()
        if self.o["mask"] == "grouped":  # behind the first group, all of the own group
            size = self.o["group_size"]
            last = torch.where(place < size, place, place // size * size + size - 1)
        ends = torch.cat([torch.full((before,), -1), last])
        return torch.arange(-before, count)[None] <= ends[:, None]


class Decoder(nn.Module):
    """[mask tokens | condition | tokens] to what the outputs of the mask tokens draw: [B, 3, H, W]."""

    def __init__(self, o):
        super().__init__()
        self.o, side, features = o, o["patch_size"], o["pixel_channels"]
        width, heads = o["decoder_width"] or o["width"], o["decoder_heads"] or o["heads"]
        self.mask_token = table(1, width)
        self.positions = table((o["image_size"] // side) ** 2, width)
        self.latent_positions = table(o["num_tokens"], width)
        stands = {"mask-shared": 1, "mask-pos": o["num_tokens"], "mask-length": o["num_tokens"]}
        if o["missing"] in stands:
            self.missing = table(stands[o["missing"]], o["token_dim"])
        self.latent = nn.Linear(o["token_dim"], width)
        if o["decoder_slot"]:
            self.class_slot = table(1, width)
        self.condition = Condition(o, o["decoder_depth"], width)
        if o["linear_path"]:
            self.base = nn.Linear(3 * side**2, width)
        self.norm_pre, self.norm_post = Norm(width), Norm(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(o["decoder_depth"]))
        self.pixels = nn.Linear(width, 2 * width if o["head"] == "codes" else side**2 * (features or 3))
        if o["head"] == "codes":
            self.codes = PixelCodes(o, width)
        if features or o["head"] == "convolution":
            sizes = [features + 3 * o["linear_path"], features, features, 3] if features else [3, 3]
            self.convolution = nn.ModuleList(
                nn.Linear(9 * a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, tokens, kept, base, told):
        """tokens [B, K, T] are zero where nothing was kept [B, K]; base is the linear picture or None."""
        condition, addition, changes = self.condition(told)
        canvas, side = self.positions + self.mask_token, self.o["patch_size"]
        if base is not None:
            canvas = canvas + self.base(patchify(base - 0.5, side))
        canvas = (canvas + addition).expand(len(tokens), -1, -1)
        known = self.latent(self.filled(tokens, kept)) + self.latent_positions
        slot = [self.class_slot.expand(len(tokens), -1, -1)] if self.o["decoder_slot"] else []
        stream = torch.cat([canvas, *slot, condition, known], 1)
        mask = None
        if self.o["missing"] in ("remove", "attn"):  # nothing attends to what was dropped
            before = kept.new_ones(len(kept), stream.shape[1] - kept.shape[1])
            mask = torch.cat([before, kept], 1)[:, None, None]
        outputs = transform(self.blocks, self.norm_pre(stream), mask, changes)
        return self.draw(self.norm_post(outputs[:, :canvas.shape[1]]), base)

    def filled(self, tokens, kept):
        """The K tokens, with what stands in for those that were dropped."""
        way, counts, gone = self.o["missing"], kept.sum(1), ~kept[..., None]
        if way == "mask-length":
            return tokens + gone * self.missing[counts - 1][:, None]
        if way in ("mask-shared", "mask-pos"):
            return tokens + gone * self.missing
        if way == "repeat":  # the kept tokens in turn
            turn = (~kept).cumsum(1) - 1
            order = (~kept).long().argsort(dim=1, stable=True)
            source = order.gather(1, turn.clamp(min=0) % counts[:, None])
            again = tokens.gather(1, source[..., None].expand_as(tokens))
            return torch.where(gone, again, tokens)
        return tokens

    def draw(self, outputs, base):
        if self.o["head"] == "codes":
            return self.codes(self.pixels(outputs).tanh())
        pixels = unpatchify(self.pixels(outputs), self.o["patch_size"])
        if self.o["head"] == "convolution":
            return bordered(pixels, self.convolution[0])
        if self.o["pixel_channels"]:
            if base is not None:
                pixels = torch.cat([pixels, base - 0.5], 1)
            for layer in self.convolution[:-1]:
                pixels = F.gelu(bordered(pixels, layer, "replicate"))
            pixels = bordered(pixels, self.convolution[-1], "replicate")
        return pixels + (0.5 if base is None else base)


class Linear(nn.Module):
    """The linear path: what a linear code with class means says about the picture, and back."""

    def __init__(self, o):
        super().__init__()
        numbers, pixels = o["num_tokens"] * o["token_dim"], 3 * o["image_size"] ** 2
        self.vector = o["condition_dim"]
        self.register_buffer("means", torch.zeros(o["num_classes"] + 1, pixels))
        self.register_buffer("directions", torch.zeros(numbers, pixels))
        self.register_buffer("scales", torch.zeros(numbers))
        self.fitted = o["quantizer"] in ("vq", "softvq", "fsq")
        if self.fitted:  # to what the quantizer lets through
            self.register_buffer("offsets", torch.zeros(numbers))
            self.register_buffer("synthesis", torch.zeros(numbers, pixels))

    def mean(self, told):
        """The mean picture of a class, or of all pictures: [B, H W 3]."""
        return self.means.expand(len(told), -1) if self.vector else told @ self.means

    def encode(self, images, told):
        reciprocal = torch.where(self.scales > 0, 1 / self.scales, 0)
        flat = images.permute(0, 2, 3, 1).flatten(1) - self.mean(told)
        return flat @ (self.directions * reciprocal[:, None]).T + (self.offsets if self.fitted else 0)

    def decode(self, numbers, told, size):
        back = self.synthesis if self.fitted else self.directions * self.scales[:, None]
        flat = numbers @ back + self.mean(told)
        return flat.unflatten(1, (size, size, 3)).permute(0, 3, 1, 2)


class Tokenizer(nn.Module):
    """Pictures to ordered tokens, and any of their prefixes to pictures."""

    def __init__(self, metadata):
        super().__init__()
        self.metadata, self.o = dict(metadata), options(metadata, TOKENIZER)
        o = self.o
        if o["quantizer"] == "fsq" and not o["levels"]:
            raise ValueError("fsq needs levels, a number for each of the token_dim numbers of a token")
        self.encoder, self.decoder = Encoder(o), Decoder(o)
        if o["linear_path"]:
            self.linear = Linear(o)
        size, dim = o["codebook_size"], o["token_dim"]
        if o["quantizer"] == "softvq" or o["quantizer"] == "vq" and o["code_update"] == "gradient":
            self.quantizer = nn.Module()
            self.quantizer.codes = table(size, dim)
        if o["quantizer"] == "vq":
            self.codebook = nn.Module()
            self.codebook.register_buffer("sizes", torch.ones(size))
            if o["code_update"] != "gradient":
                self.codebook.register_buffer("codes", F.normalize(torch.randn(size, dim), dim=-1))
            if o["code_update"] == "simvq":
                self.quantizer = nn.Module()
                self.quantizer.map = nn.Parameter(torch.eye(dim))

    def encode(self, images, label=None):
        """Pictures [B, 3, H, W] from 0 to 1, and their classes, to tokens [B, K, T]."""
        return self.quantize(self.latents(images, label))[0]

    def ids(self, images, label=None):
        """The numbers of the codes [B, K], if tokens are codes."""
        return self.quantize(self.latents(images, label))[1]

    def latents(self, images, label=None):
        """Tokens before the quantizer."""
        told = self.told(label, len(images), "encoder")
        learned = self.encoder(images, told)
        if not self.o["linear_path"]:
            return learned
        return learned + self.linear.encode(images, told).view_as(learned)

    def decode(self, tokens, label=None, lengths=None, positions=None):
        """The first k tokens [B, k, T] to pictures [B, 3, H, W].

        `lengths` [B] keeps fewer of them for each picture; `positions` [k] says where tokens belong
        that are not the first ones.
        """
        (batch, count, dim), total = tokens.shape, self.o["num_tokens"]
        positions = torch.arange(count) if positions is None else torch.as_tensor(positions)
        lengths = torch.full((batch,), count) if lengths is None else torch.as_tensor(lengths)
        used = torch.arange(count)[None] < lengths[:, None]
        kept = torch.zeros(batch, total, dtype=torch.bool)
        kept[:, positions] = used
        all_tokens = tokens.new_zeros(batch, total, dim)
        all_tokens[:, positions] = tokens * used[..., None]
        told, base = self.told(label, batch, "decoder"), None
        if self.o["linear_path"]:
            base = self.linear.decode(all_tokens.flatten(1), told, self.o["image_size"])
        return self.decoder(all_tokens, kept, base, told).clamp(0, 1)

    def told(self, label, count, half):
        """What a half is told: [B, C + 1], a one for a class, or weights; null if it is not told.

        A tokenizer that takes vectors is told [B, vector + 1], a one at the end for null.
        """
        if self.o["inject"] not in ("both", half):
            label = None
        if not self.o["condition_dim"]:
            return mixtures(label, count, self.o["num_classes"])
        if label is None:
            return F.pad(torch.zeros(count, self.o["condition_dim"]), (0, 1), value=1.0)
        return F.pad(torch.as_tensor(label), (0, 1))

    def quantize(self, z):
        """What the bottleneck lets through, and the numbers of the codes if there are any."""
        kind = self.o["quantizer"]
        if kind == "vq":
            codes = (self.codebook if self.o["code_update"] != "gradient" else self.quantizer).codes
            if self.o["code_update"] == "simvq":
                codes = codes @ self.quantizer.map
            if self.o["l2_norm"]:
                z = F.normalize(z, dim=-1)
                if self.o["code_update"] != "ema":
                    codes = F.normalize(codes, dim=-1)
            scores = z @ codes.T
            ids = (scores if self.o["l2_norm"] else scores - codes.square().sum(-1) / 2).argmax(-1)
            return codes[ids], ids
        if kind == "softvq":  # a mixture of all codes
            near = F.normalize(z, dim=-1) @ F.normalize(self.quantizer.codes, dim=-1).T
            return (near / self.o["code_temperature"]).softmax(-1) @ self.quantizer.codes, None
        if kind == "fsq":  # each number is bounded and rounded to one of a few levels
            levels = torch.tensor([int(n) for n in self.o["levels"].split(",")])
            half, reach = levels // 2, (levels - 1) * 1.001 / 2
            offset = torch.where(levels % 2 == 0, 0.5, 0.0)
            shift = torch.where(levels == 2, 0.0, torch.atanh(offset / reach))
            rounded = (torch.tanh(z + shift) * reach - offset).round()
            places = torch.cat([torch.ones(1, dtype=torch.long), levels.cumprod(0)[:-1]])
            return rounded / half, ((rounded.long() + half) * places).sum(-1)
        return z, None


def patchify(images, side):
    """[B, C, H, W] to [B, N, side * side * C], row by row, channels last."""
    return F.pixel_unshuffle(images, side).unflatten(1, (images.shape[1], -1)).transpose(1, 2) \
        .flatten(1, 2).flatten(2).transpose(1, 2)


def unpatchify(patches, side):
    """The inverse of patchify."""
    grid, numbers = math.isqrt(patches.shape[1]), side * side
    planes = patches.transpose(1, 2).unflatten(1, (numbers, -1)).transpose(1, 2).flatten(1, 2)
    return F.pixel_shuffle(planes.unflatten(-1, (grid, grid)), side)


def pooling_cells(count, grid):
    """Blocks of 1, 1, 2, 4, 8, .. queries average the patches of ever finer grids: [K, N]."""
    def part(i, parts):
        low = i * grid // parts
        return slice(low, max(low + 1, (i + 1) * grid // parts))

    cells, size = [], 1
    while len(cells) < count:
        rows = 2 ** (int(math.log2(size)) // 2)
        columns = size // rows
        for cell in range(size):
            weights = torch.zeros(grid, grid)
            weights[part(cell // columns, rows), part(cell % columns, columns)] = 1
            cells.append((weights / weights.sum()).flatten())
        size = size * 2 if len(cells) > 1 else 1
    return torch.stack(cells[:count])
